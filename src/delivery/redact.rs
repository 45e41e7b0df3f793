//! Deliveries that can be shown to others: addresses, names, phone numbers, tokens and IP addresses are replaced, the same
//! one by the same stand-in each time. A signature no longer fits what was changed, so it goes too.

use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::Value;

use super::Delivery;

/// Stands for what is replaced by nothing in particular.
const REDACTED: &str = "redacted";

/// Headers that carry a credential, or a signature that no longer fits.
const CREDENTIALS: [&str; 9] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "svix-signature",
    "webhook-signature",
    "x-api-key",
    "x-csrf-token",
    "x-auth-token",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Address,
    Name,
    Phone,
    Ip4,
    Ip6,
    Secret,
    Picture,
}

/// Remembers who was replaced by whom, so that what belonged together still does.
#[derive(Debug, Default)]
pub struct Redaction {
    stands: HashMap<(Kind, String), String>,
    counts: HashMap<Kind, usize>,
}

impl Redaction {
    /// The delivery without what says whom it concerns.
    pub fn of(&mut self, delivery: &Delivery) -> Delivery {
        let mut redacted = delivery.clone();
        self.headers(&mut redacted.request.headers);
        redacted.request.body = self.body(&delivery.request.body);
        if let Some((path, query)) = delivery.request.target.split_once('?')
            && !query.is_empty()
        {
            redacted.request.target = format!("{path}?{REDACTED}");
        }
        if let Some(answer) = &mut redacted.answer {
            self.headers(&mut answer.headers);
            answer.body = self.body(&answer.body);
        }
        redacted
    }

    fn headers(&mut self, headers: &mut [(String, String)]) {
        for (name, value) in headers {
            let name = name.to_ascii_lowercase();
            *value = if CREDENTIALS.contains(&name.as_str()) { REDACTED.to_owned() } else { self.text(&name, value) };
        }
    }

    /// JSON is walked through; of anything else only its length stays.
    fn body(&mut self, body: &[u8]) -> Vec<u8> {
        if body.is_empty() {
            return Vec::new();
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(mut value) => {
                self.value("", &mut value);
                value.to_string().into_bytes()
            }
            Err(_) => format!("({REDACTED}: {} bytes that are no JSON)", body.len()).into_bytes(),
        }
    }

    fn value(&mut self, key: &str, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(key, text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(key, value)),
            // What people keep there is their own, and may say anything.
            Value::Object(fields) if key.ends_with("_metadata") => fields.clear(),
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| self.value(key, value)),
            Value::Number(_) if is_place(key) => *value = Value::Null,
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, key: &str, text: &str) -> String {
        match kind(key, text) {
            Some(kind) if !text.is_empty() => self.stand_in(kind, text),
            // An address may stand in the middle of a sentence.
            _ if text.contains('@') => text.split(' ').map(|word| self.word(word)).collect::<Vec<_>>().join(" "),
            _ => text.to_owned(),
        }
    }

    fn word(&mut self, word: &str) -> String {
        if is_address(word) { self.stand_in(Kind::Address, word) } else { word.to_owned() }
    }

    fn stand_in(&mut self, kind: Kind, text: &str) -> String {
        if let Some(known) = self.stands.get(&(kind, text.to_owned())) {
            return known.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let stand_in = match kind {
            Kind::Address => format!("person{count}@example.com"),
            Kind::Name => format!("Name{count}"),
            // Numbers that nobody has (555-0100 and on).
            Kind::Phone => format!("+1202555{:04}", 100 + *count % 100),
            Kind::Ip4 => format!("192.0.2.{}", *count % 255),
            Kind::Ip6 => format!("2001:db8::{count:x}"),
            Kind::Secret => REDACTED.to_owned(),
            Kind::Picture => format!("https://example.com/picture{count}.png"),
        };
        self.stands.insert((kind, text.to_owned()), stand_in.clone());
        stand_in
    }
}

