//! The state files of running set-ups, by which later commands find them, and the mark of this machine.

pub mod control;
mod policy;
mod sandbox_secret;
mod user;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use svix_ksuid::{Ksuid, KsuidLike as _};

use crate::config::{Addresses, Upstream};
use crate::error::{Error, Result};
use crate::{file, process};

/// A note is a few kilobytes.
const NOTE_LIMIT: u64 = 1 << 20;

/// What a running set-up tells later commands. The file is 0600: a sandbox's key stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Of the clerkhook process that keeps it.
    pub pid: u32,
    /// RFC 3339, in microseconds: the newest is found by it.
    pub started_at: String,
    /// The app's address.
    pub upstream: String,
    /// Without a path.
    pub public_url: String,
    /// The agent's `host:port`.
    pub agent_address: String,
    /// The agent's process.
    pub agent_pid: Option<u32>,
    /// Whether that process is clerkhook's own.
    #[serde(default)]
    pub owns_agent: bool,
    /// Public URL and webhook path, once an endpoint is registered.
    pub webhook_url: Option<String>,
    /// `ep_…`.
    pub endpoint_id: Option<String>,
    /// How the edge verifies signatures, if it does.
    #[serde(default)]
    pub secured: Option<String>,
    /// The file with the edge's policy, and so with the signing secret, that the agent was started with.
    #[serde(default)]
    pub policy: Option<PathBuf>,
    /// Where the set-up can be asked.
    #[serde(default)]
    pub control: Option<control::Address>,
    /// Where Clerk and Svix are for this set-up.
    pub services: Addresses,
}

impl Setup {
    /// The agent that outlived a killed clerkhook, by its group, as it may have a wrapper that is gone. A command line
    /// in it must look like our agent's, as process ids come round again.
    fn orphan(&self) -> Option<u32> {
        let pid = self.agent_pid.filter(|_| self.owns_agent && !process::alive(self.pid))?;
        let is_ours = |words: Vec<String>| {
            ["http", "--log=stdout", "--log-format=json"].iter().all(|word| words.iter().any(|w| w == word))
        };
        process::group(pid).into_iter().filter_map(process::command_line).any(is_ours).then_some(pid)
    }
}

/// An agent that a killed clerkhook left running.
#[derive(Clone, Debug)]
pub struct Orphan {
    /// Its process, which is also its group.
    pub pid: u32,
    /// The set-up that it belonged to.
    pub setup: Setup,
    path: PathBuf,
    state: StateDirectory,
}

impl Orphan {
    /// Removes the note and the policy, once the agent has ended.
    pub fn forget(self) {
        let _ = fs::remove_file(self.path);
        self.state.sweep_policies();
    }
}

