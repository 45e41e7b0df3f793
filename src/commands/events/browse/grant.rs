//! What the screen cannot do itself, done with what the commands do: send again, build and send, write to a file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::super::{Form, export};
use crate::commands;
use crate::commands::{replay, trigger};
use crate::config::Upstream;
use crate::delivery::{Delivery, Filter, Id, changes};
use crate::error::{Error, Result};
use crate::file;
use crate::history::Reference;
use crate::scenario::Expected;
use crate::signature::TOLERANCE;
use crate::steps::{Context, editor, kept};
use crate::ui::browser::{self, Outcome, Plain, Wish};

/// How long the app may take for an event that was asked for here.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What came of it, and what is for the clipboard.
pub struct Granted {
    /// What is shown.
    pub outcome: Outcome,
    /// What is copied.
    pub copied: Option<String>,
}

/// Carries out a wish that leaves the screen where it is.
pub async fn grant(context: Context, app: Option<Upstream>, wish: Wish) -> Granted {
    let app = app.as_ref();
    let ui = Arc::new(context.ui.aside());
    let context = Context { ui: Arc::clone(&ui), ..context };
    let mut copied = None;
    let done = match wish {
        Wish::Leave | Wish::Suspend | Wish::Edit(_) => Ok(Outcome::well("done")),
        Wish::Replay(id) => again(&context, app, &id).await,
        Wish::Send { id, body } => edited(&context, app, &id, &body).await,
        Wish::Trigger(event) => send(&context, app, event).await,
        Wish::Save { id, path } => save(&context, &id, &path),
        Wish::CopyId(id) => {
            copied = Some(id.to_string());
            Ok(Outcome::well(&format!("{id} is on the clipboard, where the terminal allows it")))
        }
        Wish::Curl(id) => curl(&context, app, &id).map(|(outcome, command)| {
            copied = Some(command);
            outcome
        }),
    };
    let outcome = done.unwrap_or_else(|error| failed(&error, &ui.overheard()));
    Granted { outcome, copied }
}

/// Has a body edited in the person's editor, which gets the terminal meanwhile.
pub async fn edit(context: &Context, id: &Id) -> Outcome {
    let changed = async {
        let before = kept(context, id)?.request;
        if before.truncated {
            return Err(Error::CaptureTruncated { id: id.to_string() });
        }
        let Some(after) = editor::edit_json(context, &before.body).await? else { return Ok(None) };
        let read = |body: &[u8]| serde_json::from_slice(body).unwrap_or_default();
        let lines = browser::changes(&changes::between(&read(&before.body), &read(&after)));
        Ok(Some((after, lines)))
    };
    match changed.await {
        Ok(Some((body, changes))) if changes.is_empty() => {
            let changes = vec![Plain::of("nothing but how it is written")];
            Outcome::Edited { id: id.clone(), body, changes }
        }
        Ok(Some((body, changes))) => Outcome::Edited { id: id.clone(), body, changes },
        Ok(None) => Outcome::badly("nothing was changed in the editor, so nothing was sent"),
        Err(error) => failed(&error, &Plain::default()),
    }
}

/// What is said of a failure: its sentence, what was said on the way, what to do.
fn failed(error: &Error, overheard: &Plain) -> Outcome {
    let hint = error.hint();
    let said = Some(overheard.as_str()).filter(|said| !said.is_empty()).map(|said| format!("; {said}"));
    Outcome::badly(&format!("{error}{} → {hint}", said.unwrap_or_default()))
}

fn replayed(app: Option<&Upstream>, id: &Id) -> replay::Options {
    replay::Options {
        id: Some(id.to_string()),
        upstream: app.cloned(),
        edits: Vec::new(),
        headers: Vec::new(),
        body: None,
        editor: false,
        fresh: false,
        sign_forged: false,
        new_id: false,
        original: false,
        to: None,
        times: 1,
        difference: false,
        dry_run: false,
    }
}

