//! An agent that a killed clerkhook left running.

use std::fs;
use std::path::PathBuf;

use super::StateDirectory;
use super::record::{Setup, read_record};
use crate::process;

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
        let _ = fs::remove_file(self.state.lock_of(&self.setup));
        self.state.sweep_policies();
    }
}

impl StateDirectory {
    /// The agents that killed processes left running.
    pub fn orphans(&self) -> Vec<Orphan> {
        let running: Vec<u32> = self.running().into_iter().filter_map(|(_, setup)| setup.agent_pid).collect();
        let orphan = |path: PathBuf| {
            let setup = read_record(&path)?;
            let pid = self.orphan(&setup).filter(|pid| !running.contains(pid))?;
            Some(Orphan { pid, setup, path, state: self.clone() })
        };
        self.files().into_iter().filter_map(orphan).collect()
    }

    /// The agent that outlived a killed clerkhook, by its group, as it may have a wrapper that is gone. Process ids come
    /// round again: a command line in the group must look like our agent's, and this process is nobody's agent.
    pub(super) fn orphan(&self, setup: &Setup) -> Option<u32> {
        let pid = setup.agent_pid.filter(|_| setup.owns_agent && self.is_dead(setup))?;
        let group = process::group(pid);
        if group.contains(&std::process::id()) {
            return None;
        }
        let is_ours = |words: Vec<String>| {
            ["http", "--log=stdout", "--log-format=json"].iter().all(|word| words.iter().any(|w| w == word))
        };
        group.into_iter().filter_map(process::command_line).any(is_ours).then_some(pid)
    }
}
