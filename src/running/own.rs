//! The record that this process keeps of its own set-up, and the lock that it holds meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;

use super::StateDirectory;
use super::lock::Lock;
use super::record::{Setup, read_record};
use crate::delivery::Id;
use crate::error::Result;

/// What this process keeps. Dropping it removes the record, and then the lock.
#[derive(Debug)]
pub(super) struct Own {
    id: String,
    lock: Option<Lock>,
    record: Option<PathBuf>,
}

impl Default for Own {
    fn default() -> Self {
        Self { id: Id::at(Timestamp::now()).to_string(), lock: None, record: None }
    }
}

impl Own {
    fn withdraw(&mut self) {
        if let Some(record) = self.record.take() {
            let _ = fs::remove_file(record);
        }
    }

    fn forget(&mut self) {
        self.withdraw();
        self.lock = None;
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.forget();
    }
}

impl StateDirectory {
    /// The id of the set-up that this process may keep.
    pub fn id(&self) -> String {
        self.own().id.clone()
    }

    /// Writes how this process's set-up stands: 0600, by rename, under its lock. What was written before stays when it
    /// fails.
    ///
    /// # Errors
    /// `State` with the system's reason.
    pub fn save(&self, setup: &Setup) -> Result<()> {
        let path = self.setups().join(format!("{}.json", setup.id));
        let text = serde_json::to_vec_pretty(setup).expect("a set-up is plain data");
        let mut own = self.own();
        if own.lock.is_none() {
            let taken = self.prepare(&self.locks()).and_then(|()| Lock::take(&self.lock_of(setup)));
            own.lock = Some(taken.map_err(|error| self.unwritable(&error))?);
        }
        self.write(&path, &text)?;
        own.record = Some(path);
        Ok(())
    }

    /// Notes an agent before it is ready, so that it is found should this process be killed meanwhile. What is already
    /// noted of the set-up stays. Where nothing can be written, the note after it will say so.
    pub fn note_agent(&self, beginning: &Setup, pid: u32, policy: Option<&Path>) {
        let known = self.noted().unwrap_or_else(|| beginning.clone());
        let policy = policy.map(Path::to_owned);
        let noted = self.save(&Setup { agent_pid: Some(pid), owns_agent: true, policy, ..known });
        if let Err(error) = noted {
            tracing::debug!(%error, "the agent is not noted");
        }
    }

    /// Removes the note of a set-up that did not come about.
    pub fn forget_beginning(&self) {
        if self.noted().is_some_and(|setup| setup.public_url.is_empty()) {
            self.forget();
        }
    }

    /// Removes the note of a set-up that is about to end, so that no command finds it; who waits for its end looks at its
    /// lock, which stays until [`Self::forget`].
    pub fn withdraw(&self) {
        self.own().withdraw();
    }

    /// Removes what this process noted of its set-up.
    pub fn forget(&self) {
        self.own().forget();
    }

    fn noted(&self) -> Option<Setup> {
        let path = self.own().record.clone()?;
        read_record(&path)
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Addresses;

    fn setup(state: &StateDirectory) -> Setup {
        let services = Addresses {
            clerk_api_url: "https://api.clerk.com".parse().expect("a URL"),
            svix_server_url: None,
            sandbox_key: None,
        };
        Setup {
            schema: crate::running::SCHEMA,
            id: state.id(),
            pid: std::process::id(),
            started_at: "2026-11-23T10:00:00Z".into(),
            profile: "default".into(),
            sandbox: false,
            upstream: "http://localhost:3000".into(),
            public_url: "https://a.example".into(),
            agent_address: "127.0.0.1:4040".into(),
            agent_pid: Some(1),
            owns_agent: true,
            webhook_url: None,
            endpoint_id: None,
            secured: None,
            ready: false,
            page_url: None,
            policy: None,
            log_file: None,
            control: None,
            services,
        }
    }

    #[test]
    fn a_set_up_runs_while_somebody_holds_its_lock() {
        let home = tempfile::tempdir().expect("a directory");
        let (owner, other) = (StateDirectory::at(home.path().join("a")), StateDirectory::at(home.path().join("a")));
        assert!(other.running().is_empty());
        let mine = setup(&owner);
        owner.save(&mine).expect("saved");
        assert_eq!(other.running().into_iter().map(|(_, found)| found).collect::<Vec<_>>(), [mine]);
        drop(owner);
        let left = |name: &str| fs::read_dir(home.path().join("a").join(name)).map_or(9, Iterator::count);
        assert_eq!((other.running().len(), left("setups"), left("locks")), (0, 0, 0));
    }

    #[test]
    fn a_save_that_fails_keeps_what_was_written() {
        let home = tempfile::tempdir().expect("a directory");
        let owner = StateDirectory::at(home.path());
        let before = setup(&owner);
        owner.save(&before).expect("saved");
        let elsewhere = home.path().join("elsewhere");
        fs::rename(owner.setups(), &elsewhere).expect("moved");
        fs::write(owner.setups(), "").expect("a file where a directory is due");
        let after = Setup { ready: true, ..before.clone() };
        assert!(owner.save(&after).is_err());
        fs::remove_file(owner.setups()).expect("removed");
        fs::rename(&elsewhere, owner.setups()).expect("moved back");
        let found = || owner.running().into_iter().map(|(_, found)| found).collect::<Vec<_>>();
        assert_eq!(found(), [before]);
        owner.save(&after).expect("saved");
        assert_eq!(found(), [after]);
    }
}
