//! Constructed failures with their causes, and good deliveries of which none may fail.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::signature::{HEADERS, STANDARD_HEADERS, Signed, SigningSecret, sign, verify};

const NOW: i64 = 1_700_000_000;
const TERMS: Terms = Terms { now: NOW, tolerance: Some(300), clock_ahead: None };
/// Bytes that give `+` and `/` in base64.
const KEY: [u8; 24] = [251; 24];
/// What JavaScript would write, with a `<` as Go escapes it.
const BODY: &str = r#"{"data":{"age":1,"first_name":"Zoë \u003c","id":"user_1","tags":[],"z":{"a":null}},"object":"event","timestamp":1700000000000,"type":"user.created"}"#;

const SORTED: &str = r#"{"data":{"id":"x"},"object":"event","type":"user.created"}"#;

fn secret() -> SigningSecret {
    SigningSecret::from_key(&KEY)
}

fn candidate(text: &str) -> Candidate {
    Candidate { source: "`key`".to_owned(), text: Secret::new(text), remote: false }
}

fn headers(names: [&str; 3], values: [&str; 3]) -> Vec<(String, String)> {
    names.into_iter().zip(values).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A delivery whose signature is right for `signed` and which came with `body`.
fn delivery(signed: &[u8], body: &[u8]) -> Saved {
    let signature = sign(&[secret()], "msg_1", NOW, signed);
    Saved { headers: headers(HEADERS, ["msg_1", &NOW.to_string(), &signature]), body: body.to_vec(), remarks: vec![] }
}

fn good() -> Saved {
    delivery(BODY.as_bytes(), BODY.as_bytes())
}

/// With the signature header changed.
fn respelt(change: impl Fn(&str) -> String) -> Saved {
    let mut saved = good();
    saved.headers[2].1 = change(saved.headers[2].1.trim_start_matches("v1,"));
    saved
}

fn slug(saved: &Saved, text: &str) -> &'static str {
    judge(saved, &[candidate(text)], &TERMS).cause.map_or("valid", |cause| cause.slug())
}

fn value() -> Value {
    serde_json::from_str(BODY).expect("JSON")
}

