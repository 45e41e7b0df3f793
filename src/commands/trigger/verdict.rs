//! Why an event was not answered as expected, and what to type.

use super::send::{Sender, Sent};
use crate::error::Error;
use crate::handler::{Answer, Diagnosis, diagnose};
use crate::http::{self, Obstacle, Unreachable};
use crate::report::Hop;

/// The error of a message that was not answered as expected.
pub fn failure(sender: &Sender, sent: &Sent) -> Error {
    match &sent.outcome {
        Ok(answer) => unexpected(sender, sent, answer),
        Err(unreachable) => unanswered(sender, sent, unreachable),
    }
}

fn unexpected(sender: &Sender, sent: &Sent, answer: &Answer) -> Error {
    let target = &sender.destination.target;
    let event = sent.told.event.clone();
    if let Some(Diagnosis { found, fix }) = sent.stand_in.clone() {
        return Error::NotDelivered { event, hop: Hop::App, found: at_step(sent, found), fix };
    }
    let diagnosis = diagnose(&answer.seen(target.path(), &target.upstream).of(sender.framework));
    let refused = matches!(answer.status, 400 | 401 | 403);
    if sent.expected.is_success() && !answer.is_success() {
        let (found, fix) = if sender.unsigned && refused {
            let found = format!("the app answered {}, as it should to what nobody signed", answer.status);
            (found, "sign it, or say that the refusal is what you want: `--expect 4xx`".to_owned())
        } else {
            (diagnosis.found, diagnosis.fix)
        };
        return Error::NotDelivered { event, hop: Hop::App, found: at_step(sent, found), fix };
    }
    let fix = if answer.is_success() && sender.unsigned {
        "have the handler verify the signature before anything else, and answer 4xx where it does not hold".to_owned()
    } else if answer.is_success() {
        "look into the app's log; where this answer is right, expect it: `--expect 2xx`".to_owned()
    } else {
        diagnosis.fix
    };
    let found = at_step(sent, format!("the app answered {} where {} is due", answer.status, sent.expected));
    Error::AnswerUnexpected { event, found, fix }
}

fn unanswered(sender: &Sender, sent: &Sent, unreachable: &Unreachable) -> Error {
    let target = &sender.destination.target;
    let cause = unreachable.cause.clone();
    let not = |hop, found: String, fix: String| Error::NotDelivered {
        event: sent.told.event.clone(),
        hop,
        found: at_step(sent, found),
        fix,
    };
    let edge = sender.destination.via == "edge";
    match unreachable.kind {
        Obstacle::NoConnection if edge => not(
            Hop::Edge,
            format!("the public URL cannot be reached: {cause}"),
            "see what runs: `clerkhook status`".to_owned(),
        ),
        Obstacle::NoConnection => Error::AppDown {
            upstream: target.upstream.clone(),
            cause,
            fix: "start the app, or name another address: `--to URL`",
        },
        Obstacle::Certificate => {
            let local = http::is_loopback(&target.url);
            Error::CertificateUntrusted { url: target.url.to_string(), cause, local }
        }
        Obstacle::Time => {
            let seen = diagnose(&crate::handler::Seen::default());
            not(Hop::App, seen.found, seen.fix)
        }
        Obstacle::Plain => not(
            Hop::App,
            "the app speaks no TLS".to_owned(),
            format!("name it so: `--to {}`", target.url.as_str().replacen("https://", "http://", 1)),
        ),
        Obstacle::Broken => not(
            Hop::App,
            format!("the app gave no HTTP answer: {cause}"),
            "look at the app's log; if it serves TLS, name it so: `--to https://localhost:PORT`".to_owned(),
        ),
    }
}

fn at_step(sent: &Sent, found: String) -> String {
    match sent.place {
        Some(place) => format!("{found} (step {} of {})", place.step, place.of),
        None => found,
    }
}
