//! Settling: each setting's candidates in order, the first one wins, its source is kept.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::doors::Doors;
use super::value::{app, count, into_path, into_secret, ports, seconds};
use super::{EnvFile, Environment, Findings, Source, Sourced, Upstream};
use crate::error::Result;
use crate::secret::{SECRET_KEY_NAMES, SIGNING_SECRET_NAMES, Secret};

/// How long a call to Clerk or Svix may take, in seconds.
const HTTP_TIMEOUT: u64 = 15;

/// How long the agent may take until its tunnel is up, in seconds.
const AGENT_TIMEOUT: u64 = 20;

/// How often a running set-up looks at its endpoint, in seconds.
const ENDPOINT_CHECK: u64 = 300;

/// How many deliveries are kept.
const HISTORY: u64 = 10_000;

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
    pub no_history: bool,
    pub log_file: Option<PathBuf>,
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

impl Addresses {
    /// Whether both lead to the same Clerk and Svix.
    pub fn are(&self, other: &Self) -> bool {
        self.clerk_api_url == other.clerk_api_url && self.svix_server_url == other.svix_server_url
    }
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
    pub app: Option<Sourced<Upstream>>,
    pub path: Option<Sourced<String>>,
    pub env_file: Option<Sourced<PathBuf>>,
    pub secret_variable: Option<Sourced<String>>,
    pub events: Option<Sourced<Vec<String>>>,
    pub signing_secret: Option<Sourced<Secret>>,
    /// What the environment exports, which an app prefers to its env files.
    pub exported_signing_secret: Option<Sourced<Secret>>,
    /// The services are a sandbox's, this command's own or that of a running set-up.
    pub sandbox: bool,
    pub profile: Sourced<String>,
    pub config_dir: Sourced<PathBuf>,
    pub state_dir: Sourced<PathBuf>,
    pub agent_ports: PortRange,
    pub http_timeout: Duration,
    pub agent_timeout: Duration,
    pub working_directory: PathBuf,
    pub search_path: Option<OsString>,
    pub user: String,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// How often a running set-up looks whether Svix still has its endpoint enabled.
    pub endpoint_check: Duration,
    /// How many deliveries are kept; 0 keeps none.
    pub history: u64,
    /// Where a set-up in the background writes what it says.
    pub log_file: Option<PathBuf>,
    /// `$VISUAL` or `$EDITOR`.
    pub editor: Option<String>,
    /// Names of the proxy variables that are set.
    pub proxies: Vec<&'static str>,
}

