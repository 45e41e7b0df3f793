//! The signed request as text: a command that a shell runs, or a JSON line that a program reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Form;
use super::compose::Message;
use super::send::Sender;
use crate::delivery::curl;
use crate::http::Certificates;
use crate::report::{Report, Request};
use crate::steps::Context;

/// Prints the request of a message.
pub fn print(context: &Context, sender: &Sender, message: &Message, form: Form) {
    let (url, headers) = (sender.destination.target.url.as_str(), sender.headers(message));
    let request = request(url, &headers, &message.body);
    if form == Form::Json {
        context.ui.emit(&Report::Request(request));
    } else {
        let insecure = sender.destination.certificates == Certificates::Any;
        let command = curl::command("POST", url, &headers, &message.body, insecure);
        context.ui.emit(&Report::Curl { request, command });
    }
    if !sender.unsigned {
        context.ui.note("its signature holds for five minutes");
    }
}

fn request(url: &str, headers: &[(String, String)], body: &[u8]) -> Request {
    let text = std::str::from_utf8(body).ok().map(str::to_owned);
    Request {
        method: "POST",
        url: url.to_owned(),
        headers: headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect(),
        body_base64: text.is_none().then(|| STANDARD.encode(body)),
        body: text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_go_in_base64() {
        let request = request("http://localhost:3000/", &[], b"\xff");
        assert_eq!((request.body, request.body_base64.as_deref()), (None, Some("/w==")));
    }
}
