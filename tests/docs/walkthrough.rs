//! The session of `docs/walkthrough.md`, run again in its order and compared.

use std::time::Instant;

use jiff::Timestamp;
use snapbox::{Data, assert_data_eq};

use crate::fixture::{Machine, PATIENCE, Running, free_port, steady};
use crate::readme::wait_for_deliveries;
use crate::{blocks, text};

/// Commands that only look.
const LOOKS: [&str; 3] = ["status", "events", "logs"];

/// The page's ports: the app's, and that of the handler that verifies.
const PORTS: [&str; 2] = ["3000", "3001"];

/// The commands in their order, each with what it said.
fn recorded(document: &str) -> Vec<(&str, String)> {
    let commands = blocks(document, "text").into_iter();
    commands.filter_map(|block| Some((block.first()?.strip_prefix("$ clerkhook ")?, block[1..].join("\n")))).collect()
}

/// The words of a command line; single quotes hold one word.
fn words(line: &str) -> Vec<&str> {
    let pieces = line.split('\'').enumerate();
    let outside = |place: usize| place.is_multiple_of(2);
    let split =
        pieces.map(|(place, piece)| if outside(place) { piece.split_whitespace().collect() } else { vec![piece] });
    split.collect::<Vec<Vec<&str>>>().concat()
}

/// What differs between runs replaced. A terminal shows both streams, so the order of the lines is not compared.
fn comparable(said: &str) -> String {
    let word = |word: &str| match word {
        _ if word.starts_with("airt_") => "airt_[ID]".to_owned(),
        _ if is_delivery(word) => "[DELIVERY]".to_owned(),
        _ if word.starts_with("v1,") => "v1,[SIGNATURE]".to_owned(),
        // An age in seconds.
        _ if word.len() > 4 && word.parse::<u64>().is_ok() => "[NUMBER]".to_owned(),
        // The next word ends in a semicolon.
        _ if word.starts_with("whsec_…") => format!("[SECRET]{}", if word.ends_with(';') { ";" } else { "" }),
        _ if word.parse::<Timestamp>().is_ok() => "[TIME]".to_owned(),
        // How old the signature is, in seconds, grows from day to day.
        _ if word.len() > 4 && word.bytes().all(|byte| byte.is_ascii_digit()) => "[SECONDS]".to_owned(),
        _ if word.starts_with("whsec_…") => format!("whsec_…[TAIL]{}", if word.ends_with(';') { ";" } else { "" }),
        _ => word.to_owned(),
    };
    let line = |line: &str| match line.trim_start() {
        // The page shows its beginning.
        text if text.starts_with("{\"data\":") => "[BODY]\n".to_owned(),
        text if text.starts_with("Date: ") => "[DATE]\n".to_owned(),
        _ => steady(&line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")),
    };
    let mut lines: Vec<String> = said.lines().map(line).filter(|line| line != "\n").collect();
    lines.sort();
    lines.concat()
}

/// The id of a kept delivery, whole or as it is listed.
fn is_delivery(word: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    matches!(word.len(), 12 | 16) && word.starts_with('1') && word.bytes().all(fits)
}

/// The page's handler, with the secret from the env file.
fn handler(machine: &Machine, port: &str) -> Running {
    let mut handler = machine.start(&format!("serve --port {port} --reject-invalid --json"));
    assert_eq!(handler.wait_for_type("serving")["verifying"], true);
    handler
}

#[test]
fn the_session_is_what_happens() {
    let (document, machine) = (text("docs/walkthrough.md"), Machine::new());
    let ports = PORTS.map(|port| (port, free_port().to_string()));
    let here = |command: &str| ports.iter().fold(command.to_owned(), |line, (port, free)| line.replace(port, free));
    let mut session = recorded(&document).into_iter();
    let (first, up_said) = session.next().expect("the first command");
    let up = machine.start(&here(first));
    wait_for_deliveries(&machine);
    let (mut verifying, mut happened, mut expected) = (None, String::new(), String::new());
    for (command, said) in session {
        if command.contains(PORTS[1]) && verifying.is_none() {
            verifying = Some(handler(&machine, &ports[1].1));
        }
        let line = here(command);
        let said = comparable(&said);
        let deadline = Instant::now() + PATIENCE / 4;
        let now = loop {
            let output = machine.start_args(&words(&line)).finish();
            let now = comparable(&format!("{}{}", output.stdout, output.stderr));
            // What passed a moment ago is kept a moment later, which a person does not notice.
            let again = LOOKS.iter().any(|look| command.starts_with(look)) && Instant::now() < deadline;
            if now == said || !again {
                break now;
            }
        };
        happened += &format!("$ {command}\n{now}");
        expected += &format!("$ {command}\n{said}");
    }
    assert!(verifying.is_some(), "the page replays to a handler that verifies");
    assert_data_eq!(happened, Data::text(expected).raw());
    up.signal("INT");
    let output = up.finish().expect_code(0);
    let begun = output.stderr.split_inclusive('\n').take(up_said.lines().count()).collect::<String>();
    assert_data_eq!(comparable(&begun), Data::text(comparable(&up_said)).raw());
}
