//! The walls of `docs/architecture.md`: what only one room may touch.

use std::path::PathBuf;

use crate::floors::sources;
use crate::{root, text};

/// What stands in the source of these places only. The sandbox's agent, which is a server, has routes of its own.
const WALLS: [(&str, &[&str]); 6] = [
    ("clap::", &["cli"]),
    ("Client::builder", &["http.rs", "http"]),
    ("Command::new", &["process.rs", "process"]),
    ("rusqlite", &["history"]),
    (".captures(", &["steps/feed"]),
    ("AgentApi::captures", &["steps/feed"]),
];

/// Lines of code of a file that hold a text.
fn holds(file: &PathBuf, needle: &str) -> bool {
    let source = std::fs::read_to_string(file).expect("text");
    source.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(needle))
}

#[test]
fn each_wall_stands() {
    let files = sources(&root("src"));
    for (needle, places) in WALLS {
        let inside = |file: &&PathBuf| places.iter().any(|place| file.starts_with(root("src").join(place)));
        let holding: Vec<&PathBuf> = files.iter().filter(|file| holds(file, needle)).collect();
        let outside: Vec<_> = holding.iter().filter(|file| !inside(file)).collect();
        assert!(outside.is_empty(), "`{needle}` stands in {outside:?}");
        // A wall around nothing is a typing error; the last one guards another spelling.
        assert!(!holding.is_empty() || needle.starts_with("AgentApi"), "`{needle}` stands nowhere");
    }
}

#[test]
fn the_document_names_each_wall() {
    let document = text("docs/architecture.md");
    for (needle, _) in WALLS {
        let word = needle.trim_matches(|c: char| !c.is_ascii_alphanumeric()).trim_start_matches("AgentApi::");
        assert!(document.contains(word), "{word}");
    }
}
