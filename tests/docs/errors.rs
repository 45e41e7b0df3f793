//! `docs/errors.md`: one heading for each code, and under it the error as it is printed.

use std::collections::BTreeMap;

use clerkhook::error::Error;
use snapbox::data::DataFormat;
use snapbox::{Data, assert_data_eq};

use crate::samples::samples;
use crate::{headings, root, text};

/// The code of a wrong command line, which is no `Error`: clap words it.
const USAGE: &str = "CH0005";

/// Every `CH` and four digits in the sources of the errors, sorted.
fn codes() -> Vec<String> {
    let code_rs = text("src/error/code.rs");
    let mut codes: Vec<String> = code_rs
        .match_indices("\"CH")
        .map(|(at, _)| code_rs[at + 1..].split('"').next().unwrap_or_default().to_owned())
        .chain([USAGE.to_owned()])
        .collect();
    codes.sort();
    codes
}

/// As a person sees it where no step's line has told it. Whoever leaves a question made no error.
fn printed(error: &Error) -> String {
    if let Error::Declined { .. } = error {
        return "  Nothing was done.".to_owned();
    }
    let cause: String = error.cause().into_iter().flat_map(str::lines).map(|line| format!("  {line}\n")).collect();
    format!("error: {error} {}\n{cause}\n  → {}", error.code(), error.hint())
}

/// What clap says to a port that is none.
fn usage() -> String {
    match clerkhook::cli::parse(&["clerkhook", "up", "70000"].map(Into::into)) {
        Err(clerkhook::cli::Unparsed::Wrong { text, .. }) => anstream::adapter::strip_str(&text).to_string(),
        other => panic!("70000 is no port: {other:?}"),
    }
}

#[test]
fn each_code_has_one_heading_and_none_is_extra() {
    assert!(codes().len() > 50, "the codes are read from the source");
    let document = text("docs/errors.md");
    assert_eq!(headings(&document), codes());
}

/// `SNAPSHOTS=overwrite cargo test --test docs` writes the examples anew.
#[test]
fn each_example_is_what_is_printed() {
    let samples = samples();
    let mut examples: BTreeMap<&str, String> =
        samples.iter().map(|error| (error.code(), printed(error).trim_end().to_owned())).collect();
    examples.insert(USAGE, usage().trim_end().to_owned());
    let document = text("docs/errors.md");
    let mut sections = document.split("\n## ");
    let mut renewed = sections.next().unwrap_or_default().to_owned();
    for section in sections {
        let code = section.lines().next().unwrap_or_default();
        let example = examples.get(code).unwrap_or_else(|| panic!("no sample of {code}"));
        let (before, rest) = section.split_once("```text\n").unwrap_or_else(|| panic!("{code} shows no example"));
        let (_, after) = rest.split_once("```").unwrap_or_else(|| panic!("{code}'s example has no end"));
        renewed += &format!("\n## {before}```text\n{example}\n```{after}");
    }
    assert_data_eq!(renewed, Data::read_from(&root("docs/errors.md"), Some(DataFormat::Text)).raw());
}

#[test]
fn each_exit_code_is_the_real_one() {
    let document = text("docs/errors.md");
    for error in samples() {
        let code = error.code();
        let section = document.split(&format!("\n## {code}\n")).nth(1).unwrap_or_else(|| panic!("{code}"));
        let exit = section.split("Exit").nth(1).and_then(|rest| rest.split('.').next()).unwrap_or_default();
        assert_eq!(exit.trim(), (error.exit_code() as u8).to_string(), "{code}");
    }
}
