//! The command line: every clap type and all help text. It turns itself into the option structs of the commands.

mod backfill;
mod check;
mod commands;
mod config;
mod down;
mod edit;
mod events;
mod global;
mod handler;
mod history;
mod logs;
mod prune;
mod recover;
mod reference;
mod replay;
mod secret;
mod secure;
mod settled;
mod status;
mod trigger;
mod user;
mod verify;
mod wait;
mod watch;

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser};
use clap_complete::Shell;

pub use global::{Global, SandboxWish};
pub use reference::reference;

use crate::commands::{
    backfill as backfilling, check as checking, config as profiles, doctor, down as ending, events as kept,
    handler as handlers, logs as logging, prune as pruning, recover as recovering, register, replay as replaying,
    secret as secrets, secure as securing, send_test, serve, status as standing, trigger as triggering, tunnel, up,
    user as users, verify as verifying, wait as waiting, watch as watching,
};
use crate::steps::target::To;
use crate::ui::harmless;

/// From a Clerk key to a proven webhook on your machine.
#[derive(Debug, Parser)]
#[command(name = "clerkhook", version, about, disable_help_subcommand = true, max_term_width = 80)]
#[command(after_help = "No account at hand? `clerkhook up --sandbox --serve` needs none.")]
struct Cli {
    #[command(flatten)]
    global: global::GlobalArgs,
    #[command(subcommand)]
    command: commands::CommandArgs,
}

/// A command with its options.
#[derive(Debug)]
#[allow(missing_docs, reason = "named after the subcommands")]
pub enum Command {
    Up(up::Options),
    Serve(serve::Options),
    Tunnel(tunnel::Options),
    Register(register::Options),
    SendTest(send_test::Options),
    Replay(replaying::Options),
    Trigger(triggering::Options),
    Secure(securing::Options),
    Secret(secrets::Options),
    User(users::Options),
    Verify(verifying::Options),
    Down(ending::Options),
    Status(standing::Options),
    Doctor(doctor::Options),
    Events(kept::Options),
    Wait(waiting::Options),
    Logs(logging::Options),
    Recover(recovering::Options),
    Watch(watching::Options),
    Backfill(backfilling::Options),
    Check(checking::Options),
    Handler(handlers::Options),
    Prune(pruning::Options),
    Config(profiles::Options),
    Explain(String),
    /// Of every command, or of the one that is named.
    Help(Vec<String>),
    Sandbox,
    /// A text for a shell or a pager, already made.
    Completions(String),
}

impl Command {
    /// Whether it means a running set-up, and so takes the services' addresses from its state file.
    pub fn follows_running_set_up(&self) -> bool {
        match self {
            Self::Register(_)
            | Self::SendTest(_)
            | Self::Replay(_)
            | Self::Trigger(_)
            | Self::Secure(_)
            | Self::Secret(_)
            | Self::Check(_)
            | Self::User(_)
            | Self::Verify(_)
            | Self::Down(_)
            | Self::Status(_)
            | Self::Logs(_)
            | Self::Recover(_)
            | Self::Watch(_)
            | Self::Backfill(_)
            | Self::Prune(_)
            | Self::Doctor(_) => true,
            Self::Events(_)
            | Self::Handler(_)
            | Self::Wait(_)
            | Self::Up(_)
            | Self::Serve(_)
            | Self::Tunnel(_)
            | Self::Config(_)
            | Self::Explain(_)
            | Self::Help(_)
            | Self::Sandbox
            | Self::Completions(_) => false,
        }
    }

    /// Whether it means one of the running set-ups, not all of them.
    pub fn means_one_set_up(&self) -> bool {
        match self {
            Self::Down(options) => !options.all,
            command => !matches!(command, Self::Status(_) | Self::Doctor(_)),
        }
    }

    /// Whether this process keeps a set-up in the background.
    pub fn is_detached(&self) -> bool {
        matches!(self, Self::Up(up::Options { background: up::Background::Kept, .. }))
    }

    /// Whether it has use for what the project's files say.
    pub fn reads_project(&self) -> bool {
        !matches!(
            self,
            Self::Events(_) | Self::Sandbox | Self::Config(_) | Self::Explain(_) | Self::Help(_) | Self::Completions(_)
        )
    }

    /// Whether it cannot do without the one project and the one route that are meant.
    pub fn needs_project(&self) -> bool {
        match self {
            Self::Secret(options) => options.deed != secrets::Deed::Show,
            Self::Up(_) | Self::Register(_) | Self::Trigger(_) | Self::Check(_) | Self::Secure(_) => true,
            _ => false,
        }
    }

