//! `clerkhook serve`: the sample app of the walkthrough, with the bytes that were signed.

use std::io;

use crate::error::{Error, Result};
use crate::event::{Event, Serving};
use crate::receiver;
use crate::serve::bind;
use crate::steps::{Context, app, secret};

/// How many requests are shown in one go when they come faster than a terminal takes them.
const BATCH: usize = 256;

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
    pub receiver: receiver::Options,
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
    context.ui.emit(&Event::Serving(Serving { url: format!("http://localhost:{port}"), port, verifying }));
    loop {
        tokio::select! {
            () = context.shutdown.wait() => {
                // What was answered is shown, even when the end is asked for in the same moment.
                context.ui.received(&built_in.received.take(usize::MAX), options.raw);
                return Ok(());
            }
            batch = built_in.received.next(BATCH) => context.ui.received(&batch, options.raw),
        }
    }
}
