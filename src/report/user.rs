//! What happened to a user of the instance.

use serde::Serialize;

/// What clerkhook did with a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UserAction {
    /// Made.
    Created,
    /// Given other names.
    Updated,
    /// Deleted for good.
    Deleted,
}

/// A throw-away user and what was done with it.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// What was done.
    pub action: UserAction,
    /// Clerk's `user_…`.
    pub user_id: String,
    /// Its address, which bears clerkhook's mark.
    pub email: String,
    /// Whether it was deleted because something else failed, which no step tells.
    #[serde(skip)]
    pub cut_short: bool,
}
