//! Which user is meant: the one that is named, or the last one that was made. Only clerkhook's own are touched.

use crate::clerk::Clerk;
use crate::clerk::user::User;
use crate::error::{Error, Result};
use crate::steps::Context;

/// Finds it at Clerk.
///
/// # Errors
/// `UserUnnamed`, `UserMissing`, `UserForeign`, those of Clerk.
pub async fn find(context: &Context, clerk: &Clerk, id: Option<&str>) -> Result<User> {
    let last = || context.state.last_user(&context.settings.clerk_api_url.value);
    let id = id.map(str::to_owned).or_else(last).ok_or(Error::UserUnnamed)?;
    match context.unless_interrupted(clerk.user(&id)).await? {
        Some(user) if user.is_ours() => Ok(user),
        Some(_) => Err(Error::UserForeign { id }),
        None => {
            context.state.forget_user(&id);
            Err(Error::UserMissing { id })
        }
    }
}
