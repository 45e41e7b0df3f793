//! What is said of each usual mistake, compared with what stands in the folder's `told.json`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use crate::app::{App, Mode};
use crate::definition::{Definition, Mistake, folder};
use crate::fixture::{Output, steady};
use crate::templates::run;

/// What is said, by mistake and command.
type Told = BTreeMap<String, BTreeMap<String, String>>;

/// One writer at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// Makes the mistake, and compares what `trigger` and `check` say. `SNAPSHOTS=overwrite` notes it.
pub fn is_told(name: &str, definition: &Definition, mistake: &Mistake) {
    let app = App::start(name, definition, Mode::Dev, mistake);
    let trigger = run(&app, &format!("trigger user.created --to {} --path /api/webhooks --json", app.port));
    let check = run(&app, &format!("check {} --path /api/webhooks --skip slow-client --json", app.port));
    let told = BTreeMap::from([("trigger".to_owned(), of_trigger(&trigger)), ("check".to_owned(), of_check(&check))]);
    let told = told.into_iter().map(|(command, words)| (command, plain(&app, &words))).collect::<BTreeMap<_, _>>();
    let _lock = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let file = folder(name).join("told.json");
    let mut all: Told =
        std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        all.insert(mistake.name.clone(), told);
        all.retain(|name, _| definition.mistakes.iter().any(|mistake| mistake.name == *name));
        let text = serde_json::to_string_pretty(&all).expect("JSON") + "\n";
        std::fs::write(file, text).expect("written");
        return;
    }
    assert_eq!(all.get(&mistake.name), Some(&told), "the app said:\n{}", app.log());
}

fn of_trigger(output: &Output) -> String {
    match output.code {
        Some(0) => "taken".to_owned(),
        _ => format!("{} → {}", text(&output.error(), "message"), text(&output.error(), "hint")),
    }
}

/// The check that is to be mended first, or else the first that warned.
fn of_check(output: &Output) -> String {
    let checks = output.of_type("check");
    let hint = || text(&output.error(), "hint");
    let only = |check: &&Value| output.code == Some(7) && hint().contains(&format!("--only {}`", text(check, "check")));
    let of = |status: &str| {
        let of = || checks.iter().filter(|check| check["status"] == status);
        of().find(only).or_else(|| of().next()).cloned()
    };
    match (output.code, of("fail").or_else(|| of("warn"))) {
        (Some(0), None) => "all held".to_owned(),
        (Some(_), Some(check)) => {
            let said = [text(&check, "found"), text(&check, "cause")].into_iter().filter(|words| !words.is_empty());
            let said = said.collect::<Vec<_>>().join(": ");
            format!("{} {}: {said} → {}", text(&check, "status"), text(&check, "check"), text(&check, "fix"))
        }
        _ => format!("{}{}", output.stdout, output.stderr),
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// Without what differs between runs.
fn plain(app: &App, words: &str) -> String {
    let words = words.replace(&app.port.to_string(), "PORT");
    let words = words.replace(app.directory().to_str().expect("a path"), "PROJECT");
    steady(&words).trim_end().to_owned()
}
