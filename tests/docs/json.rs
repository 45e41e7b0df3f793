//! `docs/json.md` and `docs/schema` against each other, and against the types of lines in the source.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{blocks, root, text};

/// The names of the schemas, and what they say.
fn schemas() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(root("docs/schema")).expect("a folder").map(|file| file.expect("a file").path());
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("text");
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), serde_json::from_str(&text).expect("JSON"))
    };
    files.map(read).collect()
}

/// The types that the source prints: the variants of `Report` that are lines of their own.
fn printed() -> BTreeSet<String> {
    let source = text("src/report/mod.rs");
    let list = source.split("pub enum Report {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("a list");
    let mut lines = list.lines().peekable();
    let mut named = BTreeSet::new();
    while let Some(line) = lines.next() {
        let is_line = !line.contains("#[serde(skip)]") && !line.contains("#[serde(untagged)]");
        let next = if line.contains("#[serde(") { lines.next().unwrap_or_default() } else { line };
        let name = next.strip_prefix("    ").and_then(|name| name.split(['(', ' ', ',']).next()).unwrap_or_default();
        if is_line && name.starts_with(|c: char| c.is_ascii_uppercase()) {
            named.insert(snake(name));
        }
    }
    named
}

/// `SetUp` as JSON has it: `set_up`.
fn snake(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

#[test]
fn each_type_has_a_schema_and_a_row() {
    let document = text("docs/json.md");
    let named: BTreeSet<String> = schemas().into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, printed());
    for name in named {
        assert!(document.contains(&format!("| [`{name}`](schema/{name}.json) |")), "{name}");
    }
}

#[test]
fn each_field_stands_in_its_row() {
    let document = text("docs/json.md");
    for (name, schema) in schemas() {
        let row = document.lines().find(|line| line.starts_with(&format!("| [`{name}`]"))).expect("a row");
        assert_eq!(schema["additionalProperties"], false, "{name}");
        for field in schema["properties"].as_object().expect("fields").keys() {
            let implied = field == "type" || field == "schema";
            assert!(implied || row.contains(&format!("`{field}`")), "{name}: {field}");
        }
    }
}

#[test]
fn each_example_is_described() {
    let (schemas, document) = (schemas(), text("docs/json.md"));
    let examples = blocks(&document, "json").concat();
    assert!(examples.len() >= 5, "{examples:?}");
    for example in examples {
        let example: Value = serde_json::from_str(example).expect("JSON");
        let (_, schema) = schemas.iter().find(|(name, _)| example["type"] == name.as_str()).expect("a schema");
        let fault = jsonschema::validate(schema, &example);
        assert!(fault.is_ok(), "{fault:?}");
    }
}
