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

/// Fails when a line is anything but a JSON line that a schema describes.
#[track_caller]
pub fn assert_line(line: &str) {
    let kind = serde_json::from_str::<Value>(line).ok().and_then(|line| line["type"].as_str().map(str::to_owned));
    assert!(kind.is_some(), "no JSON line with a type, although `--json` was asked for:\n{line}");
    assert_described(line, true);
}

/// Fails when a step that was begun has no end, or is begun once more before it.
#[track_caller]
pub fn assert_steps_end(stdout: &str) {
    let mut begun: Vec<String> = Vec::new();
    for line in stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let (Some("step"), Some(step), Some(status)) =
            (line["type"].as_str(), line["step"].as_str(), line["status"].as_str())
        else {
            continue;
        };
        let known = begun.iter().position(|begun| begun == step);
        match (status, known) {
            ("start", Some(_)) => panic!("`{step}` began a second time before it ended:\n{stdout}"),
            ("start", None) => begun.push(step.to_owned()),
            (_, Some(place)) => drop(begun.remove(place)),
            (_, None) => {}
        }
    }
    assert!(begun.is_empty(), "{begun:?} began and did not end:\n{stdout}");
}

/// Whether a command line asks for JSON lines.
pub fn asks_for_json<'a>(args: impl Iterator<Item = &'a str>) -> bool {
    args.take_while(|arg| *arg != "--").any(|arg| arg == "--json")
}

/// Whether it asks for JSON lines and for nothing beside them.
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

#[test]
fn a_step_without_an_end_is_seen() {
    let step = |step: &str, status: &str| format!(r#"{{"type":"step","step":"{step}","status":"{status}"}}"#);
    let refused = |lines: &[String]| std::panic::catch_unwind(|| assert_steps_end(&lines.join("\n"))).is_err();
    let (start, ok, warn) = (step("app", "start"), step("app", "ok"), step("tunnel", "warn"));
    assert!(!refused(&[start.clone(), warn.clone(), ok.clone(), start.clone(), ok.clone(), ok.clone()]));
    assert!(refused(&[start.clone(), warn]) && refused(&[start.clone(), start, ok.clone(), ok]));
}

#[test]
fn a_line_that_is_no_json_is_seen() {
    let refused = |line: &str| std::panic::catch_unwind(|| assert_line(line)).is_err();
    assert!(!refused(r#"{"type":"note","schema":1,"text":"so"}"#));
    assert!(refused("DEBUG so") && refused("") && refused(r#"{"text":"so"}"#) && refused(r#"{"type":"nothing"}"#));
}
