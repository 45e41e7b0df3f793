//! The app: the user's own, or the built-in one.

use std::io;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Context;
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::event::{Status, Step};
use crate::handler::listens;
use crate::receiver::{self, Secrets};
use crate::serve;
use crate::ui::Answer;

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
}

/// The built-in app while it runs. Dropping it ends it.
pub struct BuiltIn {
    /// What it received.
    pub received: receiver::Feed,
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
}

/// Checks that the app listens, or serves the built-in one; asks a person who can be asked.
///
/// # Errors
/// `AppDown`, `PortTaken`.
pub async fn ensure(context: &Context, wish: &Wish) -> Result<App> {
    let upstream = wish.upstream.clone().unwrap_or_else(|| Upstream::local(PORT));
    let step = context.begin(Step::App, format!("looking at {upstream}"));
    let serve_it = || async {
        let app = serve_built_in(wish.upstream.as_ref()).await?;
        let words = format!("{} served by clerkhook", app.upstream);
        Ok::<_, Error>((app, words))
    };
    if wish.serve {
        return step.settle(serve_it().await, |(_, words)| (Status::Ok, words.clone())).map(|(app, _)| app);
    }
    match listens(&upstream).await {
        Ok(()) => {
            step.end(Status::Ok, format!("{upstream} answers"));
            Ok(App { upstream, built_in: None })
        }
        Err(error) => {
            let down = Error::AppDown { upstream: upstream.to_string(), cause: error.to_string(), fix: START_IT };
            if !ask(context, &upstream).await? {
                return Err(step.fail(down));
            }
            step.settle(serve_it().await, |(_, words)| (Status::Ok, words.clone())).map(|(app, _)| app)
        }
    }
}

async fn ask(context: &Context, upstream: &Upstream) -> Result<bool> {
    if !context.ui.interactive() {
        return Ok(false);
    }
    let ui = std::sync::Arc::clone(&context.ui);
    let question = format!("Nothing listens at {upstream}. Start the built-in app there?");
    // A prompt blocks its thread.
    let answer = tokio::task::spawn_blocking(move || ui.confirm(&question, "--serve")).await;
    Ok(answer.unwrap_or(Err(Error::Interrupted))? == Answer::Yes)
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
    Ok(App { upstream, built_in: Some(start(listener, receiver::Options::default())) })
}

/// Serves the built-in app on a listener.
pub fn start(listener: TcpListener, options: receiver::Options) -> BuiltIn {
    let (teller, received) = receiver::feed();
    let (secrets, stop) = (Secrets::default(), CancellationToken::new());
    let app = receiver::app(options, secrets.clone(), teller);
    tokio::spawn(serve::serve(listener, app, stop.clone().cancelled_owned()));
    BuiltIn { received, secrets, stop }
}
