//! The side of the edge that visitors see: HTTP on a loopback port, its policy, and the way to an agent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use svix_ksuid::Ksuid;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, oneshot};
use tokio::time::timeout;

use super::Shared;
use super::relay::{self, Body};
use super::site::{Holder, SessionId, Site};
use super::wire::{Open, ToAgent};
use crate::signature::Signed;

/// How long an agent may take to dial back.
const ACCEPT_LIMIT: Duration = Duration::from_secs(10);

/// A body that is verified is held in memory; a longer one is refused.
const VERIFIED_LIMIT: usize = 10 * 1024 * 1024;

/// Serves a site as long as the edge lives.
pub(super) async fn serve(shared: Arc<Shared>, site: Arc<Site>, listener: TcpListener) {
    loop {
        let (stream, client) = relay::accept(&listener).await;
        let visitor = Visitor { shared: shared.clone(), site: site.clone(), client, way: Mutex::default() };
        shared.spawn(async move { relay::server(stream, |request| visitor.answer(request)).await });
    }
}

/// One connection from outside, and the connection to the agent that it shares its life with.
struct Visitor {
    shared: Arc<Shared>,
    site: Arc<Site>,
    client: SocketAddr,
    way: Mutex<Option<Way>>,
}

struct Way {
    session: SessionId,
    sender: SendRequest<Body>,
}

impl Visitor {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let Some(holder) = self.site.holder() else {
            let text = format!("The endpoint {} is offline.", self.site.url());
            return relay::own_answer(StatusCode::NOT_FOUND, 3200, &text);
        };
        let request = match inspect(&holder, request).await {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        let (head, body) = request.into_parts();
        let mut head = relay::onward(head);
        head.headers = forwarded(&head.headers, self.client);
        match self.send(&holder, Request::from_parts(head, body)).await {
            Some(response) => relay::back(response, |body| body.boxed()),
            None => {
                let text = "Error forwarding the connection to the ngrok agent.";
                relay::own_answer(StatusCode::BAD_GATEWAY, 3210, text)
            }
        }
    }

    async fn send(&self, holder: &Holder, request: Request<Body>) -> Option<Response<Incoming>> {
        // HTTP/1.1 answers in order, so the lock is held by one request at a time anyway.
        let mut way = self.way.lock().await;
        let usable = match way.as_mut() {
            Some(way) => self.site.is_held_by(way.session) && way.sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            let stream = self.dialled_back(holder).await?;
            let sender = relay::client(stream).await.ok()?;
            *way = Some(Way { session: holder.session, sender });
        }
        let sender = &mut way.as_mut()?.sender;
        sender.send_request(request).await.inspect_err(|error| tracing::debug!(%error, "agent gave no answer")).ok()
    }

    async fn dialled_back(&self, holder: &Holder) -> Option<TcpStream> {
        let id = Ksuid::new_raw(0, None).to_string();
        let (sender, receiver) = oneshot::channel();
        self.shared.waiting().insert(id.clone(), sender);
        let open = Open { id: id.clone(), url: self.site.url(), client: self.client.to_string() };
        let asked = holder.say.send(ToAgent::Open(open)).is_ok();
        let stream = if asked { timeout(ACCEPT_LIMIT, receiver).await.ok() } else { None };
        self.shared.waiting().remove(&id);
        stream?.ok()
    }
}

/// Lets the holder's policy look at a request; the error is the answer to a refused one.
async fn inspect(holder: &Holder, request: Request<Incoming>) -> Result<Request<Body>, Response<Body>> {
    let path = request.uri().path().to_owned();
    if !holder.policy.concerns(&path) {
        return Ok(request.map(|body| body.boxed()));
    }
    let (head, body) = request.into_parts();
    let refused = || relay::own_answer(StatusCode::FORBIDDEN, 3204, "Request failed webhook verification");
    let body = Limited::new(body, VERIFIED_LIMIT).collect().await.map_err(|_| refused())?.to_bytes();
    let signed = Signed::read(|name| head.headers.get(name)?.to_str().ok());
    let now = jiff::Timestamp::now().as_second();
    if !holder.policy.admits(&path, &signed, &body, now) {
        return Err(refused());
    }
    Ok(Request::from_parts(head, relay::whole(body)))
}

/// The headers that ngrok adds: who came, by which name, over what (ngrok docs, http upstream headers).
fn forwarded(headers: &HeaderMap, client: SocketAddr) -> HeaderMap {
    let [by, host, proto] = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"].map(HeaderName::from_static);
    let added = [&by, &host, &proto];
    let mut passed = HeaderMap::with_capacity(headers.len() + added.len());
    for (name, value) in headers.iter().filter(|(name, _)| !added.contains(name)) {
        passed.append(name, value.clone());
    }
    let earlier = headers.get_all(&by).iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = earlier.collect();
    let ip = client.ip().to_string();
    let chain = chain.into_iter().chain([ip.as_str()]).collect::<Vec<_>>().join(", ");
    if let Ok(chain) = HeaderValue::from_str(&chain) {
        passed.insert(by, chain);
    }
    if let Some(name) = headers.get(HOST) {
        passed.insert(host, name.clone());
    }
    passed.insert(proto, HeaderValue::from_static("http"));
    passed
}
