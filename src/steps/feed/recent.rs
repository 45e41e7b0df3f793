//! What an agent still has, for a command that looks back.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Feed, Ledger};
use crate::delivery::Delivery;
use crate::error::Result;
use crate::history::Keeper;
use crate::ngrok::api::{AgentApi, is_check};
use crate::signature::SigningSecret;

/// How many of the newest are looked at.
const MANY: u16 = 500;

/// The newest of what an agent captured, newest first, verified with these secrets.
///
/// # Errors
/// `AgentApi` when it cannot be asked.
pub async fn recent(api: &AgentApi, secrets: &[SigningSecret]) -> Result<Vec<Arc<Delivery>>> {
    let captures = api.captures(MANY).await?;
    let feed = Feed::since(Timestamp::UNIX_EPOCH, Ledger::default(), Keeper::none());
    feed.verify_with(secrets.to_vec());
    let mut state = feed.lock();
    let seen = captures.iter().rev().filter(|capture| !is_check(capture)).map(|capture| {
        let sighting = capture.sighting(&state.secrets);
        state.ledger.take(sighting).delivery
    });
    let mut seen: Vec<_> = seen.collect();
    seen.reverse();
    Ok(seen)
}