/// Settles all settings. `env_files` come strongest first.
///
/// # Errors
/// `ConfigFile`, `SettingInvalid`, `File` for a secret that should be read from one, `State` without a home.
pub fn settle(
    flags: Flags,
    environment: &Environment,
    env_files: &[EnvFile],
    findings: Findings,
    working_directory: PathBuf,
) -> Result<Settings> {
    let doors = Doors::open(&flags, environment, env_files)?;
    let limit = |name, default| match doors.environment(name) {
        Some(text) => seconds(&text),
        None => Ok(Duration::from_secs(default)),
    };
    let own = findings.secret_variable.as_ref().filter(|_| flags.secret_file.is_none());
    let own = own.and_then(|name| doors.read_by_project(&name.value)).filter(is_meant);
    Ok(Settings {
        clerk_secret_key: doors.secret(&flags.clerk_secret_key_file, "--clerk-secret-key-file", &SECRET_KEY_NAMES)?,
        clerk_api_url: doors.clerk_api_url(flags.clerk_api_url)?,
        svix_server_url: doors.svix_server_url(flags.svix_server_url)?,
        ngrok_bin: first([
            flags.ngrok_bin.map(|path| Sourced::new(path, Source::Flag("--ngrok-bin"))),
            doors.environment("CLERKHOOK_NGROK_BIN").map(into_path),
            doors.profile(|profile| profile.ngrok_bin.clone()),
        ]),
        ngrok_config: match flags.ngrok_config {
            files if files.is_empty() => doors.profile.ngrok_config.clone(),
            files => files,
        },
        ngrok_authtoken: doors.environment("NGROK_AUTHTOKEN").map(into_secret),
        domain: first([
            flags.domain.map(|domain| Sourced::new(domain, Source::Flag("--domain"))),
            doors.environment("CLERKHOOK_DOMAIN"),
            doors.profile(|profile| profile.domain.clone()),
        ]),
        app: match first([doors.environment("CLERKHOOK_APP"), doors.profile(|profile| profile.app.clone())]) {
            Some(typed) => Some(app(typed)?),
            None => findings.app,
        },
        env_file: findings.env_file,
        path: first([
            flags.path.map(|path| Sourced::new(path, Source::Flag("--path"))),
            doors.environment("CLERKHOOK_PATH"),
            doors.profile(|profile| profile.path.clone()),
            findings.path,
        ])
        .map(|path| Sourced { value: format!("/{}", path.value.trim_start_matches('/')), source: path.source }),
        events: doors.profile(|profile| Some(profile.events.clone()).filter(|events| !events.is_empty())),
        signing_secret: match own {
            Some(own) => Some(own),
            None => doors.secret(&flags.secret_file, "--secret-file", &SIGNING_SECRET_NAMES)?.filter(is_meant),
        },
        secret_variable: findings.secret_variable,
        exported_signing_secret: doors.exported(&SIGNING_SECRET_NAMES).filter(is_meant),
        sandbox: false,
        agent_ports: match (flags.agent_ports, doors.environment("CLERKHOOK_AGENT_PORTS")) {
            (Some(ports), _) => ports,
            (None, Some(text)) => ports(&text)?,
            (None, None) => PortRange(4040, 4049),
        },
        http_timeout: limit("CLERKHOOK_HTTP_TIMEOUT", HTTP_TIMEOUT)?,
        agent_timeout: limit("CLERKHOOK_AGENT_TIMEOUT", AGENT_TIMEOUT)?,
        history: match doors.environment("CLERKHOOK_HISTORY") {
            _ if flags.no_history => 0,
            Some(text) => count(&text)?,
            None => HISTORY,
        },
        endpoint_check: limit("CLERKHOOK_ENDPOINT_CHECK", ENDPOINT_CHECK)?,
        profile: doors.profile_name,
        config_dir: doors.config_dir,
        state_dir: doors.state_dir,
        working_directory,
        search_path: environment.get_os("PATH").cloned(),
        user: environment.get("USER").or_else(|| environment.get("USERNAME")).unwrap_or("user").to_owned(),
        home: environment.get_os("HOME").or_else(|| environment.get_os("USERPROFILE")).map(PathBuf::from),
        log_file: flags.log_file,
        editor: environment.get("VISUAL").or_else(|| environment.get("EDITOR")).map(str::to_owned),
        proxies: PROXY_NAMES.into_iter().filter(|name| environment.get(name).is_some()).collect(),
    })
}

impl Settings {
    /// The webhook path that somebody asked for, and not only the project's.
    pub fn named_path(&self) -> Option<&Sourced<String>> {
        self.path.as_ref().filter(|path| !path.is_found())
    }

    /// Points at a running set-up's services and profile, but for what was given as a flag.
    pub fn follow(&mut self, running: &Addresses, profile: &str, state_file: &Path) {
        let source = || Source::Running(state_file.to_owned());
        if self.profile.source == Source::Default && self.profile.value != profile {
            self.profile = Sourced::new(profile.to_owned(), source());
        }
        if !matches!(self.clerk_api_url.source, Source::Flag(_)) {
            self.clerk_api_url = Sourced::new(running.clerk_api_url.clone(), source());
        }
        if !matches!(self.svix_server_url, Some(Sourced { source: Source::Flag(_), .. })) {
            self.svix_server_url = running.svix_server_url.clone().map(|url| Sourced::new(url, source()));
        }
        self.sandbox |= running.sandbox_key.is_some();
        if let Some(key) = &running.sandbox_key
            && !matches!(self.clerk_secret_key, Some(Sourced { source: Source::Flag(_), .. }))
        {
            self.clerk_secret_key = Some(Sourced::new(Secret::new(key.as_str()), source()));
        }
    }

    /// What a later command needs to find the same services.
    pub fn addresses(&self) -> Addresses {
        let sandbox = self.clerk_secret_key.as_ref().filter(|_| self.sandbox);
        Addresses {
            clerk_api_url: self.clerk_api_url.value.clone(),
            svix_server_url: self.svix_server_url.as_ref().map(|url| url.value.clone()),
            sandbox_key: sandbox.map(|key| key.value.expose().to_owned()),
        }
    }
}

fn first<T, const N: usize>(candidates: [Option<Sourced<T>>; N]) -> Option<Sourced<T>> {
    candidates.into_iter().flatten().next()
}

/// `WEBHOOK_SECRET` and the like may be another service's, which is no reason to complain. What a flag names is meant,
/// even when it is empty.
fn is_meant(secret: &Sourced<Secret>) -> bool {
    let clerks = match &secret.source {
        Source::EnvFile(_, name) => name.contains("CLERK"),
        Source::Environment(name) => name.contains("CLERK"),
        _ => return true,
    };
    let text = secret.value.expose();
    !text.is_empty() && (clerks || text.trim_matches(['"', '\'']).starts_with("whsec_"))
}
