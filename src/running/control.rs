//! The control channel of a running set-up: HTTP on loopback, for whoever can read its state file.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use svix_ksuid::{Ksuid, KsuidLike as _};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::{Error, Result, Told};
use crate::http::{Call, Http, Retry};
use crate::secret::Secret;
use crate::serve::{bind, serve};
use crate::shutdown::Shutdown;

/// The path of the one call.
pub const ASK: &str = "/v1/ask";

/// A question is a few hundred bytes.
const QUESTION_LIMIT: usize = 64 * 1024;

/// Where the channel is; only the state file tells the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    port: u16,
    token: String,
}

/// How the edge should verify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecureWish {
    /// Through the agent's API instead of a restart.
    pub in_place: bool,
    /// By clerkhook itself, in front of the app.
    pub local: bool,
    /// Report, do not refuse.
    pub observe: bool,
    /// Only what could be taken for the webhook path, not every path.
    #[serde(default)]
    pub webhook_path_only: bool,
    /// Turn it off again.
    pub off: bool,
}

/// What another command asks of the set-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Turn verification on or off, and prove it.
    Secure(SecureWish),
    /// The signing secret was rotated: learn the new one, and tell the edge.
    SecretRotated,
    /// What the agent captured, with the verdicts of who knows the secrets.
    Verdicts,
    /// The endpoint leads to another set-up now.
    EndpointTaken {
        /// `ep_…`.
        endpoint_id: String,
        /// Of the other one.
        upstream: String,
    },
    /// The set-up is to end, in whatever step it is: the channel itself hears it, and nobody has to ask for it.
    End {
        /// With its endpoint.
        delete: bool,
    },
}

/// What was asked of the end.
#[derive(Clone, Debug)]
struct Ending {
    shutdown: Shutdown,
    asked: Arc<AtomicBool>,
    delete: Arc<AtomicBool>,
}

/// A question with the way back.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub question: Question,
    /// Takes the answer; nobody may be waiting any more.
    pub reply: oneshot::Sender<Result<Value>>,
}

/// The channel's end in the set-up. Dropping it closes the channel.
#[derive(Debug)]
pub struct Control {
    /// For the state file.
    pub address: Address,
    /// The questions, in order.
    pub questions: mpsc::Receiver<Asked>,
    ending: Ending,
    _stop: DropGuard,
}

impl Control {
    /// Whether another command asked for the end, and waits for word of it.
    pub fn asked_to_end(&self) -> bool {
        self.ending.asked.load(Ordering::Relaxed)
    }

    /// Whether the endpoint is to go too.
    pub fn asked_to_delete(&self) -> bool {
        self.ending.delete.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Door {
    address: Address,
    questions: mpsc::Sender<Asked>,
    ending: Ending,
}

/// Opens a channel on a free port. Through it the end is asked for as by a signal.
///
/// # Errors
/// The system's.
pub async fn open(shutdown: &Shutdown) -> io::Result<Control> {
    let listener = bind(0).await?;
    let token = format!("{}{}", Ksuid::new(None::<std::time::SystemTime>, None), random());
    let address = Address { port: listener.local_addr()?.port(), token };
    let (sender, questions) = mpsc::channel(8);
    let ending = Ending { shutdown: shutdown.clone(), asked: Arc::default(), delete: Arc::default() };
    let door = Door { address: address.clone(), questions: sender, ending: ending.clone() };
    let app = Router::new().route(ASK, post(answer)).with_state(door);
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, app, stop.clone().cancelled_owned()));
    Ok(Control { address, questions, ending, _stop: stop.drop_guard() })
}

fn random() -> String {
    Ksuid::new(None::<std::time::SystemTime>, None).to_string()
}

/// Asks a running set-up.
///
/// # Errors
/// The set-up's own; `SetUpSilent` when it does not answer.
pub async fn ask(http: &Http, address: &Address, question: &Question) -> Result<Value> {
    let url = format!("http://127.0.0.1:{}{ASK}", address.port);
    let silent = |cause: String| Error::SetUpSilent { cause };
    let call = Call {
        bearer: Some(Secret::new(address.token.as_str())),
        json: Some(serde_json::to_value(question).expect("a question is plain data")),
        retry: Retry::Never,
        ..Call::post(url.parse().expect("a port makes an address"))
    };
    let answer = http.send(&call).await.map_err(|unreachable| silent(unreachable.to_string()))?;
    if answer.status == 200 {
        return serde_json::from_slice(&answer.body).map_err(|error| silent(error.to_string()));
    }
    match serde_json::from_slice::<Told>(&answer.body) {
        Ok(told) => Err(Error::Told(told)),
        Err(_) => Err(silent(answer.excerpt())),
    }
}

