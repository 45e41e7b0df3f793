//! `docs/frameworks.md` against what the tests of the frameworks know, and what they noted of each mistake.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clerkhook::handler::Framework;
use clerkhook::handler::framework::ALL;

use crate::{root, text};

#[path = "../frameworks/definition.rs"]
mod definition;

use definition::Definition;

/// Where the written part ends.
const MARK: &str = "<!-- From here on written by `SNAPSHOTS=overwrite cargo test --test docs`. -->\n";

#[test]
fn each_framework_has_its_section() {
    let document = text("docs/frameworks.md");
    let (head, _) = document.split_once(MARK).expect("the mark");
    let mut wanted = format!("{head}{MARK}");
    let all = definition::all();
    for (name, definition) in &all {
        section(&mut wanted, name, definition);
    }
    wanted.push_str("\n## Others\n\nTheir handlers are printed, and not run in the tests.\n\n| framework | file | beside |\n|---|---|---|\n");
    let run = |framework: Framework| all.iter().any(|(_, definition)| definition.framework.parse() == Ok(framework));
    for profile in ALL.iter().filter(|profile| !run(profile.framework)) {
        let beside = format!("`{}`; {}", profile.install, profile.mount);
        writeln!(wanted, "| {} (`{}`) | `{}` | {} |", profile.title, profile.name, profile.place, cell(&beside))
            .expect("text");
    }
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        std::fs::write(root("docs/frameworks.md"), &wanted).expect("written");
    }
    assert!(document == wanted, "`SNAPSHOTS=overwrite cargo test --test docs` writes docs/frameworks.md anew");
}

fn section(document: &mut String, name: &str, definition: &Definition) {
    let profile = definition.framework.parse::<Framework>().expect("a framework").profile();
    let title = profile.title;
    writeln!(document, "\n## {title}\n").expect("text");
    writeln!(document, "Reads {}. After a new secret: {}.\n", definition.reads, definition.restart).expect("text");
    writeln!(
        document,
        "The handler: `clerkhook handler --framework {}`, in `{}`; `{}`; {}. It reads `{}`. It passes `check` on the packages of `tests/frameworks/{name}`, started with `{}`.\n",
        profile.name, profile.place, profile.install, profile.mount, profile.variable,
        definition.start.replace("{port}", "PORT"),
    )
    .expect("text");
    let took: serde_json::Value =
        serde_json::from_str(&text(&format!("tests/frameworks/{name}/first_up.json"))).expect("JSON");
    let restarted = match took["ready_after_restart"].as_f64() {
        Some(seconds) => format!("restarted as soon as `up` asked for it, {seconds} s before that"),
        None => "without a restart by hand".to_owned(),
    };
    writeln!(document, "The first `up`, on the tests' machine: ready after {} s, {restarted}.\n", took["ready"])
        .expect("text");
    document.push_str("| mistake | what is said |\n|---|---|\n");
    let told: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&text(&format!("tests/frameworks/{name}/told.json"))).expect("JSON");
    for mistake in &definition.mistakes {
        let told = told.get(&mistake.name).unwrap_or_else(|| panic!("{name}: nothing is noted of `{}`", mistake.name));
        let words =
            if told["trigger"] == "taken" { format!("`check`: {}", told["check"]) } else { told["trigger"].clone() };
        let words = words.replacen("`user.created` was not taken: ", "", 1);
        writeln!(document, "| {} | {} |", cell(&mistake.what), cell(&words)).expect("text");
    }
}

fn cell(words: &str) -> String {
    words.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}
