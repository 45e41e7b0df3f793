//! What one start of the agent has to do, from its settings, command line, config files and environment.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::arguments::{Command, Http};
use super::config::Config;
use super::ending::Ending;
use super::fault::AgentFault;
use super::install::{AgentSettings, CONFIG_FILE};
use super::log::{Format, Log, LogSettings};
use super::tunnel::Wish;
use super::version::Version;
use crate::file;
use crate::secret::Secret;

/// The agent's own name for the tunnel of its command line.
const TUNNEL_NAME: &str = "command_line";

/// What was asked for.
pub(super) enum Task {
    /// Print this version.
    Version(Version),
    /// Open a tunnel.
    Tunnel(Box<Plan>),
}

/// Everything that a tunnel needs, settled once.
pub(super) struct Plan {
    pub settings: AgentSettings,
    pub version: Version,
    pub faults: Vec<AgentFault>,
    pub log: Log,
    pub authtoken: Option<Secret>,
    pub web_addr: Option<String>,
    pub wish: Wish,
    directory: PathBuf,
}

impl Task {
    /// Settles what to do; `name` is the program's name as it was typed.
    pub(super) fn settle(
        name: &Path,
        args: Vec<OsString>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Ending> {
        let directory = directory_of(name).map_err(Ending::Misused)?;
        let settings = AgentSettings::beside(&directory).map_err(Ending::Misused)?;
        let version: Version = settings.version.parse().map_err(Ending::Misused)?;
        let args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned());
        match Command::parse(args, version).map_err(Ending::Misused)? {
            Command::Version => Ok(Self::Version(version)),
            Command::Http(http) => {
                let plan = Plan::settle(directory, settings, version, *http, environment).map_err(Ending::Misused)?;
                Ok(Self::Tunnel(Box::new(plan)))
            }
        }
    }
}

impl Plan {
    fn settle(
        directory: PathBuf,
        settings: AgentSettings,
        version: Version,
        http: Http,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let faults = settings.faults.iter().map(|text| text.parse::<AgentFault>());
        let faults: Vec<AgentFault> = faults.collect::<Result<_, _>>().map_err(|fault| fault.to_string())?;
        let log = open_log(&http, &faults)?;
        let config = read_config(&directory, version, &http, &log)?;
        let from_environment = environment("NGROK_AUTHTOKEN").filter(|token| !token.is_empty()).map(Secret::new);
        Ok(Self {
            authtoken: http.authtoken.clone().or(from_environment).or(config.authtoken),
            web_addr: config.web_addr.or_else(|| settings.web_addr.clone()),
            wish: wish(http, version, &faults)?,
            settings,
            version,
            faults,
            log,
            directory,
        })
    }

    /// The code with which a fault refuses this start, if one does.
    pub(super) fn refused_by_fault(&self) -> Option<u32> {
        self.faults.iter().find_map(|fault| match fault {
            // What the edge says of a URL or of a policy, it says where there is one.
            AgentFault::Refused { number: 319, .. } if self.wish.url.is_none() => None,
            AgentFault::Refused { number: 2201 | 9016, .. } if self.wish.policy.is_none() => None,
            AgentFault::Refused { number, starts: None } => Some(*number),
            AgentFault::Refused { number, starts: Some(starts) } => {
                self.counted_start(*number).is_ok_and(|start| start <= *starts).then_some(*number)
            }
            _ => None,
        })
    }

    /// Counts the starts that a fault saw, in a file, since each start is another process.
    fn counted_start(&self, number: u32) -> std::io::Result<u32> {
        let path = self.directory.join(format!("starts-{number}"));
        let before = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let start = before + 1;
        fs::write(path, start.to_string())?;
        Ok(start)
    }
}

/// Where the program lies. The link is not followed: its own directory holds the settings.
fn directory_of(name: &Path) -> Result<PathBuf, String> {
    let typed_with_directory = name.parent().is_some_and(|parent| !parent.as_os_str().is_empty());
    let path = if typed_with_directory {
        name.to_owned()
    } else {
        which::which(name).map_err(|error| format!("cannot find `{}`: {error}", name.display()))?
    };
    Ok(path.parent().unwrap_or(Path::new(".")).to_owned())
}

fn open_log(http: &Http, faults: &[AgentFault]) -> Result<Log, String> {
    let format = if faults.contains(&AgentFault::Plain) { Format::Plain } else { http.log_format };
    let target = http.log.clone().unwrap_or_else(|| "false".to_owned());
    let garbage = faults.contains(&AgentFault::Garbage);
    let settings = LogSettings { target, format, level: http.log_level, garbage };
    Log::open(&settings).map_err(|error| format!("failed to open the log `{}`: {error}", settings.target))
}

/// Reads the given config files, or the default one, which for this agent lies beside it.
fn read_config(directory: &Path, version: Version, http: &Http, log: &Log) -> Result<Config, String> {
    let mut paths = http.configs.clone();
    if paths.is_empty() {
        log.info("no configuration paths supplied", &[]);
        let default = directory.join(CONFIG_FILE);
        log.info("using configuration at default config path", &[("path", json!(default.display().to_string()))]);
        paths.extend(default.exists().then_some(default));
    }
    let config = Config::read(&paths, version)?;
    for path in paths {
        let fields = [("path", json!(path.display().to_string())), ("err", json!("<nil>"))];
        log.info("open config file", &fields);
    }
    Ok(config)
}

