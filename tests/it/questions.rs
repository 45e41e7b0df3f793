//! Every question of the program, on a usual and on a small terminal: it is whole, it can be left, Enter is harmless.

use crate::account::Account;
use crate::fixture::{Machine, Running, Sandbox, agents, free_port};
use crate::screen::{End, Screen};
use crate::stand::Stand;
use crate::wire::RawApp;

const SIZES: [(u16, u16); 2] = [(80, 24), (40, 10)];

/// Escape, Ctrl-C, Ctrl-D.
const LEAVING: [&str; 3] = ["\u{1b}", "\u{3}", "\u{4}"];

/// What a question stands on.
struct Ground {
    machine: Machine,
    line: String,
    /// What runs beside it.
    _beside: Option<(RawApp, Option<Running>)>,
}

/// A question: its variant in the source, its words, its choice, and what is so when it is left.
struct Case {
    name: &'static str,
    words: &'static str,
    left: &'static str,
    ground: fn() -> Ground,
}

const CASES: [Case; 14] = [
    Case {
        name: "ServeApp",
        words: "Start the built-in app there? [Y/n]",
        left: "Nothing was done.",
        ground: || on_sandbox(|machine| machine, format!("up {} --once --no-env", free_port())),
    },
    Case {
        name: "ClerkKey",
        words: "Clerk secret key (sk_test_…, it is not shown):",
        left: "Nothing was done.",
        ground: || on_sandbox(|machine| machine.without("CLERK_SECRET_KEY"), "register https://owl.example --no-env"),
    },
    Case {
        name: "Production",
        words: "This key changes a production instance. Go on? [y/N]",
        left: "Nothing was done.",
        ground: || {
            let live = |machine: Machine| machine.secret("CLERK_SECRET_KEY", "sk_live_abcdefghijklmnop");
            on_sandbox(live, "register https://owl.example --no-env --live")
        },
    },
    Case {
        name: "DeleteUsers",
        words: "Delete 2 users? [y/N]",
        left: "Nothing was done.",
        ground: || {
            let ground = on_sandbox(|machine| machine, "user delete --all");
            ground.machine.run("user create --no-wait").expect_code(0);
            ground.machine.run("user create --no-wait").expect_code(0);
            ground
        },
    },
    Case {
        name: "DeleteEndpoints",
        words: "Delete 1 endpoint? [y/N]",
        left: "Nothing was done.",
        ground: || {
            let ground = on_sandbox(|machine| machine, "prune --older-than 1ms");
            ground.machine.run("register https://owl.example --no-env").expect_code(0);
            ground
        },
    },
    Case {
        name: "ForgetDeliveries",
        words: "Forget 1 delivery of the history? [y/N]",
        left: "Nothing was done.",
        ground: || {
            let ground = on_sandbox(|machine| machine, "events clear");
            ground.machine.run("up --serve --once --no-env").expect_code(0);
            ground
        },
    },
    Case {
        name: "OtherMachine",
        words: "which is not on this machine? [y/N]",
        left: "Nothing was done.",
        ground: || {
            let secret = |machine: Machine| machine.secret("CLERK_WEBHOOK_SIGNING_SECRET", crate::serve::SECRET);
            on_sandbox(secret, "check http://192.0.2.1/api/webhooks")
        },
    },
    Case { name: "WhichDelivery", words: "Which one?", left: "Nothing was done.", ground: || captured(20) },
    Case {
        name: "SendMissed",
        words: "again? [Y/n]",
        left: "Nothing was done.",
        ground: || {
            let ground = captured(0);
            let account = Account::at(ground.machine.sandbox());
            let endpoint = account.list("endpoint")[0]["id"].as_str().expect("an id").to_owned();
            account.patch(&endpoint, serde_json::json!({ "disabled": true }));
            account.add_person("ada@example.com");
            Ground { line: "recover".to_owned(), ..ground }
        },
    },
    Case {
        name: "EnableEndpoint",
        words: "again? [y/N]",
        left: "Nothing was done.",
        ground: || {
            let ground = on_sandbox(|machine| machine, "watch https://owl.example/ --once --enable");
            let account = Account::at(ground.machine.sandbox());
            let endpoint = account.add_endpoint("https://owl.example/");
            account.patch(&endpoint, serde_json::json!({ "disabled": true }));
            ground
        },
    },
    Case {
        name: "Backfill",
        words: "which is not on this machine? [y/N]",
        left: "Nothing was done.",
        ground: || {
            let secret = |machine: Machine| machine.secret("CLERK_WEBHOOK_SIGNING_SECRET", crate::serve::SECRET);
            on_sandbox(secret, "backfill users --to http://192.0.2.1/api/webhooks")
        },
    },
    Case {
        name: "OpenRoute",
        words: "Change `proxy.ts` so? [y/N]",
        left: "Nothing was done.",
        ground: || {
            let guarded = |machine: Machine| {
                let machine = machine.file("package.json", r#"{"dependencies":{"next":"16"}}"#);
                machine.file("proxy.ts", "const isPublicRoute = createRouteMatcher(['/sign-in(.*)'])\n")
            };
            on_sandbox(guarded, "handler --write")
        },
    },
    Case {
        name: "WhichProject",
        words: "Several packages have a webhook route. Which one?",
        left: "Nothing was done.",
        ground: || {
            let root = |machine: Machine| {
                let web = crate::project::next_app("apps/web");
                machine
                    .file("package.json", r#"{"workspaces":["apps/*"]}"#)
                    .tree(&web)
                    .tree(&crate::project::next_app("apps/admin"))
            };
            on_sandbox(root, format!("up {} --no-env", free_port()))
        },
    },
    Case {
        name: "WhichRoute",
        words: "Several routes take webhooks. Which one?",
        left: "Nothing was done.",
        ground: || {
            let two =
                |machine: Machine| machine.tree(&crate::project::next_app(".")).tree(&crate::project::route("other"));
            on_sandbox(two, format!("up {} --no-env", free_port()))
        },
    },
];

fn on_sandbox(machine: impl Fn(Machine) -> Machine, line: impl Into<String>) -> Ground {
    let sandbox = Sandbox::start("");
    let machine = machine(Machine::with(&sandbox)).keep(sandbox);
    Ground { machine, line: line.into(), _beside: None }
}

/// A set-up with so many deliveries behind it.
fn captured(count: usize) -> Ground {
    let mut stand = Stand::start("");
    for number in 0..count {
        let email = format!("person{number}@example.com");
        let event = format!(
            r#"{{"type":"user.created","data":{{"id":"user_{number}","email_addresses":[{{"email_address":"{email}"}}]}}}}"#
        );
        assert_eq!(stand.deliver(&format!("msg_2aBcDeFgHiJkLmNoPqRsTuVwX{number:02}"), &event), 200);
    }
    let Stand { machine, app, up, .. } = stand;
    Ground { machine, line: "replay".to_owned(), _beside: Some((app, Some(up))) }
}

fn asked(ground: &Ground, case: &Case, size: (u16, u16)) -> Screen {
    let mut screen = Screen::start(&ground.machine, &ground.line, size);
    screen.until_shown(case.words);
    screen
}

#[track_caller]
fn is_left(end: &End, case: &Case) {
    assert_eq!(end.code, 130, "{}: {}", case.name, end.seen);
    assert!(end.all.contains(case.left), "{}: {}", case.name, end.seen);
    assert!(!end.all.contains("error:") && !end.all.contains("CH0"), "{}: {}", case.name, end.seen);
}

#[test]
fn no_question_of_the_source_is_forgotten() {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui/question/mod.rs")).expect("read");
    let list = source.split("pub enum Question {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("a list");
    let is_variant = |line: &&str| line.starts_with("    ") && line[4..].starts_with(|c: char| c.is_ascii_uppercase());
    let word = |line: &str| line.trim().trim_end_matches([',', '{', ' ']).to_owned();
    let asked: Vec<String> = list.lines().filter(is_variant).map(word).collect();
    assert_eq!(asked, CASES.map(|case| case.name.to_owned()));
}

#[test]
fn each_can_be_left_in_three_ways_and_nothing_is_done() {
    for case in &CASES {
        let ground = (case.ground)();
        for size in SIZES {
            for key in LEAVING {
                let mut screen = asked(&ground, case, size);
                screen.press(key);
                is_left(&screen.finish(), case);
            }
        }
        let sandbox = ground.machine.sandbox();
        let running = ground._beside.as_ref().is_some_and(|(_, up)| up.is_some());
        assert_eq!(agents(sandbox).len(), usize::from(running), "{}", case.name);
        if case.name == "DeleteUsers" {
            assert_eq!(Account::at(sandbox).users().len(), 2);
        }
        if case.name == "DeleteEndpoints" {
            assert_eq!(Account::at(sandbox).list("endpoint").len(), 1);
        }
        if case.name == "ForgetDeliveries" {
            assert_eq!(ground.machine.run("events --json").of_type("delivery").len(), 1);
        }
    }
}

#[test]
fn each_gives_way_to_sigterm() {
    for case in &CASES {
        let ground = (case.ground)();
        for size in SIZES {
            let screen = asked(&ground, case, size);
            screen.signal("TERM");
            let end = screen.finish();
            assert_eq!(end.code, 130, "{}: {}", case.name, end.seen);
        }
    }
}

#[test]
fn enter_means_no_where_a_yes_could_harm() {
    for case in CASES.iter().filter(|case| case.words.ends_with("[y/N]")) {
        let ground = (case.ground)();
        if case.name == "OpenRoute" {
            // The handler itself was asked for.
            let mut screen = asked(&ground, case, SIZES[0]);
            screen.press("\r");
            assert_eq!(screen.finish().code, 0);
            assert!(!ground.machine.read("proxy.ts").contains("/api/webhooks"));
            assert!(ground.machine.read("app/api/webhooks/route.ts").contains("verifyWebhook"));
            continue;
        }
        for size in SIZES {
            let mut screen = asked(&ground, case, size);
            screen.press("\r");
            is_left(&screen.finish(), case);
        }
        if case.name == "DeleteUsers" {
            assert_eq!(Account::at(ground.machine.sandbox()).users().len(), 2);
            let mut screen = asked(&ground, case, SIZES[1]);
            screen.press("y");
            assert_eq!(screen.finish().code, 0);
            assert!(Account::at(ground.machine.sandbox()).users().is_empty());
        }
    }
}

#[test]
fn the_harmless_ones_take_enter_as_yes() {
    let ground = (CASES[0].ground)();
    let mut screen = asked(&ground, &CASES[0], SIZES[1]);
    screen.press("\r");
    let end = screen.finish();
    assert_eq!(end.code, 0, "{}", end.seen);
    assert!(end.all.contains("served by clerkhook"), "{}", end.seen);
}

#[test]
fn what_is_missing_is_told_together_and_asked_for_one_by_one() {
    for size in SIZES {
        let port = free_port();
        let ground = on_sandbox(|machine| machine.without("CLERK_SECRET_KEY"), format!("up {port} --once --no-env"));
        let key = ground.machine.sandbox().text("clerk_secret_key").to_owned();
        let mut screen = Screen::start(&ground.machine, &ground.line, size);
        screen.until_shown("Start the built-in app there? [Y/n]");
        let told = screen.all().to_owned();
        assert!(told.contains("nothing listens at") && told.contains("no Clerk secret key"), "{told}");
        assert!(told.contains("--sandbox"), "{told}");
        assert!(!told.contains("it is not shown"), "two questions stand at once: {told}");
        screen.press("y");
        screen.until_shown("it is not shown):");
        screen.press(&format!("{key}\r"));
        let end = screen.finish();
        assert_eq!(end.code, 0, "{}", end.seen);
        assert!(!end.all.contains(&key), "the key shows: {}", end.all);
    }
}

#[test]
fn a_pasted_key_never_shows() {
    let case = &CASES[1];
    let ground = (case.ground)();
    let key = ground.machine.sandbox().text("clerk_secret_key").to_owned();
    let mut screen = asked(&ground, case, SIZES[0]);
    // As some terminals paste: in pieces, with the end of a line.
    let (front, back) = key.split_at(12);
    screen.press(&format!("wrong\u{15}x\u{7f}{front}"));
    screen.press(&format!("{back}\n"));
    let end = screen.finish();
    assert_eq!(end.code, 0, "{}", end.seen);
    assert!(!end.all.contains(front) && !end.all.contains(back), "{}", end.all);
}

#[test]
fn the_list_fits_its_terminal_and_narrows_as_one_types() {
    for size in SIZES {
        let ((columns, rows), ground) = (size, captured(20));
        let mut screen = Screen::start(&ground.machine, &ground.line, size);
        let fits = |screen: &Screen| {
            let seen = screen.seen();
            assert!((0..rows).all(|row| !seen.row_wrapped(row)), "a row wraps on\n{}", seen.contents());
            assert_eq!(seen.contents().lines().filter(|line| line.starts_with("> ")).count(), 1, "{}", seen.contents());
            assert!(seen.cursor_position().1 < columns);
        };
        screen.until_shown("1 of 20; type to filter");
        screen.until_shown("Which one?");
        fits(&screen);
        let first = screen.seen().contents();
        let newest = first.lines().find(|line| line.starts_with("> ")).expect("a mark");
        for word in ["user.created", "200", if columns == 80 { "valid" } else { "✓" }, "person1"] {
            assert!(newest.contains(word), "{word} in {first}");
        }
        // Down to the oldest, which is further than the screen.
        screen.press(&"\u{1b}[B".repeat(25));
        screen.until_shown("20 of 20;");
        screen.until_shown("Which one?");
        fits(&screen);
        screen.press("person7@");
        screen.until_shown("1 of 1;");
        screen.until_shown("Which one? person7@");
        fits(&screen);
        screen.press("nobody");
        screen.until_shown("nothing matches");
        screen.press(&"\u{7f}".repeat("nobody".len()));
        screen.until_shown("1 of 1;");
        screen.until_shown("Which one? person7@");
        screen.press("\r");
        let end = screen.finish();
        assert_eq!(end.code, 0, "{}", end.seen);
        assert!(!end.seen.contains("type to filter"), "the list is taken off the screen: {}", end.seen);
        let (app, _) = ground._beside.as_ref().expect("an app");
        assert!(app.bodies().last().is_some_and(|body| body.contains("person7@")), "{}", end.seen);
    }
}
