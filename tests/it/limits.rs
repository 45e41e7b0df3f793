//! A machine that gives little: few files, an impossible clock, connections that only hold a place.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;

use crate::fixture::Machine;
use crate::wire::exchange;

/// The command line in a shell that begins with these words.
fn command(machine: &Machine, before: &str, line: &str) -> Command {
    let mut command = Command::new("sh");
    let like = machine.command(&[]);
    command.args(["-c", &format!("{before} {} {line}", env!("CARGO_BIN_EXE_clerkhook"))]);
    command.env_clear().current_dir(machine.project());
    command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

#[test]
fn too_few_files_are_an_error() {
    let machine = Machine::new().set("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    for files in [4, 6, 8, 12, 16] {
        for line in
            ["serve --port 0", "up --sandbox --serve --once", "sandbox", "status", "trigger user.created", "doctor"]
        {
            let output = machine.watch(command(&machine, &format!("ulimit -n {files}; exec"), line)).finish();
            assert!(!output.stderr.contains("panicked"), "{files} files, {line}: {}", output.stderr);
            assert!(output.code != Some(0) && output.code != Some(101), "{files} files, {line}: {:?}", output.code);
            assert!(output.stderr.contains("CH0011"), "{files} files, {line}: {}", output.stderr);
        }
    }
}

#[test]
fn with_some_more_files_whatever_fails_is_told() {
    let machine = Machine::new().set("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    for files in [28, 32, 36, 40, 48] {
        for line in ["up --sandbox --serve --once", "trigger user.created http://127.0.0.1:1", "doctor --no-input"] {
            let output = machine.watch(command(&machine, &format!("ulimit -n {files}; exec"), line)).finish();
            assert!(!output.stderr.contains("panicked"), "{files} files, {line}: {}", output.stderr);
        }
    }
}

#[test]
fn half_open_connections_do_not_keep_others_out() {
    let machine = Machine::new();
    let mut serve = machine.watch(command(&machine, "ulimit -n 64; exec", "serve --port 0 --json"));
    let port = u16::try_from(serve.wait_for_type("serving")["port"].as_u64().expect("a port")).expect("a port");
    let half: Vec<TcpStream> = (0..150)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("taken by the system");
            // It may have been dropped already.
            let _ = stream.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhalf");
            stream
        })
        .collect();
    let answer =
        exchange(port, b"POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(half);
    serve.signal("INT");
    serve.finish().expect_code(0);
}

#[test]
fn an_impossible_clock_is_an_error() {
    // Debian's `faketime`; the conversion itself is tested where it is written.
    if Command::new("faketime").arg("--version").output().is_err() {
        return;
    }
    let machine = Machine::new();
    for (time, code) in [("1969-06-01", Some(1)), ("1971-01-01", Some(0))] {
        let output = machine.watch(command(&machine, &format!("exec faketime {time}"), "status")).finish();
        assert!(!output.stderr.contains("panicked"), "{time}: {}", output.stderr);
        assert_eq!(output.code, code, "{time}: {}", output.stderr);
    }
}