fn wish(http: Http, version: Version, faults: &[AgentFault]) -> Result<Wish, String> {
    let policy = policy(&http)?.map(|policy| if faults.contains(&AgentFault::Lax) { lax(&policy) } else { policy });
    let name = http.name.unwrap_or_else(|| TUNNEL_NAME.to_owned());
    let names = match version {
        _ if version.is_second() && http.only_tls => vec![(name, "https")],
        _ if version.is_second() => vec![(format!("{name} (http)"), "http"), (name, "https")],
        _ => vec![(name, "http")],
    };
    let inspect = http.inspect && !faults.contains(&AgentFault::NoInspect);
    Ok(Wish { names, upstream: http.upstream, url: http.url, policy, pooling: http.pooling, inspect })
}

/// The policy, but for paths with capital letters.
fn lax(policy: &str) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap_or_default();
    for rule in policy["on_http_request"].as_array_mut().into_iter().flatten() {
        rule["expressions"] = json!(["req.url.path.matches('^[^A-Z]*$')"]);
    }
    policy.to_string()
}

/// The policy's text: the file's, or the one that the deprecated flags mean.
fn policy(http: &Http) -> Result<Option<String>, String> {
    if let Some(path) = &http.policy_file {
        let fault = |error| format!("failed to read traffic policy file '{}': {error}", path.display());
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        return file::read(path, file::SETTINGS_LIMIT).map(text).map(Some).map_err(fault);
    }
    let (Some(provider), Some(secret)) = (&http.verify_webhook, &http.verify_webhook_secret) else { return Ok(None) };
    let config = json!({"provider": provider, "secret": secret.expose()});
    let action = json!({"type": "verify-webhook", "config": config});
    Ok(Some(json!({"on_http_request": [{"actions": [action]}]}).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::agent::install;

    fn settle(
        settings: &AgentSettings,
        args: &[&str],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(tempfile::TempDir, Task), Ending> {
        let directory = tempfile::tempdir().expect("a directory");
        let program = std::env::current_exe().expect("this test");
        let installed = install(directory.path(), &program, settings, "from-config").expect("installed");
        let args = args.iter().map(OsString::from).collect();
        Task::settle(&installed.bin, args, environment).map(|task| (directory, task))
    }

    fn plan(settings: &AgentSettings, args: &[&str], environment: &dyn Fn(&str) -> Option<String>) -> Plan {
        match settle(settings, args, environment) {
            Ok((_, Task::Tunnel(plan))) => *plan,
            Ok((_, Task::Version(version))) => panic!("only a version: {version}"),
            Err(ending) => panic!("{ending:?}"),
        }
    }

    fn settings() -> AgentSettings {
        AgentSettings::new(([127, 0, 0, 1], 9).into())
    }

    #[test]
    fn flag_then_environment_then_config_give_the_authtoken() {
        let token = |args: &[&str], environment: &dyn Fn(&str) -> Option<String>| {
            plan(&settings(), args, environment).authtoken.map(|token| token.expose().to_owned())
        };
        let set = |name: &str| (name == "NGROK_AUTHTOKEN").then(|| "from-environment".to_owned());
        assert_eq!(token(&["http", "80"], &|_| None).as_deref(), Some("from-config"));
        assert_eq!(token(&["http", "80"], &set).as_deref(), Some("from-environment"));
        assert_eq!(token(&["http", "80", "--authtoken=flag"], &set).as_deref(), Some("flag"));
    }

    #[test]
    fn names_follow_the_version() {
        let names = |version: &str, args: &[&str]| {
            let settings = AgentSettings { version: version.to_owned(), ..settings() };
            plan(&settings, args, &|_| None).wish.names.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names("2.3.41", &["http", "80"]), ["command_line (http)", "command_line"]);
        assert_eq!(names("2.3.41", &["http", "80", "--bind-tls=true"]), ["command_line"]);
        assert_eq!(names("3.39.1", &["http", "80"]), ["command_line"]);
        assert_eq!(names("3.39.1", &["http", "80", "--name=web"]), ["web"]);
    }

    #[test]
    fn the_deprecated_flags_make_a_policy() {
        let args = ["http", "80", "--verify-webhook=clerk", "--verify-webhook-secret=whsec_AAAA"];
        let policy = plan(&settings(), &args, &|_| None).wish.policy.expect("a policy");
        let action = r#"{"type":"verify-webhook","config":{"provider":"clerk","secret":"whsec_AAAA"}}"#;
        assert_eq!(policy, format!(r#"{{"on_http_request":[{{"actions":[{action}]}}]}}"#));
    }

    #[test]
    fn only_the_first_starts_are_refused() {
        let settings = AgentSettings { faults: vec!["334:2".to_owned()], ..settings() };
        let (_directory, task) = settle(&settings, &["http", "80"], &|_| None).expect("a task");
        let Task::Tunnel(plan) = task else { panic!("no tunnel") };
        let refused: Vec<_> = (0..3).map(|_| plan.refused_by_fault()).collect();
        assert_eq!(refused, [Some(334), Some(334), None]);
    }

    #[test]
    fn without_settings_nothing_starts() {
        let directory = tempfile::tempdir().expect("a directory");
        let result = Task::settle(&directory.path().join("ngrok"), vec!["version".into()], &|_| None);
        assert!(matches!(result, Err(Ending::Misused(why)) if why.contains("agent.json")));
    }
}
