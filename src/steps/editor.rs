//! A body in the person's own editor; broken JSON is refused with its place.

use std::io::Write as _;

use super::Context;
use crate::error::{Error, Result};
use crate::file;
use crate::payload;
use crate::process::{self, Program};

/// What an editor gives back and is larger is no event.
const LARGEST: u64 = 64 << 20;

/// Opens the body, indented, in `$VISUAL` or `$EDITOR`, and gives it back compact, as Clerk sends it.
///
/// # Errors
/// `EditorFailed`, `EditRefused` with line and column.
pub async fn edit_json(context: &Context, body: &[u8]) -> Result<Vec<u8>> {
    let editor = context.settings.editor.clone().unwrap_or_else(|| "vi".to_owned());
    let failed = |cause: String| Error::EditorFailed { editor: editor.clone(), cause };
    let before = indented(body);
    let mut file =
        file::temporary(tempfile::Builder::new().prefix("clerkhook-").suffix(".json"), &std::env::temp_dir())
            .map_err(|error| failed(error.to_string()))?;
    file.write_all(&before).map_err(|error| failed(error.to_string()))?;
    let mut words = editor.split_whitespace();
    let name = words.next().unwrap_or("vi");
    let args = words.map(Into::into).chain([file.path().as_os_str().to_owned()]).collect::<Vec<_>>();
    let path = which::which_in(name, context.settings.search_path.clone(), &context.settings.working_directory)
        .map_err(|error| failed(error.to_string()))?;
    let status = process::in_foreground(&Program::new(path, args)).await.map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(format!("it ended with {}", process::status_words(status))));
    }
    let after = file::read(file.path(), LARGEST).map_err(|error| failed(error.to_string()))?;
    if after == before {
        return Ok(body.to_vec());
    }
    let refused = |why: String| Error::EditRefused { why: format!("what the editor gave back is no JSON: {why}") };
    let after = String::from_utf8(after).map_err(|error| refused(error.to_string()))?;
    payload::compact(&after).map(String::into_bytes).map_err(|error| refused(error.to_string()))
}

fn indented(body: &[u8]) -> Vec<u8> {
    let lines = std::str::from_utf8(body).ok().and_then(payload::indent);
    lines.map_or_else(|| body.to_vec(), |lines| format!("{lines}\n").into_bytes())
}
