//! The project: what its files say is used where nobody said more, and told with its place.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::json;

use crate::fixture::{Machine, Output, PATIENCE, Sandbox, free_port};
use crate::stand::OK;
use crate::wire::RawApp;

const NAME: &str = "CLERK_WEBHOOK_SIGNING_SECRET";

/// A handler as Clerk documents it, at a path.
pub fn route(path: &str) -> Vec<(String, String)> {
    let text =
        "import { verifyWebhook } from '@clerk/nextjs/webhooks'\nexport const POST = (req) => verifyWebhook(req)\n";
    vec![(format!("app/{path}/route.ts"), text.to_owned())]
}

/// The files of a Next app in a directory, with a handler at `/hooks/clerk`.
pub fn next_app(directory: &str) -> Vec<(String, String)> {
    next_on(directory, "next dev")
}

fn next_on(directory: &str, script: &str) -> Vec<(String, String)> {
    let package = format!(
        "{{\n  \"scripts\": {{ \"dev\": \"{script}\" }},\n  \"dependencies\": {{ \"next\": \"^16.4.0\", \"@clerk/nextjs\": \"7\" }}\n}}\n"
    );
    let mut files = vec![("package.json".to_owned(), package)];
    files.extend(route("hooks/clerk"));
    files.into_iter().map(|(name, text)| (format!("{directory}/{name}"), text)).collect()
}

/// A program of another name that listens on a port and runs in a directory of the project. It ends with the test.
struct DevServer(Child);

