//! A process group: whoever is in it, also when the program that began it is gone.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How often it is looked at while it ends.
const LOOK: Duration = Duration::from_millis(20);

/// Whether a process with this id runs.
pub fn alive(pid: u32) -> bool {
    #[cfg(unix)]
    {
        use nix::errno::Errno;
        use nix::sys::signal::kill;
        use nix::unistd::Pid;
        let Ok(raw) = i32::try_from(pid) else { return false };
        let known = matches!(kill(Pid::from_raw(raw), None), Ok(()) | Err(Errno::EPERM));
        known && stat(pid).is_none_or(|stat| !stat.ended)
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        true
    }
}

/// The words that a process was started with, where the system tells them (Linux).
pub fn command_line(pid: u32) -> Option<Vec<String>> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Some(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
}

/// The running processes of a group, where the system tells them (Linux); elsewhere its first one for all of them.
pub fn group(leader: u32) -> Vec<u32> {
    match std::fs::read_dir("/proc") {
        Ok(entries) if stat(std::process::id()).is_some() => {
            let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
            pids.filter(|pid| stat(*pid).is_some_and(|stat| stat.group == leader && !stat.ended)).collect()
        }
        _ => std::iter::once(leader).filter(|leader| exists(*leader)).collect(),
    }
}

/// Whether anybody is in a group.
fn exists(leader: u32) -> bool {
    #[cfg(unix)]
    return i32::try_from(leader)
        .is_ok_and(|raw| nix::sys::signal::killpg(nix::unistd::Pid::from_raw(raw), None).is_ok());
    #[cfg(not(unix))]
    return alive(leader);
}

/// Ends a group: asked first, killed after `grace`.
pub async fn end(leader: u32, grace: Duration) {
    signal(leader, Wish::End);
    if !gone_by(leader, Instant::now() + grace).await {
        signal(leader, Wish::Kill);
    }
}

/// Asks one process to end, not those of its group: that may be a whole script's. One that was stopped goes on to hear it.
pub fn ask_to_end(pid: u32) {
    #[cfg(unix)]
    {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;
        // 0 would be this process's own group.
        let Some(raw) = i32::try_from(pid).ok().filter(|raw| *raw > 0) else { return };
        let _ = kill(Pid::from_raw(raw), Signal::SIGTERM);
        let _ = kill(Pid::from_raw(raw), Signal::SIGCONT);
    }
    #[cfg(not(unix))]
    let _ = pid;
}

/// Waits until nobody of a group runs any more; `false` when somebody does at that time.
pub(super) async fn gone_by(leader: u32, deadline: Instant) -> bool {
    while !group(leader).is_empty() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(LOOK).await;
    }
    true
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wish {
    /// SIGTERM.
    End,
    /// SIGKILL.
    Kill,
}

/// Tells a whole group. One that is empty hears nothing.
pub(super) fn signal(leader: u32, wish: Wish) {
    #[cfg(unix)]
    {
        use nix::sys::signal::{Signal, killpg};
        use nix::unistd::Pid;
        // Group 0 would be this process's own.
        let Some(raw) = i32::try_from(leader).ok().filter(|raw| *raw > 1) else { return };
        let signal = match wish {
            Wish::End => Signal::SIGTERM,
            Wish::Kill => Signal::SIGKILL,
        };
        let _ = killpg(Pid::from_raw(raw), signal);
        // One that was stopped would hear of it only when it goes on.
        if matches!(wish, Wish::End) {
            let _ = killpg(Pid::from_raw(raw), Signal::SIGCONT);
        }
    }
    #[cfg(not(unix))]
    let _ = (leader, wish);
}

/// Clock ticks a second in `/proc/PID/stat` (`USER_HZ`, 100 on every Linux of today; proc(5)).
const TICKS: u64 = 100;

/// What Linux says of a process.
pub(super) struct Stat {
    group: u32,
    /// But not yet asked for by its parent; in a container there may be nobody who ever asks.
    ended: bool,
    /// How long after the machine's start it was started, to a hundredth of a second.
    pub(super) since_start: Duration,
}

pub(super) fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // `PID (NAME) STATE PARENT GROUP …`, and the start as the 22nd (proc(5)); a name may hold anything.
    let mut fields = text.rsplit(')').next()?.split_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    let group = fields.nth(1)?.parse().ok()?;
    let ticks: u64 = fields.nth(16)?.parse().ok()?;
    Some(Stat { group, ended, since_start: Duration::from_millis(ticks * 1000 / TICKS) })
}
