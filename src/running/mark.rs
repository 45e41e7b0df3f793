//! The mark of this machine, by which its endpoint is found again at every run.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use svix_ksuid::{Ksuid, KsuidLike as _};

use super::StateDirectory;
use super::record::NOTE_LIMIT;
use crate::config::Settings;
use crate::error::Result;
use crate::file;

/// The mark of machine, user and profile, and the one that earlier versions gave the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// By machine, numeric user and home: containers of one image have no user name, and must not share an endpoint.
    pub now: String,
    /// By machine and the user's name.
    pub former: String,
}

impl StateDirectory {
    /// `clerkhook-` and a hash that is the same at every run.
    ///
    /// # Errors
    /// `State` where this machine has no id and none can be kept.
    pub fn marks(&self, settings: &Settings) -> Result<Marks> {
        let read = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
        let machine = match file::read(Path::new("/etc/machine-id"), NOTE_LIMIT).map(read) {
            Ok(id) if id.len() >= 16 => id,
            _ => self.own_machine_id()?,
        };
        let profile = &settings.profile.value;
        let home = settings.home.as_deref().unwrap_or(Path::new("")).display();
        Ok(Marks {
            now: mark(&format!("{machine}\n{}\n{home}\n{profile}", user_number(settings))),
            former: mark(&format!("{machine}\n{}\n{profile}", settings.user)),
        })
    }

    fn own_machine_id(&self) -> Result<String> {
        let path = self.path.join("machine-id");
        match file::read_own(&path, NOTE_LIMIT).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()) {
            Ok(id) if !id.is_empty() => Ok(id),
            _ => {
                let id = Ksuid::new(None::<std::time::SystemTime>, None).to_string();
                self.write(&path, id.as_bytes())?;
                Ok(id)
            }
        }
    }
}

/// Elsewhere than on Unix users have no number, and their name is never missing.
fn user_number(settings: &Settings) -> String {
    #[cfg(unix)]
    {
        let _ = settings;
        nix::unistd::geteuid().to_string()
    }
    #[cfg(not(unix))]
    settings.user.clone()
}

fn mark(text: &str) -> String {
    let digest = Sha256::digest(text);
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("clerkhook-{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags, settle};

    fn marks(home: &Path, variables: [(&str, &str); 3]) -> Marks {
        let environment = Environment::of(variables);
        let flags = Flags { state_dir: Some(home.to_owned()), config_dir: Some(home.to_owned()), ..Flags::default() };
        let settings =
            settle(flags, &environment, &[], crate::config::Findings::default(), home.to_owned()).expect("settings");
        StateDirectory::at(home).marks(&settings).expect("marks")
    }

    #[test]
    fn they_are_stable_and_differ_by_home_and_profile() {
        let home = tempfile::tempdir().expect("a directory");
        std::fs::write(home.path().join("config.toml"), "[profile.work]\n").expect("written");
        let of = |user, home_of_user, profile| {
            marks(home.path(), [("USER", user), ("HOME", home_of_user), ("CLERKHOOK_PROFILE", profile)])
        };
        let first = of("ann", "/home/ann", "default");
        assert_eq!(first, of("ann", "/home/ann", "default"));
        assert!(first.now.starts_with("clerkhook-"));
        for other in [of("ann", "/root", "default"), of("ann", "/home/ann", "work")] {
            assert_ne!(first.now, other.now);
        }
        assert_eq!(first.now, of("", "/home/ann", "default").now);
        assert_ne!(first.former, of("", "/home/ann", "default").former);
    }
}