impl DevServer {
    fn start(machine: &Machine, directory: &str, port: u16) -> Self {
        let template = machine.command(&["serve", "--port", &port.to_string()]);
        let program = machine.project().with_file_name("dev-server");
        std::fs::copy(template.get_program(), &program).expect("copied");
        let mut command = Command::new(&program);
        command.args(["serve", "--no-history", "--port", &port.to_string()]).env_clear();
        command.current_dir(machine.project().join(directory));
        let set = template.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        command.envs(set.collect::<Vec<_>>()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self(command.spawn().expect("started"));
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "it never listened");
        }
        server
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn setting(output: &Output, name: &str) -> (String, String) {
    let settings = output.of_type("setting");
    let found = settings.iter().find(|setting| setting["setting"] == name).unwrap_or_else(|| panic!("no {name}"));
    let text = |field: &str| found[field].as_str().expect("a text").to_owned();
    (text("value"), text("source"))
}

#[test]
fn the_first_up_needs_nothing_typed_that_the_project_says() {
    let (sandbox, port) = (Sandbox::start(""), free_port());
    let machine = Machine::with(&sandbox).tree(&next_on(".", &format!("next dev -p {port}")));
    let _server = DevServer::start(&machine, ".", port);
    let output = machine.run("up --once --json").expect_code(0);
    assert_eq!(
        output.of_type("project"),
        [json!({
            "type": "project", "schema": 1, "framework": "next", "version": "16.4", "directory": ".", "dev_port": port,
            "route": {"path": "/hooks/clerk", "file": "app/hooks/clerk/route.ts"}, "env_file": ".env.local",
            "secret_variable": NAME, "warnings": [],
        })]
    );
    assert_eq!(output.of_type("tunnel")[0]["upstream"], format!("http://localhost:{port}"));
    assert!(output.of_type("endpoint")[0]["url"].as_str().expect("a URL").ends_with("/hooks/clerk"));
    assert!(machine.read(".env.local").starts_with(&format!("{NAME}=whsec_")));
    assert_eq!(output.lines()[0]["type"], "project", "it is told first");
}

#[test]
fn a_person_reads_one_line_and_what_should_be_mended() {
    let (sandbox, port) = (Sandbox::start(""), free_port());
    let machine = Machine::with(&sandbox).tree(&next_on(".", &format!("next dev -p {port}")));
    let machine = machine.file(".env", "# old\nWEBHOOK_SECRET=whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n");
    let _server = DevServer::start(&machine, ".", port);
    let output = machine.run("up --once --no-env").expect_code(0);
    let lines: Vec<&str> = output.stderr.lines().take(3).collect();
    assert_eq!(
        lines[..2],
        [
            "  ✓ project   Next.js 16 · app/hooks/clerk/route.ts · .env",
            "  ! project   .env:2: `WEBHOOK_SECRET` is read by nobody: the app reads `CLERK_WEBHOOK_SIGNING_SECRET`",
        ]
    );
    assert!(lines[2].starts_with("  ✓ app "), "{}", output.stderr);
    // It is warned of and never blessed.
    machine.run("up --once").expect_code(0);
    assert!(machine.read(".env").contains(&format!("\n{NAME}=whsec_")), "{}", machine.read(".env"));
}

#[test]
fn where_there_is_no_project_nothing_is_told() {
    let output = Machine::new().run("up --sandbox --serve --once --json").expect_code(0);
    assert_eq!(output.of_type("project"), Vec::<serde_json::Value>::new());
    let doctor = Machine::new().run("doctor --json");
    assert_eq!(setting(&doctor, "app"), ("http://localhost:3000".to_owned(), "default".to_owned()));
    assert_eq!(setting(&doctor, "webhook path"), ("/api/webhooks".to_owned(), "default".to_owned()));
}

#[test]
fn a_dev_server_that_moved_to_the_next_free_port_is_found() {
    let (sandbox, moved) = (Sandbox::start(""), free_port());
    let machine = Machine::with(&sandbox).tree(&next_on(".", &format!("next dev -p {}", free_port())));
    let _server = DevServer::start(&machine, "app", moved);
    let output = machine.run("up --once --json --no-env").expect_code(0);
    assert_eq!(output.of_type("tunnel")[0]["upstream"], format!("http://localhost:{moved}"));
}

#[test]
fn a_stranger_on_the_port_is_named_and_not_tested() {
    // It runs where the tests run, which is not in the project.
    let (sandbox, stranger) = (Sandbox::start(""), RawApp::answering(OK));
    let machine = Machine::with(&sandbox).tree(&next_on(".", &format!("next dev -p {}", stranger.port)));
    let output = machine.run("up --once --json --no-env").expect_code(3);
    let error = output.error();
    assert_eq!(error["code"], "CH0204", "{error}");
    let words = error["message"].as_str().expect("a message");
    assert!(words.contains(&format!("process {}", std::process::id())), "{words}");
    let steps = output.of_type("step");
    assert_eq!((&steps[1]["step"], &steps[1]["status"]), (&json!("app"), &json!("fail")), "{steps:?}");
    assert_eq!(stranger.count(), 0, "it was not asked");
    // Whoever names it means it.
    machine.run(&format!("up {} --once --json --no-env", stranger.port)).expect_code(0);
}

#[test]
fn of_several_packages_one_is_named_or_asked_for() {
    let (sandbox, port) = (Sandbox::start(""), free_port());
    let machine = Machine::with(&sandbox)
        .file("package.json", r#"{"workspaces":["apps/*"]}"#)
        .tree(&next_app("apps/admin"))
        .tree(&next_on("apps/web", &format!("next dev --port {port}")));
    let error = machine.run("up --once --json").expect_code(3).error();
    assert_eq!(error["code"], "CH0111");
    assert_eq!(error["message"], "several packages have a webhook route: apps/admin, apps/web");
    assert!(error["hint"].as_str().expect("a hint").contains("`--project apps/admin`"), "{error}");
    let _server = DevServer::start(&machine, "apps/web", port);
    let output = machine.run("up --once --json --project apps/web").expect_code(0);
    assert_eq!(output.of_type("project")[0]["directory"], "apps/web");
    assert!(machine.read("apps/web/.env.local").starts_with(NAME));
    assert_eq!((machine.read(".env.local"), machine.read("apps/admin/.env.local")), (String::new(), String::new()));
    // What only looks goes on without one.
    machine.run("status --json").expect_code(0);
    machine.run("up --once --json --project apps/absent").expect_code(3);
}

#[test]
fn of_several_routes_one_is_named_or_asked_for() {
    let (sandbox, app) = (Sandbox::start(""), RawApp::answering(OK));
    let machine = Machine::with(&sandbox).tree(&next_app(".")).tree(&route("other"));
    let error = machine.run(&format!("up {} --once --json", app.port)).expect_code(3).error();
    assert_eq!(
        (&error["code"], &error["hint"]),
        (&json!("CH0112"), &json!("name the one that is meant, for example `--path /hooks/clerk`"),)
    );
    for named in ["--path /other", "--serve"] {
        let port = if named == "--serve" { free_port() } else { app.port };
        machine.run(&format!("up {port} --once --json --no-env {named}")).expect_code(0);
    }
    let checks = machine.run(&format!("doctor {} --json", app.port)).of_type("check");
    let found = checks.iter().find(|check| check["check"] == "route").expect("a check");
    assert_eq!(found["found"], "several: /hooks/clerk (app/hooks/clerk/route.ts:2), /other (app/other/route.ts:2)");
}

#[test]
fn each_door_above_the_project_wins_and_doctor_shows_which() {
    let machine = || Machine::new().tree(&next_on(".", "next dev -p 4321"));
    let shown = |machine: Machine, line: &str| {
        let output = machine.run(line);
        (setting(&output, "app"), setting(&output, "webhook path").1)
    };
    let app = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    let (by_project, path) = shown(machine(), "doctor --json");
    assert_eq!(by_project, app("http://localhost:4321", "package.json:2"));
    assert_eq!(path, "app/hooks/clerk/route.ts:2");
    let set = machine().set("CLERKHOOK_APP", "localhost:5000").set("CLERKHOOK_PATH", "/x");
    let (by_environment, path) = shown(set, "doctor --json");
    assert_eq!(by_environment, app("http://localhost:5000", "environment variable `CLERKHOOK_APP`"));
    assert_eq!(path, "environment variable `CLERKHOOK_PATH`");
    let (_, path) = shown(machine().config("[profile.default]\npath = \"/x\"\n"), "doctor --json");
    assert!(path.starts_with("profile `default`"), "{path}");
    let doctor = machine().run("doctor --json");
    assert_eq!(setting(&doctor, "variable"), app(NAME, "app/hooks/clerk/route.ts:2"));
    assert_eq!(setting(&doctor, "env file").1, "package.json:3");
    let wrong = machine().set("CLERKHOOK_APP", "abc").run("doctor --json").expect_code(3);
    assert_eq!(wrong.error()["code"], "CH0105");
}

#[test]
fn what_the_app_reads_is_what_is_signed_with() {
    let secret = |letter: &str| format!("whsec_{}", letter.repeat(32));
    let stale = Machine::new()
        .tree(&next_app("."))
        .file(".env.local", &format!("WEBHOOK_SECRET={}\n", secret("A")))
        .file(".env", &format!("{NAME}={}\n", secret("B")));
    let doctor = stale.run("doctor --json");
    assert_eq!(setting(&doctor, "signing secret").1, format!("`{NAME}` in `.env`"));
    let reads = "import { verifyWebhook } from '@clerk/nextjs/webhooks'\n\
                 export const POST = (r) => verifyWebhook(r, { signingSecret: process.env.CLERK_HOOK_SIGNING_SECRET })\n";
    let own = Machine::new()
        .tree(&next_app("."))
        .tree(&[("app/hooks/clerk/route.ts".to_owned(), reads.to_owned())])
        .file(".env", &format!("CLERK_HOOK_SIGNING_SECRET={}\n", secret("C")));
    let doctor = own.run("doctor --json");
    assert_eq!(setting(&doctor, "signing secret").1, "`CLERK_HOOK_SIGNING_SECRET` in `.env`");
}

#[test]
fn from_a_directory_below_the_package_is_found_and_its_env_files_count() {
    let machine = Machine::new()
        .tree(&next_app("web"))
        .tree(&[("web/.env".to_owned(), "CLERK_SECRET_KEY=pk_test_x\n".to_owned())])
        .tree(&[("web/src/deep/file".to_owned(), String::new())]);
    let mut command = machine.command(&["doctor", "--json"]);
    command.current_dir(machine.project().join("web/src/deep"));
    let output = machine.watch(command).finish();
    assert_eq!(setting(&output, "webhook path").1, "../../app/hooks/clerk/route.ts:2");
    assert_eq!(setting(&output, "Clerk key").1, "`CLERK_SECRET_KEY` in `../../.env`");
}

#[test]
fn the_built_in_app_and_a_sandbox_leave_the_project_alone() {
    let machine = Machine::new().tree(&next_on(".", &format!("next dev -p {}", free_port())));
    let output = machine.run("up --sandbox --serve --once --json").expect_code(0);
    assert!(output.of_type("endpoint")[0]["url"].as_str().expect("a URL").ends_with('/'), "its own path");
    assert!(!Path::new(&machine.project().join(".env.local")).exists());
    assert!(output.of_type("project").is_empty(), "it is not that project's app");
}

#[test]
fn before_the_first_major_version_the_minor_one_counts() {
    let package = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[dependencies]\naxum = \"0.8.9\"\n";
    let machine = Machine::new().file("Cargo.toml", package);
    let output = machine.run("up --once");
    assert!(output.stderr.starts_with("  ✓ project   axum 0.8 · "), "{}", output.stderr);
}
