//! The messages that the cases send: made up, marked, signed in the right or the wrong way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use crate::catalogue::{self, Recipe, Time};
use crate::signature::{self, HEADERS, STANDARD_HEADERS, SigningSecret};

/// With which the random part of every id begins, so that what is stored can be found.
pub const MARK: &str = "clerkhook";

/// Ten minutes in seconds; five are allowed.
const FAR: i64 = 600;

/// What the large body is filled up to, in bytes.
const LARGE: usize = 500_000;

/// A request as it is sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// `POST`, but for one case.
    pub method: &'static str,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
}

/// How a message is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// As Clerk does.
    Right,
    /// With the secret, at so many seconds from now.
    At(i64),
    /// With another key.
    WrongKey,
    /// With another key first, then with the right one.
    Rotated,
    /// Not at all, but it looks so.
    Forged,
    /// Without any headers.
    None,
    /// Right, under the names of the Standard Webhooks specification.
    StandardNames,
}

/// Makes messages. Each has an id and, unless told otherwise, a user of its own.
#[derive(Debug)]
pub struct Workshop {
    secret: SigningSecret,
    other: SigningSecret,
    base: String,
    seed: u64,
}

impl Workshop {
    /// `base` is the event type of cases that are about none; `seed` makes this run's ids differ from another's.
    pub fn new(secret: SigningSecret, base: &str, seed: u64) -> Self {
        let other = SigningSecret::from_key(&STANDARD.encode(seed.to_be_bytes()).repeat(3).into_bytes()[..24]);
        Self { secret, other, base: base.to_owned(), seed }
    }

    /// A seed that was not used before.
    pub fn seed(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(1);
        self.seed
    }

    /// The body of an event; `None` where the catalogue has no example.
    pub fn body(event_type: &str, seed: u64) -> Option<String> {
        let time = Time::Ending(Timestamp::now().as_millisecond());
        catalogue::build(event_type, &Recipe { seed, mark: Some(MARK), time })
    }

    /// The body of the usual event, of somebody new.
    pub fn base(&mut self) -> String {
        let seed = self.seed();
        Self::body(&self.base, seed).expect("the base has an example")
    }

    /// A message with a new id.
    pub fn message(&mut self, body: impl Into<Vec<u8>>, signing: Signing) -> Message {
        let id = catalogue::message_id(self.seed());
        let body = body.into();
        let mut headers = vec![header("content-type", "application/json"), header("accept", "*/*")];
        headers.extend(self.signed(&id, &body, signing));
        Message { method: "POST", headers, body }
    }

    fn signed(&self, id: &str, body: &[u8], signing: Signing) -> Vec<(String, String)> {
        let now = Timestamp::now().as_second();
        let with = |secrets: &[&SigningSecret], at: i64| {
            let secrets: Vec<SigningSecret> = secrets.iter().map(|secret| (*secret).clone()).collect();
            signature::headers(&secrets, id, at, body).to_vec()
        };
        match signing {
            Signing::Right => with(&[&self.secret], now),
            Signing::At(offset) => with(&[&self.secret], now + offset),
            Signing::WrongKey => with(&[&self.other], now),
            Signing::Rotated => with(&[&self.other, &self.secret], now),
            Signing::None => Vec::new(),
            Signing::Forged => {
                let signature = format!("v1,{}", STANDARD.encode([b'x'; 32]));
                let values = [id.to_owned(), now.to_string(), signature];
                HEADERS.into_iter().map(str::to_owned).zip(values).collect()
            }
            Signing::StandardNames => {
                let values = with(&[&self.secret], now).into_iter().map(|(_, value)| value);
                STANDARD_HEADERS.into_iter().map(str::to_owned).zip(values).collect()
            }
        }
    }

    /// Signed 10 minutes ago.
    pub const STALE: Signing = Signing::At(-FAR);
    /// Signed 10 minutes ahead.
    pub const FUTURE: Signing = Signing::At(FAR);
}

/// A request without a body.
pub fn get() -> Message {
    Message { method: "GET", headers: vec![header("accept", "*/*")], body: Vec::new() }
}

