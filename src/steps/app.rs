//! The app: the user's own, or the built-in one.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Context;
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::handler::listens;
use crate::page::Page;
use crate::report::{Delivery, Status, Step};
use crate::sample::{self, Front, Teller};
use crate::serve;
use crate::signature::Secrets;
use crate::ui::{Answer, Question};

/// The port of the walkthrough's sample app.
pub const PORT: u16 = 3000;

/// What to do when no app listens.
pub const START_IT: &str = "start the app, or let clerkhook serve one: `clerkhook up --serve`";

/// What to do when the built-in app cannot have the port that was typed.
const OTHER_PORT: &str =
    "leave out `--serve` to use the app that listens there, or name a free port: `clerkhook up --serve PORT`";

/// The app that deliveries go to.
pub struct App {
    /// Its address.
    pub upstream: Upstream,
    /// The built-in one.
    pub built_in: Option<BuiltIn>,
    /// It listened when it was looked at first.
    pub listened: bool,
}

/// The built-in app while it runs. Dropping it ends it.
pub struct BuiltIn {
    /// What it received.
    pub received: sample::Feed,
    /// The secrets that it verifies with.
    pub secrets: Secrets,
    stop: CancellationToken,
}

impl Drop for BuiltIn {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Which app is wished for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// An address that was typed.
    pub upstream: Option<Upstream>,
    /// Serve the built-in app.
    pub serve: bool,
    /// One that does not listen yet is waited for.
    pub awaited: bool,
}

/// The app where none was named: that of a setting, of the project, or the sample's port.
pub fn usual(context: &Context) -> Upstream {
    context.settings.app.as_ref().map_or_else(|| Upstream::local(PORT), |app| app.value.clone())
}

/// The app that is wished for, or the usual one.
pub fn wished(wish: &Wish) -> Upstream {
    wish.upstream.clone().unwrap_or_else(|| Upstream::local(PORT))
}

/// Why the wished app cannot be used, when it does not listen.
pub async fn missing(wish: &Wish) -> Option<Error> {
    let upstream = wished(wish);
    let error = if wish.serve { None } else { listens(&upstream).await.err() }?;
    Some(Error::AppDown { upstream: upstream.to_string(), cause: error.to_string(), fix: START_IT })
}

/// Asks a person whether the built-in app is to stand in for one that does not listen.
///
/// # Errors
/// `Declined`, `Interrupted`.
pub async fn ask_to_serve(context: &Context, wish: &Wish) -> Result<Answer> {
    context.ui.confirm(serving(wish), context.shutdown.wait()).await
}

/// Whether the built-in app is to stand in.
pub fn serving(wish: &Wish) -> Question {
    Question::ServeApp { upstream: wished(wish).to_string() }
}

/// Checks that the app listens, serves the built-in one, or leaves the user's to be waited for.
///
/// # Errors
/// `AppDown`, `PortTaken`.
pub async fn ensure(context: &Context, wish: &Wish) -> Result<App> {
    let upstream = wished(wish);
    let step = context.begin(Step::App, format!("looking at {upstream}"));
    if wish.serve {
        let served = serve_built_in(wish.upstream.as_ref()).await;
        return step.settle(served, |app| (Status::Ok, format!("{} served by clerkhook", app.upstream)));
    }
    match missing(wish).await {
        None => {
            step.end(Status::Ok, format!("{upstream} answers"));
            Ok(App { upstream, built_in: None, listened: true })
        }
        Some(_) if wish.awaited => {
            step.end(Status::Warn, format!("nothing listens at {upstream} yet"));
            Ok(App { upstream, built_in: None, listened: false })
        }
        Some(down) => Err(step.fail(down)),
    }
}

async fn serve_built_in(typed: Option<&Upstream>) -> Result<App> {
    let port = typed.map_or(PORT, Upstream::port);
    let taken = |error: io::Error| Error::PortTaken { port, cause: error.to_string(), fix: OTHER_PORT };
    let listener = match serve::bind(port).await {
        Ok(listener) => listener,
        // Nobody asked for this port, so any other will do.
        Err(error) if typed.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            serve::bind(0).await.map_err(taken)?
        }
        Err(error) => return Err(taken(error)),
    };
    let port = listener.local_addr().map_err(taken)?.port();
    let upstream = match typed {
        Some(upstream) => upstream.clone(),
        None => Upstream::local(port),
    };
    Ok(App { upstream, built_in: Some(start(listener, sample::Options::default())), listened: true })
}

/// Serves the built-in app on a listener.
pub fn start(listener: TcpListener, options: sample::Options) -> BuiltIn {
    let (teller, received) = sample::feed();
    let (secrets, stop) = (Secrets::default(), CancellationToken::new());
    let app = with_page(options, secrets.clone(), teller);
    tokio::spawn(serve::serve(listener, app, stop.clone().cancelled_owned()));
    BuiltIn { received, secrets, stop }
}

/// The built-in app with its page; each knows nothing of the other.
pub fn with_page(options: sample::Options, secrets: Secrets, teller: Teller) -> Router {
    let page = Arc::new(Page::new(secrets.clone()));
    sample::app(options, secrets, teller, page)
}

impl Front for Page {
    fn keep(&self, delivery: Delivery, headers: HeaderMap, body: Bytes) {
        Page::keep(self, delivery, headers, body);
    }

    fn show(&self, headers: &HeaderMap) -> Response {
        self.response(headers)
    }
}
