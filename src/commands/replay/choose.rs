//! Which captured request is meant: by id, the last one, or picked by a person.

use crate::error::{Error, Result};
use crate::event::Event;
use crate::ngrok::capture::Capture;
use crate::session::Setup;
use crate::steps::{Context, verdicts};

/// How many captures are looked through.
pub const MANY: u16 = 300;

/// How many a person is offered.
const OFFERED: usize = 15;

/// The meant capture. Without an id a person picks one; where nobody can be asked they are listed: `None`.
///
/// # Errors
/// `CaptureMissing`, `CaptureTruncated`.
pub async fn choose<'a>(
    context: &Context,
    setup: Option<&Setup>,
    id: Option<&str>,
    captures: &'a [Capture],
) -> Result<Option<&'a Capture>> {
    let source = match id {
        Some("last") => {
            // A replay or a browser's visit is hardly what is meant.
            let webhook = captures.iter().find(|capture| capture.message_id().is_some() && !capture.is_replay());
            webhook.or_else(|| captures.first()).ok_or_else(|| Error::CaptureMissing { id: "last".to_owned() })?
        }
        Some(id) => {
            let meant = |capture: &&Capture| capture.id == id || capture.message_id() == Some(id);
            // A message id means the delivery itself rather than a replay of it.
            let first = captures.iter().filter(meant).find(|capture| capture.id == id || !capture.is_replay());
            first.or_else(|| captures.iter().find(meant)).ok_or_else(|| Error::CaptureMissing { id: id.to_owned() })?
        }
        None => match pick(context, setup, captures).await? {
            Some(source) => source,
            None => return Ok(None),
        },
    };
    if source.request.is_truncated() {
        return Err(Error::CaptureTruncated { id: source.id.clone() });
    }
    Ok(Some(source))
}

async fn pick<'a>(context: &Context, setup: Option<&Setup>, captures: &'a [Capture]) -> Result<Option<&'a Capture>> {
    if captures.is_empty() {
        context.ui.note("the agent has captured nothing yet; `clerkhook send-test` sends an event");
        return Ok(None);
    }
    if !context.ui.interactive() {
        let all = verdicts::deliveries(context, setup, captures).await;
        all.into_iter().rev().for_each(|delivery| context.ui.emit(&Event::Delivery(delivery)));
        context.ui.note("name one: `clerkhook replay last`, or its message id");
        return Ok(None);
    }
    let offered = verdicts::deliveries(context, setup, &captures[..captures.len().min(OFFERED)]).await;
    let ui = std::sync::Arc::clone(&context.ui);
    let picked = tokio::task::spawn_blocking(move || ui.pick("Which one?", &offered, "ID")).await;
    let index = picked.unwrap_or(Err(Error::Interrupted))?;
    Ok(captures.get(index))
}
