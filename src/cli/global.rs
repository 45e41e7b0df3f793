//! What every command takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use url::Url;

use crate::config::{Flags, PortRange};
use crate::sandbox::{Fault, Latency};
use crate::ui::{self, Colour};

const SERVICES: &str = "Services";
const SANDBOX: &str = "Sandbox";

/// Global flags; the rare ones show in `--help` and not in `-h`.
#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// One JSON object a line on stdout
    #[arg(long, global = true)]
    json: bool,
    /// Deliveries in JSON without headers and bodies
    #[arg(long, global = true, hide_short_help = true)]
    brief: bool,
    /// Less talk on stderr
    #[arg(short, long, global = true)]
    quiet: bool,
    /// More: calls and log lines (-vv: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, hide_short_help = true)]
    verbose: u8,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_short_help = true)]
    color: ColourArg,
    /// Never ask; also when stdin is no terminal
    #[arg(long, global = true, hide_short_help = true)]
    no_input: bool,
    /// Answer questions with yes
    #[arg(short, long, global = true, hide_short_help = true)]
    yes: bool,
    /// Print what would be done, change nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Allow changes to a production instance (`sk_live_…`)
    #[arg(long, global = true, hide_short_help = true)]
    live: bool,
    /// The app's directory [default: the working directory, or the package above it]
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    project: Option<PathBuf>,
    /// Settings of this profile in the config file
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    profile: Option<String>,
    /// Where the config file is
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    config_dir: Option<PathBuf>,
    /// Keep no deliveries on this machine [env: CLERKHOOK_HISTORY=0]
    #[arg(long, global = true, hide_short_help = true)]
    no_history: bool,
    /// Where running set-ups are noted
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    state_dir: Option<PathBuf>,

    /// A file that holds the Clerk secret key
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true, help_heading = SERVICES)]
    clerk_secret_key_file: Option<PathBuf>,
    /// Clerk's Backend API [env: CLERK_API_URL]
    #[arg(long, global = true, value_name = "URL", value_parser = address, hide_short_help = true, help_heading = SERVICES)]
    clerk_api_url: Option<Url>,
    /// Svix's API [env: SVIX_SERVER_URL]
    #[arg(long, global = true, value_name = "URL", value_parser = address, hide_short_help = true, help_heading = SERVICES)]
    svix_server_url: Option<Url>,
    /// The ngrok agent [env: CLERKHOOK_NGROK_BIN]
    #[arg(long, global = true, value_name = "PATH", hide_short_help = true, help_heading = SERVICES)]
    ngrok_bin: Option<PathBuf>,
    /// A config file for the agent; repeatable
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true, help_heading = SERVICES)]
    ngrok_config: Vec<PathBuf>,
    /// Local ports where running agents are looked for [env: CLERKHOOK_AGENT_PORTS]
    #[arg(long, global = true, value_name = "PORTS", hide_short_help = true, help_heading = SERVICES)]
    agent_ports: Option<PortRange>,

    /// Stand-ins for Clerk, Svix and ngrok; no account needed
    #[arg(long, global = true)]
    sandbox: bool,
    /// Make the sandbox misbehave: `svix=429:2`, `agent=slow:5s`, `delivery=forged`; repeatable
    #[arg(long, global = true, value_name = "FAULT", hide_short_help = true, help_heading = SANDBOX)]
    fault: Vec<Fault>,
    /// Make the sandbox slow: `clerk=150ms,svix=150ms,agent=800ms`
    #[arg(long, global = true, value_name = "LATENCY", hide_short_help = true, help_heading = SANDBOX)]
    latency: Option<Latency>,
    /// How much faster than Svix the sandbox retries
    #[arg(long, global = true, value_name = "FACTOR", default_value_t = 1.0, hide_short_help = true, help_heading = SANDBOX)]
    retry_speed: f64,
    /// Keep the sandbox's endpoints, messages and users in this file
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true, help_heading = SANDBOX)]
    sandbox_state: Option<PathBuf>,
    /// Which ngrok the sandbox's agent behaves like
    #[arg(long, global = true, value_name = "VERSION", default_value = "3.39.10", hide_short_help = true, help_heading = SANDBOX)]
    sandbox_agent: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ColourArg {
    Auto,
    Always,
    Never,
}

/// Global flags, settled.
#[derive(Debug)]
pub struct Global {
    /// How to talk.
    pub ui: ui::Options,
    /// How often `-v` was given.
    pub verbose: u8,
    /// `--yes`.
    pub yes: bool,
    /// `--live`.
    pub live: bool,
    /// The app's directory, where one was named.
    pub project: Option<PathBuf>,
    /// Settings from flags; commands add theirs.
    pub flags: Flags,
    /// Start a sandbox for this command.
    pub sandbox: bool,
    /// How it should behave.
    pub sandbox_wish: SandboxWish,
}

/// How the sandbox should behave.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named after their flags")]
pub struct SandboxWish {
    pub faults: Vec<Fault>,
    pub latency: Latency,
    pub retry_speed: f64,
    pub state: Option<PathBuf>,
    pub agent_version: String,
}

impl GlobalArgs {
    /// Settles the global flags.
    pub fn into_global(self) -> Global {
        let colour = match self.color {
            ColourArg::Auto => Colour::Auto,
            ColourArg::Always => Colour::Always,
            ColourArg::Never => Colour::Never,
        };
        Global {
            ui: ui::Options {
                json: self.json,
                quiet: self.quiet,
                colour,
                no_input: self.no_input,
                brief: self.brief,
                detached: false,
            },
            verbose: self.verbose,
            yes: self.yes,
            live: self.live,
            project: self.project,
            flags: Flags {
                clerk_secret_key_file: self.clerk_secret_key_file,
                clerk_api_url: self.clerk_api_url,
                svix_server_url: self.svix_server_url,
                ngrok_bin: self.ngrok_bin,
                ngrok_config: self.ngrok_config,
                profile: self.profile,
                config_dir: self.config_dir,
                state_dir: self.state_dir,
                agent_ports: self.agent_ports,
                no_history: self.no_history,
                ..Flags::default()
            },
            sandbox: self.sandbox,
            sandbox_wish: SandboxWish {
                faults: self.fault,
                latency: self.latency.unwrap_or_default(),
                retry_speed: self.retry_speed,
                state: self.sandbox_state,
                agent_version: self.sandbox_agent,
            },
        }
    }
}

fn address(text: &str) -> Result<Url, String> {
    match text.parse::<Url>() {
        Ok(url) if ["http", "https"].contains(&url.scheme()) => Ok(url),
        Ok(_) => Err("it begins with neither http:// nor https://".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
