//! clerkhook: from a Clerk key to a proven webhook. `docs/architecture.md` explains the floors of this map.

pub mod catalogue;
pub mod clerk;
pub mod cli;
pub mod commands;
pub mod config;
pub mod delivery;
pub mod dotenv;
pub mod error;
pub mod file;
pub mod gateway;
pub mod handler;
pub mod history;
pub mod http;
pub mod machine;
pub mod ngrok;
pub mod page;
pub mod payload;
pub mod process;
pub mod project;
pub mod report;
pub mod running;
pub mod sample;
pub mod sandbox;
pub mod scenario;
pub mod secret;
pub mod serve;
pub mod setup;
pub mod shutdown;
pub mod signature;
pub mod steps;
pub mod svix;
pub mod ui;
pub mod verdict;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::cli::{Command, Invocation, Unparsed};
use crate::config::{EnvFile, Environment, PortRange, Settings, Source, Sourced};
use crate::error::{Error, Exit, Result};
use crate::http::Http;
use crate::project::Project;
use crate::running::{Setup, StateDirectory, Wanted};
use crate::sandbox::Sandbox;
use crate::secret::Secret;
use crate::shutdown::{Haste, Shutdown};
use crate::steps::project::Place;
use crate::steps::{Context, profile_key};
use crate::ui::Ui;

/// The name under which this program is the sandbox's agent.
const AGENT_NAME: &str = "ngrok";

/// How long a sandbox may take to stop.
const SANDBOX_STOPS_WITHIN: Duration = Duration::from_secs(1);

/// Runs a command line to its end; gives the exit code.
pub fn run(args: &[OsString], environment: &Environment) -> u8 {
    let name = args.first().map(PathBuf::from).unwrap_or_default();
    if name.file_stem().is_some_and(|stem| stem == AGENT_NAME) {
        let variable = |name: &str| environment.get(name).map(str::to_owned);
        let runtime = match machine::runtime() {
            Ok(runtime) => runtime,
            Err(error) => return refused(&error, ui::Options::default()),
        };
        return runtime.block_on(sandbox::agent::run(&name, args[1..].to_vec(), &variable));
    }
    match cli::parse(args) {
        Ok(invocation) => {
            let runtime = match machine::runtime() {
                Ok(runtime) => runtime,
                Err(error) => return refused(&error, invocation.global.ui),
            };
            let code = runtime.block_on(invoke(invocation, environment));
            // A question that nobody answers any more must not hold up the end.
            runtime.shutdown_background();
            code
        }
        Err(Unparsed::Told(text)) => {
            let json = args.iter().any(|arg| arg == "--json");
            ui::tell(&text).err().map_or(0, |error| refused(&error, ui::Options { json, ..ui::Options::default() }))
        }
        Err(Unparsed::Wrong { text, message, json }) => {
            ui::refuse(&text, &message, json);
            Exit::Usage as u8
        }
    }
}

/// Says why nothing was begun.
fn refused(error: &Error, options: ui::Options) -> u8 {
    let ui = Ui::new(options, || false, || {});
    ui.error(error);
    ui.finish();
    error.status()
}

async fn invoke(invocation: Invocation, environment: &Environment) -> u8 {
    let Invocation { global, command } = invocation;
    // Until there is one, nothing is begun that could stay behind.
    let talking: Arc<OnceLock<Arc<Ui>>> = Arc::default();
    let leaving = Arc::clone(&talking);
    let farewell = move |haste, left: Vec<String>| {
        leaving.get().into_iter().for_each(|ui| ui.farewell(haste == Haste::Late, left.clone()));
    };
    let shutdown = Shutdown::on_signals(command.is_detached(), farewell);
    let (ending, closed) = (shutdown.clone(), shutdown.clone());
    let options = ui::Options { detached: command.is_detached(), ..global.ui };
    let ui = Arc::new(Ui::new(options, move || ending.requested(), move || closed.request()));
    let ui = talking.get_or_init(|| ui);
    ui::log(global.verbose, ui);
    let result = dispatch(global, command, environment, ui, &shutdown).await;
    ui.settle();
    // What could not be written is missing from whatever else came of it.
    let result = ui.unwritable().map_or(result, Err);
    let code = match result {
        Ok(()) => 0,
        // Nobody reads any more: `| head -1` has what it wanted.
        Err(Error::Interrupted) if ui.closed() => 0,
        Err(error) => {
            ui.error(&error);
            error.status()
        }
    };
    ui.finish();
    code
}

