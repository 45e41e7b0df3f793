//! Deliveries as an HTTP Archive (HAR 1.2), which browsers' network panels and many tools open.

use serde_json::{Value, json};

use super::{Answer, Delivery, Request, header};

/// A whole archive; `base` stands before each target, as `http://localhost:3000`.
pub fn archive(deliveries: &[Delivery], base: &str) -> Value {
    let entries: Vec<Value> = deliveries.iter().map(|delivery| entry(delivery, base)).collect();
    json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "clerkhook", "version": env!("CARGO_PKG_VERSION") },
            "entries": entries,
        }
    })
}

fn entry(delivery: &Delivery, base: &str) -> Value {
    let took = delivery.duration.map_or(0.0, |duration| duration.as_secs_f64() * 1000.0);
    json!({
        "startedDateTime": delivery.received_at.to_string(),
        "time": took,
        "request": request(&delivery.request, base),
        "response": delivery.answer.as_ref().map_or_else(no_answer, answer),
        "cache": {},
        "timings": { "send": 0, "wait": took, "receive": 0 },
        "_id": delivery.id.as_str(),
        "_origin": delivery.origin.word(),
        "_signature": delivery.verdict.signature.word(),
    })
}

fn request(request: &Request, base: &str) -> Value {
    let mut body = content(&request.body, header(&request.headers, "content-type"));
    if let Value::Object(fields) = &mut body {
        fields.shift_remove("size");
    }
    json!({
        "method": request.method,
        "url": format!("{}{}", base.trim_end_matches('/'), request.target),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(&request.headers),
        "queryString": query(&request.target),
        "postData": body,
        "headersSize": -1,
        "bodySize": request.body.len(),
    })
}

fn answer(answer: &Answer) -> Value {
    json!({
        "status": answer.status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(&answer.headers),
        "content": content(&answer.body, header(&answer.headers, "content-type")),
        "redirectURL": header(&answer.headers, "location").unwrap_or_default(),
        "headersSize": -1,
        "bodySize": answer.body.len(),
    })
}

/// The archive's form of a request that got no answer: status 0.
fn no_answer() -> Value {
    answer(&Answer::default())
}

fn content(body: &[u8], kind: Option<&str>) -> Value {
    use base64::Engine as _;
    let kind = kind.unwrap_or_default();
    match std::str::from_utf8(body) {
        Ok(text) => json!({ "size": body.len(), "mimeType": kind, "text": text }),
        Err(_) => {
            let text = base64::engine::general_purpose::STANDARD.encode(body);
            json!({ "size": body.len(), "mimeType": kind, "text": text, "encoding": "base64" })
        }
    }
}

fn pairs(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn query(target: &str) -> Vec<Value> {
    let Some((_, query)) = target.split_once('?') else { return Vec::new() };
    let pair = |(name, value): (_, _)| json!({ "name": name, "value": value });
    url::form_urlencoded::parse(query.as_bytes()).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::Witness;
    use super::*;

    #[test]
    fn an_entry_has_what_readers_ask_for() {
        let request = Request {
            method: "POST".into(),
            target: "/x?a=b%20c".into(),
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: b"{}".to_vec(),
            truncated: false,
        };
        let answered = Some(Answer { status: 200, body: vec![0xff], ..Answer::default() });
        let delivery = Delivery { answer: answered, ..Delivery::new(Timestamp::UNIX_EPOCH, Witness::Agent, request) };
        let open = Delivery { answer: None, ..delivery.clone() };
        let archive = archive(&[delivery, open], "http://localhost:3000/");
        let entry = &archive["log"]["entries"][0];
        assert_eq!(entry["startedDateTime"], "1970-01-01T00:00:00Z");
        assert_eq!(entry["request"]["url"], "http://localhost:3000/x?a=b%20c");
        assert_eq!(entry["request"]["queryString"][0], json!({"name": "a", "value": "b c"}));
        assert_eq!(entry["request"]["postData"], json!({"mimeType": "application/json", "text": "{}"}));
        assert_eq!(entry["response"]["content"]["encoding"], "base64");
        assert_eq!(archive["log"]["entries"][1]["response"]["status"], 0);
    }
}