    /// Whether the route is of use to it.
    pub fn needs_route(&self) -> bool {
        match self {
            Self::Up(options) => !options.setup.app.serve,
            Self::Register(options) => options.url.as_ref().is_none_or(|url| url.path() == "/"),
            // The others take that of the running set-up.
            _ => false,
        }
    }

    /// The app that was named.
    pub fn upstream(&self) -> Option<&crate::config::Upstream> {
        match self {
            Self::Register(options) => options.upstream.as_ref(),
            Self::SendTest(options) => options.upstream.as_ref(),
            Self::Replay(options) => options.upstream.as_ref(),
            Self::User(options) => options.upstream.as_ref(),
            Self::Trigger(options) => options.delivery.upstream.as_ref(),
            Self::Status(options) => options.upstream.as_ref(),
            Self::Down(options) => options.upstream.as_ref(),
            Self::Doctor(options) => options.upstream.as_ref(),
            Self::Backfill(options) => options.to.as_ref().map(To::upstream),
            Self::Check(options) => options.handler.as_ref().map(To::upstream),
            Self::Tunnel(options) => options.upstream.as_ref(),
            Self::Secure(options) => options.setup.app.upstream.as_ref(),
            Self::Up(options) => options.setup.app.upstream.as_ref(),
            Self::Events(_)
            | Self::Handler(_)
            | Self::Wait(_)
            | Self::Logs(_)
            | Self::Recover(_)
            | Self::Watch(_)
            | Self::Secret(_)
            | Self::Serve(_)
            | Self::Verify(_)
            | Self::Prune(_)
            | Self::Config(_)
            | Self::Explain(_)
            | Self::Help(_)
            | Self::Sandbox
            | Self::Completions(_) => None,
        }
    }
}

/// What a command line means.
#[derive(Debug)]
pub struct Invocation {
    /// What every command takes.
    pub global: Global,
    /// The command.
    pub command: Command,
}

/// Why there is nothing to run.
#[derive(Debug)]
pub enum Unparsed {
    /// Help or version was asked for; the text goes to stdout.
    Told(String),
    /// The command line is wrong.
    Wrong {
        /// clap's text, for a person.
        text: String,
        /// Its first line, for a program.
        message: String,
        /// Whether JSON was asked for.
        json: bool,
    },
}

/// Parses a command line.
///
/// # Errors
/// `Unparsed` with what is to be shown instead.
pub fn parse(args: &[OsString]) -> Result<Invocation, Unparsed> {
    let cli = Cli::try_parse_from(args).map_err(|error| {
        // clap puts arguments into its text as they are, styles and all. The same mistake, spelled harmlessly, reads well.
        let spelled = Cli::try_parse_from(args.iter().map(spelled)).err();
        let error = spelled.filter(|spelled| spelled.kind() == error.kind()).unwrap_or(error);
        let text = error.render().ansi().to_string();
        if !error.use_stderr() {
            return Unparsed::Told(text);
        }
        let plain = error.render().to_string();
        let message = plain.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Unparsed::Wrong { text, message, json: args.iter().any(|arg| arg == "--json") }
    })?;
    let dry_run = cli.global.dry_run;
    let mut global = cli.global.into_global();
    commands::flags(&cli.command, &mut global.flags);
    let mut command = cli.command.into_command(dry_run);
    if let Command::Up(up::Options { background: up::Background::Wanted(arguments), .. }) = &mut command {
        *arguments = args[1..].to_vec();
        // Who asks for the background is not there to answer.
        global.ui.no_input = true;
    }
    match command {
        Command::Help(of) if !global.ui.json => Err(help_of(of)),
        command => Ok(Invocation { command, global }),
    }
}

/// An argument without a control character.
fn spelled(argument: &OsString) -> OsString {
    argument.to_str().map_or_else(|| argument.clone(), |text| harmless(text).into_owned().into())
}

/// What `COMMAND --help` says.
fn help_of(command: Vec<String>) -> Unparsed {
    let line = std::iter::once("clerkhook".to_owned()).chain(command).chain(["--help".to_owned()]);
    match parse(&line.map(OsString::from).collect::<Vec<_>>()) {
        Err(unparsed) => unparsed,
        Ok(_) => Unparsed::Told(String::new()),
    }
}

/// The manual page.
fn manual() -> String {
    let mut page = Vec::new();
    // A vector takes every byte.
    let _ = clap_mangen::Man::new(Cli::command()).render(&mut page);
    String::from_utf8_lossy(&page).into_owned()
}

/// The completion script of a shell.
fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "clerkhook", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
