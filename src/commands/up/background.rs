//! `up --detach`: this program once more, in a session of its own, watched until it is ready or has ended.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Options;
use crate::error::{Error, Exit, Result};
use crate::file;
use crate::process::{self, Detached, Program};
use crate::steps::Context;
use crate::ui::Ui;

/// What the set-up itself has beyond the time for its proof.
const GRACE: Duration = Duration::from_secs(2);

/// A clean end has a bound of 5 s, and a sandbox stops after it.
const ENDS_WITHIN: Duration = Duration::from_secs(8);

/// How often it is looked whether it is noted as ready.
const LOOK: Duration = Duration::from_millis(20);

/// So many logs of earlier set-ups are kept.
const LOGS: usize = 10;

/// Whether a set-up goes on without the terminal that it was started from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Background {
    /// It ends with this command.
    Not,
    /// It is to go on: with these arguments of this command.
    Wanted(Vec<OsString>),
    /// This is the process that keeps it.
    Kept,
}

/// What came of the start.
enum Came {
    Ready,
    Ended(ExitStatus),
    Late,
    Asked,
}

/// Starts the process that keeps the set-up, hands on what it says, and returns once it is ready.
///
/// # Errors
/// `Relayed` with its exit code, after it has said why; `NoneReady` past the time for a verdict; `DetachMissing`.
pub async fn detach(context: &Context, options: &Options, arguments: &[OsString]) -> Result<()> {
    let deadline = Instant::now() + options.setup.timeout + GRACE;
    if let Some(detached) = &options.setup.detached {
        detached.prepare()?;
    }
    let log = match &context.settings.log_file {
        Some(log) => log.clone(),
        None => usual_log(context),
    };
    // What cannot be written is said before anything is begun.
    file::growing(&log).map_err(|error| Error::FileUnwritable { path: log.clone(), cause: error.to_string() })?;
    let program = std::env::current_exe().map_err(|error| unexpected(&error))?;
    let mut kept = process::detach(&Program::new(program, with_log(arguments, &log))).map_err(refused)?;
    let lines = kept.lines();
    let mut handing_on = tokio::spawn(hand_on(Arc::clone(&context.ui), lines, log.clone()));
    let came = tokio::select! {
        came = verdict(context, &mut kept, &mut handing_on) => came.map_err(|error| unexpected(&error))?,
        () = sleep_until(deadline) => Came::Late,
        () = context.shutdown.wait() => Came::Asked,
    };
    match came {
        Came::Ready => {
            let (pid, log) = (kept.pid(), log.display());
            context.ui.note(&format!("it runs on as process {pid} and writes to {log}; `clerkhook down` ends it"));
            Ok(())
        }
        Came::Ended(status) => ended(status),
        Came::Asked => {
            kept.end();
            // It has more to say as it ends.
            let _ = timeout(ENDS_WITHIN, handing_on).await;
            Err(Error::Relayed(Exit::Interrupted))
        }
        Came::Late => {
            handing_on.abort();
            kept.end();
            let _ = timeout(ENDS_WITHIN, kept.wait()).await;
            let limit = options.setup.timeout.as_secs_f64();
            Err(Error::NoneReady {
                found: format!("not ready within {limit} s; {} says how far it came", log.display()),
            })
        }
    }
}

/// Its streams end when it is ready, and then its record says so; or because it has ended.
async fn verdict(context: &Context, kept: &mut Detached, handing_on: &mut JoinHandle<()>) -> io::Result<Came> {
    let _ = handing_on.await;
    let pid = kept.pid();
    tokio::select! {
        status = kept.wait() => status.map(Came::Ended),
        () = noted_ready(context, pid) => Ok(Came::Ready),
    }
}

async fn noted_ready(context: &Context, pid: u32) {
    while !context.state.running().iter().any(|(_, setup)| setup.pid == pid && setup.ready) {
        sleep(LOOK).await;
    }
}

/// What it says goes to this process's streams, and to the log too, which is whole then.
async fn hand_on(ui: Arc<Ui>, (mut stdout, mut stderr): (Receiver<String>, Receiver<String>), log: PathBuf) {
    let mut log = file::growing(&log).ok();
    let mut keep = move |line: &str| {
        if let Some(file) = &mut log
            && writeln!(file, "{line}").is_err()
        {
            log = None;
        }
    };
    loop {
        tokio::select! {
            Some(line) = stdout.recv() => {
                keep(&line);
                ui.hand_on_data(&line);
            }
            Some(line) = stderr.recv() => {
                keep(&line);
                ui.hand_on_talk(&line);
            }
            else => return,
        }
    }
}

/// It has said why.
fn ended(status: ExitStatus) -> Result<()> {
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Error::Relayed(Exit::of(code))),
        None => {
            let cause = format!("its process ended by {}", process::status_words(status));
            Err(Error::Unexpected { what: "starting in the background", cause })
        }
    }
}

/// The arguments of the process that keeps it. They stand where a flag stood, as an argument may follow `--`.
fn with_log(arguments: &[OsString], log: &Path) -> Vec<OsString> {
    let mut with = Vec::new();
    let mut added = false;
    for argument in arguments {
        with.push(argument.clone());
        if argument == "--detach" && !added {
            added = true;
            with.push("--supervise".into());
            if !arguments.iter().any(is_log_flag) {
                with.extend(["--log-file".into(), log.into()]);
            }
        }
    }
    with
}

fn is_log_flag(argument: &OsString) -> bool {
    argument.to_str().is_some_and(|text| text == "--log-file" || text.starts_with("--log-file="))
}

/// One for each set-up; those of earlier ones are kept for a while.
fn usual_log(context: &Context) -> PathBuf {
    let logs = context.settings.state_dir.value.join("logs");
    sweep(&logs, &context.state.running().into_iter().filter_map(|(_, setup)| setup.log_file).collect::<Vec<_>>());
    logs.join(format!("{}.log", context.state.id()))
}

/// Their names sort by time.
fn sweep(logs: &Path, used: &[PathBuf]) {
    let Ok(entries) = std::fs::read_dir(logs) else { return };
    let mut old: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    old.retain(|path| path.extension().is_some_and(|kind| kind == "log") && !used.contains(path));
    old.sort();
    for path in old.iter().rev().skip(LOGS) {
        let _ = std::fs::remove_file(path);
        let _ = std::fs::remove_file(file::aside(path));
    }
}

fn refused(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::Unsupported { Error::DetachMissing } else { unexpected(&error) }
}

fn unexpected(error: &io::Error) -> Error {
    Error::Unexpected { what: "starting in the background", cause: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_named_beside_the_flag() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        let log = Path::new("/l");
        assert_eq!(
            with_log(&words("up --detach -- 3000"), log),
            words("up --detach --supervise --log-file /l -- 3000")
        );
        assert_eq!(with_log(&words("up --log-file=x --detach"), log), words("up --log-file=x --detach --supervise"));
    }
}
