//! Where the agent's binary is.

use std::path::PathBuf;

use crate::config::Settings;
use crate::error::{Error, Result};

/// The named binary, or `ngrok` on `PATH`.
///
/// # Errors
/// `AgentMissing` with the places that were looked at.
pub fn locate(settings: &Settings) -> Result<PathBuf> {
    if let Some(named) = &settings.ngrok_bin {
        let path = settings.working_directory.join(&named.value);
        if path.is_file() {
            return Ok(path);
        }
        // A bare name is looked up like any command.
        let found = which::which_in(&named.value, settings.search_path.clone(), &settings.working_directory);
        return found.map_err(|_| Error::AgentMissing {
            looked: format!("`{}`, from {}, is no program", named.value.display(), named.source),
        });
    }
    which::which_in("ngrok", settings.search_path.clone(), &settings.working_directory)
        .map_err(|_| Error::AgentMissing { looked: "`ngrok` is not on `PATH`".to_owned() })
}
