//! An endpoint of the instance, and whose it is.

use serde::Serialize;

/// Whose an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// This machine's, of this user.
    Here,
    /// It has clerkhook's mark, and is another machine's, user's or profile's.
    Clerkhook,
    /// Somebody made it in the dashboard, or with another program.
    Other,
}

/// An endpoint in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// Svix's `ep_…`.
    pub endpoint_id: String,
    /// Where events are delivered.
    pub url: String,
    /// `ngrok`, `tunnel`, `relay`, `local`, `host`, `none`.
    pub kind: &'static str,
    /// Whose it is.
    pub owner: Owner,
    /// Of which profile of this machine.
    pub profile: Option<String>,
    /// A set-up that runs here has it.
    pub served: bool,
    /// Svix holds deliveries back.
    pub disabled: bool,
    /// Its filter; empty means every event type.
    pub events: Vec<String>,
    /// RFC 3339; absent where Svix does not say.
    pub created_at: Option<String>,
    /// RFC 3339; absent where Svix does not say.
    pub updated_at: Option<String>,
}
