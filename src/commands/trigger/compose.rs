//! The message that is sent: an event of the catalogue or a body of one's own, edited, with its id.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use super::Subject;
use crate::catalogue::{self, Recipe, Time};
use crate::error::{Error, Result};
use crate::payload::{self, Edit};
use crate::steps::{Context, endpoint, input};

/// What is delivered, without its signature.
#[derive(Clone, Debug)]
pub struct Message {
    /// Event type.
    pub event: String,
    /// Message id.
    pub id: String,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Where messages come from: each has ids of its own, all have the same edits.
#[derive(Clone, Debug)]
pub struct Source {
    event: String,
    body: Option<Vec<u8>>,
    edits: Vec<Edit>,
    id: Option<String>,
    seed: Seed,
}

/// What ids and times follow from.
#[derive(Clone, Copy, Debug)]
pub enum Seed {
    /// Given by hand: ids and times are the same again.
    Fixed(u64),
    /// Of this run: ids are new and times are now.
    Fresh(u64),
}

impl Seed {
    /// The one that was given, else a new one.
    pub fn given_or_fresh(given: Option<u64>) -> Self {
        // The standard library seeds its hash maps from the system's randomness; no more is needed here.
        given.map_or_else(|| Self::Fresh(RandomState::new().hash_one("seed")), Self::Fixed)
    }

    /// The one of the nth message.
    pub fn nth(self, nth: u64) -> Self {
        match self {
            Self::Fixed(seed) => Self::Fixed(seed.wrapping_add(nth)),
            Self::Fresh(seed) => Self::Fresh(seed.wrapping_add(nth)),
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Fixed(seed) | Self::Fresh(seed) => seed,
        }
    }

    /// The recipe of an event that is sent now.
    pub fn recipe(self) -> Recipe {
        self.timed(Time::Ending)
    }

    /// The recipe of the events of a story of which the last one is sent now.
    pub fn story<'a>(self, events: impl Iterator<Item = &'a str>) -> Recipe {
        let last = events.filter_map(catalogue::told_at).max().unwrap_or_default();
        self.timed(|now_ms| Time::Moved(now_ms - last))
    }

    fn timed(self, fresh: impl FnOnce(i64) -> Time) -> Recipe {
        let time = match self {
            Self::Fixed(_) => Time::OfSeed,
            Self::Fresh(_) => fresh(Timestamp::now().as_millisecond()),
        };
        Recipe { seed: self.number(), mark: None, time }
    }

    /// A message id. Events of one seed are different messages, so type and place in a scenario count too: an app that
    /// drops repetitions would drop the second otherwise.
    pub fn message_id(self, event: &str, place: usize) -> String {
        let place = place.to_le_bytes();
        let bytes = event.bytes().chain(place);
        // FNV-1a, which is the same on every machine.
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        catalogue::message_id(bytes.fold(0xcbf2_9ce4_8422_2325 ^ self.number(), step))
    }
}

impl Source {
    /// Reads what is needed, and says what may surprise.
    ///
    /// # Errors
    /// `EventUnknown`, `TriggerRefused`, `EditRefused`, `File`.
    pub async fn read(context: &Context, subject: &Subject) -> Result<Self> {
        let body = match &subject.body {
            Some(path) => Some(read_body(context, path).await?),
            None => None,
        };
        let event = match &body {
            Some(body) => event_of(context, subject.event.as_deref(), body)?,
            None => known(subject.event.as_deref().unwrap_or_default())?,
        };
        let (edits, id) = (subject.edits.clone(), subject.id.clone());
        let source = Self { event, body, edits, id, seed: Seed::given_or_fresh(subject.seed) };
        for path in source.composed(0)?.created {
            context.ui.note(&format!("`{path}` was not there before; it was added"));
        }
        Ok(source)
    }

