//! Having messages sent once more: all at once where Svix does that exactly, one by one elsewhere.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use super::Missed;
use crate::error::{Error, Result};
use crate::report::MessageState;
use crate::steps::log::{Entry, Log};
use crate::svix::Svix;

/// Svix's server takes what failed in batches of so many; a message that failed twice may then be in two of them (Svix
/// server, endpoint recover).
const EXACT: usize = 100;

/// How many are asked for at the same time.
const AT_ONCE: usize = 8;

/// Messages that Svix did not take, each with its words.
pub type Asked = BTreeMap<String, String>;

/// Asks for all of it.
///
/// # Errors
/// Those of Svix that hold for every message.
pub async fn send(log: &Log, missed: &Missed) -> Result<Asked> {
    let (never, failed): (Vec<&Entry>, Vec<&Entry>) =
        missed.entries.iter().partition(|entry| entry.state() == MessageState::NotSent);
    let id = &log.endpoint.id;
    let mut one_by_one: Vec<&Entry> = Vec::new();
    if missed.is_whole && !failed.is_empty() && failed.len() <= EXACT {
        log.svix.recover(id, missed.since, missed.until).await?;
    } else {
        one_by_one.extend(failed);
    }
    let replayed = missed.is_whole && !never.is_empty() && {
        // What somebody else had sent to another endpoint alone is missing here too, and is not wanted.
        let all = log.missing(missed.since, missed.until).await?;
        all == never.len() && log.svix.replay_missing(id, missed.since, missed.until).await?
    };
    if !replayed {
        one_by_one.extend(never);
    }
    let messages = one_by_one.into_iter().map(|entry| entry.message.id.clone()).collect();
    each(&log.svix, id, messages).await
}

/// Asks for messages one by one.
///
/// # Errors
/// Those of Svix that hold for every message.
pub async fn each(svix: &Svix, endpoint: &str, messages: Vec<String>) -> Result<Asked> {
    let (mut running, mut refused) = (JoinSet::new(), Asked::new());
    let mut left = messages.into_iter();
    loop {
        while running.len() < AT_ONCE
            && let Some(message) = left.next()
        {
            let (svix, endpoint) = (svix.clone(), endpoint.to_owned());
            running.spawn(async move {
                let asked = svix.resend(&message, &endpoint).await;
                (message, asked)
            });
        }
        match running.join_next().await {
            None => return Ok(refused),
            Some(Ok((_, Ok(())))) => {}
            // Its content has expired, or it is gone.
            Some(Ok((message, Err(error @ (Error::SvixInvalid { .. } | Error::SvixNotFound { .. }))))) => {
                let words = error.cause().unwrap_or_default().to_owned();
                refused.insert(message, format!("Svix cannot send it again: {words}"));
            }
            Some(Ok((_, Err(error)))) => return Err(error),
            Some(Err(error)) => {
                return Err(Error::Unexpected { what: "asking for a message again", cause: error.to_string() });
            }
        }
    }
}