/// What a text is, by its key and by its looks.
fn kind(key: &str, text: &str) -> Option<Kind> {
    let key = key.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(if ip.is_ipv4() { Kind::Ip4 } else { Kind::Ip6 });
    }
    if has(&["image_url", "avatar", "logo_url", "picture"]) {
        return Some(Kind::Picture);
    }
    let secret = has(&["token", "secret", "password", "jwt", "otp_code", "api_key"]) || text.starts_with("eyJ");
    if secret || has(&["birthday", "gender", "user_agent", "user-agent", "city", "country", "forwarded-for"]) {
        return Some(Kind::Secret);
    }
    let phone = text.starts_with('+') && text.len() >= 8 && text[1..].bytes().all(|byte| byte.is_ascii_digit());
    if phone || has(&["phone"]) && text.bytes().filter(u8::is_ascii_digit).count() >= 7 {
        return Some(Kind::Phone);
    }
    if is_address(text) {
        return Some(Kind::Address);
    }
    let named = ["first_name", "last_name", "full_name", "username", "slug", "name", "legal_name", "given_name"];
    (named.contains(&key.as_str()) || key.ends_with("family_name")).then_some(Kind::Name)
}

fn is_place(key: &str) -> bool {
    ["latitude", "longitude"].contains(&key)
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !text.contains([' ', '/', '"', '<', '>'])
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{Answer, Request, Witness};
    use super::*;

    fn delivery(body: &str) -> Delivery {
        let headers = [
            ("svix-id", "msg_1"),
            ("svix-signature", "v1,abc"),
            ("X-Forwarded-For", "203.0.113.7"),
            ("cookie", "__session=eyJabc"),
            ("content-type", "application/json"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let request =
            Request { target: "/x?email=ada@example.org".into(), headers, body: body.into(), ..Request::default() };
        let answer = Answer { status: 200, body: b"hello ada@example.org".to_vec(), ..Answer::default() };
        Delivery { answer: Some(answer), ..Delivery::new(Timestamp::UNIX_EPOCH, Witness::Agent, request) }
    }

    #[test]
    fn nobody_is_known_and_what_belongs_together_still_does() {
        let body = serde_json::json!({
            "type": "user.created",
            "data": {
                "id": "user_1", "first_name": "Ada", "last_name": "Lovelace", "username": null,
                "email_addresses": [{"id": "idn_1", "email_address": "ada@real.org"}],
                "phone_numbers": [{"phone_number": "+4930123456"}],
                "image_url": "https://img.example/ada.png", "public_metadata": {"home": "12 St James's Square"},
                "created_at": 1_700_000_000_000_u64, "note": "write to ada@real.org or bob@real.org",
            },
            "event_attributes": {"http_request": {"client_ip": "2001:4860::1", "user_agent": "Ada's phone"}},
        });
        let mut redaction = Redaction::default();
        let came = delivery(&body.to_string());
        let redacted = redaction.of(&came);
        let shown: Value = serde_json::from_slice(&redacted.request.body).expect("JSON");
        let all = format!("{redacted:?}{shown}");
        for known in
            ["Ada", "ada@", "Lovelace", "+49", "James", "2001:4860", "203.0.113", "eyJ", "v1,abc", "img.example"]
        {
            assert!(!all.contains(known), "{known} in {all}");
        }
        assert_eq!(shown["data"]["id"], "user_1");
        assert_eq!(shown["data"]["created_at"], body["data"]["created_at"]);
        assert_eq!(shown["data"]["email_addresses"][0]["email_address"], "person1@example.com");
        assert_eq!(shown["data"]["note"], "write to person1@example.com or person2@example.com");
        assert_eq!(redaction.of(&came), redacted, "the same stand-ins again");
        assert_eq!(redacted.request.target, "/x?redacted");
    }

    #[test]
    fn what_is_no_json_keeps_its_length_alone() {
        let redacted = Redaction::default().of(&delivery("name=Ada"));
        assert_eq!(redacted.request.body, b"(redacted: 8 bytes that are no JSON)");
    }
}