/// A note that was passed over, as somebody else may have written it.
#[derive(Clone, Debug)]
pub struct Untrusted {
    /// The file or directory.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

/// The directory of state files, one for each process that keeps a set-up.
#[derive(Clone, Debug)]
pub struct StateDirectory(PathBuf);

/// A state file that is removed when its owner ends.
#[derive(Debug)]
pub struct Kept {
    path: Option<PathBuf>,
}

impl Kept {
    /// Leaves the file to the one that was written in its place.
    pub fn leave(mut self) {
        self.path = None;
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

impl StateDirectory {
    /// Nothing is created before something is saved.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Writes a set-up's state: 0600, by rename.
    ///
    /// # Errors
    /// `State` with the system's reason.
    pub fn save(&self, setup: &Setup) -> Result<Kept> {
        let path = self.file(setup);
        let text = serde_json::to_vec_pretty(setup).expect("a set-up is plain data");
        self.write(&path, &text)?;
        Ok(Kept { path: Some(path) })
    }

    /// The agents that killed processes left running.
    pub fn orphans(&self) -> Vec<Orphan> {
        let orphan = |path: PathBuf| {
            let setup: Setup = read_note(&path)?;
            Some(Orphan { pid: setup.orphan()?, setup, path, state: self.clone() })
        };
        self.files().into_iter().filter_map(orphan).collect()
    }

    /// Notes an agent before it is ready, so that it is found should this process be killed meanwhile. What is already
    /// noted of the set-up stays. Where nothing can be written, the note after it will say so.
    pub fn note_agent(&self, beginning: &Setup, pid: u32, policy: Option<&Path>) {
        let known = self.noted(beginning).unwrap_or_else(|| beginning.clone());
        let policy = policy.map(Path::to_owned);
        let setup = Setup { agent_pid: Some(pid), owns_agent: true, policy, ..known };
        self.save(&setup).into_iter().for_each(Kept::leave);
    }

    /// Removes the note of a set-up that did not come about.
    pub fn forget(&self, beginning: &Setup) {
        if self.noted(beginning).is_some_and(|setup| setup.public_url.is_empty()) {
            let _ = fs::remove_file(self.file(beginning));
        }
    }

    /// Removes what a process noted of itself.
    pub fn forget_process(&self, pid: u32) {
        let own = format!(".{pid}.json");
        let is_own = |path: &PathBuf| path.to_str().is_some_and(|path| path.ends_with(&own));
        self.files().into_iter().filter(is_own).for_each(|path| drop(fs::remove_file(path)));
    }

    fn noted(&self, beginning: &Setup) -> Option<Setup> {
        read_note(&self.file(beginning))
    }

    /// What is passed over here, as others may have written it.
    pub fn untrusted(&self) -> Vec<Untrusted> {
        let why = |path: &Path, judged: std::io::Result<()>| {
            // What the system refuses is told by whoever needs it.
            let judged = judged.err().filter(|error| error.kind() == std::io::ErrorKind::Other);
            judged.map(|error| Untrusted { path: path.to_owned(), why: error.to_string() })
        };
        if let Some(directory) = [self.0.clone(), self.setups()].iter().find_map(|path| why(path, file::trusted(path)))
        {
            return vec![directory];
        }
        let files = self.files().into_iter().chain([self.user_file()]).filter(|path| path.symlink_metadata().is_ok());
        files.filter_map(|path| why(&path, file::read_own(&path, NOTE_LIMIT).map(drop))).collect()
    }

    /// The set-ups whose process runs, the newest first. State files of dead processes are removed.
    pub fn running(&self) -> Vec<(PathBuf, Setup)> {
        let mut setups: Vec<_> = self.files().into_iter().filter_map(|path| self.alive(path)).collect();
        self.sweep_policies();
        setups.sort_by(|(_, left), (_, right)| right.started_at.cmp(&left.started_at));
        setups
    }

    /// The set-up for an app, or the newest one.
    pub fn find(&self, upstream: Option<&Upstream>) -> Option<(PathBuf, Setup)> {
        let wanted = |setup: &Setup| upstream.is_none_or(|upstream| upstream.is_same_app(&setup.upstream));
        self.running().into_iter().find(|(_, setup)| wanted(setup))
    }

    /// `clerkhook-` and a hash that is the same for this machine, user and profile at every run.
    pub fn uid(&self, user: &str, profile: &str) -> Result<String> {
        let read = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
        let machine = match file::read(Path::new("/etc/machine-id"), NOTE_LIMIT).map(read) {
            Ok(id) if id.len() >= 16 => id,
            _ => self.own_machine_id()?,
        };
        let digest = Sha256::digest(format!("{machine}\n{user}\n{profile}"));
        let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("clerkhook-{hex}"))
    }

    fn own_machine_id(&self) -> Result<String> {
        let path = self.0.join("machine-id");
        match file::read_own(&path, NOTE_LIMIT).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()) {
            Ok(id) if !id.is_empty() => Ok(id),
            _ => {
                let id = Ksuid::new(None::<std::time::SystemTime>, None).to_string();
                self.write(&path, id.as_bytes())?;
                Ok(id)
            }
        }
    }

    fn write(&self, path: &Path, text: &[u8]) -> Result<()> {
        let directory = path.parent().unwrap_or(&self.0);
        let written = self.prepare(directory).and_then(|()| file::write(path, text));
        written.map_err(|error| Error::State { path: self.0.clone(), cause: error.to_string() })
    }

