//! The app's answer as a delivery holds it.

use crate::delivery::{Delivery, header};
use crate::handler::Answer;
use crate::ngrok::codes;

/// The answer of a delivery; status 0 where none was seen.
pub fn answered(delivery: &Delivery) -> Answer {
    let Some(answer) = &delivery.answer else { return Answer::default() };
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let read = Answer::of(answer.status, |name| header(&answer.headers, name), text);
    Answer { ngrok_code: codes::of_answer(answer), duration: delivery.duration.unwrap_or_default(), ..read }
}
