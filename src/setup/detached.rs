//! A set-up that goes on in the background: it says once that it is ready, and then speaks to its log alone.

use std::fs;

use super::Detached;
use crate::error::{Error, Result};
use crate::file;
use crate::report::{Ready, Report};
use crate::steps::Context;

/// A ready file has one line.
const LIMIT: u64 = 64 * 1024;

impl Detached {
    /// Writes the ready file, and leaves both streams: whoever waits for that goes on.
    ///
    /// # Errors
    /// `FileUnwritable`; `SettingInvalid` without a log.
    pub fn leave(&self, context: &Context, ready: &Ready) -> Result<()> {
        self.write(context, ready)?;
        match &context.settings.log_file {
            Some(log) => context.ui.move_to(log),
            None => Err(Error::Unexpected { what: "going to the background", cause: "there is no log".to_owned() }),
        }
    }

    /// Writes the ready file.
    ///
    /// # Errors
    /// `FileUnwritable`.
    pub fn write(&self, context: &Context, ready: &Ready) -> Result<()> {
        let Some(path) = &self.ready_file else { return Ok(()) };
        context.ui.put_down(&Report::Ready(ready.clone()), path)
    }

    /// Removes the ready file at the end, unless another one is ready by it now.
    pub fn take_back(&self) {
        let Some(path) = &self.ready_file else { return };
        if self.tells_of() == Some(u64::from(std::process::id())) {
            let _ = fs::remove_file(path);
        }
    }

    /// Removes what an earlier set-up left, before anything is begun.
    ///
    /// # Errors
    /// `FileUnwritable` for what is no ready file, and where none can be made.
    pub fn prepare(&self) -> Result<()> {
        let Some(path) = &self.ready_file else { return Ok(()) };
        let fault = |cause: String| Error::FileUnwritable { path: path.clone(), cause };
        if path.symlink_metadata().is_ok() {
            self.tells_of().ok_or_else(|| fault("it is there and no ready file, so it is left alone".to_owned()))?;
            return fs::remove_file(path).map_err(|error| fault(error.to_string()));
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let tried = file::temporary(&tempfile::Builder::new(), directory.unwrap_or(std::path::Path::new(".")));
        tried.map(drop).map_err(|error| fault(error.to_string()))
    }

    /// The process that a ready file tells of.
    fn tells_of(&self) -> Option<u64> {
        let line = file::read_own(self.ready_file.as_ref()?, LIMIT).ok()?;
        let line: serde_json::Value = serde_json::from_slice(&line).ok()?;
        line["pid"].as_u64().filter(|_| line["type"] == "ready")
    }
}
