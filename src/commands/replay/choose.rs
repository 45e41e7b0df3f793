//! Which captured request is meant: by id, the last one, or picked by a person. What somebody forged is offered to nobody.

use super::origin::{Origin, who};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::ngrok::capture::Capture;
use crate::steps::Context;
use crate::ui::{Offer, Question};

/// How many captures are looked through.
pub const MANY: u16 = 300;

/// The meant capture. Without an id a person picks one; where nobody can be asked they are listed: `None`.
///
/// # Errors
/// `CaptureMissing`, `CaptureTruncated`, `NothingVerified`.
pub async fn choose<'a>(
    context: &Context,
    id: Option<&str>,
    captures: &'a [Capture],
    origin: &Origin,
) -> Result<Option<&'a Capture>> {
    let source = match id {
        Some("last") => last(context, captures, origin)?,
        Some(id) => {
            let meant = |capture: &&Capture| capture.id == id || capture.message_id() == Some(id);
            // A message id means the delivery itself rather than a replay of it, and rather one that verifies: the id of
            // a message is no secret.
            let rank = |capture: &&Capture| (capture.id != id, origin.forged(capture).is_some(), capture.is_replay());
            captures.iter().filter(meant).min_by_key(rank).ok_or_else(|| Error::CaptureMissing { id: id.to_owned() })?
        }
        None => match pick(context, captures, origin).await? {
            Some(source) => source,
            None => return Ok(None),
        },
    };
    if source.request.is_truncated() {
        return Err(Error::CaptureTruncated { id: source.id.clone() });
    }
    Ok(Some(source))
}

/// The newest webhook; a replay or a browser's visit is hardly what is meant.
fn last<'a>(context: &Context, captures: &'a [Capture], origin: &Origin) -> Result<&'a Capture> {
    if captures.is_empty() {
        return Err(Error::CaptureMissing { id: "last".to_owned() });
    }
    let (genuine, forged) = apart(captures, origin);
    let webhook = genuine.iter().find(|capture| capture.message_id().is_some() && !capture.is_replay());
    let Some(meant) = webhook.or_else(|| genuine.first()).copied() else {
        return Err(Error::NothingVerified { passed: forged.len() });
    };
    // What is older was not passed over.
    tell(context, forged.iter().filter(|capture| capture.started() >= meant.started()).count());
    Ok(meant)
}

/// What may be offered, and what did not verify.
fn apart<'a>(captures: &'a [Capture], origin: &Origin) -> (Vec<&'a Capture>, Vec<&'a Capture>) {
    captures.iter().partition(|capture| origin.forged(capture).is_none())
}

fn tell(context: &Context, passed: usize) {
    let words = match passed {
        0 => return,
        1 => "passed over 1 captured request that did not verify".to_owned(),
        count => format!("passed over {count} captured requests that did not verify"),
    };
    context.ui.warn(&words);
}

async fn pick<'a>(context: &Context, captures: &'a [Capture], origin: &Origin) -> Result<Option<&'a Capture>> {
    if captures.is_empty() {
        context.ui.note("the agent has captured nothing yet; `clerkhook send-test` sends an event");
        return Ok(None);
    }
    if !context.ui.interactive() {
        let deliveries = captures.iter().rev().map(|capture| capture.delivery(origin.secrets()));
        deliveries.for_each(|delivery| context.ui.emit(&Event::Delivery(delivery)));
        context.ui.note("name one: `clerkhook replay last`, or its message id");
        return Ok(None);
    }
    let (genuine, forged) = apart(captures, origin);
    if genuine.is_empty() {
        return Err(Error::NothingVerified { passed: forged.len() });
    }
    tell(context, forged.len());
    let offer = |capture: &&Capture| Offer { delivery: capture.delivery(origin.secrets()), who: who(capture) };
    let offered = genuine.iter().map(offer).collect();
    let index = context.ui.pick(Question::WhichDelivery, offered, context.shutdown.wait()).await?;
    Ok(genuine.get(index).copied())
}
