//! Which delivery is meant: by id, the last one, or picked by a person. What somebody forged is offered to nobody.

use std::sync::Arc;

use super::origin::Origin;
use super::source::Source;
use crate::delivery::{Delivery, Filter};
use crate::error::{Error, Result};
use crate::history::{Reference, Store};
use crate::report::Report;
use crate::steps::{Context, kept};
use crate::ui::{Offer, Offered, Question};

/// How many of the history are offered.
const MANY: usize = 300;

/// Of which the last webhooks of the history are taken.
const LOOKED_THROUGH: usize = 1000;

/// The meant delivery: looked for among what the agent has, then in the history. Without an id a person picks one; where
/// nobody can be asked they are listed: `None`.
///
/// # Errors
/// `CaptureMissing`, `CaptureTruncated`, `NothingVerified`, `DeliveryUnknown`, `DeliveryAmbiguous`; what `agent` failed
/// with where nothing is kept either.
pub async fn choose(
    context: &Context,
    id: Option<&str>,
    agent: Result<&[Arc<Delivery>], Error>,
    origin: &Origin,
) -> Result<Option<Source>> {
    let captures = *agent.as_ref().unwrap_or(&[].as_slice());
    let store = kept::open(context).unwrap_or_default();
    let named = |seen: &Arc<Delivery>| Source::captured(seen, kept::captured(store.as_ref(), seen));
    let captured = || captures.iter().map(named).collect::<Vec<_>>();
    let source = match id {
        None => {
            let offered = if agent.is_ok() { captured() } else { recent(context)? };
            match (pick(context, offered, origin).await?, agent) {
                (Picked::One(source), _) => *source,
                (Picked::Nothing, Err(error)) => return Err(error),
                (Picked::Nothing, Ok(_)) => {
                    context.ui.note("the agent has captured nothing yet; `clerkhook send-test` sends an event");
                    return Ok(None);
                }
                _ => return Ok(None),
            }
        }
        Some("last") if !captures.is_empty() => last(context, captured(), origin)?,
        Some(id) => match by_agent(id, captured(), origin)? {
            Some(source) => source,
            None => by_history(context, id, agent, origin)?,
        },
    };
    if source.delivery.request.truncated {
        return Err(Error::CaptureTruncated { id: source.id.clone() });
    }
    Ok(Some(source))
}

/// By the agent's id or a message's, or the beginning of one. A message id means the delivery itself rather than a replay
/// of it, and rather one that verifies: the id of a message is no secret.
fn by_agent(id: &str, captured: Vec<Source>, origin: &Origin) -> Result<Option<Source>> {
    // As it is shown where room is short.
    let text = id.trim_end_matches('…');
    let mut names: Vec<String> = captured.iter().filter_map(|source| called(source, text)).collect();
    names.sort_unstable();
    names.dedup();
    let name = match names.as_slice() {
        [] => return Ok(None),
        [name] => name,
        several => match several.iter().find(|name| *name == text) {
            Some(name) => name,
            None => return Err(Error::DeliveryAmbiguous { reference: text.to_owned() }),
        },
    };
    let meant = |source: &Source| called(source, name).as_ref() == Some(name);
    let rank = |source: &Source| (origin.forged(source).is_some(), source.is_replay());
    Ok(captured.into_iter().filter(meant).min_by_key(rank))
}

/// Its id, its message's or the agent's, whichever begins so.
fn called(source: &Source, text: &str) -> Option<String> {
    let names = [Some(source.id.as_str()), source.message_id(), source.capture.as_deref()];
    let begins = |name: &&str| !text.is_empty() && name.starts_with(text);
    names.into_iter().flatten().find(begins).map(str::to_owned)
}

fn by_history(context: &Context, id: &str, agent: Result<&[Arc<Delivery>], Error>, origin: &Origin) -> Result<Source> {
    let store = kept::open(context)?;
    let captures = *agent.as_ref().unwrap_or(&[].as_slice());
    let Ok(reference) = id.parse::<Reference>();
    let found = match &store {
        Some(store) if id == "last" => {
            let recent = webhooks(context, store)?;
            if recent.is_empty() { None } else { Some(last(context, recent, origin)?) }
        }
        Some(store) => kept::find(context, store, &reference)?.map(|delivery| Source::kept(delivery, captures)),
        None => None,
    };
    match (found, agent) {
        (Some(source), _) => Ok(source),
        (None, Ok(_)) => Err(Error::CaptureMissing { id: id.to_owned() }),
        (None, Err(error)) if store.is_none() => Err(error),
        (None, Err(_)) => Err(Error::DeliveryUnknown { reference: id.to_owned() }),
    }
}

/// The last webhooks of the history, newest first.
fn recent(context: &Context) -> Result<Vec<Source>> {
    kept::open(context)?.map_or_else(|| Ok(Vec::new()), |store| webhooks(context, &store))
}

fn webhooks(context: &Context, store: &Store) -> Result<Vec<Source>> {
    let listed = store.list(&Filter::default(), LOOKED_THROUGH).map_err(|fault| kept::unusable(context, fault))?;
    let is_one = |delivery: &Delivery| delivery.message_id.is_some();
    let newest = listed.into_iter().rev().filter(is_one).take(MANY);
    Ok(newest.map(|delivery| Source::kept(delivery, &[])).collect())
}

/// The newest webhook; a replay or a browser's visit is hardly what is meant.
fn last(context: &Context, newest_first: Vec<Source>, origin: &Origin) -> Result<Source> {
    let (genuine, forged) = apart(newest_first, origin);
    let webhook = genuine.iter().position(|source| source.delivery.is_news());
    let Some(meant) = genuine.into_iter().nth(webhook.unwrap_or(0)) else {
        return Err(Error::NothingVerified { passed: forged.len() });
    };
    // What is older was not passed over.
    let came = meant.delivery.received_at;
    tell(context, forged.iter().filter(|source| source.delivery.received_at >= came).count());
    Ok(meant)
}

/// What may be offered, and what did not verify.
fn apart(sources: Vec<Source>, origin: &Origin) -> (Vec<Source>, Vec<Source>) {
    sources.into_iter().partition(|source| origin.forged(source).is_none())
}

fn tell(context: &Context, passed: usize) {
    let words = match passed {
        0 => return,
        1 => "passed over 1 captured request that did not verify".to_owned(),
        count => format!("passed over {count} captured requests that did not verify"),
    };
    context.ui.warn(&words);
}

/// What a person picked.
enum Picked {
    One(Box<Source>),
    /// There is nothing to pick from.
    Nothing,
    /// They were listed.
    Listed,
}

async fn pick(context: &Context, sources: Vec<Source>, origin: &Origin) -> Result<Picked> {
    if sources.is_empty() {
        return Ok(Picked::Nothing);
    }
    if !context.ui.interactive() {
        sources.into_iter().rev().for_each(|source| context.ui.emit(&Report::Delivery(source.line)));
        context.ui.note("name one: `clerkhook replay last`, or its message id");
        return Ok(Picked::Listed);
    }
    let (mut genuine, forged) = apart(sources, origin);
    if genuine.is_empty() {
        return Err(Error::NothingVerified { passed: forged.len() });
    }
    tell(context, forged.len());
    let offer =
        |source: &Source| Offer::Delivery(Box::new(Offered { delivery: source.line.clone(), who: source.who() }));
    let offered = genuine.iter().map(offer).collect();
    let index = context.ui.pick(Question::WhichDelivery, offered, context.shutdown.wait()).await?;
    Ok(if index < genuine.len() { Picked::One(Box::new(genuine.swap_remove(index))) } else { Picked::Listed })
}