/// A header as two texts.
pub fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The same value in bytes that `JSON.stringify(JSON.parse(…))` does not give back.
pub fn spaced(body: &str) -> String {
    let value: Value = serde_json::from_str(body).expect("a body of the catalogue");
    format!("{value:#}").replacen('@', "\\u0040", 1)
}

/// With a name in other scripts.
pub fn foreign(body: &str) -> String {
    let mut value: Value = serde_json::from_str(body).expect("a body of the catalogue");
    let data = &mut value["data"];
    let field = ["first_name", "name"].into_iter().find(|field| data.get(field).is_some_and(Value::is_string));
    data[field.unwrap_or("clerkhook_note")] = "Zoë 漢字 🦀".into();
    value.to_string()
}

/// With a field that nobody knows, so long that the whole has the wanted size.
pub fn large(body: &str) -> String {
    let mut value: Value = serde_json::from_str(body).expect("a body of the catalogue");
    value["data"]["clerkhook_padding"] = "x".repeat(LARGE.saturating_sub(body.len())).into();
    value.to_string()
}

/// Changed in one place, with the length that it had.
pub fn tampered(body: &str) -> String {
    let changed = body.replacen("example.com", "example.org", 1);
    if changed == body { body.replacen(MARK, "clerkhooK", 1) } else { changed }
}

/// A type that does not exist.
pub fn unknown_type(seed: u64) -> String {
    let body = Workshop::body("user.deleted", seed).expect("the catalogue has it");
    let mut value: Value = serde_json::from_str(&body).expect("a body of the catalogue");
    value["type"] = "clerkhook.unknown".into();
    value["data"]["object"] = "clerkhook".into();
    value.to_string()
}

/// `user.deleted` for an id.
pub fn deletion(id: &str) -> String {
    let body = Workshop::body("user.deleted", 0).expect("the catalogue has it");
    let mut value: Value = serde_json::from_str(&body).expect("a body of the catalogue");
    value["data"]["id"] = id.into();
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Reason, Signed, verify};

    fn verdict(signing: Signing) -> Result<(), Reason> {
        let secret = SigningSecret::from_key(&[7; 24]);
        let mut workshop = Workshop::new(secret.clone(), "user.created", 1);
        let message = workshop.message("{}", signing);
        let get = |name: &str| {
            let found = message.headers.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str())
        };
        verify(&[secret], &Signed::read(get), &message.body, Timestamp::now().as_second())
    }

    #[test]
    fn each_way_of_signing_is_what_it_says() {
        for good in [Signing::Right, Signing::Rotated, Signing::StandardNames] {
            assert_eq!(verdict(good), Ok(()), "{good:?}");
        }
        for bad in [Signing::WrongKey, Signing::Forged] {
            assert_eq!(verdict(bad), Err(Reason::NoMatch), "{bad:?}");
        }
        assert_eq!(verdict(Signing::None), Err(Reason::Unsigned));
        assert!(matches!(verdict(Workshop::STALE), Err(Reason::TooOld(600..))));
        assert!(matches!(verdict(Workshop::FUTURE), Err(Reason::TooNew(..=600))));
    }

    #[test]
    fn bodies_differ_where_they_should() {
        let body = Workshop::body("user.created", 7).expect("an example");
        let value = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
        let spaced = spaced(&body);
        assert!(value(&spaced) == value(&body) && spaced != body && spaced.contains("\\u0040"), "{spaced}");
        assert_ne!(value(&spaced).to_string(), spaced);
        assert!(!foreign(&body).is_ascii());
        assert!((LARGE..LARGE + 100).contains(&large(&body).len()));
        let tampered = tampered(&body);
        assert!(tampered != body && tampered.len() == body.len());
        assert_eq!(value(&unknown_type(3))["type"], "clerkhook.unknown");
        assert_eq!(value(&deletion("user_x"))["data"]["id"], "user_x");
        assert!(value(&body)["data"]["id"].as_str().expect("an id").starts_with("user_clerkhook"));
    }
}