#[test]
fn what_happened_to_the_body_is_named() {
    let text = secret().text().expose().to_owned();
    let pretty = serde_json::to_string_pretty(&value()).expect("JSON");
    let double = json!(BODY).to_string();
    let form: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", BODY).finish();
    let plain = value().to_string();
    let reordered = r#"{"type":"user.created","data":{"id":"user_1","age":1},"object":"event"}"#;
    let sorted = r#"{"data":{"age":1,"id":"user_1"},"object":"event","type":"user.created"}"#;
    let latin: Vec<u8> = "{\"a\":\"Zo\u{eb}\"}".chars().map(|c| u8::try_from(c).expect("Latin-1")).collect();
    for (signed, came, cause) in [
        (BODY, BODY, "valid"),
        (BODY, &format!("{BODY}\n"), "body-newline-added"),
        (BODY, &format!("{BODY}\r\n"), "body-newline-added"),
        (&format!("{BODY}\n"), BODY, "body-newline-removed"),
        (BODY, &format!("\u{feff}{BODY}"), "body-byte-order-mark"),
        (&pretty, &pretty.replace('\n', "\r\n"), "body-line-ends"),
        (&pretty.replace('\n', "\r\n"), &pretty, "body-line-ends"),
        (&plain, &pretty, "body-white-space"),
        (&plain, &format!("{pretty}\n"), "body-white-space"),
        (&pretty, &plain, "body-white-space"),
        (BODY, &plain, "body-escapes"),
        (BODY, &pretty, "body-reserialised"),
        (&plain, &plain.replace('ë', "\\u00eb"), "body-escapes"),
        (&plain.replace('ë', "\\u00eb"), &plain, "body-escapes"),
        (r#"{"url":"https:\/\/a"}"#, r#"{"url":"https://a"}"#, "body-escapes"),
        (r#"{"n":1000,"m":2}"#, r#"{"n":1e3,"m":2.0}"#, "body-numbers"),
        (sorted, reordered, "body-keys-reordered"),
        (r#"{"type":"user.created","data":{"id":"x"},"object":"event"}"#, SORTED, "body-keys-sorted"),
        (SORTED, r#"{"type": "user.created", "object": "event", "data": {"id": "x"}}"#, "body-reserialised"),
        (r#"{"type":"user.created","object":"event","data":{"id":"x"}}"#, "{}", "no-match"),
        (BODY, &double, "body-double-encoded"),
        (BODY, &STANDARD.encode(BODY), "body-base64"),
        (BODY, &form, "body-form-encoded"),
        (BODY, &BODY.replace('ë', "Ã«"), "body-charset"),
        (BODY, "", "body-empty"),
        (BODY, &BODY[..40], "body-cut"),
        (BODY, &BODY.replace("user_1", "user_2"), "no-match"),
    ] {
        assert_eq!(slug(&delivery(signed.as_bytes(), came.as_bytes()), &text), cause, "{came}");
    }
    assert_eq!(slug(&delivery("{\"a\":\"Zo\u{eb}\"}".as_bytes(), &latin), &text), "body-charset");
    assert_eq!(slug(&delivery(BODY.as_bytes(), b"\x1f\x8b\x08\x00"), &text), "body-compressed");
    let mut cut = delivery(BODY.as_bytes(), b"{}");
    cut.headers.push(("Content-Length".to_owned(), "150".to_owned()));
    assert_eq!(slug(&cut, &text), "body-truncated");
}

#[test]
fn what_is_wrong_with_the_secret_is_named() {
    let text = secret().text().expose().to_owned();
    let (key, (front, back)) = (text.trim_start_matches("whsec_"), text.split_at(20));
    let hex = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
    for (given, cause) in [
        (text.clone(), "valid"),
        (key.to_owned(), "valid"),
        (format!("'{text}'\n"), "valid"),
        (format!("v1,{text}"), "secret-version-prefix"),
        (format!("whsec_{}", URL_SAFE_NO_PAD.encode(KEY)), "secret-url-safe"),
        (format!("{front} {back}"), "secret-space"),
        (format!("{front}\n{back}"), "secret-space"),
        (format!("{front}\"{back}"), "secret-space"),
        (format!("{text}\\n"), "secret-space"),
        (format!("CLERK_WEBHOOK_SIGNING_SECRET={text}"), "secret-assignment"),
        (format!("export SECRET=\"{text}\""), "secret-assignment"),
        ("ep_2abcdefghijklmnopqrstuvwxyz".to_owned(), "secret-endpoint-id"),
        ("sk_test_abcdefghijklmnop".to_owned(), "secret-clerk-key"),
        ("pk_test_abcdefghijklmnop".to_owned(), "secret-publishable-key"),
        ("whsec_cut!".to_owned(), "secret-not-base64"),
        ("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX".to_owned(), "no-match"),
    ] {
        assert_eq!(slug(&good(), &given), cause, "{given}");
    }
    for (signer, given, cause) in [
        (text.as_bytes().to_vec(), text.as_str(), "secret-as-text"),
        (key.as_bytes().to_vec(), text.as_str(), "secret-as-text"),
        (key::from_hex(hex).expect("hex"), hex, "secret-hex"),
    ] {
        let signature = sign(&[SigningSecret::from_key(&signer)], "msg_1", NOW, BODY.as_bytes());
        assert_eq!(slug(&respelt(|_| signature.clone()), given), cause);
    }
}

#[test]
fn what_is_wrong_with_the_headers_is_named() {
    let text = secret().text().expose().to_owned();
    let bytes = STANDARD.decode(good().headers[2].1.trim_start_matches("v1,")).expect("base64");
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    for (saved, cause) in [
        (respelt(|code| format!("v1,AAAA v1,{code}")), "valid"),
        (respelt(|code| format!("v1a,zzz v1,{code}")), "valid"),
        (respelt(str::to_owned), "signature-no-version"),
        (respelt(|code| format!("sha256={code}")), "signature-no-version"),
        (respelt(|_| "v1a,zzz".to_owned()), "signature-asymmetric"),
        (respelt(|code| format!("v1,{}", &code[..30])), "signature-truncated"),
        (respelt(|code| format!("v1,{}", code.trim_end_matches('='))), "signature-truncated"),
        (respelt(|_| format!("v1,{hex}")), "signature-hex"),
        (respelt(|_| format!("v1,{}", URL_SAFE_NO_PAD.encode(&bytes))), "signature-url-safe"),
        (respelt(|_| "v1,!!!".to_owned()), "signature-not-base64"),
        (Saved { headers: vec![("host".to_owned(), "a".to_owned())], ..good() }, "unsigned"),
        (Saved { headers: good().headers[..2].to_vec(), ..good() }, "header-missing"),
    ] {
        // The signature's own bytes decide whether the URL-safe alphabet shows.
        let expected = if cause == "signature-url-safe" && !STANDARD.encode(&bytes).contains(['+', '/']) {
            "signature-truncated"
        } else {
            cause
        };
        assert_eq!(slug(&saved, &text), expected, "{:?}", saved.headers);
    }
    let two = Saved { headers: good().headers[2..].to_vec(), ..good() };
    let reason = judge(&two, &[candidate(&text)], &TERMS).cause.expect("a cause").to_string();
    assert_eq!(reason, "it lacks the header `svix-id` and `svix-timestamp`");
}

#[test]
fn the_family_of_the_headers_matters_to_clerks_sdk() {
    let text = secret().text().expose().to_owned();
    let values = |saved: &Saved| [0, 1, 2].map(|at| saved.headers[at].1.clone());
    let values = values(&good());
    let named = |names: [&str; 3]| Saved { headers: headers(names, [&values[0], &values[1], &values[2]]), ..good() };
    let standard = judge(&named(STANDARD_HEADERS), &[candidate(&text)], &TERMS);
    assert_eq!((standard.valid, standard.cause), (true, Some(Cause::HeaderFamily)));
    let mixed = judge(&named(["svix-id", "webhook-timestamp", "svix-signature"]), &[candidate(&text)], &TERMS);
    assert_eq!((mixed.valid, mixed.cause), (false, Some(Cause::HeaderMixed)));
}

#[test]
fn time_is_judged_when_the_signature_is_right() {
    let text = secret().text().expose().to_owned();
    let at = |now, clock_ahead| judge(&good(), &[candidate(&text)], &Terms { now, clock_ahead, ..TERMS });
    let cause = |now, clock_ahead| at(now, clock_ahead).cause.map(|cause| cause.to_string()).unwrap_or_default();
    assert_eq!((cause(NOW + 300, None), cause(NOW - 300, None)), (String::new(), String::new()));
    assert_eq!(
        cause(NOW + 11_520, None),
        "its signature is right, but its timestamp is 3 h 12 min old; 5 min are allowed"
    );
    assert_eq!(
        cause(NOW - 720, None),
        "its signature is right, but its timestamp is 12 min in the future; 5 min are allowed"
    );
    assert_eq!(cause(NOW - 420, Some(-420)), "its signature is right, but this machine's clock is 7 min behind");
    assert_eq!(cause(NOW + 420, Some(400)), "its signature is right, but this machine's clock is 6 min 40 s ahead");
    assert!(cause(NOW + 11_520, Some(-400)).contains("old"));
    let alone = judge(&good(), &[candidate(&text)], &Terms { now: 0, tolerance: None, clock_ahead: None });
    assert!(alone.valid);

    let mut changed = delivery(BODY.as_bytes(), format!("{BODY}\n").as_bytes());
    let both = judge(&changed, &[candidate(&text)], &Terms { now: NOW + 600, ..TERMS });
    assert_eq!(both.cause, Some(Cause::BodyNewlineAdded));
    assert_eq!(both.remarks, ["also: its timestamp is 10 min old"]);

    let milliseconds = NOW * 1000;
    for (seconds, timestamp) in [(milliseconds, milliseconds), (NOW, milliseconds)] {
        changed = good();
        changed.headers[1].1 = timestamp.to_string();
        changed.headers[2].1 = sign(&[secret()], "msg_1", seconds, BODY.as_bytes());
        assert_eq!(slug(&changed, &text), "timestamp-milliseconds");
    }
    changed.headers[1].1 = "2023-11-14T22:13:20Z".to_owned();
    assert_eq!(slug(&changed, &text), "timestamp-not-seconds");
}

#[test]
fn the_endpoint_whose_secret_fits_is_named() {
    let wrong = candidate("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    let theirs = Candidate { source: "endpoint ep_1".to_owned(), remote: true, ..candidate(secret().text().expose()) };
    let verdict = judge(&good(), &[wrong.clone(), theirs.clone()], &TERMS);
    let cause = Cause::SecretOtherEndpoint { theirs: "endpoint ep_1".to_owned(), yours: "`key`".to_owned() };
    assert_eq!((verdict.valid, verdict.cause), (false, Some(cause)));
    let alone = judge(&good(), std::slice::from_ref(&theirs), &TERMS);
    assert_eq!((alone.valid, alone.secret.as_deref()), (true, Some("endpoint ep_1")));
    let same = judge(&good(), &[candidate(secret().text().expose()), theirs], &TERMS);
    assert_eq!((same.valid, same.secret.as_deref()), (true, Some("`key`")));
}

#[test]
fn after_a_rotation_both_secrets_fit() {
    let new = SigningSecret::from_key(&[7; 24]);
    let mut saved = good();
    saved.headers[2].1 = sign(&[new.clone(), secret()], "msg_1", NOW, BODY.as_bytes());
    let with = |secret: &SigningSecret| judge(&saved, &[candidate(secret.text().expose())], &TERMS);
    assert!(with(&new).valid && with(&new).remarks.is_empty());
    let old = with(&secret());
    assert!(old.valid && old.remarks[0].starts_with("signature 2 of 2 fits: likely an older secret"), "{old:?}");
}

#[test]
fn the_search_ends_with_its_budget() {
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(10_000));
    let candidates = [candidate(secret().text().expose())];
    let (keys, _) = key::readings(&candidates);
    let (codes, _) = code::readings("v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let tried = |budget| {
        let times = vec!["5".to_owned()];
        search::Search { id: "msg_1", times, keys: &keys, codes: &codes, body: body.as_bytes(), budget }.run().err()
    };
    assert!(tried(200_000).is_some_and(|tried| (15..25).contains(&tried)), "{:?}", tried(200_000));
    assert!(tried(usize::MAX).is_some_and(|tried| tried > 80), "{:?}", tried(usize::MAX));
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(search::LARGEST));
    let times = vec!["5".to_owned()];
    let search =
        search::Search { id: "msg_1", times, keys: &keys, codes: &codes, body: large.as_bytes(), budget: usize::MAX };
    assert_eq!(search.run().err(), Some(0));
}

#[test]
fn who_asked_for_all_secrets_is_not_told_to() {
    let fix = |remote| {
        let wrong = Candidate { remote, ..candidate("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX") };
        judge(&good(), &[wrong], &TERMS).cause.map(|cause| cause.fix()).unwrap_or_default()
    };
    assert!(fix(false).contains("--remote") && !fix(true).contains("--remote") && fix(true).contains("--secret-file"));
}

/// A delivery in each form in which it may be saved.
fn saved_forms(values: [&str; 3], body: &[u8]) -> Vec<Vec<u8>> {
    let object: Value = HEADERS.into_iter().zip(values).map(|(name, value)| (name, Value::from(value))).collect();
    let pairs: Vec<[&str; 2]> = HEADERS.into_iter().zip(values).map(|(name, value)| [name, value]).collect();
    let coded = STANDARD.encode(body);
    let mut forms = vec![
        json!({ "type": "delivery", "schema": 1, "headers": pairs, "body_base64": coded }).to_string(),
        json!({ "type": "event", "data": { "headers": object, "body": coded, "type": "event" } }).to_string(),
    ];
    if let Ok(text) = std::str::from_utf8(body) {
        forms.push(json!({ "type": "delivery", "headers": object, "body": text }).to_string());
        forms.push(json!({ "type": "event", "event": { "headers": pairs, "rawBody": text } }).to_string());
    }
    let mut forms: Vec<Vec<u8>> = forms.into_iter().map(String::into_bytes).collect();
    for (start, end) in [
        ("", "\n"),
        ("POST /api/webhooks HTTP/1.1\r\nHost: a:1\r\n", "\r\n"),
        ("POST / HTTP/1.1\nx-long: a\n  b\n\tc\n", "\n"),
        (":method: POST\n:path: /api/webhooks\n:authority: a.example\n", "\n"),
    ] {
        let lines: String = pairs.iter().map(|[name, value]| format!("{name}: {value}{end}")).collect();
        forms.push([format!("{start}{lines}{end}").as_bytes(), body].concat());
    }
    // As the ngrok agent's API gives it.
    let raw = STANDARD.encode(forms.last().expect("raw HTTP"));
    forms.push(json!({ "requests": [{ "request": { "headers": object, "raw": raw } }] }).to_string().into_bytes());
    forms
}

#[test]
fn deliveries_are_found_among_whatever_else_was_saved() {
    let headers = good().headers;
    let pairs: Vec<Value> = headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let ours = json!({ "type": "delivery", "headers": headers, "body": BODY });
    let entry =
        |headers: &Value, body: &str| json!({ "request": { "headers": headers, "postData": { "text": body } } });
    let har = json!({ "log": { "entries": [entry(&json!([]), "q=1"), entry(&json!(pairs), BODY)] } });
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    for (name, text, count) in [
        ("an app's log", format!("{{\"type\":\"note\"}}\r\nlistening on 3000\n{ours}\n\n{ours}\nbye").into_bytes(), 2),
        ("jq", format!("{{\"type\": \"note\"}}\n{ours:#}\n{ours:#}\n").into_bytes(), 2),
        ("a proxy's archive", har.to_string().into_bytes(), 1),
        ("PowerShell", utf16(&ours.to_string()), 1),
    ] {
        let found = saved::read(&text).expect(name);
        assert_eq!(found.len(), count, "{name}");
        assert!(
            found.iter().all(|saved| saved.headers == headers && saved.body == BODY.as_bytes()),
            "{name}: {found:?}"
        );
    }
    let broken = saved::read(format!("{ours}\nstarted\n{{\"type\":\"delivery\",").as_bytes());
    assert_eq!(broken.expect_err("cut").to_string(), "line 3: it is broken JSON");
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "[ -~\n\r{}\"é]{0,80}".prop_map(String::into_bytes),
        Just(BODY.as_bytes().to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_good_delivery_fails_in_any_form(
        key in proptest::collection::vec(any::<u8>(), 1..64),
        id in "msg_[a-zA-Z0-9]{1,27}",
        age in -300i64..=300,
        body in any_body(),
    ) {
        let secret = SigningSecret::from_key(&key);
        let seconds = (NOW - age).to_string();
        let signature = sign(std::slice::from_ref(&secret), &id, NOW - age, &body);
        for form in saved_forms([&id, &seconds, &signature], &body) {
            let saved = saved::read(&form).expect("a delivery");
            prop_assert_eq!(&saved[0].body, &body);
            let verdict = judge(&saved[0], &[candidate(secret.text().expose())], &TERMS);
            prop_assert!(verdict.valid && verdict.cause.is_none(), "{:?} of {:?}", verdict, String::from_utf8_lossy(&form));
            prop_assert_eq!(verdict.age, Some(age));
        }
    }

    #[test]
    fn it_is_valid_where_the_verifier_says_so(
        id in "[a-z]{0,3}",
        timestamp in "[+-]?0{0,2}1(69999|70000)[0-9]{4}",
        signature in prop_oneof![Just("right"), Just("v1,AAAA"), Just("v1"), Just("v1, "), Just("v2,x right")],
        body in any_body(),
        spoilt in any::<bool>(),
    ) {
        let sent = timestamp.parse::<i64>().expect("a number");
        let signature = signature.replace("right", &sign(&[secret()], &id, sent, &body));
        let body = if spoilt { [&body[..], b"\0"].concat() } else { body };
        let saved = Saved { headers: headers(HEADERS, [&id, &timestamp, &signature]), body, remarks: vec![] };
        let signed = Signed { id: Some(&id), timestamp: Some(&timestamp), signature: Some(&signature) };
        let verifier = verify(&[secret()], &signed, &saved.body, NOW);
        let verdict = judge(&saved, &[candidate(secret().text().expose())], &TERMS);
        prop_assert_eq!(verdict.valid, verifier.is_ok(), "{:?} {:?}", verdict, verifier);
    }
}
