//! How far a backfill came, in a file of the state directory, so that an interrupted one goes on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clerk::existing::{Kind, Walk};
use crate::error::{Error, Result};
use crate::file;
use crate::steps::Context;

/// The only form of the file.
const SCHEMA: u32 = 1;

/// Larger files are none of ours.
const LIMIT: u64 = 1024 * 1024;

/// How many refused ones are remembered.
const REFUSED: usize = 1000;

#[derive(Serialize, Deserialize)]
struct Saved {
    schema: u32,
    passed: usize,
    known: Vec<String>,
    refused: Vec<String>,
}

/// What was sent, and what was refused.
#[derive(Debug)]
pub struct Progress {
    path: PathBuf,
    /// Behind those that were sent.
    pub walk: Walk,
    /// Those that the app did not take.
    pub refused: Vec<String>,
}

impl Progress {
    /// Takes up an interrupted run of the same name, or begins.
    ///
    /// # Errors
    /// `State`.
    pub fn take_up(context: &Context, kind: Kind, name: &str, restart: bool) -> Result<Self> {
        let directory = context.settings.state_dir.value.join("backfill");
        let digest = Sha256::digest(name.as_bytes());
        let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let path = directory.join(format!("{hash}.json"));
        let saved = file::read_own(&path, LIMIT).ok().filter(|_| !restart);
        let saved = saved.and_then(|bytes| serde_json::from_slice::<Saved>(&bytes).ok());
        Ok(match saved.filter(|saved| saved.schema == SCHEMA) {
            Some(saved) => Self { path, walk: Walk::new(kind, saved.passed, saved.known), refused: saved.refused },
            None => Self { path, walk: Walk::new(kind, 0, []), refused: Vec::new() },
        })
    }

    /// Where it goes on, when it does not begin.
    pub fn words(&self) -> Option<String> {
        match (self.walk.passed(), self.refused.len()) {
            (0, 0) => None,
            (passed, 0) => Some(format!("after {passed} that were sent before")),
            (passed, refused) => {
                Some(format!("after {passed} that were sent before, with {refused} that were refused"))
            }
        }
    }

    /// One was refused.
    pub fn refuse(&mut self, id: &str) {
        if self.refused.len() < REFUSED && !self.refused.iter().any(|known| known == id) {
            self.refused.push(id.to_owned());
        }
    }

    /// One was taken, or is gone.
    pub fn take(&mut self, id: &str) {
        self.refused.retain(|known| known != id);
    }

    /// Writes it down.
    ///
    /// # Errors
    /// `State`.
    pub fn save(&self) -> Result<()> {
        let saved = Saved {
            schema: SCHEMA,
            passed: self.walk.passed(),
            known: self.walk.known().map(str::to_owned).collect(),
            refused: self.refused.clone(),
        };
        let fault = |error: std::io::Error| Error::State { path: self.path.clone(), cause: error.to_string() };
        if let Some(directory) = self.path.parent() {
            file::directory(directory).map_err(fault)?;
        }
        let text = serde_json::to_vec(&saved).map_err(|error| fault(error.into()))?;
        file::write(&self.path, &text).map_err(fault)
    }

    /// It is done.
    ///
    /// # Errors
    /// `State`.
    pub fn forget(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::State { path: self.path.clone(), cause: error.to_string() })
            }
            _ => Ok(()),
        }
    }
}
