//! A set-up that runs and waits for events, with what a test needs to visit it.

use std::time::{SystemTime, UNIX_EPOCH};

use clerkhook::signature::{SigningSecret, sign};
use serde_json::Value;

use crate::account::Account;
use crate::fixture::{Machine, Output, Running, Sandbox};
use crate::wire::{RawApp, exchange, port_of, post};

pub const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Sandbox, app and `up`.
pub struct Stand {
    pub machine: Machine,
    pub app: RawApp,
    pub up: Running,
    /// Its `ready` line.
    pub ready: Value,
}

impl Stand {
    /// A set-up for an app that answers 200, on a sandbox with these options.
    pub fn start(sandbox: &str) -> Self {
        Self::with(Machine::with, RawApp::answering(OK), sandbox)
    }

    /// A set-up for this app, on the machine that is made for the sandbox.
    pub fn with(machine: impl FnOnce(&Sandbox) -> Machine, app: RawApp, sandbox: &str) -> Self {
        let sandbox = Sandbox::start(sandbox);
        let machine = machine(&sandbox).keep(sandbox);
        let mut up = machine.start(&format!("up {} --no-env --no-test --json", app.port));
        let ready = up.wait_for_type("ready");
        Self { machine, app, up, ready }
    }

    /// Runs a command line.
    pub fn run(&self, line: &str) -> Output {
        self.machine.run(line)
    }

    /// The port of the public URL.
    pub fn public(&self) -> u16 {
        port_of(self.ready["public_url"].as_str().expect("a URL"))
    }

    /// The endpoint's signing secret as Svix knows it now.
    pub fn secret(&self) -> String {
        let account = Account::at(self.machine.sandbox());
        account.secret(self.ready["endpoint_id"].as_str().expect("an id"))
    }

    /// Delivers a body through the tunnel, signed so many seconds ago.
    pub fn deliver_signed(&self, secret: &str, id: &str, age: i64, body: &str) -> u16 {
        self.deliver_signed_to("/api/webhooks", secret, id, age, body)
    }

    /// The same to another target, byte for byte.
    pub fn deliver_signed_to(&self, target: &str, secret: &str, id: &str, age: i64, body: &str) -> u16 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
        let then = i64::try_from(now).expect("a time") - age;
        let secret = SigningSecret::parse(secret).expect("a secret");
        let (seconds, signature) = (then.to_string(), sign(&[secret], id, then, body.as_bytes()));
        let headers = [
            ("content-type", "application/json"),
            ("svix-id", id),
            ("svix-timestamp", &seconds),
            ("svix-signature", &signature),
        ];
        status(&post(self.public(), target, &headers, body.as_bytes()))
    }

    /// Delivers a body through the tunnel, signed now with the endpoint's secret, and waits until `up` shows it.
    pub fn deliver(&mut self, id: &str, body: &str) -> u16 {
        let status = self.deliver_signed(&self.secret(), id, 0, body);
        self.up.wait_for(id, |line| line.contains(&format!("\"{id}\"")));
        status
    }

    /// Posts what nobody signed.
    pub fn forge(&self) -> u16 {
        status(&post(self.public(), "/api/webhooks", &[("svix-id", "msg_forged")], b"{}"))
    }

    /// Gets a path of the public URL.
    pub fn get(&self, path: &str) -> u16 {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        status(&exchange(self.public(), request.as_bytes()))
    }

    /// Ends `up` as Ctrl-C does.
    pub fn end(self) -> Output {
        self.up.signal("INT");
        self.up.finish().expect_code(0)
    }
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {answer:?}"))
}
