//! `serve`: what it shows, how it verifies, how it misbehaves when told to, how it ends.

use clerkhook::signature::{SigningSecret, sign};
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, PATIENCE, Running, until};
use crate::people::on_a_terminal;
use crate::wire::{exchange, post};

pub const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const EVENT: &str = r#"{"type":"user.created","data":{"id":"user_1","first_name":"Zoë"}}"#;

/// The app on a free port, and that port.
pub fn serve(machine: &Machine, args: &str) -> (Running, u16) {
    let mut app = machine.start(&format!("serve --port 0 --json {args}"));
    let port = app.wait_for_type("serving")["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    (app, port.expect("a port"))
}

/// Ends it as Ctrl-C does, which is a clean end.
fn stop(app: Running) -> Output {
    app.signal("INT");
    app.finish().expect_code(0)
}

/// The three headers of a delivery signed now.
pub fn signed(body: &[u8]) -> Vec<(&'static str, String)> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time");
    let seconds = i64::try_from(now.as_secs()).expect("a time");
    let secret = SigningSecret::parse(SECRET).expect("a secret");
    let signature = sign(&[secret], "msg_1", seconds, body);
    vec![("svix-id", "msg_1".into()), ("svix-timestamp", seconds.to_string()), ("svix-signature", signature)]
}

fn deliver(port: u16, body: &str) -> String {
    let headers = signed(body.as_bytes());
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    post(port, "/api/webhooks", &headers, body.as_bytes())
}

/// A verdict and its reason, of the one delivery that came.
fn verdict(output: &Output) -> (String, String) {
    let delivery = &output.of_type("delivery")[0];
    let text = |name: &str| delivery[name].as_str().unwrap_or_default().to_owned();
    (text("signature"), text("reason"))
}

#[test]
fn a_port_that_is_taken_is_not_taken_away_and_the_hint_helps() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let machine = Machine::new();
    let output = machine.run(&format!("serve --port {port}"));
    assert_data_eq!(
        output.snapshot().replace(&port.to_string(), "[PORT]"),
        str![[r#"
exit 3
--- stderr
error: cannot listen on port [PORT] CH0202
  Address already in use (os error 98)

  → choose another port with `--port N`, or any free one with `--port 0`

"#]]
    );
    assert!(output.stderr.contains("`--port 0`"));
    let (app, _) = serve(&machine, "");
    stop(app);
}

#[test]
fn a_person_sees_headers_and_the_body() {
    let machine = Machine::new();
    let mut app = machine.start("serve --port 0 --respond 200");
    // Where it listens stands on stderr; the state is asked of the system instead.
    let port = listening_port(app.child.id());
    let answer = post(port, "/any/path?x=1", &[("x-a", "b")], EVENT.as_bytes());
    assert!(answer.contains(r#"{"message":"received","event":"user.created","signature":"unchecked""#), "{answer}");
    app.wait_for("the body", |line| line == EVENT);
    assert_data_eq!(
        stop(app).snapshot(),
        str![[r#"
exit 0
--- stdout
  [TIME]  user.created       200 [MS] ms  signature unchecked
    host: localhost:[PORT]
    connection: close
    x-a: b
    content-length: 66

{"type":"user.created","data":{"id":"user_1","first_name":"Zoë"}}
--- stderr
  Serving http://localhost:[PORT], no signing secret known: not verifying; press Ctrl-C to stop.

"#]]
    );
}

/// The port on which a process listens.
pub fn listening_port(pid: u32) -> u16 {
    let deadline = std::time::Instant::now() + crate::fixture::PATIENCE;
    while std::time::Instant::now() < deadline {
        let output = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("a process").filter_map(|file| {
            let link = std::fs::read_link(file.ok()?.path()).ok()?;
            Some(link.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
        });
        let sockets: Vec<String> = output.collect();
        let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if fields[3] == "0A" && sockets.iter().any(|socket| socket == fields[9]) {
                let port = fields[1].rsplit(':').next().expect("a port");
                return u16::from_str_radix(port, 16).expect("a number");
            }
        }
        std::thread::yield_now();
    }
    panic!("process {pid} does not listen");
}

#[test]
fn any_method_and_path_is_answered() {
    let (app, port) = serve(&Machine::new(), "");
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"] {
        let request = format!("{method} /x/{method} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        assert!(exchange(port, request.as_bytes()).starts_with("HTTP/1.1 200"), "{method}");
    }
    let output = stop(app);
    let seen: Vec<_> = output.of_type("delivery").iter().map(|line| line["method"].clone()).collect();
    assert_eq!(seen, ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"]);
}

#[test]
fn quiet_is_one_line_a_delivery() {
    let machine = Machine::new();
    let mut app = machine.start("serve --port 0 -q");
    let port = listening_port(app.child.id());
    deliver(port, EVENT);
    app.wait_for("the line", |line| line.contains("user.created"));
    let output = stop(app);
    assert_eq!(output.stdout.lines().count(), 1, "{}", output.stdout);
    assert_eq!(output.stderr, "");
}

#[test]
fn the_secret_is_found_where_it_is_kept_and_the_body_is_taken_byte_for_byte() {
    let machine = Machine::new().file("secret", SECRET);
    let environment = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    let file = Machine::new().file(".env.local", &format!("CLERK_WEBHOOK_SIGNING_SECRET={SECRET}\n"));
    for (machine, args) in [(machine, "--secret-file secret"), (environment, ""), (file, "")] {
        let (app, port) = serve(&machine, args);
        // Spaces, an escape and a last newline that any parser would lose.
        deliver(port, "{ \"type\" :\t\"user.created\", \"data\": {\"n\": 1.0, \"x\": \"\\u00e9\"} }\r\n");
        assert_eq!(verdict(&stop(app)), ("valid".to_owned(), String::new()));
    }
}

#[test]
fn a_wrong_signature_is_told_and_refused_when_asked() {
    let machine = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    for (args, status) in [("", "HTTP/1.1 200"), ("--reject-invalid", "HTTP/1.1 400")] {
        let (app, port) = serve(&machine, args);
        let headers = signed(b"{}");
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = post(port, "/", &headers, EVENT.as_bytes());
        assert!(answer.starts_with(status), "{answer}");
        let (signature, reason) = verdict(&stop(app));
        assert_eq!(signature, "invalid");
        assert!(reason.contains("does not match"), "{reason}");
    }
}

#[test]
fn a_malformed_secret_is_named() {
    let machine = Machine::new().file("secret", "ep_29w83sxmDNGwOuEthce5gg56FcC\n");
    assert_data_eq!(
        machine.run("serve --port 0 --secret-file secret").snapshot(),
        str![[r#"
exit 3
--- stderr
error: the signing secret from flag `--secret-file` is malformed: it is an endpoint id (`ep_…`), not a signing secret (`whsec_…`) CH0108

  → copy it again from the endpoint's page; it begins with `whsec_`

"#]]
    );
    let machine = Machine::new().set("CLERK_WEBHOOK_SIGNING_SECRET", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=");
    assert_data_eq!(
        machine.run("serve --port 0").snapshot(),
        str![[r#"
exit 3
--- stderr
error: the signing secret from environment variable `CLERK_WEBHOOK_SIGNING_SECRET` is malformed: it begins with `v1,`; the secret begins with `whsec_` CH0108

  → copy it again from the endpoint's page; it begins with `whsec_`

"#]]
    );
    let output = Machine::new().run("serve --port 0 --secret-file nowhere");
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 3
--- stderr
error: cannot read `nowhere` CH0004
  No such file or directory (os error 2)

  → check the path and its permissions

"#]]
    );
}

#[test]
fn it_misbehaves_as_told() {
    for (respond, start) in [("500", "HTTP/1.1 500"), ("302", "HTTP/1.1 302"), ("503:50ms", "HTTP/1.1 503")] {
        let (app, port) = serve(&Machine::new(), &format!("--respond {respond}"));
        let started = std::time::Instant::now();
        let answer = deliver(port, EVENT);
        assert!(answer.starts_with(start), "{answer}");
        assert_eq!(answer.contains("location: /sign-in"), respond == "302", "{answer}");
        assert!(respond != "503:50ms" || started.elapsed().as_millis() >= 50);
        assert_eq!(stop(app).of_type("delivery").len(), 1);
    }
    assert_data_eq!(
        Machine::new().run("serve --respond ok").snapshot(),
        str![[r#"
exit 2
--- stderr
error: invalid value 'ok' for '--respond <STATUS[:DELAY]>': `ok` is no status to answer with; give one from 200 to 599, for example `500`

For more information, try '--help'.

"#]]
    );
}

#[test]
fn a_body_past_the_limit_gets_413() {
    let (app, port) = serve(&Machine::new(), "--max-body 10");
    assert!(post(port, "/", &[], b"0123456789").starts_with("HTTP/1.1 200"));
    assert!(post(port, "/", &[], b"0123456789a").starts_with("HTTP/1.1 413"));
    let statuses: Vec<_> = stop(app).of_type("delivery").iter().map(|line| line["status_code"].clone()).collect();
    assert_eq!(statuses, [200, 413]);
}

#[test]
fn the_page_is_for_a_browser_on_this_machine_only() {
    let (app, port) = serve(&Machine::new(), "");
    let get = |extra: &str| {
        let request = format!("GET / HTTP/1.1\r\naccept: text/html\r\nconnection: close\r\n{extra}\r\n");
        exchange(port, request.as_bytes())
    };
    assert!(get("host: localhost\r\n").contains("<html"));
    for extra in ["host: localhost\r\nx-forwarded-for: 203.0.113.1\r\n", "host: evil.example\r\n"] {
        assert!(!get(extra).contains("<html"), "{extra}");
    }
    stop(app);
}

#[test]
fn the_page_never_goes_through_the_tunnel() {
    let machine = Machine::new();
    let mut up = machine.start("up --sandbox --serve --no-test --json");
    let url = up.wait_for_type("ready")["public_url"].as_str().expect("a URL").to_owned();
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\nconnection: close\r\n\r\n";
    let answer = exchange(crate::wire::port_of(&url), request);
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("<html"), "{answer}");
    up.signal("INT");
    up.finish().expect_code(0);
}

#[test]
fn hostile_text_never_reaches_the_terminal_raw() {
    let machine = Machine::new();
    // ESC, BEL, C1's CSI, a right-to-left override; in the path, a header, a JSON body and one that is none.
    let json =
        "{\"type\":\"user.\u{9b}31mcreated\u{202e}\",\"data\":{\"\u{9b}x\":\"\\u001b]0;owned\\u0007 \u{9b}2J\"}}";
    let text = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}plain";
    for args in ["", "-q", "--json", "--color always"] {
        let mut app = machine.start(&format!("serve --port 0 {args}"));
        let port = listening_port(app.child.id());
        for body in [json, text] {
            post(port, "/%1b]0;x%07/\u{9b}", &[("x-evil", "a\u{9b}b"), ("svix-id", "msg\u{202e}")], body.as_bytes());
        }
        // Something harmless comes last.
        post(port, "/the-end", &[], b"");
        app.wait_for("the end", |line| line.contains("the-end"));
        let output = stop(app);
        // Into a pipe a body goes byte for byte; `--json` and `-q` have none as it is.
        let stdout = [json, text].iter().fold(output.stdout.clone(), |shown, body| shown.replacen(body, "", 1));
        assert_eq!(stdout.len() < output.stdout.len(), ["", "--color always"].contains(&args), "{args}");
        let shown = format!("{stdout}{}", output.stderr);
        let bad = ['\u{7}', '\u{9b}', '\u{202e}'];
        assert!(!shown.contains(bad), "{args}: {shown:?}");
        assert!(!shown.contains("\u{1b}]"), "{args}: {shown:?}");
        assert!(args == "--color always" || !shown.contains('\u{1b}'), "{args}: {shown:?}");
    }
}

/// Bodies that an indented copy of their JSON would hide something of; the last is no text.
const ODD: [&[u8]; 4] = [
    b"{ \"b\" :\t1.0, \"a\": [12345678901234567890, 1e400],\r\n \"b\": \"\\u0078\\/\" }\r\n",
    b"\x1b]0;owned\x07 \x9b2J",
    b"{\"token\":\"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"}",
    b"\xff\x00\xfe",
];

#[test]
fn into_a_pipe_or_a_file_go_the_bytes_as_they_came() {
    for args in ["", "--raw", "--color always"] {
        let machine = Machine::new();
        let path = machine.project().join("out");
        let words = format!("serve --port 0 {args}");
        let mut command = machine.command(&words.split_whitespace().collect::<Vec<_>>());
        let file = std::fs::File::create(&path).expect("a file");
        let mut child = command.stdout(file).stderr(std::process::Stdio::null()).spawn().expect("it starts");
        let port = listening_port(child.id());
        ODD.iter().for_each(|body| drop(post(port, "/", &[], body)));
        post(port, "/the-end", &[], b"");
        let written = || std::fs::read(&path).expect("a file");
        let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        until("the last line", || holds(&written(), b"/the-end"));
        crate::fixture::signal(child.id(), "INT");
        assert_eq!(child.wait().expect("an end").code(), Some(0));
        for body in ODD {
            let whole = [b"\n\n", body, b"\n\n"].concat();
            assert!(holds(&written(), &whole), "{args}: {:?}", body.escape_ascii().to_string());
        }
    }
}

/// What `serve` shows on a terminal of each of these bodies, without colours.
fn shown_on_a_terminal(args: &str) -> String {
    let machine = Machine::new();
    let mut session = on_a_terminal(&machine, &format!("serve --port 0 {args}"), 100);
    expectrl::Expect::expect(&mut session, "press Ctrl-C").expect("where it listens");
    let port = listening_port(u32::try_from(session.get_process().pid().as_raw()).expect("a process"));
    ODD.iter().for_each(|body| drop(post(port, "/", &[], body)));
    post(port, "/the-end", &[], b"");
    session.set_expect_timeout(Some(PATIENCE));
    let found = expectrl::Expect::expect(&mut session, "/the-end").expect("the last line");
    let text = String::from_utf8_lossy(found.before()).into_owned();
    crate::fixture::signal(u32::try_from(session.get_process().pid().as_raw()).expect("a process"), "INT");
    crate::people::finish(session);
    // The terminal's own line ends and the styles are ours.
    let plain = anstream::adapter::strip_str(&text).to_string().replace("\r\n", "\n");
    assert_eq!(text.matches('\u{1b}').count(), text.matches("\u{1b}[").count(), "{text:?}");
    assert!(!text.contains("\u{1b}[2J") && !plain.chars().any(|c| c.is_control() && c != '\n'), "{plain:?}");
    plain
}

#[test]
fn on_a_terminal_a_body_is_formatted_and_says_so() {
    let shown = shown_on_a_terminal("");
    let lines = "    {\n      \"b\": 1.0,\n      \"a\": [\n        12345678901234567890,\n        1e400\n      ],\n      \
                 \"b\": \"\\u0078\\/\"\n    }\n    formatted, 70 bytes as sent; --raw shows them\n";
    assert!(shown.contains(lines), "{shown}");
    assert!(shown.contains("    \\u{1b}]0;owned\\u{7} \\x9b2J\n"), "{shown}");
    assert!(shown.contains("\"token\": \"whsec_…FRYX\""), "{shown}");
    assert!(shown.contains("    \\xff\\u{0}\\xfe\n"), "{shown}");
}

#[test]
fn raw_on_a_terminal_is_what_came_with_its_control_characters_spelled_out() {
    let shown = shown_on_a_terminal("--raw");
    let lines = "    { \"b\" :\\t1.0, \"a\": [12345678901234567890, 1e400],\\r\n     \"b\": \"\\u0078\\/\" }\\r\n";
    assert!(shown.contains(lines), "{shown}");
    assert!(!shown.contains("formatted"), "{shown}");
}

#[test]
fn a_slow_reader_is_told_of_a_gap_and_slows_no_delivery() {
    for (args, sent) in [("--json", 60), ("", 60)] {
        let machine = Machine::new();
        let mut command = machine.command(&["serve", "--port", "0"]);
        command.args(args.split_whitespace());
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let mut child = command.stdout(writer).stderr(std::process::Stdio::null()).spawn().expect("it starts");
        drop(command);
        let port = listening_port(child.id());
        let body = vec![b'x'; 1024 * 1024 - 1024];
        // Nobody reads meanwhile, and each is answered all the same.
        (0..sent).for_each(|_| assert!(post(port, "/", &[], &body).starts_with("HTTP/1.1 200")));
        let memory = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a process");
        let peak =
            memory.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        let peak: u64 = peak.expect("its memory");
        assert!(peak < 250 * 1024, "{peak} kB");
        crate::fixture::signal(child.id(), "INT");
        let mut said = String::new();
        std::io::Read::read_to_string(&mut reader, &mut said).expect("text");
        assert_eq!(child.wait().expect("an end").code(), Some(0));
        let missed: usize = if args == "--json" {
            let lines = said.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
            let gaps: Vec<_> = lines.filter(|line| line["type"] == "gap").collect();
            assert_eq!((&gaps[0]["schema"], &gaps[0]["where"]), (&1.into(), &"reader".into()));
            gaps.iter().filter_map(|gap| gap["missed"].as_u64()).sum::<u64>().try_into().expect("a count")
        } else {
            let gaps = said.lines().filter_map(|line| {
                let line = line.strip_prefix("  ! ")?;
                line.split_once(" deliveries are not shown: what reads this output is too slow")?
                    .0
                    .parse::<usize>()
                    .ok()
            });
            gaps.sum()
        };
        let shown = if args == "--json" {
            said.lines().filter(|line| line.contains("\"type\":\"delivery\"")).count()
        } else {
            said.lines().filter(|line| line.ends_with("signature unchecked")).count()
        };
        assert!(missed > 0 && shown > 0, "{shown} shown, {missed} missed");
        assert_eq!(shown + missed, sent, "{args}");
    }
}