/// Settings → context → command.
async fn dispatch(
    global: cli::Global,
    mut command: Command,
    environment: &Environment,
    ui: &Arc<Ui>,
    shutdown: &Shutdown,
) -> Result<()> {
    if let Some(done) = without_settings(&global.flags, &command, environment, ui) {
        return done;
    }
    let directory =
        std::env::current_dir().map_err(|error| Error::File { path: ".".into(), cause: error.to_string() })?;
    let project = project(&global, &command, environment, &directory, ui, shutdown).await?;
    let env_files = env_files(&project.directory, &directory)?;
    let findings = steps::project::findings(&project, &directory);
    let mut settings = config::settle(global.flags, environment, &env_files, findings, directory)?;
    let state = StateDirectory::at(&settings.state_dir.value);
    for untrusted in state.untrusted() {
        ui.warn(&format!("`{}` is left aside: {}", untrusted.path.display(), untrusted.why));
    }
    let wants_sandbox = global.sandbox || matches!(command, Command::Sandbox);
    let sandbox = if wants_sandbox { Some(start_sandbox(&global.sandbox_wish).await?) } else { None };
    if let Some(sandbox) = &sandbox {
        move_in(&mut settings, sandbox);
    } else if command.follows_running_set_up() {
        let meant = state.meant(&Wanted::of(&settings, command.upstream()));
        if command.means_one_set_up() {
            say_which(ui, &meant);
        }
        if let Some((path, setup)) = meant.first() {
            settings.follow(&setup.services, &setup.profile, path);
        }
    }
    command.take_from(&settings)?;
    if command.asks_clerk(&settings) {
        let provided = profile_key::provide(&mut settings, environment, ui).await;
        match provided {
            // It looks on, and says what lacks.
            Err(error) if matches!(command, Command::Doctor(_)) => ui.warn(&format!("{error}: {}", error.hint())),
            provided => provided?,
        }
    }
    let context = Context {
        http: watched(Http::new(settings.http_timeout), &settings, ui),
        settings,
        project: Arc::new(project),
        ui: Arc::clone(ui),
        shutdown: shutdown.clone(),
        state,
        live: global.live,
        yes: global.yes,
        agreed: false,
    };
    let result = execute(&context, command, sandbox.as_ref()).await;
    if let Some(sandbox) = sandbox
        && timeout(SANDBOX_STOPS_WITHIN, sandbox.stop()).await.is_err()
    {
        tracing::debug!("the sandbox did not stop in time");
    }
    result
}

/// What needs no settings works whatever they say.
fn without_settings(
    flags: &config::Flags,
    command: &Command,
    environment: &Environment,
    ui: &Ui,
) -> Option<Result<()>> {
    match command {
        Command::Completions(text) => ui.exact(text.trim_end()),
        Command::Explain(code) => return Some(commands::explain(ui, code)),
        Command::Help(_) => cli::reference().iter().for_each(|line| ui.emit(line)),
        Command::Config(options) => {
            let placed = config::place(flags, environment).map(|(directory, profile)| commands::config::Place {
                directory: directory.value,
                named: profile.source != Source::Default,
                profile: profile.value,
            });
            return Some(placed.and_then(|place| commands::config(ui, &place, options)));
        }
        _ => return None,
    }
    Some(Ok(()))
}

/// The project of a command: the directory that was named, else the one that it runs in.
async fn project(
    global: &cli::Global,
    command: &Command,
    environment: &Environment,
    directory: &Path,
    ui: &Arc<Ui>,
    shutdown: &Shutdown,
) -> Result<Project> {
    let start = match &global.project {
        Some(named) => {
            let fault = |error: io::Error| Error::File { path: named.clone(), cause: error.to_string() };
            let start = directory.join(named).canonicalize().map_err(fault)?;
            std::fs::read_dir(&start).map_err(fault)?;
            start
        }
        None => directory.to_owned(),
    };
    if !command.reads_project() {
        return Ok(Project::plain(&start));
    }
    let named_path = global.flags.path.is_some() || environment.get("CLERKHOOK_PATH").is_some();
    let typed_path = command.upstream().is_some_and(|upstream| upstream.path().is_some());
    let place = Place {
        working_directory: directory.to_owned(),
        start,
        home: environment.get_os("HOME").map(PathBuf::from),
        one_project: command.needs_project(),
        one_route: command.needs_route() && !named_path && !typed_path,
    };
    steps::project::locate(&place, ui, shutdown).await
}

/// Says once of each peer that it does not answer.
fn watched(http: Http, settings: &Settings, ui: &Arc<Ui>) -> Http {
    let (ui, clerk) = (Arc::clone(ui), settings.clerk_api_url.value.clone());
    let told = Mutex::new(Vec::new());
    http.telling(move |url| {
        let peer = match url.path() {
            _ if url.origin() == clerk.origin() => "Clerk",
            running::control::ASK => "the running set-up",
            _ => "Svix",
        };
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if !told.contains(&peer) {
            told.push(peer);
            ui.note(&format!("{peer} has not answered for {} s", http::SLOW.as_secs()));
        }
    })
}

