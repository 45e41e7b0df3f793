//! Where the policies of started agents lie: each holds a signing secret, so none may outlive its agent.

use std::fs;
use std::path::PathBuf;

use super::StateDirectory;
use super::record::read_record;
use crate::process;

impl StateDirectory {
    /// The directory for the policy of an agent of this process, whose id a policy's name begins with.
    pub fn policies(&self) -> PathBuf {
        self.path.join("policies")
    }

    /// Removes the policies of processes that are gone, but for those that an agent which outlived one may read again.
    pub(super) fn sweep_policies(&self) {
        let Ok(entries) = fs::read_dir(self.policies()) else { return };
        let setups = self.files().into_iter().filter_map(|path| read_record(&path));
        let needed: Vec<PathBuf> =
            setups.filter(|setup| self.orphan(setup).is_some()).filter_map(|setup| setup.policy).collect();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let owner = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next());
            let gone = owner.and_then(|pid| pid.parse().ok()).is_some_and(|pid| !process::alive(pid));
            if gone && !needed.contains(&path) {
                tracing::debug!(path = %path.display(), "removed the policy of a process that is gone");
                let _ = fs::remove_file(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_dead_processes_go_and_those_of_living_ones_stay() {
        let home = tempfile::tempdir().expect("a directory");
        let state = StateDirectory::at(home.path());
        fs::create_dir(state.policies()).expect("made");
        let (own, dead) = (format!("{}.a.json", std::process::id()), format!("{}.a.json", u32::MAX >> 2));
        for name in [&own, &dead] {
            fs::write(state.policies().join(name), "{}").expect("written");
        }
        state.running();
        let left: Vec<_> =
            fs::read_dir(state.policies()).expect("listed").map(|e| e.expect("one").file_name()).collect();
        assert_eq!(left, [own.as_str()]);
    }
}
