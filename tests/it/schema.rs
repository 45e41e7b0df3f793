//! Every JSON line that a test sees is one that `docs/schema` describes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// The schema of each type of line, by its name.
fn schemas() -> &'static BTreeMap<String, Validator> {
    static SCHEMAS: OnceLock<BTreeMap<String, Validator>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
        let files = std::fs::read_dir(folder).expect("docs/schema").map(|entry| entry.expect("a file").path());
        let schema = |path: std::path::PathBuf| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a schema");
            let schema = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let schema = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, schema)
        };
        files.map(schema).collect()
    })
}

/// Fails when a line is a JSON line of ours that no schema describes. `program` tells that it was asked for JSON lines, so
/// that one without `schema` is wrong too; else a line may be the body of somebody's webhook.
#[track_caller]
pub fn assert_described(line: &str, program: bool) {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else { return };
    let Some(kind) = fields.get("type").and_then(Value::as_str).map(str::to_owned) else { return };
    if !program && !fields.contains_key("schema") {
        return;
    }
    let schema = schemas().get(&kind).unwrap_or_else(|| panic!("docs/schema/{kind}.json is missing, for\n{line}"));
    let faults: Vec<String> =
        schema.iter_errors(&Value::Object(fields)).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "docs/schema/{kind}.json does not describe\n{line}\n{}", faults.join("\n"));
}

/// Whether a command line asks for JSON lines and for nothing beside them.
pub fn asks_for_lines<'a>(args: impl Iterator<Item = &'a str>) -> bool {
    let all = args.collect::<Vec<_>>().join(" ");
    all.contains("--json") && !["--raw", "--print=", "--format"].iter().any(|flag| all.contains(flag))
}

#[test]
fn what_is_not_described_is_seen() {
    let refused = |line: &str, program| std::panic::catch_unwind(|| assert_described(line, program)).is_err();
    let note = r#"{"type":"note","schema":1,"text":"so"}"#;
    assert!(!refused(note, true));
    assert!(!refused("no JSON", true) && !refused(r#"{"type":"user.created"}"#, false));
    for wrong in [
        r#"{"type":"user.created"}"#,
        r#"{"type":"note","text":"so"}"#,
        r#"{"type":"note","schema":1}"#,
        r#"{"type":"note","schema":1,"text":"so","new":1}"#,
        r#"{"type":"note","schema":1,"text":7}"#,
    ] {
        assert!(refused(wrong, true), "{wrong}");
    }
}
