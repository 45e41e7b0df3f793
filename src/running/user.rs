//! The last user that clerkhook made, so that the next command need not be told which.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::StateDirectory;
use crate::error::Result;

/// What is noted of it.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    user_id: String,
    /// The Clerk that knows it: a sandbox's user is nothing to another one.
    clerk_api_url: Url,
}

impl StateDirectory {
    /// Notes the user that was just made.
    ///
    /// # Errors
    /// `State` with the system's reason.
    pub fn note_user(&self, user_id: &str, clerk_api_url: &Url) -> Result<()> {
        let noted = Noted { user_id: user_id.to_owned(), clerk_api_url: clerk_api_url.clone() };
        let text = serde_json::to_vec_pretty(&noted).expect("a note is plain data");
        self.write(&self.user_file(), &text)
    }

    /// The last one that was made at this Clerk and is not deleted.
    pub fn last_user(&self, clerk_api_url: &Url) -> Option<String> {
        let noted = self.noted_user()?;
        (noted.clerk_api_url == *clerk_api_url).then_some(noted.user_id)
    }

    /// Forgets a user that is gone.
    pub fn forget_user(&self, user_id: &str) {
        if self.noted_user().is_some_and(|noted| noted.user_id == user_id) {
            let _ = fs::remove_file(self.user_file());
        }
    }

    fn noted_user(&self) -> Option<Noted> {
        super::record::read_note(&self.user_file())
    }

    pub(super) fn user_file(&self) -> PathBuf {
        self.path.join("user.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_is_known_until_it_is_gone() {
        let directory = tempfile::tempdir().expect("a directory");
        let state = StateDirectory::at(directory.path().join("new"));
        let (clerk, other) = (Url::parse("https://a.example").expect("a URL"), Url::parse("https://b.example"));
        assert_eq!(state.last_user(&clerk), None);
        for id in ["user_1", "user_2"] {
            state.note_user(id, &clerk).expect("noted");
        }
        assert_eq!(state.last_user(&clerk).as_deref(), Some("user_2"));
        assert_eq!(state.last_user(&other.expect("a URL")), None);
        state.forget_user("user_1");
        assert!(state.last_user(&clerk).is_some());
        state.forget_user("user_2");
        assert!(!directory.path().join("new/user.json").exists());
    }
}
