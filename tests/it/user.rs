//! `user`: real events of a throw-away user, each proven; nobody else's user is touched, and none stays behind.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::account::Account;
use crate::fixture::{Machine, Output, Running, Sandbox, signal};

/// A sandbox with faults, and on it the built-in app with a set-up that waits.
fn set_up(faults: &str) -> (Machine, Running) {
    set_up_with(faults, "--serve")
}

fn set_up_with(faults: &str, app: &str) -> (Machine, Running) {
    let sandbox = Sandbox::start(faults);
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start(&format!("up {app} --no-env --no-test --json"));
    up.wait_for_type("ready");
    (machine, up)
}

/// A machine without a set-up.
fn bare(faults: &str) -> Machine {
    let sandbox = Sandbox::start(faults);
    Machine::with(&sandbox).keep(sandbox)
}

fn users(machine: &Machine) -> Vec<String> {
    Account::at(machine.sandbox()).users()
}

/// A cycle that waits for its first event, and the line of the user that it made.
fn cycle_at_its_proof(machine: &Machine) -> (Running, Value) {
    let mut cycle = machine.start("user cycle --json");
    let made = cycle.wait_for_type("user");
    cycle.wait_for("the proof begins", |line| line.contains(r#""step":"proof","status":"start""#));
    (cycle, made)
}

fn hops(proof: &Value) -> Vec<(String, bool)> {
    let hops = proof["hops"].as_array().expect("hops").iter();
    hops.map(|hop| (hop["hop"].as_str().expect("a word").to_owned(), hop["ok"] == true)).collect()
}

fn actions(output: &Output) -> Vec<Value> {
    output.of_type("user").into_iter().map(|line| line["action"].clone()).collect()
}

#[test]
fn one_is_made_changed_and_deleted_each_time_with_its_proof() {
    let (machine, mut up) = set_up("");
    assert_data_eq!(
        machine.run("user create").expect_code(0).snapshot(),
        str![[r#"
exit 0
--- stdout
user_[ID]
--- stderr
  ✓ user      user_[ID] created, clerkhook-[WORD]+clerk_test@example.com
  ✓ test      user.created msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid

"#]]
    );
    assert_data_eq!(
        machine.run("user update").expect_code(0).snapshot(),
        str![[r#"
exit 0
--- stderr
  ✓ user      user_[ID] updated: Clerkhook Test-[WORD]
  ✓ test      user.updated msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid

"#]]
    );
    machine.run("user update --first-name Ada --last-name Lovelace").expect_code(0);
    // The same names again: its message is another one than the last.
    let again = machine.run("user update --first-name Ada --last-name Lovelace --json").expect_code(0);
    let shown: Vec<Value> = (0..4).map(|_| up.wait_for_type("delivery")).collect();
    assert_eq!(shown[3]["message_id"], again.of_type("proof")[0]["message_id"]);
    let (_, user) = Account::at(machine.sandbox()).clerk(reqwest::Method::GET, "users", None);
    assert_eq!((&user[0]["first_name"], &user[0]["last_name"]), (&json!("Ada"), &json!("Lovelace")));
    assert_data_eq!(
        machine.run("user delete").expect_code(0).snapshot(),
        str![[r#"
exit 0
--- stderr
  ✓ user      user_[ID] deleted
  ✓ test      user.deleted msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid

"#]]
    );
    assert!(users(&machine).is_empty());
    assert_data_eq!(
        machine.run("user delete").snapshot(),
        str![[r#"
exit 4
--- stderr
error: no user of clerkhook's is known CH0409

  → make one with `clerkhook user create`, or give the id of one

"#]]
    );
}

#[test]
fn the_id_alone_is_data() {
    let (machine, _up) = set_up("");
    let made = machine.run("user create -q").expect_code(0);
    assert_eq!((users(&machine), made.stderr.as_str()), (vec![made.stdout.trim().to_owned()], ""));
    let id = made.stdout.trim();
    let deleted = machine.run(&format!("user delete {id} -q")).expect_code(0);
    assert_eq!((deleted.stdout.as_str(), deleted.stderr.as_str()), ("", ""));
    assert_eq!(machine.run(&format!("user delete {id} --json")).expect_code(4).error()["code"], "CH0410");
}

#[test]
fn a_cycle_proves_three_events_in_order_and_leaves_nobody() {
    let (machine, mut up) = set_up("");
    let output = machine.run("user cycle --json").expect_code(0);
    let proofs = output.of_type("proof");
    let events: Vec<_> = proofs.iter().map(|proof| proof["event"].as_str().expect("an event")).collect();
    assert_eq!(events, ["user.created", "user.updated", "user.deleted"]);
    for proof in &proofs {
        let all = ["accepted", "attempt", "edge", "agent", "app", "signature"];
        assert_eq!(hops(proof), all.map(|hop| (hop.to_owned(), true)));
    }
    assert_eq!(actions(&output), ["created", "updated", "deleted"]);
    assert!(users(&machine).is_empty());
    let shown: Vec<_> = (0..3).map(|_| up.wait_for_type("delivery")["message_id"].clone()).collect();
    assert_eq!(shown, proofs.iter().map(|proof| proof["message_id"].clone()).collect::<Vec<_>>());
    assert!(!machine.state().join("user.json").exists(), "a user that is gone is not noted");
}

#[test]
fn ctrl_c_in_a_cycle_deletes_the_user() {
    for name in ["INT", "TERM"] {
        let (machine, _up) = set_up("--fault delivery=drop");
        let (cycle, made) = cycle_at_its_proof(&machine);
        cycle.signal(name);
        let output = cycle.finish().expect_code(130);
        assert_eq!(output.error()["code"], "CH0002");
        assert_eq!(actions(&output), ["created", "deleted"]);
        assert_eq!(output.of_type("user")[1]["user_id"], made["user_id"]);
        assert!(users(&machine).is_empty());
    }
}

#[test]
fn what_a_killed_cycle_left_is_the_user_that_delete_means() {
    let (machine, _up) = set_up("--fault delivery=drop");
    let (cycle, made) = cycle_at_its_proof(&machine);
    cycle.signal("KILL");
    let _ = cycle.finish();
    assert_eq!(users(&machine), [made["user_id"].as_str().expect("an id")]);
    let output = machine.run("user delete --no-wait --json").expect_code(0);
    assert_eq!(output.of_type("user")[0]["user_id"], made["user_id"]);
    assert!(users(&machine).is_empty());
}

#[test]
fn ctrl_c_while_the_user_is_being_made_deletes_it_once_it_is_there() {
    let (machine, _up) = set_up("--fault clerk=slow:300ms:1@POST/v1/users");
    let mut cycle = machine.start("user cycle --json");
    cycle.wait_for("it is being made", |line| line.contains(r#""step":"user","status":"start""#));
    cycle.signal("INT");
    let output = cycle.finish().expect_code(130);
    assert_eq!(actions(&output), ["created", "deleted"]);
    assert!(users(&machine).is_empty());
}

#[test]
fn a_second_ctrl_c_names_the_user_that_stays() {
    let (machine, _up) = set_up("--fault delivery=drop --fault clerk=slow:30s:1@DELETE/v1/users");
    let mut cycle = machine.start("user cycle --json");
    let id = cycle.wait_for_type("user")["user_id"].as_str().expect("an id").to_owned();
    let pid = cycle.child.id();
    while cycle.child.try_wait().expect("a child").is_none() {
        signal(pid, "INT");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let output = cycle.finish().expect_code(130);
    let left = format!("the user {id} (`clerkhook user delete {id}` deletes it)");
    assert_eq!(output.talk("farewell")["left"], serde_json::json!([left]));
    machine.run(&format!("user delete {id} --no-wait")).expect_code(0);
    assert!(users(&machine).is_empty());
}

#[test]
fn an_app_that_fails_is_named_and_the_user_is_deleted() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut app = machine.start("serve --port 0 --respond 500 --json");
    let port = app.wait_for_type("serving")["port"].clone();
    let mut up = machine.start(&format!("up {port} --no-env --no-test --json"));
    up.wait_for_type("ready");
    assert_data_eq!(
        machine.run("user cycle").snapshot(),
        str![[r#"
exit 6
--- stderr
  ✓ user      user_[ID] created, clerkhook-[WORD]+clerk_test@example.com
  ✗ test      `user.created` was not taken: the app answered 500, and said `{"message":"received","event":"user.created","signature":"unchecked","reason":"no signing secret is known"}`
              CH0805

  → look into the app's log for what failed there

  User user_[ID] is deleted.

"#]]
    );
    assert!(users(&machine).is_empty());
    let made = machine.run("user create --json").expect_code(6);
    assert_eq!(made.error()["code"], "CH0805");
    let id = made.of_type("user")[0]["user_id"].as_str().expect("an id").to_owned();
    assert_eq!(users(&machine), [id], "one that was made on purpose stays");
}

#[test]
fn a_message_that_clerk_does_not_send_is_named() {
    let (machine, _up) = set_up("--fault clerk=silent:1");
    let output = machine.run("user cycle --timeout 1s").expect_code(6);
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 6
--- stderr
  ✓ user      user_[ID] created, clerkhook-[WORD]+clerk_test@example.com
  ✗ test      `user.created` was not delivered: Clerk sent no `user.created` message within 1 s
              CH0801

  → wait longer with `clerkhook user cycle --timeout 60s`; `clerkhook send-test user.created` shows whether the rest of the way works

  User user_[ID] is deleted.

"#]]
    );
    assert!(users(&machine).is_empty());
    let (machine, _up) = set_up("--fault clerk=silent:1");
    let output = machine.run("user create --timeout 300ms --json").expect_code(6);
    let proof = &output.of_type("proof")[0];
    assert_eq!((&proof["message_id"], hops(proof)), (&Value::Null, vec![("accepted".to_owned(), false)]));
    assert_eq!(output.error()["code"], "CH0801");
}

#[test]
fn the_message_is_found_without_svixs_list() {
    let (machine, _up) = set_up("--fault svix=403@/msg");
    machine.run("user cycle").expect_code(0);
}

#[test]
fn the_message_is_found_without_the_agents_captures() {
    let (machine, _up) = set_up("--fault agent=noinspect");
    let output = machine.run("user create --json").expect_code(6);
    assert_eq!(output.error()["code"], "CH0804");
    let proof = &output.of_type("proof")[0];
    assert!(proof["message_id"].as_str().is_some_and(|id| id.starts_with("msg_")), "{proof}");
}

#[test]
fn what_the_endpoint_would_not_get_is_not_made() {
    let (machine, _up) = set_up("");
    machine.run("register --no-env --events user.created").expect_code(0);
    assert_data_eq!(
        machine.run("user cycle").snapshot(),
        str![[r#"
exit 6
--- stderr
error: endpoint `ep_[ID]` does not listen to `user.updated,user.deleted`, so Svix would accept it and never deliver it CH0604

  → let it through too: `clerkhook register --events user.created,user.updated,user.deleted`

"#]]
    );
    let account = Account::at(machine.sandbox());
    let id = account.list("endpoint")[0]["id"].as_str().expect("an id").to_owned();
    account.patch(&id, json!({"disabled": true}));
    assert_eq!(machine.run("user create --json").expect_code(6).error()["code"], "CH0603");
    assert!(account.users().is_empty());
    assert_eq!(bare("").run("user create --json").expect_code(5).error()["code"], "CH0310");
}

#[test]
fn without_waiting_no_set_up_is_needed() {
    let machine = bare("");
    let made = machine.run("user create --no-wait").expect_code(0);
    assert_data_eq!(
        made.snapshot(),
        str![[r#"
exit 0
--- stdout
user_[ID]
--- stderr
  ✓ user      user_[ID] created, clerkhook-[WORD]+clerk_test@example.com
  - test      user.created: whether it arrived was not looked at (`--no-wait`)

"#]]
    );
    assert_eq!(users(&machine), [made.stdout.trim()]);
    let cycle = machine.run("user cycle --no-wait --json").expect_code(0);
    assert_eq!(actions(&cycle), ["created", "updated", "deleted"]);
    assert_eq!(users(&machine).len(), 1);
    machine.run("user delete --no-wait").expect_code(0);
}

#[test]
fn nobody_elses_user_is_touched() {
    let machine = bare("");
    let ann = Account::at(machine.sandbox()).add_person("ann@example.com");
    assert_data_eq!(
        machine.run(&format!("user delete {ann} --no-wait")).snapshot(),
        str![[r#"
exit 2
--- stderr
error: clerkhook did not make the user `user_[ID]`, so it is left alone CH0411

  → change it in the Clerk dashboard; here only those that `clerkhook user create` made are touched

"#]]
    );
    assert_eq!(machine.run(&format!("user update {ann} --no-wait --json")).expect_code(2).error()["code"], "CH0411");
    machine.run("user create --no-wait").expect_code(0);
    machine.run("user create --no-wait").expect_code(0);
    let asked = machine.run("user delete --all").expect_code(3);
    assert_data_eq!(
        asked.snapshot(),
        str![[r#"
exit 3
--- stdout
  user      delete  user_[ID], clerkhook-[WORD]+clerk_test@example.com
  user      delete  user_[ID], clerkhook-[WORD]+clerk_test@example.com
--- stderr
error: `Delete 2 users?` needs an answer, and nobody can be asked CH0107

  → answer beforehand with `--yes`

"#]]
    );
    assert_eq!(users(&machine).len(), 3);
    let deleted = machine.run("user delete --all --yes --json").expect_code(0);
    assert_eq!(actions(&deleted), ["deleted", "deleted"]);
    assert_eq!(users(&machine), [ann]);
    assert_data_eq!(
        machine.run("user delete --all").expect_code(0).snapshot(),
        str![[r#"
exit 0
--- stderr
  note: the instance has no user that clerkhook made

"#]]
    );
    let typed = machine.run("user delete ../instance --no-wait").expect_code(2);
    assert!(typed.stderr.contains("expected a user's id"), "{}", typed.stderr);
}

#[test]
fn a_dry_run_changes_nothing() {
    let (machine, _up) = set_up("");
    machine.run("user create").expect_code(0);
    let before = users(&machine);
    assert_data_eq!(
        machine.run("user cycle --dry-run").expect_code(0).snapshot(),
        str![[r#"
exit 0
--- stdout
  user      create  a throw-away user, which makes user.created
  user      change  its last name, which makes user.updated
  user      delete  it again, which makes user.deleted

"#]]
    );
    for deed in ["create", "update --first-name Ada", "delete", "delete --all"] {
        let output = machine.run(&format!("user {deed} --dry-run --json")).expect_code(0);
        assert_eq!(output.of_type("plan").len(), 1, "{deed}");
    }
    assert_eq!(users(&machine), before);
    assert_eq!(Account::at(machine.sandbox()).list("msg").len(), 1);
}

#[test]
fn a_production_instance_is_refused() {
    let machine = bare("").secret("CLERK_SECRET_KEY", "sk_live_abcdefghijklmnop");
    let refused = machine.run("user create --no-wait --json").expect_code(3).error();
    assert_eq!(refused["code"], "CH0104");
    let unconfirmed = machine.run("user delete --all --live --json").expect_code(3).error();
    assert_eq!(unconfirmed["code"], "CH0107");
}

#[test]
fn an_instance_that_insists_on_a_password_gets_one() {
    let machine = bare("--fault clerk=password_required");
    let output = machine.run("user create --no-wait -vv").expect_code(0);
    let (_, user) = Account::at(machine.sandbox()).clerk(reqwest::Method::GET, "users", None);
    assert_eq!(user[0]["password_enabled"], true);
    assert!(!output.stderr.contains("Aa1!"), "{}", output.stderr);
}

#[test]
fn a_full_instance_says_what_to_delete() {
    let machine = bare("");
    let account = Account::at(machine.sandbox());
    for number in 0..100 {
        account.add_person(&format!("person{number}@example.com"));
    }
    assert_data_eq!(
        machine.run("user create --no-wait").snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ user      the instance holds as many users as it may
              user_quota_exceeded: You have reached your limit of 100 users. (trace [TRACE])
              CH0412

  → delete those that clerkhook left with `clerkhook user delete --all`, others in the Clerk dashboard

"#]]
    );
}

#[test]
fn a_lost_answer_leaves_nobody_behind() {
    let (machine, _up) = set_up("--fault clerk=lost:1@POST/v1/users");
    machine.run("user cycle").expect_code(0);
    assert!(users(&machine).is_empty());
    let (machine, _up) = set_up("--fault clerk=lost:1@DELETE/v1/users");
    machine.run("user cycle").expect_code(0);
    assert!(users(&machine).is_empty());
}

#[test]
fn a_user_that_cannot_be_deleted_is_named() {
    let (machine, _up) = set_up("--fault clerk=403@DELETE/v1/users");
    let output = machine.run("user cycle").expect_code(4);
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 4
--- stderr
  ✓ user      user_[ID] created, clerkhook-[WORD]+clerk_test@example.com
  ✓ test      user.created msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid
  ✓ user      user_[ID] updated: Clerkhook Test-[WORD]
  ✓ test      user.updated msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid
  ✗ user      Clerk refused: authorization_invalid
error: the user `user_[ID]` was not deleted CH0413
  Clerk refused: authorization_invalid

  → delete it with `clerkhook user delete user_[ID]`

"#]]
    );
}

#[test]
fn its_help_fits_eighty_columns() {
    for deed in ["", "create", "update", "delete", "cycle"] {
        let help = Machine::new().run(&format!("user {deed} --help")).expect_code(0).stdout;
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}
