//! `clerkhook logs`: Clerk's side, from Svix: messages and attempts of the endpoint, joined with the history.

mod list;

use crate::delivery::Filter;
use crate::error::Result;
use crate::report::{self, MessageState, Report};
use crate::steps::Context;
use crate::steps::endpoint::Intent;
use crate::steps::log::{Log, message_id};
use crate::svix::{Attempt, Outcome};

/// Options of `logs`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than this machine's.
    pub endpoint: Option<String>,
    /// What to do.
    pub wish: Wish,
}

/// What to do.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named after their flags")]
pub enum Wish {
    List { filter: Filter, failed: bool, count: usize, follow: bool },
    Show { messages: Vec<String> },
}

/// Lists messages, or shows each attempt of some.
///
/// # Errors
/// `EndpointMissing`, `EndpointUnknown`, `MessageUnknown`, those of Clerk, Svix and the history.
pub async fn logs(context: &Context, options: &Options) -> Result<()> {
    let log = Log::open(context, Intent::Look, options.endpoint.as_deref()).await?;
    if log.endpoint.disabled {
        context.ui.warn(&format!(
            "endpoint `{}` is disabled, so nothing is sent to it; `clerkhook recover` enables it and asks for what was missed",
            log.endpoint.id
        ));
    }
    let told = match &options.wish {
        Wish::List { filter, failed, count, follow } => {
            list::list(context, &log, filter, *failed, *count, *follow).await
        }
        Wish::Show { messages } => show(context, &log, messages).await,
    };
    log.close().await;
    told
}

async fn show(context: &Context, log: &Log, messages: &[String]) -> Result<()> {
    for name in messages {
        let entry = log.one(context, &message_id(context, name)?).await?;
        context.ui.emit(&Report::Message(entry.told()));
        for attempt in entry.attempts.iter().rev() {
            context.ui.emit(&Report::Attempt(told(attempt, &entry.message.id)));
        }
        if entry.state() == MessageState::Retrying && entry.attempts.is_empty() {
            context.ui.note("its attempts are not in Svix's log any more");
        }
    }
    Ok(())
}

fn told(attempt: &Attempt, message_id: &str) -> report::Attempt {
    report::Attempt {
        attempt_id: attempt.id.clone(),
        message_id: message_id.to_owned(),
        url: attempt.url.clone(),
        attempted_at: attempt.timestamp.to_string(),
        status: match attempt.outcome() {
            Outcome::Delivered => "delivered",
            Outcome::Pending => "pending",
            Outcome::Failed => "failed",
        },
        status_code: Some(attempt.response_status_code).filter(|status| *status > 0),
        duration_ms: attempt.response_duration_ms,
        cause: if attempt.is_manual() { "manual" } else { "schedule" },
        answer: attempt.response.clone(),
    }
}
