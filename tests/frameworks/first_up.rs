//! The first `up` in a project that was just cloned, with a sandbox in the role of Clerk and nothing typed but `up`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::{App, copy, keys};
use crate::definition::{Definition, Mistake, folder};
use crate::fixture::{Machine, Output, Running, Sandbox};

/// What `up` waits for where a person has to do something.
const UNREAD: &str = "the app has not read the new signing secret";

/// The secret is written, the server is started again where it has to be, and one signed event is sent and arrives.
pub fn is_proven(name: &str, definition: &Definition) {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).without("CLERK_SECRET_KEY");
    let directory = copy(name, definition, &Mistake::default());
    let keys = env_file(definition, sandbox.text("clerk_secret_key"));
    std::fs::write(directory.path().join(&definition.env_file), keys).expect("written");
    let mut app = App::run(name, &definition.start, directory, Vec::new());
    let mut command = machine.command(&["up", "--json"]);
    command.current_dir(app.directory());
    let (began, mut restarted) = (Instant::now(), None);
    let mut up = machine.watch(command);
    while let Some(waiting) = next_of(&mut up) {
        assert_eq!((&waiting["found"], restarted), (&json!(UNREAD), None), "{}", app.log());
        app.restart();
        restarted = Some(Instant::now());
    }
    let ready = Instant::now();
    up.signal("INT");
    let output = up.finish().expect_code(0);
    assert_eq!(all_hops_held(&output), [true], "{}\n{}", output.stdout, app.log());
    assert_eq!(restarted.is_some(), definition.restart.starts_with("restart"), "{}", output.stdout);
    note(name, ready - began, restarted.map(|restarted| ready - restarted));
}

/// Clerk's keys as a person has them in the project.
fn env_file(definition: &Definition, secret: &str) -> String {
    let mut text = String::new();
    for name in &definition.keys {
        let known = keys().into_iter().find(|(known, _)| known == name).expect("a name of Clerk's").1;
        let value = if name.ends_with("SECRET_KEY") { secret } else { &known };
        writeln!(text, "{name}={value}").expect("text");
    }
    text
}

/// What is waited for next; nothing once it is ready.
fn next_of(up: &mut Running) -> Option<Value> {
    let of = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    let line =
        up.wait_for("`waiting` or `ready`", |line| ["waiting", "ready"].iter().any(|kind| of(line)["type"] == *kind));
    Some(of(&line)).filter(|line| line["type"] == "waiting")
}

/// Of each event that was sent, whether it was seen all the way.
fn all_hops_held(output: &Output) -> Vec<bool> {
    let held = |proof: &Value| {
        proof["hops"].as_array().is_some_and(|hops| hops.iter().all(|hop| hop["ok"] == Value::Bool(true)))
    };
    output.of_type("proof").iter().map(held).collect()
}

/// `SNAPSHOTS=overwrite` notes how long it took, for the document; no test asks for a time.
fn note(name: &str, ready: Duration, restarted: Option<Duration>) {
    let seconds = |time: Duration| (time.as_secs_f64() * 10.0).round() / 10.0;
    let noted = json!({ "ready": seconds(ready), "ready_after_restart": restarted.map(seconds) });
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        let text = serde_json::to_string_pretty(&noted).expect("JSON") + "\n";
        std::fs::write(folder(name).join("first_up.json"), text).expect("written");
    }
}
