//! The agent's web address: given, taken from 4040 upwards, or switched off (ngrok docs, agent/config `web_addr`).

use std::io;
use std::net::Ipv4Addr;

use serde_json::json;
use tokio::net::TcpListener;

use super::log::Log;

/// ngrok's default port.
const DEFAULT_PORT: u16 = 4040;

/// How many ports after the default one are tried.
const ALTERNATIVES: u16 = 20;

/// Binds the web address; `None` when it is `false`. The error is what ngrok would say.
pub(super) async fn bind(address: Option<&str>, log: &Log) -> Result<Option<TcpListener>, String> {
    match address {
        Some("false") => Ok(None),
        Some(address) => TcpListener::bind(address).await.map(Some).map_err(|error| words(address, &error)),
        None => first_free(DEFAULT_PORT, log).await.map(Some),
    }
}

async fn first_free(port: u16, log: &Log) -> Result<TcpListener, String> {
    let mut failure = String::new();
    for port in port..=port.saturating_add(ALTERNATIVES) {
        let address = format!("{}:{port}", Ipv4Addr::LOCALHOST);
        match TcpListener::bind(&address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if failure.is_empty() => {
                failure = words(&address, &error);
                let fields = [("obj", json!("web")), ("addr", json!(address)), ("err", json!(failure))];
                log.warn("can't bind default web address, trying alternatives", &fields);
            }
            Err(_) => {}
        }
    }
    Err(failure)
}

fn words(address: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!("listen tcp {address}: bind: address already in use"),
        _ => format!("listen tcp {address}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::agent::log::{Format, Level, LogSettings};

    fn log(path: &std::path::Path) -> Log {
        let target = path.display().to_string();
        Log::open(&LogSettings { target, format: Format::Json, level: Level::Info, garbage: false }).expect("a log")
    }

    #[tokio::test]
    async fn the_next_port_is_taken_when_the_default_is_busy() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        let busy = crate::serve::bind(0).await.expect("a port");
        let port = busy.local_addr().expect("an address").port();
        let found = first_free(port, &log(&path)).await.expect("a later port");
        assert!(found.local_addr().expect("an address").port() > port);
        let logged = std::fs::read_to_string(path).expect("a log");
        assert_eq!(logged.matches("can't bind default web address, trying alternatives").count(), 1, "{logged}");
    }

    #[tokio::test]
    async fn a_given_address_is_that_one_or_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let log = log(&directory.path().join("log"));
        let busy = crate::serve::bind(0).await.expect("a port");
        let address = busy.local_addr().expect("an address").to_string();
        let error = bind(Some(&address), &log).await.expect_err("busy");
        assert_eq!(error, format!("listen tcp {address}: bind: address already in use"));
        assert!(bind(Some("false"), &log).await.expect("off").is_none());
    }
}
