//! Settling: each setting's candidates in order, the first one wins, its source is kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{EnvFile, Environment, Profile, SECRET_KEY_NAMES, SIGNING_SECRET_NAMES, Source, Sourced};
use crate::error::{Error, Result};
use crate::secret::{Secret, mask_text};

/// Clerk's Backend API.
const CLERK_API: &str = "https://api.clerk.com";

/// How long a call to Clerk or Svix may take, in seconds.
const HTTP_TIMEOUT: u64 = 15;

/// Variables that would lead the agent through a proxy, which free accounts may not use (ERR_NGROK_9009).
const PROXY_NAMES: [&str; 6] = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// Settings that were given on the command line.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named after their flags")]
pub struct Flags {
    pub clerk_secret_key_file: Option<PathBuf>,
    pub clerk_api_url: Option<Url>,
    pub svix_server_url: Option<Url>,
    pub ngrok_bin: Option<PathBuf>,
    pub ngrok_config: Vec<PathBuf>,
    pub domain: Option<String>,
    pub path: Option<String>,
    pub secret_file: Option<PathBuf>,
    pub profile: Option<String>,
    pub config_dir: Option<PathBuf>,
    pub state_dir: Option<PathBuf>,
    pub agent_ports: Option<PortRange>,
}

/// Local ports, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange(pub u16, pub u16);

impl PortRange {
    /// No port at all.
    pub const NONE: Self = Self(1, 0);
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if 0 < first && first <= last => Ok(Self(first, last)),
            _ => Err("expected ports such as `4040-4049`".to_owned()),
        }
    }
}

/// The services' addresses that a running set-up keeps for later commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Clerk's base URL.
    pub clerk_api_url: Url,
    /// Svix's base URL, when it was not left to the portal's region.
    pub svix_server_url: Option<Url>,
    /// A sandbox's own key; never a real one.
    pub sandbox_key: Option<String>,
}

/// Every setting with its source.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "`docs/commands.md` has the table")]
pub struct Settings {
    pub clerk_secret_key: Option<Sourced<Secret>>,
    pub clerk_api_url: Sourced<Url>,
    pub svix_server_url: Option<Sourced<Url>>,
    pub ngrok_bin: Option<Sourced<PathBuf>>,
    pub ngrok_config: Vec<PathBuf>,
    pub ngrok_authtoken: Option<Sourced<Secret>>,
    pub domain: Option<Sourced<String>>,
    pub path: Option<Sourced<String>>,
    pub signing_secret: Option<Sourced<Secret>>,
    pub profile: Sourced<String>,
    pub config_dir: Sourced<PathBuf>,
    pub state_dir: Sourced<PathBuf>,
    pub agent_ports: PortRange,
    pub http_timeout: Duration,
    pub working_directory: PathBuf,
    pub search_path: Option<OsString>,
    pub user: String,
    /// Names of the proxy variables that are set.
    pub proxies: Vec<&'static str>,
}

/// Settles all settings. `env_files` come strongest first.
pub fn settle(
    flags: Flags,
    environment: &Environment,
    env_files: &[EnvFile],
    working_directory: PathBuf,
) -> Result<Settings> {
    let doors = Doors { environment, env_files };
    let (config_dir, state_dir) = directories(&flags, environment)?;
    let profile_name = first([
        flags.profile.clone().map(|name| Sourced::new(name, Source::Flag("--profile"))),
        doors.environment("CLERKHOOK_PROFILE"),
        Some(Sourced::new("default".to_owned(), Source::Default)),
    ]);
    let profile_name = profile_name.expect("the default stands last");
    let (profile, profile_path) = Profile::read(&config_dir.value, &profile_name.value)?;
    let from_profile = || Source::Profile(profile_path.clone(), profile_name.value.clone());
    let in_profile = |value: Option<String>| value.map(|value| Sourced::new(value, from_profile()));

    let clerk_api_url = match flags.clerk_api_url {
        Some(url) => Some(Sourced::new(url, Source::Flag("--clerk-api-url"))),
        None => address(doors.anywhere(&["CLERK_API_URL"]).or_else(|| in_profile(profile.clerk_api_url)))?,
    };
    let svix_server_url = match flags.svix_server_url {
        Some(url) => Some(Sourced::new(url, Source::Flag("--svix-server-url"))),
        None => address(doors.anywhere(&["SVIX_SERVER_URL"]).or_else(|| in_profile(profile.svix_server_url)))?,
    };
    let ngrok_bin = first([
        flags.ngrok_bin.map(|path| Sourced::new(path, Source::Flag("--ngrok-bin"))),
        doors.environment("CLERKHOOK_NGROK_BIN").map(into_path),
        profile.ngrok_bin.map(|path| Sourced::new(path, from_profile())),
    ]);
    let http_timeout = match doors.environment("CLERKHOOK_HTTP_TIMEOUT") {
        Some(text) => seconds(&text)?,
        None => Duration::from_secs(HTTP_TIMEOUT),
    };
    Ok(Settings {
        clerk_secret_key: match flags.clerk_secret_key_file {
            Some(path) => Some(secret_file(&path, "--clerk-secret-key-file")?),
            None => doors.anywhere_even_empty(&SECRET_KEY_NAMES).map(into_secret),
        },
        clerk_api_url: clerk_api_url.unwrap_or_else(|| {
            Sourced::new(Url::parse(CLERK_API).expect("a constant address parses"), Source::Default)
        }),
        svix_server_url,
        ngrok_bin,
        ngrok_config: if flags.ngrok_config.is_empty() { profile.ngrok_config } else { flags.ngrok_config },
        ngrok_authtoken: doors.environment("NGROK_AUTHTOKEN").map(into_secret),
        domain: first([
            flags.domain.map(|domain| Sourced::new(domain, Source::Flag("--domain"))),
            doors.environment("CLERKHOOK_DOMAIN"),
            in_profile(profile.domain),
        ]),
        path: first([
            flags.path.map(|path| Sourced::new(path, Source::Flag("--path"))),
            doors.environment("CLERKHOOK_PATH"),
            in_profile(profile.path),
        ])
        .map(|path| Sourced { value: format!("/{}", path.value.trim_start_matches('/')), source: path.source }),
        signing_secret: match flags.secret_file {
            Some(path) => Some(secret_file(&path, "--secret-file")?),
            None => doors.anywhere(&SIGNING_SECRET_NAMES).map(into_secret),
        },
        profile: profile_name,
        config_dir,
        state_dir,
        agent_ports: match (flags.agent_ports, doors.environment("CLERKHOOK_AGENT_PORTS")) {
            (Some(ports), _) => ports,
            (None, Some(text)) => ports(&text)?,
            (None, None) => PortRange(4040, 4049),
        },
        http_timeout,
        working_directory,
        search_path: environment.get_os("PATH").cloned(),
        user: environment.get("USER").or_else(|| environment.get("USERNAME")).unwrap_or("user").to_owned(),
        proxies: PROXY_NAMES.into_iter().filter(|name| environment.get(name).is_some()).collect(),
    })
}

