//! `handler`: the one that fits the project is printed, or written where nothing is.

use serde_json::Value;

use crate::fixture::Machine;

const NEXT: &str = r#"{"dependencies":{"next":"16.4.6"}}"#;
const GUARD: &str = "const isPublicRoute = createRouteMatcher(['/sign-in(.*)'])\n";

#[test]
fn the_project_says_which_handler_is_printed() {
    let output = Machine::new().file("package.json", NEXT).run("handler --path /hooks").expect_code(0);
    assert!(
        output.stdout.contains("@clerk/nextjs/webhooks") && output.stdout.contains("POST /hooks"),
        "{}",
        output.stdout
    );
    assert!(output.stderr.contains("createRouteMatcher(['/hooks(.*)'])"), "{}", output.stderr);
    let output = Machine::new().file("requirements.txt", "Django==5.2\nsvix\n").run("handler").expect_code(0);
    assert!(output.stdout.contains("csrf_exempt") && output.stderr.contains("urls.py"), "{}", output.stdout);
    let output = Machine::new().run("handler --framework express --json").expect_code(0);
    let line = &output.of_type("handler")[0];
    assert!(
        line["code"].as_str().is_some_and(|code| code.contains("express.raw")) && line["written"] == Value::Bool(false)
    );
    let output = Machine::new().run("handler --json").expect_code(2);
    assert_eq!(output.error()["code"], "CH0906");
    assert!(Machine::new().run("handler --framework rails").expect_code(2).stderr.contains("fastapi"));
    assert!(Machine::new().run("handler --list").expect_code(0).stdout.contains("sveltekit"));
}

#[test]
fn a_file_is_created_once_and_its_guard_only_opened_when_asked() {
    let machine = Machine::new().file("package.json", NEXT).file("proxy.ts", GUARD);
    machine.run("handler --write --dry-run").expect_code(0);
    assert_eq!(machine.read("app/api/webhooks/route.ts"), "");
    let output = machine.run("handler --write").expect_code(0);
    assert!(output.stderr.contains("+const isPublicRoute = createRouteMatcher(['/sign-in(.*)', '/api/webhooks(.*)'])"));
    assert!(machine.read("app/api/webhooks/route.ts").contains("verifyWebhook"));
    assert_eq!(machine.read("proxy.ts"), GUARD);
    let mine = "mine";
    let machine = machine.file("app/api/webhooks/route.ts", mine);
    let output = machine.run("handler --write --yes --json").expect_code(2);
    assert_eq!(
        (output.error()["code"].as_str(), machine.read("app/api/webhooks/route.ts").as_str()),
        (Some("CH0907"), mine)
    );
    let machine = Machine::new().file("package.json", NEXT).file("proxy.ts", GUARD);
    machine.run("handler --write --yes").expect_code(0);
    assert!(machine.read("proxy.ts").contains("'/api/webhooks(.*)'"));
}
