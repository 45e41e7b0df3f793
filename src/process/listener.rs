//! Who listens on this machine, as Linux tells it in `/proc`. Elsewhere nobody is known.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Clock ticks a second in `/proc/PID/stat` (`USER_HZ`, 100 on every Linux of today; proc(5)).
const TICKS: u64 = 100;

/// The state of a socket that listens, in `/proc/net/tcp` (proc(5)).
const LISTEN: &str = "0A";

/// A socket that listens, and the process that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its port.
    pub port: u16,
    /// The number of the socket, which another one on the same port does not have.
    pub socket: u64,
    /// The oldest process that holds it.
    pub pid: u32,
    /// When that began, to a hundredth of a second.
    pub started: Option<SystemTime>,
    /// Where that runs.
    pub directory: Option<PathBuf>,
}

/// Every listener whose process this user may look at.
pub fn listeners() -> Vec<Listener> {
    let sockets: HashMap<u64, u16> = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().flat_map(listening).collect();
    if sockets.is_empty() {
        return Vec::new();
    }
    let mut found: HashMap<u64, Listener> = HashMap::new();
    for pid in pids() {
        for socket in held(pid).filter(|socket| sockets.contains_key(socket)) {
            let port = sockets[&socket];
            found.entry(socket).or_insert_with(|| Listener {
                port,
                socket,
                pid,
                started: started(pid),
                directory: fs::read_link(format!("/proc/{pid}/cwd")).ok(),
            });
        }
    }
    let mut listeners: Vec<Listener> = found.into_values().collect();
    listeners.sort_by_key(|listener| (listener.port, listener.socket));
    listeners
}

/// The listeners of a port: one for each address that is listened at.
pub fn at_port(port: u16) -> Vec<Listener> {
    listeners().into_iter().filter(|listener| listener.port == port).collect()
}

/// Socket numbers and ports.
fn listening(table: &str) -> Vec<(u64, u16)> {
    let text = fs::read_to_string(table).unwrap_or_default();
    text.lines().skip(1).filter_map(row).collect()
}

/// `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …` (proc(5)).
fn row(line: &str) -> Option<(u64, u16)> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let (_, port) = columns.get(1)?.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let listens = columns.get(3) == Some(&LISTEN);
    listens.then(|| columns.get(9)?.parse().ok()).flatten().map(|socket| (socket, port))
}

/// In the order of their numbers, so that a server comes before what it forked.
fn pids() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let mut pids: Vec<u32> = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    pids
}

fn held(pid: u32) -> impl Iterator<Item = u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).ok();
    entries.into_iter().flatten().filter_map(|entry| {
        let target = fs::read_link(entry.ok()?.path()).ok()?;
        target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    })
}

/// The 22nd field of `stat`, counted from the machine's start, which `/proc/uptime` has too (proc(5)).
fn started(pid: u32) -> Option<SystemTime> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, which may hold blanks and brackets, ends with the last bracket.
    let ticks: u64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let uptime = Duration::try_from_secs_f64(uptime.split_whitespace().next()?.parse().ok()?).ok()?;
    SystemTime::now().checked_sub(uptime.saturating_sub(Duration::from_millis(ticks * 1000 / TICKS)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_listener_of_this_process_is_known() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let found = at_port(port);
        assert_eq!(found.iter().map(|found| found.pid).collect::<Vec<_>>(), [std::process::id()]);
        assert_eq!(found[0].directory, std::env::current_dir().ok());
        assert!(found[0].started.is_some_and(|started| started <= SystemTime::now()));
        drop(listener);
        let again = TcpListener::bind(("127.0.0.1", port)).expect("the same port");
        assert_ne!(at_port(port)[0].socket, found[0].socket);
        drop(again);
        assert_eq!(at_port(port), []);
    }

    #[test]
    fn a_row_that_does_not_listen_is_none() {
        let row =
            |state: &str| row(&format!("  0: 0100007F:0BB8 00000000:0000 {state} 00000000:00000000 00:0 0 0 0 4242 1"));
        assert_eq!((row("0A"), row("01"), super::row("nonsense")), (Some((4242, 3000)), None, None));
    }
}
