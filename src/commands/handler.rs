//! `clerkhook handler`: the webhook handler that fits the project, printed or written.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use similar::TextDiff;

use crate::error::{Error, Result};
use crate::file;
use crate::handler::framework::{ALL, Framework};
use crate::handler::template::{self, Written};
use crate::report::{self, Plan, Report, Step};
use crate::steps::{Context, WEBHOOK_PATH};
use crate::ui::{Answer, Question};

/// Options of `handler`.
#[derive(Clone, Debug)]
pub struct Options {
    /// For which; the project's own where none is named.
    pub framework: Option<Framework>,
    /// Only say which there are.
    pub list: bool,
    /// Create the file.
    pub write: bool,
    /// Say what would be written.
    pub dry_run: bool,
}

/// Prints or writes the handler.
///
/// # Errors
/// `FrameworkUnknown`, `HandlerExists`, `FileUnwritable`, `File`.
pub async fn handler(context: &Context, options: &Options) -> Result<()> {
    if options.list {
        for profile in &ALL {
            context.ui.emit(&Report::Handler(report::Handler {
                framework: profile.name,
                title: profile.title,
                file: profile.place.to_owned(),
                code: None,
                written: false,
            }));
        }
        return Ok(());
    }
    let directory = &context.project.directory;
    let framework = options.framework.or_else(|| context.framework()).ok_or(Error::FrameworkUnknown)?;
    let path = context.settings.path.as_ref().map_or(WEBHOOK_PATH, |path| path.value.as_str());
    let made = template::handler(framework, directory, path);
    let file = made.place.display().to_string();
    if options.write && options.dry_run {
        context.ui.emit(&Report::Plan(Plan { step: Step::App, action: "write", detail: file }));
        return Ok(());
    }
    let opening = if options.write { opening(context, framework, &made, path).await? } else { None };
    if options.write {
        create(directory, &made)?;
        context.ui.note(&format!("`{file}` is written"));
    }
    tell(context, framework, &made, options.write);
    for sentence in &made.beside {
        context.ui.note(sentence);
    }
    let Some((name, after)) = opening else { return Ok(()) };
    std::fs::write(directory.join(name), after)
        .map_err(|error| Error::FileUnwritable { path: name.into(), cause: error.to_string() })?;
    context.ui.note(&format!("`{name}` lets `{path}` through"));
    Ok(())
}

/// The code is data.
fn tell(context: &Context, framework: Framework, made: &Written, written: bool) {
    let profile = framework.profile();
    context.ui.emit(&Report::Handler(report::Handler {
        framework: profile.name,
        title: profile.title,
        file: made.place.display().to_string(),
        code: Some(made.text.clone()),
        written,
    }));
}

/// Creates the file; one that is there stays as it is.
fn create(directory: &Path, made: &Written) -> Result<()> {
    let path = directory.join(&made.place);
    let unwritable = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Error::HandlerExists { path: made.place.clone() },
        _ => Error::FileUnwritable { path: made.place.clone(), cause: error.to_string() },
    };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(unwritable)?;
    }
    let mut file = File::create_new(&path).map_err(unwritable)?;
    file.write_all(made.text.as_bytes()).map_err(unwritable)
}

/// Shows how the file that guards routes lets this one through; gives its new text when that is wanted. Nothing is
/// written before the answer.
async fn opening(
    context: &Context,
    framework: Framework,
    made: &Written,
    path: &str,
) -> Result<Option<(&'static str, String)>> {
    let directory = &context.project.directory;
    if directory.join(&made.place).symlink_metadata().is_ok() {
        return Err(Error::HandlerExists { path: made.place.clone() });
    }
    let guards = framework.profile().guards.iter();
    let Some(name) = guards.copied().find(|name| directory.join(name).is_file()) else { return Ok(None) };
    let bytes = file::read(&directory.join(name), file::SETTINGS_LIMIT);
    let bytes = bytes.map_err(|error| Error::File { path: name.into(), cause: error.to_string() })?;
    let Ok(before) = String::from_utf8(bytes) else { return Ok(None) };
    let Some(after) = template::opened(&before, path) else { return Ok(None) };
    let lines = TextDiff::from_lines(&before, &after);
    let difference = lines.unified_diff().context_radius(1).header(name, name).to_string();
    difference.lines().for_each(|line| context.ui.note(line));
    if context.yes {
        return Ok(Some((name, after)));
    }
    let question = Question::OpenRoute { file: name.to_owned() };
    let agreed =
        context.ui.interactive() && context.ui.confirm(question, context.shutdown.wait()).await? == Answer::Yes;
    if !agreed {
        context.ui.note(&format!("`{name}` is left as it is; `--yes` changes it"));
    }
    Ok(agreed.then_some((name, after)))
}