/// Says which set-up is meant where several could be.
fn say_which(ui: &Ui, meant: &[(PathBuf, Setup)]) {
    if let Some(((_, first), others @ [_, ..])) = meant.split_first() {
        let others: Vec<String> = others.iter().map(|(_, setup)| setup.words()).collect();
        ui.note(&format!("this is about the set-up for {}, not that for {}", first.words(), others.join(" or ")));
    }
}

async fn execute(context: &Context, command: Command, sandbox: Option<&Sandbox>) -> Result<()> {
    match (command, sandbox) {
        (Command::Up(options), _) => commands::up(context, &options).await,
        (Command::Serve(options), _) => commands::serve(context, options).await,
        (Command::Tunnel(options), _) => commands::tunnel(context, &options).await,
        (Command::Register(options), _) => commands::register(context, &options).await,
        (Command::SendTest(options), _) => commands::send_test(context, &options).await,
        (Command::Replay(options), _) => commands::replay(context, &options).await,
        (Command::Trigger(options), _) => commands::trigger(context, &options).await,
        (Command::Secure(options), _) => commands::secure(context, &options).await,
        (Command::Secret(options), _) => commands::secret(context, &options).await,
        (Command::User(options), _) => commands::user(context, &options).await,
        (Command::Verify(options), _) => commands::verify(context, &options).await,
        (Command::Down(options), _) => commands::down(context, &options).await,
        (Command::Status(options), _) => commands::status(context, &options).await,
        (Command::Handler(options), _) => commands::handler(context, &options).await,
        (Command::Check(options), _) => commands::check(context, &options).await,
        (Command::Events(options), _) => commands::events(context, &options).await,
        (Command::Logs(options), _) => commands::logs(context, &options).await,
        (Command::Recover(options), _) => commands::recover(context, &options).await,
        (Command::Watch(options), _) => commands::watch(context, &options).await,
        (Command::Backfill(options), _) => commands::backfill(context, &options).await,
        (Command::Wait(options), _) => commands::wait(context, &options).await,
        (Command::Doctor(options), _) => commands::doctor(context, &options).await,
        (Command::Sandbox, Some(sandbox)) => commands::sandbox(context, sandbox).await,
        (Command::Prune(options), _) => commands::prune(context, &options).await,
        (
            Command::Sandbox | Command::Completions(_) | Command::Config(_) | Command::Explain(_) | Command::Help(_),
            _,
        ) => Ok(()),
    }
}

fn env_files(directory: &Path, working_directory: &Path) -> Result<Vec<EnvFile>> {
    let mut files = Vec::new();
    for name in dotenv::FILES {
        let path = directory.join(name);
        if let Some(variables) = dotenv::read(&path)? {
            let values = variables.iter().map(|(name, value)| (name.to_owned(), value.expose().to_owned())).collect();
            files.push(EnvFile { path: steps::project::from(working_directory, &path), values });
        }
    }
    Ok(files)
}

async fn start_sandbox(wish: &cli::SandboxWish) -> Result<Sandbox> {
    let program = std::env::current_exe().map_err(|error| Error::SandboxFailed { cause: error.to_string() })?;
    let options = sandbox::Options {
        faults: wish.faults.clone(),
        latency: wish.latency,
        retry_speed: wish.retry_speed,
        state: wish.state.clone(),
        agent_version: wish.agent_version.clone(),
        program,
    };
    Sandbox::start(options).await
}

/// Leads every setting to the sandbox; from here on nothing knows the difference.
fn move_in(settings: &mut Settings, sandbox: &Sandbox) {
    let addresses = sandbox.addresses();
    let url = |text: &str| Sourced::new(text.parse().expect("the sandbox knows its address"), Source::Sandbox);
    settings.sandbox = true;
    settings.clerk_api_url = url(&addresses.clerk_api_url);
    settings.svix_server_url = Some(url(&addresses.svix_server_url));
    settings.clerk_secret_key = Some(Sourced::new(Secret::new(addresses.clerk_secret_key), Source::Sandbox));
    settings.ngrok_bin = Some(Sourced::new(addresses.ngrok_bin.into(), Source::Sandbox));
    settings.ngrok_config = vec![addresses.ngrok_config.into()];
    settings.ngrok_authtoken = None;
    // The real agents of this machine are not the sandbox's.
    settings.agent_ports = PortRange::NONE;
}