    /// Event type.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// The nth message.
    ///
    /// # Errors
    /// `EditRefused`.
    pub fn message(&self, nth: u64) -> Result<Message> {
        let id = self.id.clone().unwrap_or_else(|| self.seed.nth(nth).message_id(&self.event, 0));
        Ok(Message { event: self.event.clone(), id, body: self.composed(nth)?.body })
    }

    fn composed(&self, nth: u64) -> Result<payload::Applied> {
        let body = match &self.body {
            Some(body) => body.clone(),
            None => build(&self.event, &self.seed.nth(nth).recipe())?,
        };
        payload::apply(&body, &self.edits).map_err(|fault| Error::EditRefused { why: fault.to_string() })
    }
}

/// The example of an event type.
///
/// # Errors
/// `EventUnknown`.
pub fn build(event: &str, recipe: &Recipe) -> Result<Vec<u8>> {
    catalogue::build(event, recipe).map(String::into_bytes).ok_or_else(|| unknown(event))
}

fn known(event: &str) -> Result<String> {
    if catalogue::types().contains(&event) { Ok(event.to_owned()) } else { Err(unknown(event)) }
}

/// That there is no such event, with the event or the group that was meant.
pub fn unknown(event: &str) -> Error {
    let meant = catalogue::nearest(event).or_else(|| catalogue::nearest_of(event, catalogue::groups()));
    Error::EventUnknown { event: event.to_owned(), meant: meant.map(str::to_owned) }
}

async fn read_body(context: &Context, path: &Path) -> Result<Vec<u8>> {
    let stdin = path.as_os_str() == input::STDIN;
    if stdin && context.ui.interactive() {
        context.ui.note("reading the body from stdin; Ctrl-D ends it");
    }
    let body = input::read(context, path).await?;
    if stdin && body.is_empty() {
        return Err(Error::TriggerRefused {
            why: "stdin held no body".to_owned(),
            fix: "pipe one in: `clerkhook trigger --body @- < event.json`".to_owned(),
        });
    }
    Ok(body)
}

/// The type of a body of one's own, which is delivered whatever it is.
fn event_of(context: &Context, named: Option<&str>, body: &[u8]) -> Result<String> {
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    let says = read["type"].as_str().filter(|says| !says.is_empty());
    remark(context, body);
    let event = match (named, says) {
        (Some(named), Some(says)) if named != says => {
            context.ui.warn(&format!("the body's `type` is `{says}`, not `{named}`; it is sent as it is"));
            named
        }
        (Some(named), _) => named,
        (None, Some(says)) => says,
        (None, None) => {
            return Err(Error::TriggerRefused {
                why: "the body has no `type`".to_owned(),
                fix: "name the event: `clerkhook trigger user.created --body @FILE`".to_owned(),
            });
        }
    };
    endpoint::warn_of_unknown(context, event);
    Ok(event.to_owned())
}

/// What an app may not expect of a body.
fn remark(context: &Context, body: &[u8]) {
    let remark = match (body.is_empty(), std::str::from_utf8(body)) {
        (true, _) => "the body is empty; it is sent so".to_owned(),
        (_, Err(error)) => {
            format!("the body is not UTF-8 from byte {} on; its bytes are sent as they are", error.valid_up_to())
        }
        (_, Ok(text)) => match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => return,
            Err(error) => format!("the body is no JSON ({error}); it is sent as it is"),
        },
    };
    context.ui.note(&remark);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_one_seed_have_ids_of_their_own() {
        let seed = Seed::Fixed(7);
        let ids = [
            seed.message_id("user.created", 0),
            seed.message_id("user.deleted", 0),
            seed.message_id("user.created", 1),
            seed.nth(1).message_id("user.created", 0),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
        assert_eq!(ids[0], Seed::Fixed(7).message_id("user.created", 0));
        assert!(ids.iter().all(|id| id.len() == 31 && id.starts_with("msg_")), "{ids:?}");
    }

    #[test]
    fn a_fresh_seed_is_another_each_time() {
        let number = || Seed::given_or_fresh(None).number();
        assert_ne!(number(), number());
    }
}
