//! The subcommands and their flags.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use url::Url;

use super::{Command, completions};
use crate::commands::replay::Edit;
use crate::commands::up::OnExit;
use crate::commands::{doctor, register, replay, send_test, serve, status, tunnel, up};
use crate::config::{Flags, Upstream};
use crate::events;
use crate::payload;
use crate::receiver::{self, Respond};
use crate::steps::app::{PORT, Wish};
use crate::steps::secret::EnvWish;

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
    /// Send a captured delivery again: as it was, or edited and signed afresh
    Replay(ReplayArgs),
    /// What runs now
    Status(StatusArgs),
    /// Find what is wrong, in the order of the hops
    Doctor(DoctorArgs),
    /// Stand-ins for Clerk, Svix and ngrok, for tests in any language
    Sandbox,
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
    /// Answer 400 to what is not validly signed
    #[arg(long)]
    reject_invalid: bool,
    /// Misbehave: `500`, `302`, `200:20s`
    #[arg(long, value_name = "STATUS[:DELAY]")]
    respond: Option<Respond>,
    /// Largest body in bytes; past it the answer is 413
    #[arg(long, value_name = "BYTES", default_value_t = receiver::MAX_BODY)]
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
    #[command(flatten)]
    endpoint: EndpointArgs,
}

#[derive(Debug, Args)]
pub struct SendTestArgs {
    /// Event type
    #[arg(default_value = "user.created", value_parser = event)]
    event: String,
    /// Which tunnel, when several run
    #[arg(long, value_name = "UPSTREAM")]
    upstream: Option<Upstream>,
    /// How long to wait for the proof
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The agent's id, a message id, or `last` [default: pick one, or list them]
    id: Option<String>,
    /// Set a value: `data.first_name=Ada`, `data.email_addresses[0].reserved=true`; repeatable
    #[arg(long, value_name = "PATH=VALUE", value_parser = set_edit)]
    set: Vec<Edit>,
    /// Remove a value; repeatable
    #[arg(long, value_name = "PATH", value_parser = unset_edit)]
    unset: Vec<Edit>,
    /// Set a header; repeatable
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    set_header: Vec<(String, String)>,
    /// Another body: `@FILE`, or `@-` for stdin
    #[arg(long, value_name = "@FILE", value_parser = body_file)]
    body: Option<PathBuf>,
    /// Edit the body in $VISUAL or $EDITOR
    #[arg(long)]
    edit: bool,
    /// Sign afresh though nothing is changed
    #[arg(long, conflicts_with = "original")]
    fresh: bool,
    /// A new svix-id, so that the app does not take it for a repetition
    #[arg(long, conflicts_with = "original")]
    new_id: bool,
    /// The old bytes with the old signature, to see it refused once it is five minutes old
    #[arg(long, conflicts_with_all = ["set", "unset", "body", "edit"])]
    original: bool,
    /// Send it to another address
    #[arg(long, value_name = "URL")]
    to: Option<Url>,
    /// How often to send it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    /// Show how the answer differs from the one of then
    #[arg(long)]
    diff: bool,
    /// Which tunnel, when several run
    #[arg(long, value_name = "UPSTREAM")]
    upstream: Option<Upstream>,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Only the set-up for this app
    upstream: Option<Upstream>,
    /// Ask Clerk and Svix for the endpoint too
    #[arg(long)]
    remote: bool,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The app
    upstream: Option<Upstream>,
}

