//! The app's answer as the agent captured it.

use std::time::Duration;

use crate::delivery::{Delivery, header};
use crate::handler::Answer;
use crate::ngrok::capture::{Capture, Response};

/// The answer of a capture; status 0 while there is none.
pub fn answered(capture: &Capture) -> Answer {
    let Some(response) = &capture.response else { return Answer::default() };
    let read = Answer::of(response.status_code, |name| response.header(name), response.text());
    Answer {
        ngrok_code: Response::ngrok_code(response),
        duration: Duration::from_millis(capture.duration_ms().unwrap_or_default()),
        ..read
    }
}

/// The answer of a delivery; status 0 where none was seen.
pub fn then(delivery: &Delivery) -> Answer {
    let Some(answer) = &delivery.answer else { return Answer::default() };
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    Answer::of(answer.status, |name| header(&answer.headers, name), text)
}