async fn answer(State(door): State<Door>, request: Request) -> Response {
    if let Err(status) = door.admit(request.headers()) {
        return status.into_response();
    }
    let body: Body = request.into_body();
    let question = match to_bytes(body, QUESTION_LIMIT).await.ok().and_then(|body| serde_json::from_slice(&body).ok()) {
        Some(question) => question,
        None => return StatusCode::BAD_REQUEST.into_response(),
    };
    if let Question::End { delete } = question {
        door.ending.begin(delete);
        return axum::Json(Value::Null).into_response();
    }
    let (reply, answered) = oneshot::channel();
    if door.questions.send(Asked { question, reply }).await.is_err() {
        return StatusCode::GONE.into_response();
    }
    match answered.await {
        Ok(Ok(value)) => axum::Json(value).into_response(),
        Ok(Err(error)) => (StatusCode::CONFLICT, axum::Json(error.told())).into_response(),
        Err(_) => StatusCode::GONE.into_response(),
    }
}

impl Ending {
    fn begin(&self, delete: bool) {
        self.asked.store(true, Ordering::Relaxed);
        self.delete.fetch_or(delete, Ordering::Relaxed);
        self.shutdown.request();
    }
}

impl Door {
    /// A page in a browser can reach loopback, with its own `Origin` or through a name that it controls.
    fn admit(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let hosts = [format!("127.0.0.1:{}", self.address.port), format!("localhost:{}", self.address.port)];
        if headers.contains_key(header::ORIGIN)
            || !text(header::HOST).is_some_and(|host| hosts.iter().any(|h| h == host))
        {
            return Err(StatusCode::FORBIDDEN);
        }
        let token = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if same(token, &self.address.token) => Ok(()),
            _ => Err(StatusCode::UNAUTHORIZED),
        }
    }
}

/// Compares without telling by its time where the first difference is.
fn same(left: &str, right: &str) -> bool {
    let difference = left.bytes().zip(right.bytes()).fold(0, |seen, (left, right)| seen | (left ^ right));
    left.len() == right.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn http() -> Http {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Http::new(Duration::from_secs(5))
    }

    async fn status(control: &Control, token: &str, headers: Vec<(&'static str, String)>) -> u16 {
        let url = format!("http://127.0.0.1:{}/v1/ask", control.address.port);
        let call = Call {
            bearer: Some(Secret::new(token)),
            headers,
            json: Some(serde_json::json!({"nonsense": 1})),
            retry: Retry::Never,
            ..Call::post(url.parse().expect("a URL"))
        };
        http().send(&call).await.expect("an answer").status.as_u16()
    }

    #[tokio::test]
    async fn only_who_knows_the_token_and_is_no_page_is_heard() {
        let control = open(&Shutdown::default()).await.expect("open");
        let token = control.address.token.clone();
        assert_eq!(status(&control, "wrong", Vec::new()).await, 401);
        assert_eq!(status(&control, &token, vec![("origin", "http://127.0.0.1".into())]).await, 403);
        assert_eq!(status(&control, &token, vec![("host", "evil.example".into())]).await, 403);
        assert_eq!(status(&control, &token, Vec::new()).await, 400);
    }

    #[tokio::test]
    async fn an_answer_and_an_error_come_back_as_they_were() {
        let mut control = open(&Shutdown::default()).await.expect("open");
        let address = control.address.clone();
        tokio::spawn(async move {
            while let Some(asked) = control.questions.recv().await {
                let _ = asked.reply.send(match asked.question {
                    Question::Secure(_) => Ok(serde_json::json!({"mechanism": "gateway"})),
                    _ => Err(Error::EndpointMissing),
                });
            }
        });
        let good = ask(&http(), &address, &Question::Secure(SecureWish::default())).await.expect("answered");
        assert_eq!(good["mechanism"], "gateway");
        let error = ask(&http(), &address, &Question::SecretRotated).await.expect_err("refused");
        let same = Error::EndpointMissing;
        assert_eq!(error.code(), same.code());
        assert_eq!((error.to_string(), error.hint()), (same.to_string(), same.hint()));
        assert_eq!(error.exit_code(), same.exit_code());
    }

    #[tokio::test]
    async fn the_end_is_heard_although_nobody_asks_for_questions() {
        let shutdown = Shutdown::default();
        let control = open(&shutdown).await.expect("open");
        assert!(!control.asked_to_end() && !shutdown.requested());
        for delete in [true, false] {
            ask(&http(), &control.address, &Question::End { delete }).await.expect("heard");
        }
        assert!(control.asked_to_end() && control.asked_to_delete() && shutdown.requested());
    }

    #[tokio::test]
    async fn a_closed_channel_is_said_to_be_silent() {
        let control = open(&Shutdown::default()).await.expect("open");
        let address = control.address.clone();
        drop(control);
        let error = ask(&http(), &address, &Question::SecretRotated).await.expect_err("nobody is there");
        assert_eq!(error.code(), "CH0006");
    }
}
