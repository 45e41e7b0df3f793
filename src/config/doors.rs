//! The doors below the command line: environment, env files, profile. Each value keeps the name of its door.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;
use url::Url;

use super::value::{address, into_secret, secret_file};
use super::{EnvFile, Environment, Flags, Profile, Source, Sourced};
use crate::error::{Error, Result};
use crate::secret::{SIGNING_SECRET_NAMES, Secret};

/// Clerk's Backend API.
const CLERK_API: &str = "https://api.clerk.com";

/// All doors, open.
pub struct Doors<'a> {
    environment: &'a Environment,
    env_files: &'a [EnvFile],
    /// Which profile counts.
    pub profile_name: Sourced<String>,
    /// What it says.
    pub profile: Profile,
    profile_path: PathBuf,
    /// Where the config file is.
    pub config_dir: Sourced<PathBuf>,
    /// Where running set-ups are noted.
    pub state_dir: Sourced<PathBuf>,
}

impl<'a> Doors<'a> {
    /// Finds the directories and reads the profile.
    ///
    /// # Errors
    /// `ConfigFile`, `State` without a home.
    pub fn open(flags: &Flags, environment: &'a Environment, env_files: &'a [EnvFile]) -> Result<Self> {
        let (config_dir, state_dir) = directories(flags, environment)?;
        let profile_name = profile_name(flags, environment);
        let (profile, profile_path) = Profile::read(&config_dir.value, &profile_name.value)?;
        Ok(Self { environment, env_files, profile_name, profile, profile_path, config_dir, state_dir })
    }

    /// An environment variable.
    pub fn environment(&self, name: &'static str) -> Option<Sourced<String>> {
        let value = self.environment.get_lossy(name)?;
        Some(Sourced::new(value, Source::Environment(name)))
    }

    /// A value of the profile.
    pub fn profile<T>(&self, get: impl Fn(&Profile) -> Option<T>) -> Option<Sourced<T>> {
        let source = || Source::Profile(self.profile_path.clone(), self.profile_name.value.clone());
        get(&self.profile).map(|value| Sourced::new(value, source()))
    }

    /// A secret from a file that a flag names, else from the environment or an env file under one of `names`.
    ///
    /// # Errors
    /// `File`.
    pub fn secret(
        &self,
        file: &Option<PathBuf>,
        flag: &'static str,
        names: &[&'static str],
    ) -> Result<Option<Sourced<Secret>>> {
        match file {
            Some(path) => secret_file(path, flag).map(Some),
            None => Ok(self.anywhere(names).map(into_secret)),
        }
    }

    /// The signing secret under the name that the project's sources read, which counts before every other name.
    pub fn read_by_project(&self, name: &str) -> Option<Sourced<Secret>> {
        let known = SIGNING_SECRET_NAMES.iter().find(|known| **known == name);
        let in_file = |file: &EnvFile| {
            let value = file.get(name)?.to_owned();
            Some(Sourced::new(value, Source::EnvFile(file.path.clone(), name.to_owned())))
        };
        let found = known.and_then(|known| self.environment(known));
        found.or_else(|| self.env_files.iter().find_map(in_file)).map(into_secret)
    }

    /// A secret that the environment exports under one of `names`.
    pub fn exported(&self, names: &[&'static str]) -> Option<Sourced<Secret>> {
        names.iter().find_map(|name| self.environment(name)).map(into_secret)
    }

    /// Clerk's base URL.
    ///
    /// # Errors
    /// `SettingInvalid`.
    pub fn clerk_api_url(&self, flag: Option<Url>) -> Result<Sourced<Url>> {
        let usual = || Sourced::new(Url::parse(CLERK_API).expect("a constant address parses"), Source::Default);
        let named = self.url(flag, "--clerk-api-url", "CLERK_API_URL", |profile| profile.clerk_api_url.clone())?;
        Ok(named.unwrap_or_else(usual))
    }

    /// Svix's base URL, unless it is left to the portal's region.
    ///
    /// # Errors
    /// `SettingInvalid`.
    pub fn svix_server_url(&self, flag: Option<Url>) -> Result<Option<Sourced<Url>>> {
        self.url(flag, "--svix-server-url", "SVIX_SERVER_URL", |profile| profile.svix_server_url.clone())
    }

    fn url(
        &self,
        flag: Option<Url>,
        flag_name: &'static str,
        variable: &'static str,
        in_profile: impl Fn(&Profile) -> Option<String>,
    ) -> Result<Option<Sourced<Url>>> {
        match flag {
            Some(url) => Ok(Some(Sourced::new(url, Source::Flag(flag_name)))),
            None => address(self.anywhere(&[variable]).or_else(|| self.profile(in_profile))),
        }
    }

    /// The environment, then the env files; within a door the order of `names`. `NAME=` in an env file is found, so
    /// that it can be named as the mistake.
    fn anywhere(&self, names: &[&'static str]) -> Option<Sourced<String>> {
        let environment = names.iter().find_map(|name| self.environment(name));
        let in_file = |file: &EnvFile| {
            names.iter().find_map(|name| {
                let value = file.get(name)?;
                Some(Sourced::new(value.to_owned(), Source::EnvFile(file.path.clone(), (*name).to_owned())))
            })
        };
        environment.or_else(|| self.env_files.iter().find_map(in_file))
    }
}

/// Where the config file is and which profile is meant, whatever the file says.
///
/// # Errors
/// `State` without a home.
pub fn place(flags: &Flags, environment: &Environment) -> Result<(Sourced<PathBuf>, Sourced<String>)> {
    Ok((directories(flags, environment)?.0, profile_name(flags, environment)))
}

fn profile_name(flags: &Flags, environment: &Environment) -> Sourced<String> {
    let set = environment.get("CLERKHOOK_PROFILE").map(str::to_owned);
    match (&flags.profile, set) {
        (Some(name), _) => Sourced::new(name.clone(), Source::Flag("--profile")),
        (None, Some(name)) => Sourced::new(name, Source::Environment("CLERKHOOK_PROFILE")),
        (None, None) => Sourced::new("default".to_owned(), Source::Default),
    }
}

fn directories(flags: &Flags, environment: &Environment) -> Result<(Sourced<PathBuf>, Sourced<PathBuf>)> {
    let platform = || {
        etcetera::choose_base_strategy().map_err(|error| Error::State { path: "~".into(), cause: error.to_string() })
    };
    let settle = |flag: &Option<PathBuf>, flag_name, variable: &'static str| {
        let flag = flag.clone().map(|path| Sourced::new(path, Source::Flag(flag_name)));
        let set = environment.get_os(variable);
        flag.or_else(|| set.map(|path| Sourced::new(PathBuf::from(path), Source::Environment(variable))))
    };
    let config = match settle(&flags.config_dir, "--config-dir", "CLERKHOOK_CONFIG_DIR") {
        Some(path) => path,
        None => Sourced::new(platform()?.config_dir().join("clerkhook"), Source::Default),
    };
    let state = match settle(&flags.state_dir, "--state-dir", "CLERKHOOK_STATE_DIR") {
        Some(path) => path,
        None => {
            let base = platform()?;
            let state = base.state_dir().unwrap_or_else(|| base.data_dir());
            Sourced::new(state.join("clerkhook"), Source::Default)
        }
    };
    Ok((config, state))
}
