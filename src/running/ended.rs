//! The end of a set-up, as the command that asked for it learns of it: its lock is gone, and its last word lies in a note.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::StateDirectory;
use super::lock::{self, Holder};
use super::record::{Setup, read_note};
use crate::report::Stopped;

/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

impl StateDirectory {
    /// Leaves word of how this process's set-up ended, for the command that asked for it. Without it less is told.
    pub fn leave_word(&self, stopped: &Stopped) {
        let text = serde_json::to_vec(stopped).expect("a last word is plain data");
        if let Err(error) = self.write(&self.word_of(&self.id()), &text) {
            tracing::debug!(%error, "no word of the end is left");
        }
    }

    /// Waits until a set-up is down; `false` when it is not within `limit`.
    pub async fn ends(&self, setup: &Setup, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.holds(setup) {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(LOOK).await;
        }
        true
    }

    /// Whether its process still has it.
    pub fn holds(&self, setup: &Setup) -> bool {
        lock::holder(&self.lock_of(setup)) == Holder::Somebody
    }

    /// The last word of a set-up that has ended. It can be taken once.
    pub fn last_word(&self, setup: &Setup) -> Option<Stopped> {
        let path = self.word_of(&setup.id);
        let word = read_note(&path);
        let _ = fs::remove_file(path);
        word
    }

    fn word_of(&self, id: &str) -> PathBuf {
        let word: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
        self.path.join("ended").join(format!("{word}.json"))
    }
}
