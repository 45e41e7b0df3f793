//! Who listens on this machine: ports with the process that holds each and the directory that it runs in, where the
//! system tells them (Linux, of this user's own processes).

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::group::stat;

/// A port that somebody listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// The number of the socket, which another one on the same port does not have.
    pub socket: u64,
    /// The process.
    pub pid: u32,
    /// The name of its program's file.
    pub program: String,
    /// Where it runs.
    pub directory: PathBuf,
    /// When it was started, to a hundredth of a second.
    pub started: Option<SystemTime>,
}

/// Tables of the sockets that this machine holds.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// What the tables call a socket that listens.
const LISTENS: &str = "0A";

/// All listeners whose process may be looked at, by port.
pub fn listeners() -> Vec<Listener> {
    listening(|_| true)
}

/// The listeners of a port.
pub fn at_port(port: u16) -> Vec<Listener> {
    listening(|other| other == port)
}

/// Where none is wanted no process is looked at.
fn listening(wanted: impl Fn(u16) -> bool) -> Vec<Listener> {
    let all = TABLES.iter().flat_map(|table| listed(&read(table)));
    let ports: HashMap<u64, u16> = all.filter(|(_, port)| wanted(*port)).collect();
    if ports.is_empty() {
        return Vec::new();
    }
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut found: Vec<Listener> = pids.flat_map(|pid| of_process(pid, &ports)).collect();
    found.sort_by_key(|listener| (listener.port, listener.pid, listener.socket));
    found.dedup_by_key(|listener| (listener.port, listener.pid, listener.socket));
    found
}

fn read(table: &str) -> String {
    fs::read_to_string(table).unwrap_or_default()
}

/// Sockets and their ports: `0: 0100007F:0BB8 00000000:0000 0A … UID TIMEOUT INODE …` (proc(5), hexadecimal).
fn listed(table: &str) -> Vec<(u64, u16)> {
    let socket = |line: &str| {
        let mut fields = line.split_whitespace();
        let port = u16::from_str_radix(fields.nth(1)?.rsplit_once(':')?.1, 16).ok()?;
        let listens = fields.nth(1)? == LISTENS;
        let inode = fields.nth(5)?.parse().ok()?;
        listens.then_some((inode, port))
    };
    table.lines().skip(1).filter_map(socket).collect()
}

fn of_process(pid: u32, ports: &HashMap<u64, u16>) -> Vec<Listener> {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let (Ok(directory), Ok(handles)) = (fs::read_link(process.join("cwd")), fs::read_dir(process.join("fd"))) else {
        return Vec::new();
    };
    let program = fs::read_link(process.join("exe")).unwrap_or_default();
    let program = program.file_name().unwrap_or_default().to_string_lossy().trim_end_matches(" (deleted)").to_owned();
    let port = |handle: fs::DirEntry| {
        let link = fs::read_link(handle.path()).ok()?;
        let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()?;
        Some((inode, *ports.get(&inode)?))
    };
    let held: Vec<(u64, u16)> = handles.flatten().filter_map(port).collect();
    let started = if held.is_empty() { None } else { started(pid) };
    let listener = |(socket, port)| Listener {
        port,
        socket,
        pid,
        program: program.clone(),
        directory: directory.clone(),
        started,
    };
    held.into_iter().map(listener).collect()
}

/// Processes are counted from the machine's start, and `/proc/uptime` tells how long ago that was (proc(5)).
fn started(pid: u32) -> Option<SystemTime> {
    let since_start = stat(pid)?.since_start;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let uptime = Duration::try_from_secs_f64(uptime.split_whitespace().next()?.parse().ok()?).ok()?;
    SystemTime::now().checked_sub(uptime.saturating_sub(since_start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_names_who_listens() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 x 100\n   \
                     1: 0100007F:0BB9 0100007F:1234 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 x 100\n   \
                     2: broken\n";
        assert_eq!(listed(table), [(4711, 3000)]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_found_where_it_runs_and_nowhere_else() {
        let four = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = four.local_addr().expect("an address").port();
        let here = std::env::current_dir().expect("a directory");
        let found = listeners();
        let ours = found.iter().find(|listener| listener.port == port).expect("found");
        assert_eq!((ours.pid, ours.directory.clone()), (std::process::id(), here));
        let elsewhere = tempfile::tempdir().expect("a directory");
        assert!(!listeners().iter().any(|listener| listener.directory.starts_with(elsewhere.path())));
        assert!(ours.started.is_some_and(|started| started <= SystemTime::now()));
        let (before, again) = (ours.socket, four);
        drop(again);
        let four = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the same port");
        assert_ne!(at_port(port)[0].socket, before);
        drop(four);
        assert!(!listeners().iter().any(|listener| listener.port == port && listener.pid == std::process::id()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_that_listens_on_the_sixth_version_alone_is_found() {
        // A machine without it has nothing to find.
        let Ok(six) = std::net::TcpListener::bind("[::1]:0") else { return };
        let port = six.local_addr().expect("an address").port();
        assert!(listeners().iter().any(|listener| listener.port == port && listener.pid == std::process::id()));
    }
}