    /// Makes a directory of ours. The mode of one that a person named is theirs.
    fn prepare(&self, directory: &Path) -> std::io::Result<()> {
        file::trusted(&self.0)?;
        if directory == self.0 && directory.exists() { Ok(()) } else { file::directory(directory) }
    }

    fn setups(&self) -> PathBuf {
        self.0.join("setups")
    }

    fn file(&self, setup: &Setup) -> PathBuf {
        let name: String = setup.upstream.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        self.setups().join(format!("{name}.{}.json", setup.pid))
    }

    fn files(&self) -> Vec<PathBuf> {
        if [&self.0, &self.setups()].into_iter().any(|directory| file::trusted(directory).is_err()) {
            return Vec::new();
        }
        let Ok(entries) = fs::read_dir(self.setups()) else { return Vec::new() };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
    }

    fn alive(&self, path: PathBuf) -> Option<(PathBuf, Setup)> {
        let text = file::read_own(&path, NOTE_LIMIT).ok()?;
        match serde_json::from_slice::<Setup>(&text) {
            Ok(setup) if process::alive(setup.pid) => Some((path, setup)),
            Ok(setup) if setup.orphan().is_some() => None,
            _ => {
                tracing::debug!(path = %path.display(), "removed the state of a process that is gone");
                let _ = fs::remove_file(&path);
                None
            }
        }
    }
}

/// A note that this user wrote; anything else is as good as none.
fn read_note<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&file::read_own(path, NOTE_LIMIT).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(pid: u32, upstream: &str) -> Setup {
        Setup {
            pid,
            started_at: "2026-11-23T10:00:00Z".into(),
            upstream: upstream.into(),
            public_url: "https://a.example".into(),
            agent_address: "127.0.0.1:4040".into(),
            agent_pid: Some(1),
            owns_agent: true,
            webhook_url: None,
            endpoint_id: None,
            secured: None,
            policy: None,
            control: None,
            services: Addresses {
                clerk_api_url: "https://api.clerk.com".parse().expect("a URL"),
                svix_server_url: None,
                sandbox_key: None,
            },
        }
    }

    #[test]
    fn a_set_up_is_found_while_its_process_runs() {
        let directory = tempfile::tempdir().expect("a directory");
        let state = StateDirectory::at(directory.path().join("new"));
        assert!(state.running().is_empty());
        let mine = setup(std::process::id(), "http://localhost:3000");
        let kept = state.save(&mine).expect("saved");
        let other = Upstream::local(4000);
        assert_eq!(state.find(None).map(|(_, found)| found), Some(mine));
        assert!(state.find(Some(&other)).is_none() && state.find(Some(&Upstream::local(3000))).is_some());
        drop(kept);
        assert!(state.running().is_empty());
    }

    #[test]
    fn what_a_dead_process_left_is_cleaned() {
        let directory = tempfile::tempdir().expect("a directory");
        let state = StateDirectory::at(directory.path());
        let kept = state.save(&setup(u32::MAX >> 2, "http://localhost:3000")).expect("saved");
        let path = kept.path.clone().expect("kept");
        assert!(path.exists());
        assert!(state.running().is_empty() && !path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn state_files_are_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().expect("a directory");
        let kept = StateDirectory::at(directory.path()).save(&setup(1, "x")).expect("saved");
        let mode = fs::metadata(kept.path.as_ref().expect("kept")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_mark_is_stable_and_differs_by_user_and_profile() {
        let directory = tempfile::tempdir().expect("a directory");
        let state = StateDirectory::at(directory.path());
        let uid = |user: &str, profile: &str| state.uid(user, profile).expect("a mark");
        assert_eq!(uid("ann", "default"), uid("ann", "default"));
        assert_ne!(uid("ann", "default"), uid("bob", "default"));
        assert_ne!(uid("ann", "default"), uid("ann", "work"));
        assert!(uid("ann", "default").starts_with("clerkhook-"));
    }
}
