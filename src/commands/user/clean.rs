//! What killed runs left: every user with clerkhook's mark, listed, and deleted when that is wanted.

use crate::clerk::Clerk;
use crate::clerk::user::User;
use crate::error::{Error, Result};
use crate::report::{Plan, Report, Status, Step, UserAction};
use crate::steps::Context;
use crate::ui::Question;

use super::stage::told;

/// So many are listed before the question; a person reads one screen.
const LISTED: usize = 10;

/// Deletes them all; no event is waited for.
///
/// # Errors
/// `NeedsAnswer` where nobody can be asked, those of Clerk.
pub async fn delete_all(context: &Context, clerk: &Clerk, dry_run: bool) -> Result<()> {
    let made = context.unless_interrupted(clerk.made_users()).await?;
    if dry_run {
        list(context, &made);
    }
    if made.is_empty() {
        context.ui.note("the instance has no user that clerkhook made");
    }
    if dry_run || made.is_empty() {
        return Ok(());
    }
    agree(context, &made).await?;
    let step = context.begin(Step::User, format!("deleting {}", count(&made)));
    for (done, user) in made.iter().enumerate() {
        step.update(&format!("deleting {}: {done} done", count(&made)));
        if let Err(error) = delete(context, clerk, user).await {
            return Err(step.fail(error));
        }
    }
    step.end(Status::Ok, format!("{} deleted", count(&made)));
    Ok(())
}

async fn delete(context: &Context, clerk: &Clerk, user: &User) -> Result<()> {
    if context.shutdown.requested() {
        return Err(Error::Interrupted);
    }
    clerk.delete_user(&user.id).await?;
    context.state.forget_user(&user.id);
    context.ui.emit(&told(UserAction::Deleted, user));
    Ok(())
}

async fn agree(context: &Context, made: &[User]) -> Result<()> {
    if context.yes {
        return Ok(());
    }
    list(context, &made[..made.len().min(LISTED)]);
    if made.len() > LISTED {
        context.ui.note(&format!("and {} more", made.len() - LISTED));
    }
    context.ui.agree(Question::DeleteUsers { count: count(made) }, context.shutdown.wait()).await
}

fn list(context: &Context, made: &[User]) {
    for user in made {
        let detail = format!("{}, {}", user.id, user.email());
        context.ui.emit(&Report::Plan(Plan { step: Step::User, action: "delete", detail }));
    }
}

fn count(made: &[User]) -> String {
    if made.len() == 1 { "1 user".to_owned() } else { format!("{} users", made.len()) }
}
