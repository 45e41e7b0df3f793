//! What a command tells, as JSON lines for a program: data on stdout, talk on stderr.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::json_line::JsonLine;
use super::stream::Content;
use super::writing::Output;
use crate::delivery;
use crate::report::{Renderer, Report, Seen, Status};

/// What stands in the line of a step that did not end by itself.
const CUT_SHORT: &str = "not finished: the command ended first";

/// Shows everything that is a value to a program.
pub struct JsonLines {
    /// Both streams.
    pub output: Arc<Output>,
    /// No notes, and what comes to the built-in app without headers and bodies.
    pub quiet: bool,
    /// No delivery with headers and bodies.
    pub brief: bool,
}

impl Renderer for JsonLines {
    fn show(&self, report: &Report) {
        match report {
            Report::Note { .. } | Report::Said { .. } if self.quiet => {}
            Report::Said { text } => self.show(&Report::Note { text: text.clone() }),
            Report::Note { .. } | Report::Warning { .. } | Report::Error(_) => {
                line(report).into_iter().for_each(|line| self.output.stderr(line));
            }
            Report::Log(_) => line(report).into_iter().for_each(|line| self.output.log(line)),
            Report::Farewell(_) => line(report).into_iter().for_each(|line| self.output.last(line)),
            other => self.output.stdout(self.data(other)),
        }
    }
}

impl JsonLines {
    fn data(&self, report: &Report) -> Vec<Content> {
        match report {
            Report::CutShort { step, ms } => {
                let (status, detail) = (Status::Skip, CUT_SHORT.to_owned());
                line(&Report::Step { step: *step, status, detail, ms: *ms }).into_iter().collect()
            }
            Report::Passed(delivery) | Report::Kept(delivery) | Report::Whole { delivery, .. } => {
                kept(delivery, !self.brief).map(Content::Json).into_iter().collect()
            }
            Report::Received { batch, .. } => batch.iter().filter_map(|seen| self.seen(seen)).collect(),
            Report::Checks { groups, .. } => {
                groups.iter().flatten().filter_map(|check| line(&Report::Check(check.clone()))).collect()
            }
            Report::Catalogue { events, .. } => {
                events.iter().filter_map(|event| line(&Report::EventType(*event))).collect()
            }
            Report::Curl { request, .. } => line(&Report::Request(request.clone())).into_iter().collect(),
            // Asked for in a form of its own.
            Report::Exact(text) => vec![Content::text(text)],
            Report::Bytes(bytes) => vec![Content::Exact(bytes.clone())],
            other => line(other).into_iter().collect(),
        }
    }

    fn seen(&self, seen: &Seen) -> Option<Content> {
        match seen {
            Seen::Delivery(delivery) => kept(delivery, !self.quiet && !self.brief).map(Content::Json),
            Seen::Gap(gap) => line(&Report::Gap(*gap)),
        }
    }
}

/// The line of a report that is one.
pub fn line(report: &Report) -> Option<Content> {
    let fields = object(report)?;
    Some(Content::Json(match report {
        Report::Request(_) => JsonLine::with_payload(fields),
        // The key of the one opens nothing but itself, and the other was asked for.
        Report::Sandbox(_) | Report::Secret { .. } => JsonLine::exact(&Value::Object(fields)),
        _ => JsonLine::masked(Value::Object(fields)),
    }))
}

/// A delivery, and if it is wanted whole, request and answer. Headers and body are as Clerk's own CLI writes them:
/// `clerk webhooks verify --delivery` reads the line.
pub fn kept(delivery: &delivery::Delivery, whole: bool) -> Option<JsonLine> {
    let mut fields = object(&Report::Delivery(delivery.into()))?;
    if whole {
        let answer = |answer: &delivery::Answer| json!({ "headers": headers(&answer.headers), "body_b64": STANDARD.encode(&answer.body) });
        fields.insert("headers".to_owned(), headers(&delivery.request.headers));
        fields.insert("body_b64".to_owned(), STANDARD.encode(&delivery.request.body).into());
        fields.insert("answer".to_owned(), delivery.answer.as_ref().map(answer).into());
    }
    Some(JsonLine::with_payload(fields))
}

/// A report as an object with `schema` behind its `type`.
fn object(report: &Report) -> Option<Map<String, Value>> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(report) else { return None };
    fields.shift_insert(1, "schema".to_owned(), 1.into());
    Some(fields)
}

/// Headers as an object with lower-case names.
fn headers(pairs: &[(String, String)]) -> Value {
    let mut headers = Map::new();
    for (name, value) in pairs {
        let value = match headers.get(&name.to_ascii_lowercase()).and_then(Value::as_str) {
            // A name that came twice is a list (RFC 9110, 5.2).
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        headers.insert(name.to_ascii_lowercase(), value.into());
    }
    headers.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::Error;
    use crate::report::{Action, Endpoint, Failure, Farewell, Log, Step};

    const SECRET: &str = "whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF";

    proptest! {
        #[test]
        fn no_event_shows_a_secret_or_a_control_character(text in any::<String>()) {
            let hostile = format!("{text} {SECRET}");
            let endpoint = Endpoint {
                action: Action::Created,
                endpoint_id: hostile.clone(),
                app_id: hostile.clone(),
                url: hostile.clone(),
                events: vec![hostile.clone()],
                disabled: false,
            };
            let lines = [
                Report::step(Step::App, Status::Ok, &hostile),
                Report::Endpoint(endpoint),
                Report::Error(Failure::from(&Error::KeyMissing { looked: hostile.clone() })),
                Report::Note { text: hostile.clone() },
                Report::Log(Log { level: "debug", text: hostile.clone() }),
                Report::Farewell(Farewell::new(true, vec![hostile.clone()])),
            ];
            for report in lines {
                let Some(Content::Json(line)) = line(&report) else { panic!("no line for {report:?}") };
                prop_assert!(!line.as_str().contains(SECRET) && !line.as_str().chars().any(char::is_control));
                prop_assert!(serde_json::from_str::<Value>(line.as_str()).is_ok());
            }
        }
    }
}
