//! Deliveries in a form that other programs read: JSON lines, an HTTP Archive, curl commands.

use std::path::Path;

use super::named;
use crate::config::Upstream;
use crate::delivery::{Delivery, Filter, Redaction, curl, har};
use crate::error::{Error, Result};
use crate::file;
use crate::history::Reference;
use crate::steps::Context;
use crate::steps::app;
use crate::steps::kept::{open, unusable};
use crate::ui::Ui;

/// The form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON line each.
    Ndjson,
    /// HTTP Archive 1.2.
    Har,
    /// A shell's command each.
    Curl,
}

/// Writes the named deliveries, or all that the filter admits.
///
/// # Errors
/// Those of the history; `FileUnwritable`.
pub fn export(
    context: &Context,
    references: &[Reference],
    filter: &Filter,
    form: Form,
    redact: bool,
    output: Option<&Path>,
) -> Result<()> {
    let mut deliveries = if references.is_empty() {
        let Some(store) = open(context)? else {
            context.ui.note("nothing is kept yet: `clerkhook up` keeps what passes");
            return Ok(());
        };
        store.list(filter, usize::MAX).map_err(|fault| unusable(context, fault))?
    } else {
        named(context, references)?.1
    };
    if redact {
        let mut redaction = Redaction::default();
        deliveries.iter_mut().for_each(|delivery| *delivery = redaction.of(delivery));
    } else if output.is_some() {
        context.ui.note("it holds what was sent, with all addresses and names; `--redact` replaces them");
    }
    let text = match form {
        Form::Ndjson => Ui::delivery_lines(&deliveries),
        Form::Har => serde_json::to_string_pretty(&har::archive(&deliveries, &base(context, None))).unwrap_or_default(),
        Form::Curl => {
            deliveries.iter().map(|delivery| command(context, None, delivery)).collect::<Vec<_>>().join("\n\n")
        }
    };
    match output {
        Some(path) => write(path, &text),
        None if text.is_empty() => Ok(()),
        None => {
            context.ui.exact(&text);
            Ok(())
        }
    }
}

/// A delivery as a command for a shell, to the app that is named, runs, or is usual.
pub fn command(context: &Context, app: Option<&Upstream>, delivery: &Delivery) -> String {
    let request = &delivery.request;
    let url = format!("{}{}", base(context, app), request.target);
    curl::command(&request.method, &url, &request.headers, &request.body, false)
}

/// The app that is named, that of a running set-up, or the usual one.
fn base(context: &Context, named: Option<&Upstream>) -> String {
    let running = || context.set_up(None).map(|setup| setup.upstream);
    named
        .map(Upstream::to_string)
        .or_else(running)
        .unwrap_or_else(|| app::usual(context).to_string())
        .trim_end_matches('/')
        .to_owned()
}

fn write(path: &Path, text: &str) -> Result<()> {
    let fault = |error: std::io::Error| Error::FileUnwritable { path: path.to_owned(), cause: error.to_string() };
    // Nobody else has to read what people sent.
    file::write(path, format!("{text}\n").as_bytes()).map_err(fault)
}