impl Settings {
    /// Points at a running set-up's services, but for what was given as a flag.
    pub fn follow(&mut self, running: &Addresses, state_file: &Path) {
        let source = || Source::Running(state_file.to_owned());
        if !matches!(self.clerk_api_url.source, Source::Flag(_)) {
            self.clerk_api_url = Sourced::new(running.clerk_api_url.clone(), source());
        }
        if !matches!(self.svix_server_url, Some(Sourced { source: Source::Flag(_), .. })) {
            self.svix_server_url = running.svix_server_url.clone().map(|url| Sourced::new(url, source()));
        }
        if let Some(key) = &running.sandbox_key
            && !matches!(self.clerk_secret_key, Some(Sourced { source: Source::Flag(_), .. }))
        {
            self.clerk_secret_key = Some(Sourced::new(Secret::new(key.as_str()), source()));
        }
    }

    /// What a later command needs to find the same services.
    pub fn addresses(&self) -> Addresses {
        let sandbox = self.clerk_secret_key.as_ref().filter(|key| key.source == Source::Sandbox);
        Addresses {
            clerk_api_url: self.clerk_api_url.value.clone(),
            svix_server_url: self.svix_server_url.as_ref().map(|url| url.value.clone()),
            sandbox_key: sandbox.map(|key| key.value.expose().to_owned()),
        }
    }
}

/// The doors below the command line.
struct Doors<'a> {
    environment: &'a Environment,
    env_files: &'a [EnvFile],
}

impl Doors<'_> {
    fn environment(&self, name: &'static str) -> Option<Sourced<String>> {
        let value = self.environment.get(name)?;
        Some(Sourced::new(value.to_owned(), Source::Environment(name)))
    }

    /// The environment, then the env files; within a door the order of `names`.
    fn anywhere(&self, names: &[&'static str]) -> Option<Sourced<String>> {
        self.anywhere_even_empty(names).filter(|found| !found.value.is_empty())
    }

    /// Like [`Doors::anywhere`], but `NAME=` in an env file is found, so that it can be named as the mistake.
    fn anywhere_even_empty(&self, names: &[&'static str]) -> Option<Sourced<String>> {
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

fn first<T, const N: usize>(candidates: [Option<Sourced<T>>; N]) -> Option<Sourced<T>> {
    candidates.into_iter().flatten().next()
}

fn into_secret(found: Sourced<String>) -> Sourced<Secret> {
    Sourced { value: Secret::new(found.value), source: found.source }
}

fn into_path(found: Sourced<String>) -> Sourced<PathBuf> {
    Sourced { value: found.value.into(), source: found.source }
}

fn address(found: Option<Sourced<String>>) -> Result<Option<Sourced<Url>>> {
    let parse = |text: &String, source: &Source| {
        let fault = |why: &str| Error::SettingInvalid {
            what: "address",
            // A key that was put in the wrong place must not show.
            value: mask_text(text),
            source_name: source.to_string(),
            why: why.to_owned(),
        };
        match Url::parse(text) {
            Ok(url) if ["http", "https"].contains(&url.scheme()) => Ok(url),
            Ok(_) => Err(fault("it begins with neither http:// nor https://")),
            Err(error) => Err(fault(&error.to_string())),
        }
    };
    found.map(|found| found.try_map(parse)).transpose()
}

fn seconds(found: &Sourced<String>) -> Result<Duration> {
    match found.value.trim().trim_end_matches('s').parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds < 3600.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(Error::SettingInvalid {
            what: "number of seconds",
            value: found.value.clone(),
            source_name: found.source.to_string(),
            why: "expected for example `15`".to_owned(),
        }),
    }
}

fn ports(found: &Sourced<String>) -> Result<PortRange> {
    found.value.parse().map_err(|why| Error::SettingInvalid {
        what: "range of ports",
        value: found.value.clone(),
        source_name: found.source.to_string(),
        why,
    })
}

fn secret_file(path: &Path, flag: &'static str) -> Result<Sourced<Secret>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::File { path: path.to_owned(), cause: error.to_string() })?;
    Ok(Sourced::new(Secret::new(text.trim()), Source::Flag(flag)))
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