/// The endpoint and where its secret goes.
#[derive(Debug, Args)]
struct EndpointArgs {
    /// Event types to listen to
    #[arg(long, value_name = "TYPES", value_delimiter = ',', value_parser = event, default_values_t = events::DEFAULT.map(String::from))]
    events: Vec<String>,
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

impl EndpointArgs {
    fn env(&self) -> EnvWish {
        match &self.env_file {
            _ if self.no_env => EnvWish::Leave,
            Some(file) => EnvWish::File(file.clone()),
            None => EnvWish::Choose,
        }
    }
}

/// The settings that only some commands have flags for.
pub fn flags(command: &CommandArgs, flags: &mut Flags) {
    let (endpoint, agent) = match command {
        CommandArgs::Up(up) => {
            flags.secret_file = up.secret_file.clone();
            (Some(&up.endpoint), Some(&up.tunnel))
        }
        CommandArgs::Register(register) => (Some(&register.endpoint), None),
        CommandArgs::Tunnel(tunnel) => (None, Some(&tunnel.agent)),
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
            Self::Up(args) => Command::Up(up::Options {
                env: args.endpoint.env(),
                app: Wish { upstream: args.upstream, serve: args.serve },
                once: args.once,
                no_test: args.no_test,
                events: args.endpoint.events,
                on_exit: args.on_exit.map(on_exit),
                dry_run,
                reuse: !args.tunnel.no_reuse,
                adopt: args.endpoint.adopt,
                timeout: args.timeout,
            }),
            Self::Serve(args) => Command::Serve(serve::Options {
                port: args.port,
                receiver: receiver::Options {
                    max_body: args.max_body,
                    respond: args.respond,
                    reject_invalid: args.reject_invalid,
                },
            }),
            Self::Tunnel(args) => {
                Command::Tunnel(tunnel::Options { upstream: args.upstream, reuse: !args.agent.no_reuse, dry_run })
            }
            Self::Register(args) => Command::Register(register::Options {
                env: args.endpoint.env(),
                url: args.url,
                upstream: args.upstream,
                events: args.endpoint.events,
                adopt: args.endpoint.adopt,
                dry_run,
            }),
            Self::SendTest(args) => Command::SendTest(send_test::Options {
                event: args.event,
                upstream: args.upstream,
                timeout: args.timeout,
                dry_run,
            }),
            Self::Replay(args) => Command::Replay(args.into_options(dry_run)),
            Self::Status(args) => Command::Status(status::Options { upstream: args.upstream, remote: args.remote }),
            Self::Doctor(args) => Command::Doctor(doctor::Options { upstream: args.upstream }),
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

impl ReplayArgs {
    fn into_options(self, dry_run: bool) -> replay::Options {
        replay::Options {
            id: self.id,
            upstream: self.upstream,
            edits: self.set.into_iter().chain(self.unset).collect(),
            headers: self.set_header,
            body: self.body,
            editor: self.edit,
            fresh: self.fresh,
            new_id: self.new_id,
            original: self.original,
            to: self.to,
            times: self.times,
            difference: self.diff,
            dry_run,
        }
    }
}

/// `PATH=VALUE`; what is no JSON is a string.
fn set_edit(text: &str) -> Result<Edit, String> {
    let (path, value) = text.split_once('=').ok_or("expected `PATH=VALUE`")?;
    let path = path.parse().map_err(|fault: payload::Fault| fault.to_string())?;
    Ok(Edit::Set(path, serde_json::from_str(value).unwrap_or_else(|_| value.into())))
}

fn unset_edit(text: &str) -> Result<Edit, String> {
    text.parse().map(Edit::Unset).map_err(|fault: payload::Fault| fault.to_string())
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected `NAME: VALUE`")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return Err("a header's name has letters, digits and `-`".to_owned());
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

fn body_file(text: &str) -> Result<PathBuf, String> {
    let path = text.strip_prefix('@').ok_or("expected `@FILE`, or `@-` for stdin")?;
    Ok(path.into())
}

/// `user.created`; Svix's names hold nothing else.
fn event(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match text.trim() {
        name if !name.is_empty() && name.chars().all(allowed) => Ok(name.to_owned()),
        _ => Err("expected an event such as `user.created`".to_owned()),
    }
}

/// `30s`, `2m`, `1500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let signed: jiff::SignedDuration = text.parse().map_err(|_| "expected a time such as `30s` or `2m`".to_owned())?;
    let duration = Duration::try_from(signed).map_err(|_| "a time cannot be negative".to_owned())?;
    if duration.is_zero() { Err("a time of nothing proves nothing".to_owned()) } else { Ok(duration) }
}
