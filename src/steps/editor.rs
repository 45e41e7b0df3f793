//! A body in the person's own editor. What was typed there is never lost, and nothing is taken for a change that is none.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;

use tempfile::NamedTempFile;

use super::Context;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::file;
use crate::payload;
use crate::process::{self, Program};

/// What an editor gives back and is larger is no event.
const LARGEST: u64 = 64 << 20;

/// The editor that every machine has.
const USUAL: &str = "vi";

/// Opens the body, indented, in `$VISUAL` or `$EDITOR`, and gives it back compact, as Clerk sends it; `None` when nothing
/// was changed.
///
/// # Errors
/// `EditorUnseen` without a terminal, `EditorFailed`, `EditBroken` with line and column.
pub async fn edit_json(context: &Context, body: &[u8]) -> Result<Option<Vec<u8>>> {
    let editor = context.settings.editor.clone().filter(|editor| !editor.trim().is_empty());
    let editor = editor.unwrap_or_else(|| USUAL.to_owned());
    if !context.ui.has_screen() {
        return Err(Error::EditorUnseen { editor });
    }
    let failed = |error: io::Error| Error::EditorFailed { editor: editor.clone(), cause: error.to_string() };
    let before = indented(body);
    let mut builder = tempfile::Builder::new();
    let mut file =
        file::temporary(builder.prefix("clerkhook-").suffix(".json"), &std::env::temp_dir()).map_err(failed)?;
    file.write_all(&before).map_err(failed)?;
    let program = program(&context.settings, &editor, file.path().as_os_str().to_owned()).map_err(failed)?;
    let lent = context.shutdown.lend();
    let status = process::in_foreground(&program).await.map_err(failed)?;
    drop(lent);
    if !status.success() {
        return Err(failed(io::Error::other(format!("it ended with {}", process::status_words(status)))));
    }
    let after = file::read(file.path(), LARGEST).map_err(failed)?;
    if after == before {
        return Ok(None);
    }
    let compact = String::from_utf8(after).map_err(|error| error.to_string());
    match compact.and_then(|after| payload::compact(&after).map_err(|error| error.to_string())) {
        Ok(compact) => Ok(Some(compact.into_bytes())),
        Err(why) => Err(Error::EditBroken { path: keep(file).map_err(failed)?, why }),
    }
}

/// What was typed stays where it was typed.
fn keep(file: NamedTempFile) -> io::Result<PathBuf> {
    file.keep().map(|(_, path)| path).map_err(|error| error.error)
}

/// The editor's program with its arguments. A path with blanks is a program too; else the words are split as a shell
/// splits them.
fn program(settings: &Settings, editor: &str, file: OsString) -> io::Result<Program> {
    let find = |name: &str| which::which_in(name, settings.search_path.clone(), &settings.working_directory);
    if let Ok(whole) = find(editor) {
        return Ok(Program::new(whole, [file]));
    }
    let words = shell_words::split(editor).map_err(io::Error::other)?;
    let (name, args) = words.split_first().ok_or_else(|| io::Error::other("it names no program"))?;
    let path = find(name).map_err(io::Error::other)?;
    Ok(Program::new(path, args.iter().map(OsString::from).chain([file])))
}

fn indented(body: &[u8]) -> Vec<u8> {
    let lines = std::str::from_utf8(body).ok().and_then(payload::indent);
    lines.map_or_else(|| body.to_vec(), |lines| format!("{lines}\n").into_bytes())
}
