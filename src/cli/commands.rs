//! The subcommands and their flags.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use url::Url;

use super::backfill::BackfillArgs;
use super::check::CheckArgs;
use super::config::ConfigArgs;
use super::down::DownArgs;
use super::events::{Wished, any, listed, name};
use super::handler::HandlerArgs;
use super::history::EventsArgs;
use super::logs::LogsArgs;
use super::prune::PruneArgs;
use super::recover::RecoverArgs;
use super::replay::ReplayArgs;
use super::secret::SecretArgs;
use super::secure::SecureArgs;
use super::status::StatusArgs;
use super::trigger::TriggerArgs;
use super::user::UserArgs;
use super::verify::VerifyArgs;
use super::wait::WaitArgs;
use super::watch::WatchArgs;
use super::{Command, completions, manual};
use crate::commands::{doctor, register, send_test, serve, tunnel, up};
use crate::config::{Flags, Upstream};
use crate::sample::{self, Respond};
use crate::setup::{self, OnExit};
use crate::steps::app::{PORT, Wish};
use crate::steps::secret::{EnvPlace, EnvWish};

/// How long a proof may take that is asked for at another terminal.
const PROOF_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Subcommand)]
pub enum CommandArgs {
    /// App, tunnel, endpoint, secret, proof; then a line per delivery
    Up(UpArgs),
    /// The sample app: shows headers and body, verifies the signature
    Serve(ServeArgs),
    /// Find or start the ngrok agent, print the public URL, keep it up
    Tunnel(TunnelArgs),
    /// Create or update this machine's endpoint, write its secret
    Register(RegisterArgs),
    /// Send an example event and prove hop by hop that it arrived
    SendTest(SendTestArgs),
    /// Send a captured delivery again, as it was or edited, re-signed
    Replay(ReplayArgs),
    /// Build any Clerk event, sign it, deliver it to the app; offline
    Trigger(TriggerArgs),
    /// Have ngrok verify each signature, then prove that it does
    Secure(SecureArgs),
    /// The endpoint's signing secret
    Secret(SecretArgs),
    /// Make the real events with a throw-away user, and prove each
    User(UserArgs),
    /// Verify a saved delivery, and say why when it fails
    Verify(VerifyArgs),
    /// End what `up` keeps, from any terminal
    Down(DownArgs),
    /// What runs now
    Status(StatusArgs),
    /// The deliveries that passed: list them, show one whole, export
    Events(EventsArgs),
    /// Block until deliveries that match have arrived; for scripts
    Wait(WaitArgs),
    /// Clerk's side: what it sent, how it was answered, what never came
    Logs(LogsArgs),
    /// Ask for what failed or was missed while the app was away
    Recover(RecoverArgs),
    /// The health of any endpoint of the instance, production too
    Watch(WatchArgs),
    /// Existing users or organizations as events to the app's handler
    Backfill(BackfillArgs),
    /// Prove the app's handler: takes what is good, refuses the forged
    Check(CheckArgs),
    /// Print the webhook handler that fits the project, or write it
    Handler(HandlerArgs),
    /// Delete endpoints with clerkhook's mark that nobody serves
    Prune(PruneArgs),
    /// Profiles: where the key comes from, app, path, events, domain
    Config(ConfigArgs),
    /// Find what is wrong, in the order of the hops
    Doctor(DoctorArgs),
    /// Stand-ins for Clerk, Svix and ngrok, for tests in any language
    Sandbox,
    /// What an error code means, and what to do
    Explain {
        /// `CH0201`, or its digits
        code: String,
    },
    /// The help of a command; with `--json` commands, flags, exit codes
    Help {
        /// The command
        command: Vec<String>,
    },
    /// Print the manual page
    Man,
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub struct UpArgs {
    /// The app: `3000`, `localhost:3000`, `http://localhost:3000/api/webhooks`
    upstream: Option<Upstream>,
    /// Serve the built-in app
    #[arg(long)]
    serve: bool,
    /// Set up, prove, clean up, end
    #[arg(long)]
    once: bool,
    /// Send no test event
    #[arg(long)]
    no_test: bool,
    /// Keep it in the background; return when it is ready
    #[arg(long, conflicts_with = "once")]
    detach: bool,
    /// Written when it is ready, with its `ready` line; removed at its end
    #[arg(long, value_name = "FILE", requires = "detach", hide_short_help = true)]
    ready_file: Option<PathBuf>,
    /// Where it says from then on what it has to say [default: in the state directory]
    #[arg(long, value_name = "FILE", requires = "detach", hide_short_help = true)]
    log_file: Option<PathBuf>,
    /// This is the process that keeps it
    #[arg(long, hide = true, requires_all = ["detach", "log_file"])]
    supervise: bool,
    /// What to do with the endpoint at the end [default: keep with a fixed domain, else disable]
    #[arg(long, value_name = "WHAT")]
    on_exit: Option<OnExitArg>,
    /// How long to wait for the proof
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// A file with the signing secret of an endpoint that was made by hand; Clerk is not asked
    #[arg(long, value_name = "FILE", conflicts_with = "adopt")]
    secret_file: Option<PathBuf>,
    #[command(flatten)]
    endpoint: EndpointArgs,
    #[command(flatten)]
    tunnel: AgentArgs,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; 0 lets the system choose
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Show bodies as they came on a terminal too; a pipe or a file always gets their bytes
    #[arg(long)]
    raw: bool,
    /// Answer 400 to what is no validly signed event
    #[arg(long)]
    reject_invalid: bool,
    /// Misbehave: `500`, `302`, `200:20s`
    #[arg(long, value_name = "STATUS[:DELAY]")]
    respond: Option<Respond>,
    /// Largest body in bytes; past it the answer is 413
    #[arg(long, value_name = "BYTES", default_value_t = sample::MAX_BODY)]
    max_body: usize,
    /// A file that holds the signing secret
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct TunnelArgs {
    /// The app; it need not run yet
    upstream: Option<Upstream>,
    #[command(flatten)]
    agent: AgentArgs,
}

#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// The public URL [default: the running tunnel's]
    url: Option<Url>,
    /// Which tunnel, when several run
    #[arg(long, value_name = "UPSTREAM")]
    upstream: Option<Upstream>,
    /// List the endpoints of the instance and whose they are; change nothing
    #[arg(long, conflicts_with_all = ["url", "watch"])]
    list: bool,
    /// Go on, and follow the URL of a tunnel that somebody else keeps
    #[arg(long, conflicts_with_all = ["url", "dry_run"])]
    watch: bool,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

#[derive(Debug, Args)]
pub struct SendTestArgs {
    /// Event type
    #[arg(default_value = "user.created", value_parser = name)]
    event: String,
    /// Which tunnel, when several run
    #[arg(long, value_name = "UPSTREAM")]
    upstream: Option<Upstream>,
    /// How long to wait for the proof
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The app
    upstream: Option<Upstream>,
}

/// The endpoint and where its secret goes.
#[derive(Debug, Args)]
struct EndpointArgs {
    /// Event types to listen to; `user.*` is a group, `all` is every one [default:
    /// user.created,user.deleted,user.updated]
    #[arg(long, value_name = "TYPES", value_delimiter = ',', value_parser = any)]
    events: Vec<Wished>,
    /// The app's route that takes events [default: /api/webhooks; / for the built-in app]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Take over this endpoint, which somebody else made
    #[arg(long, value_name = "ep_…")]
    adopt: Option<String>,
    /// Write the signing secret to this file
    #[arg(long, value_name = "FILE", conflicts_with = "no_env")]
    env_file: Option<PathBuf>,
    /// Write the signing secret nowhere
    #[arg(long)]
    no_env: bool,
    /// Keep a secret that is replaced as a comment above the new one
    #[arg(long, conflicts_with = "no_env")]
    keep_old: bool,
}

/// The agent.
#[derive(Debug, Args)]
struct AgentArgs {
    /// The ngrok domain to use
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Start an agent even when one already serves this app
    #[arg(long)]
    no_reuse: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OnExitArg {
    Keep,
    Disable,
    Delete,
}

impl UpArgs {
    fn background(&self) -> up::Background {
        match (self.detach, self.supervise) {
            (false, _) => up::Background::Not,
            (true, true) => up::Background::Kept,
            (true, false) => up::Background::Wanted(Vec::new()),
        }
    }

    fn into_setup(self) -> setup::Options {
        setup::Options {
            env: self.endpoint.env(),
            app: Wish { upstream: self.upstream, serve: self.serve, awaited: !self.once && !self.detach },
            once: self.once,
            no_test: self.no_test,
            events: listed(self.endpoint.events),
            on_exit: self.on_exit.map(on_exit),
            reuse: !self.tunnel.no_reuse,
            adopt: self.endpoint.adopt,
            timeout: self.timeout,
            secure: None,
            detached: self.detach.then_some(setup::Detached { ready_file: self.ready_file }),
        }
    }
}

impl TunnelArgs {
    /// What `secure` finds beside it: the usual events, and no env file is touched.
    fn verified(&self) -> setup::Options {
        setup::Options {
            app: Wish { upstream: self.upstream.clone(), serve: false, awaited: false },
            once: false,
            no_test: false,
            events: Vec::new(),
            env: EnvWish { place: EnvPlace::Nowhere, keep_old: false, app_is_told: false },
            on_exit: None,
            reuse: true,
            adopt: None,
            timeout: PROOF_WITHIN,
            secure: None,
            detached: None,
        }
    }
}

impl EndpointArgs {
    fn env(&self) -> EnvWish {
        let place = match &self.env_file {
            _ if self.no_env => EnvPlace::Nowhere,
            Some(file) => EnvPlace::File(file.clone()),
            None => EnvPlace::Choose,
        };
        EnvWish { place, keep_old: self.keep_old, app_is_told: false }
    }
}

/// The settings that only some commands have flags for.
pub fn flags(command: &CommandArgs, flags: &mut Flags) {
    let (endpoint, agent) = match command {
        CommandArgs::Up(up) => {
            flags.secret_file = up.secret_file.clone();
            flags.log_file = up.log_file.clone();
            (Some(&up.endpoint), Some(&up.tunnel))
        }
        CommandArgs::Register(register) => (Some(&register.endpoint), None),
        CommandArgs::Trigger(trigger) => {
            trigger.settings(flags);
            return;
        }
        CommandArgs::Backfill(backfill) => return backfill.settings(flags),
        CommandArgs::Tunnel(tunnel) => (None, Some(&tunnel.agent)),
        CommandArgs::Check(check) => return check.flags(flags),
        CommandArgs::Handler(handler) => return handler.flags(flags),
        CommandArgs::Serve(serve) => {
            flags.secret_file = serve.secret_file.clone();
            return;
        }
        _ => return,
    };
    flags.domain = agent.and_then(|agent| agent.domain.clone());
    flags.path = endpoint.and_then(|endpoint| endpoint.path.clone());
}

impl CommandArgs {
    /// The command's options.
    pub fn into_command(self, dry_run: bool) -> Command {
        match self {
            Self::Up(args) => {
                Command::Up(up::Options { background: args.background(), setup: args.into_setup(), dry_run })
            }
            Self::Serve(args) => Command::Serve(serve::Options {
                port: args.port,
                raw: args.raw,
                receiver: sample::Options {
                    max_body: args.max_body,
                    respond: args.respond,
                    reject_invalid: args.reject_invalid,
                },
            }),
            Self::Tunnel(args) => {
                let verified = args.verified();
                Command::Tunnel(tunnel::Options {
                    upstream: args.upstream,
                    reuse: !args.agent.no_reuse,
                    verified,
                    dry_run,
                })
            }
            Self::Register(args) => Command::Register(register::Options {
                env: args.endpoint.env(),
                url: args.url,
                upstream: args.upstream,
                events: listed(args.endpoint.events),
                adopt: args.endpoint.adopt,
                list: args.list,
                watch: args.watch,
                dry_run,
            }),
            Self::SendTest(args) => Command::SendTest(send_test::Options {
                event: args.event,
                upstream: args.upstream,
                timeout: args.timeout,
                dry_run,
            }),
            Self::Replay(args) => Command::Replay(args.into_options(dry_run)),
            Self::Trigger(args) => Command::Trigger(args.into_options(dry_run)),
            Self::Secure(args) => Command::Secure(args.into_options(dry_run)),
            Self::Secret(args) => Command::Secret(args.into_options(dry_run)),
            Self::User(args) => Command::User(args.into_options(dry_run)),
            Self::Verify(args) => Command::Verify(args.into_options()),
            Self::Down(args) => Command::Down(args.into_options(dry_run)),
            Self::Status(args) => Command::Status(args.into_options()),
            Self::Check(args) => Command::Check(args.into_options(dry_run)),
            Self::Handler(args) => Command::Handler(args.into_options(dry_run)),
            Self::Doctor(args) => Command::Doctor(doctor::Options { upstream: args.upstream }),
            Self::Logs(args) => Command::Logs(args.into_options()),
            Self::Recover(args) => Command::Recover(args.into_options(dry_run)),
            Self::Watch(args) => Command::Watch(args.into_options(dry_run)),
            Self::Backfill(args) => Command::Backfill(args.into_options(dry_run)),
            Self::Wait(args) => Command::Wait(args.into_options()),
            Self::Events(args) => Command::Events(args.into_options(dry_run)),
            Self::Prune(args) => Command::Prune(args.into_options(dry_run)),
            Self::Config(args) => Command::Config(args.into_options(dry_run)),
            Self::Explain { code } => Command::Explain(code),
            Self::Help { command } => Command::Help(command),
            Self::Man => Command::Completions(manual()),
            Self::Sandbox => Command::Sandbox,
            Self::Completions { shell } => Command::Completions(completions(shell)),
        }
    }
}

fn on_exit(arg: OnExitArg) -> OnExit {
    match arg {
        OnExitArg::Keep => OnExit::Keep,
        OnExitArg::Disable => OnExit::Disable,
        OnExitArg::Delete => OnExit::Delete,
    }
}

/// `30s`, `2m`, `1500ms`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let signed: jiff::SignedDuration = text.parse().map_err(|_| "expected a time such as `30s` or `2m`".to_owned())?;
    let duration = Duration::try_from(signed).map_err(|_| "a time cannot be negative".to_owned())?;
    if duration.is_zero() { Err("a time of nothing proves nothing".to_owned()) } else { Ok(duration) }
}
