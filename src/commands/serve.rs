//! `clerkhook serve`: the sample app of the walkthrough, with the bytes that were signed.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::history::Keeper;
use crate::report::{Report, Seen, Serving};
use crate::running::Wanted;
use crate::sample;
use crate::serve::bind;
use crate::steps::{Context, app, secret};

/// How many requests are shown in one go when they come faster than a terminal takes them.
const BATCH: usize = 256;

/// How long an answer to who else keeps the deliveries holds.
const LOOKED_UP: Duration = Duration::from_secs(1);

/// What to do when the port cannot be had.
const OTHER_PORT: &str = "choose another port with `--port N`, or any free one with `--port 0`";

/// Options of `serve`.
#[derive(Clone, Debug)]
pub struct Options {
    /// `0` lets the system choose.
    pub port: u16,
    /// Show bodies as they came on a terminal too.
    pub raw: bool,
    /// How to answer.
    pub receiver: sample::Options,
}

/// Serves until the end is asked for.
///
/// # Errors
/// `PortTaken`, `SigningSecretMalformed`.
pub async fn serve(context: &Context, options: Options) -> Result<()> {
    let secret = context.settings.signing_secret.as_ref();
    let secret = secret.map(|text| secret::parse(&text.value, &text.source.to_string())).transpose()?;
    let taken = |error: io::Error| Error::PortTaken { port: options.port, cause: error.to_string(), fix: OTHER_PORT };
    let listener = bind(options.port).await.map_err(taken)?;
    let port = listener.local_addr().map_err(taken)?.port();
    let verifying = secret.is_some();
    let built_in = app::start(listener, options.receiver);
    built_in.secrets.set(secret.into_iter().collect());
    context.ui.emit(&Report::Serving(Serving { url: format!("http://localhost:{port}"), port, verifying }));
    let mut kept = Kept::of(context, port);
    loop {
        let (batch, ended) = tokio::select! {
            // What was answered is shown, even when the end is asked for in the same moment.
            () = context.shutdown.wait() => (built_in.received.take(usize::MAX), true),
            batch = built_in.received.next(BATCH) => (batch, false),
        };
        let seen: Vec<Seen> = batch.into_iter().map(Seen::from).collect();
        kept.keep(&seen);
        context.ui.received(seen, options.raw);
        if ended {
            context.tell_unkept(kept.keeper.finish());
            return Ok(());
        }
    }
}

/// What goes into the history.
struct Kept<'a> {
    context: &'a Context,
    keeper: Keeper,
    app: Upstream,
    /// Whether a set-up of this app keeps what passes, and when that was looked up.
    elsewhere: Option<(Instant, bool)>,
}

impl<'a> Kept<'a> {
    fn of(context: &'a Context, port: u16) -> Self {
        Self { context, keeper: context.keeper(), app: Upstream::local(port), elsewhere: None }
    }

    fn keep(&mut self, seen: &[Seen]) {
        if !self.keeper.keeps() || self.kept_elsewhere() {
            return;
        }
        let path = self.context.settings.path.as_ref().map(|path| path.value.as_str());
        for seen in seen {
            if let Seen::Delivery(delivery) = seen {
                let mut delivery = delivery.as_ref().clone();
                delivery.leave_what_may_be_kept(path);
                self.keeper.keep(&Arc::new(delivery));
            }
        }
    }

    /// An `up` in front of this app keeps the same deliveries, and knows more of them.
    fn kept_elsewhere(&mut self) -> bool {
        match self.elsewhere {
            Some((at, elsewhere)) if at.elapsed() < LOOKED_UP => elsewhere,
            _ => {
                let meant = self.context.state.meant(&Wanted::any(&self.context.settings, Some(&self.app)));
                let elsewhere = meant.iter().any(|(_, setup)| setup.control.is_some() && setup.webhook_url.is_some());
                self.elsewhere = Some((Instant::now(), elsewhere));
                elsewhere
            }
        }
    }
}