/// Sends it as it was; signed afresh where an app that verifies would find it too old.
async fn again(context: &Context, app: Option<&Upstream>, id: &Id) -> Result<Outcome> {
    let delivery = kept(context, id)?;
    let age = Timestamp::now().as_second() - delivery.received_at.as_second();
    // What is on its way takes a moment too.
    let fresh = age > TOLERANCE - 30;
    commands::replay(context, &replay::Options { fresh, ..replayed(app, id) }).await?;
    Ok(Outcome::well(&format!("sent again: {}", context.ui.overheard().as_str())))
}

/// Sends a body that was edited, signed afresh.
async fn edited(context: &Context, app: Option<&Upstream>, id: &Id, body: &[u8]) -> Result<Outcome> {
    let fault = |error: std::io::Error| Error::FileUnwritable { path: std::env::temp_dir(), cause: error.to_string() };
    let mut builder = tempfile::Builder::new();
    let file = file::temporary(builder.prefix("clerkhook-").suffix(".json"), &std::env::temp_dir()).map_err(fault)?;
    std::io::Write::write_all(&mut file.as_file(), body).map_err(fault)?;
    let options = replay::Options { body: Some(file.path().to_owned()), fresh: true, ..replayed(app, id) };
    commands::replay(context, &options).await?;
    Ok(Outcome::well(&format!("edited, signed and sent: {}", context.ui.overheard().as_str())))
}

/// Builds an event, and sends it to the app.
async fn send(context: &Context, app: Option<&Upstream>, event: String) -> Result<Outcome> {
    let options = trigger::Options {
        deed: trigger::Deed::Send(
            trigger::Subject { event: Some(event), ..trigger::Subject::default() },
            trigger::Pace { count: 1, rate: None },
        ),
        delivery: trigger::Delivery {
            to: None,
            edge: false,
            upstream: app.cloned(),
            insecure: false,
            unsigned: false,
            headers: Vec::new(),
            timeout: ANSWER_WITHIN,
            expected: Expected::default(),
        },
        dry_run: false,
    };
    commands::trigger(context, &options).await?;
    Ok(Outcome::well(&format!("sent: {}", context.ui.overheard().as_str())))
}

/// The command; the signature in it is that of then.
fn curl(context: &Context, app: Option<&Upstream>, id: &Id) -> Result<(Outcome, String)> {
    let command = export::command(context, app, &kept(context, id)?);
    let title =
        Plain::of("curl, on the clipboard where the terminal allows it; its signature is good for five minutes");
    Ok((Outcome::Text { title, lines: Plain::lines(&command) }, command))
}

/// Writes it in the form that the file's ending names. What is there already stays.
fn save(context: &Context, id: &Id, path: &str) -> Result<Outcome> {
    let path = context.settings.working_directory.join(path);
    if path.symlink_metadata().is_ok() {
        return Ok(Outcome::badly(&format!("`{}` is there already; give another name", path.display())));
    }
    let form = match path.extension().and_then(|ending| ending.to_str()) {
        Some("har") => Some(Form::Har),
        Some("ndjson") => Some(Form::Ndjson),
        Some("sh") => Some(Form::Curl),
        _ => None,
    };
    match form {
        Some(form) => {
            let Ok(reference) = id.as_str().parse::<Reference>();
            export::export(context, &[reference], &Filter::default(), form, false, Some(&path))?;
        }
        None => write(&path, &kept(context, id)?.request.body)?,
    }
    Ok(Outcome::well(&format!("saved to {}", path.display())))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    file::write(path, bytes).map_err(|error| Error::FileUnwritable { path: path.to_owned(), cause: error.to_string() })
}

fn kept(context: &Context, id: &Id) -> Result<Delivery> {
    let missing = || Error::DeliveryUnknown { reference: id.to_string() };
    let store = kept::open(context)?.ok_or_else(missing)?;
    store.get(id.as_str()).map_err(|fault| kept::unusable(context, fault))?.ok_or_else(missing)
}
