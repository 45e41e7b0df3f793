//! Agents of every age, with every log, web address, token and domain.

use snapbox::{assert_data_eq, str};

use crate::fixture::{AGENT_CONFIG, Machine, Sandbox, agents, free_port};
use crate::wire::{RawApp, exchange};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[test]
fn a_web_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let sandbox = Sandbox::start("");
    let config = format!("version: 3\nagent:\n  web_addr: {address}\n");
    let machine = Machine::with(&sandbox).file("web.yml", &config);
    assert_data_eq!(
        machine.run("tunnel 3000 --ngrok-config web.yml").snapshot(),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    the ngrok agent's web address is taken
              listen tcp 127.0.0.1:[PORT]: bind: address already in use
              CH0307

  → stop the program on that port, or remove `web_addr` from the ngrok config

"#]]
    );
    let machine = machine.file("web.yml", "version: 3\nagent: {}\n");
    let mut again = machine.start("tunnel 3000 --ngrok-config web.yml --json");
    assert_ne!(again.wait_for_type("tunnel")["api_url"], format!("http://{address}"));
}

#[test]
fn a_default_web_address_that_is_taken_is_no_obstacle() {
    let sandbox = Sandbox::start("");
    // Either this test holds the port or somebody else does.
    let _taken = std::net::TcpListener::bind("127.0.0.1:4040");
    let settings = sandbox.agent_directory().join("agent.json");
    let text = std::fs::read_to_string(&settings).expect("settings").replace("\"127.0.0.1:0\"", "null");
    std::fs::write(&settings, text).expect("written");
    let app = RawApp::answering(OK);
    let machine = Machine::with(&sandbox);
    let mut tunnel = machine.start(&format!("tunnel {} --json", app.port));
    let told = tunnel.wait_for_type("tunnel");
    assert_ne!(told["api_url"], "http://127.0.0.1:4040");
    let port = crate::wire::port_of(told["public_url"].as_str().expect("a URL"));
    assert!(exchange(port, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").starts_with("HTTP/1.1 200"));
}

#[test]
fn every_kind_of_log_is_understood() {
    for (fault, version) in [("garbage", "3.39.10"), ("plain", "3.39.10"), ("plain", "3.8.0"), ("plain", "2.3.41")] {
        let line = format!("up --sandbox --serve --once --fault agent={fault} --sandbox-agent {version}");
        let output = Machine::new().set("CLERKHOOK_AGENT_TIMEOUT", "5").run(&line);
        assert_eq!(output.code, Some(0), "{fault}: {}", output.stderr);
    }
}

#[test]
fn agents_of_every_age_prove_an_event() {
    for (version, old) in [("2.3.41", true), ("3.8.0", true), ("3.15.9", true), ("3.29.0", false), ("3.39.0", false)] {
        let output = Machine::new().run(&format!("up --sandbox --serve --once --json --sandbox-agent {version}"));
        let output = output.expect_code(0);
        assert_eq!(output.of_type("tunnel")[0]["agent_version"], version);
        assert_eq!(output.stderr.contains("past its support"), old, "{}", output.stderr);
    }
}

#[test]
fn proxies_are_kept_from_the_agent() {
    let sandbox = Sandbox::start("");
    let dead = format!("http://127.0.0.1:{}", free_port());
    let machine = Machine::with(&sandbox).set("http_proxy", &dead).set("HTTPS_PROXY", &dead);
    let mut tunnel = machine.start("tunnel 3000 --json");
    tunnel.wait_for_type("tunnel");
    for agent in agents(&sandbox) {
        let environment = std::fs::read(format!("/proc/{agent}/environ")).expect("an environment");
        assert!(!String::from_utf8_lossy(&environment).to_lowercase().contains("proxy"));
    }
    tunnel.signal("INT");
    let output = tunnel.finish().expect_code(0);
    assert!(output.stderr.contains("kept http_proxy, HTTPS_PROXY from the agent"), "{}", output.stderr);
}

#[test]
fn the_authtoken_reaches_the_agent_by_its_environment() {
    let sandbox = Sandbox::start("");
    let config = std::fs::read_to_string(sandbox.agent_directory().join("ngrok.yml")).expect("a config");
    let token = config.split("authtoken: ").nth(1).expect("a token").trim();
    let machine = Machine::with(&sandbox).without(AGENT_CONFIG).file("bare.yml", "version: 3\n");
    let machine = machine.secret("NGROK_AUTHTOKEN", token);
    let mut tunnel = machine.start("tunnel 3000 --json --ngrok-config bare.yml");
    let told = tunnel.wait_for_type("tunnel");
    let arguments = std::fs::read(format!("/proc/{}/cmdline", told["agent_pid"])).expect("a command line");
    assert!(!String::from_utf8_lossy(&arguments).contains(token));
    tunnel.signal("INT");
    tunnel.finish().expect_code(0);
}

#[test]
fn a_domain_is_asked_for_and_kept_at_the_end() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let output = Machine::new().run(&format!("up --sandbox --serve --once --json --domain {url}")).expect_code(0);
    assert_eq!(output.of_type("tunnel")[0]["public_url"], url);
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "kept");
}

#[test]
fn a_foreign_domain_is_refused() {
    let output = Machine::new().run("tunnel --sandbox --domain quiet-owl.example.com");
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    ngrok refused: the domain is not reserved (ERR_NGROK_319)
              failed to start tunnel: The domain 'quiet-owl.example.com' is not reserved.
              Reserve this domain: https://dashboard.ngrok.com/domains/new
              CH0304

  → reserve it at https://dashboard.ngrok.com/domains, or run it without `--domain`

"#]]
    );
}
