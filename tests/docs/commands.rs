//! `docs/commands.md` and the README's table against `--help`.

use std::collections::BTreeSet;

use clerkhook::secret::SECRET_KEY_NAMES;
use clerkhook::secret::SIGNING_SECRET_NAMES;

use crate::fixture::Machine;
use crate::{headings, text};

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = Machine::new().run("--help").expect_code(0).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description that goes on in the next line is indented further.
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The long flags that a help text lists.
fn flags(help: &str) -> BTreeSet<String> {
    let starts = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = starts.flat_map(|line| line.split([' ', ',', '[']).filter(|word| word.starts_with("--")).take(1));
    words.map(|word| word.trim_end_matches('.').to_owned()).collect()
}

#[test]
fn each_command_has_a_heading_and_a_row() {
    let (document, readme) = (text("docs/commands.md"), text("README.md"));
    let commands = commands();
    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands {
        assert!(headings(&document).contains(&command.as_str()), "docs/commands.md: {command}");
        let row = readme.lines().any(|line| {
            line.strip_prefix("| `").is_some_and(|row| row.split(['`', ' ']).next() == Some(command.as_str()))
        });
        assert!(row, "README.md: {command}");
    }
}

#[test]
fn each_flag_is_explained() {
    let documents = format!("{}{}", text("docs/commands.md"), text("docs/sandbox.md"));
    for command in commands() {
        let help = Machine::new().run(&format!("{command} --help")).expect_code(0).stdout;
        let flags = flags(&help);
        assert!(flags.contains("--json"), "{command}: {flags:?}");
        for flag in flags.iter().filter(|flag| *flag != "--help" && *flag != "--version") {
            assert!(documents.contains(&format!("`{flag}")) || documents.contains(&format!(", `{flag}")), "{flag}");
        }
    }
}

#[test]
fn each_variable_is_explained() {
    let document = text("docs/commands.md");
    for name in SIGNING_SECRET_NAMES.iter().chain(&SECRET_KEY_NAMES) {
        assert!(document.contains(&format!("`{name}`")), "{name}");
    }
    let sources = ["src/config/settings.rs", "src/config/doors.rs"].map(text).concat();
    let named = sources.split("\"CLERKHOOK_").skip(1).filter_map(|rest| rest.split('"').next());
    let named: BTreeSet<String> = named.map(|name| format!("CLERKHOOK_{name}")).collect();
    assert!(named.len() >= 6, "{named:?}");
    for name in named {
        assert!(document.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn each_cause_of_a_verdict_is_explained() {
    let (document, source) = (text("docs/commands.md"), text("src/verdict/cause.rs"));
    let named: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \""))
        .map(|(_, rest)| rest)
        .collect();
    let slugs: Vec<&str> =
        named.iter().filter_map(|rest| rest.strip_suffix("\",")).filter(|slug| !slug.contains(' ')).collect();
    assert!(slugs.len() >= 40, "{slugs:?}");
    for slug in slugs {
        assert!(document.contains(&format!("`{slug}`")), "{slug}");
    }
}
