//! The documents against the program: what they say must hold, and what the program says must stand in them.

mod agents;
mod commands;
mod errors;
mod events;
mod examples;
#[path = "../it/fixture.rs"]
#[allow(dead_code, reason = "the ground of the tests of the commands; not all of it is needed here")]
mod fixture;
mod floors;
mod frameworks;
mod json;
mod links;
mod readme;
mod rules;
mod samples;
mod walkthrough;

use std::path::{Path, PathBuf};

/// A path of the repository.
fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of the repository.
fn text(path: &str) -> String {
    std::fs::read_to_string(root(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The texts of a document's `## ` headings, in their order.
fn headings(document: &str) -> Vec<&str> {
    document.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect()
}

/// The lines of the code blocks of a language.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<Vec<&'a str>> {
    let fence = format!("```{language}\n");
    let blocks = document.split(&fence).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(|block| block.lines().collect()).collect()
}
