//! The app's answer as the agent captured it.

use std::time::Duration;

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
