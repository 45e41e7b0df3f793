//! What the agent's log has said so far: its address, its URLs, its session, its last words.

use std::collections::VecDeque;

use super::codes;
use super::log::{Line, Record, read, readable};

/// How many of its last lines are kept for an error.
const TAIL: usize = 40;

/// How many of them a person is shown.
const SHOWN: usize = 6;

/// What the log has said so far.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// The agent API's `host:port`.
    pub web_address: Option<String>,
    /// Public URLs that were bound.
    pub tunnels: Vec<String>,
    /// Whether the session with the edge stands.
    pub online: bool,
    /// Why the agent gives up.
    pub fatal: Option<String>,
    tail: VecDeque<Line>,
}

impl Pulse {
    /// Takes a line of the log. Whether it says more than its words: the agent logs each call to its API, and who
    /// calls because of a line must not be woken by that.
    pub fn take(&mut self, line: &str) -> bool {
        let record = read(line);
        let telling = !matches!(record, Record::WebAddressBusy | Record::Other);
        match record {
            Record::WebService(address) => self.web_address = Some(address),
            Record::Tunnel(url) => {
                self.online = true;
                self.tunnels.push(url);
            }
            Record::Session => self.online = true,
            Record::SessionLost(_) => self.online = false,
            Record::Fatal(text) => self.fatal = self.fatal.take().or(Some(text)),
            Record::WebAddressBusy | Record::Other => {}
        }
        self.remember(readable(line));
        telling
    }

    fn remember(&mut self, line: Line) {
        if line.text.is_empty() || self.tail.back() == Some(&line) {
            return;
        }
        if self.tail.len() == TAIL {
            // What is grave outlives what is not.
            let place = self.tail.iter().position(|line| !line.grave).unwrap_or(0);
            self.tail.remove(place);
        }
        self.tail.push_back(line);
    }

    /// The last grave lines, or where there are none the last ones, for an error.
    pub fn shown_tail(&self) -> String {
        let any_grave = self.tail.iter().any(|line| line.grave);
        let lines: Vec<_> = self.tail.iter().filter(|line| line.grave || !any_grave).collect();
        let skip = lines.len().saturating_sub(SHOWN);
        lines[skip..].iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The first error code with the words around it.
    pub fn refusal(&self) -> Option<(u32, String)> {
        let said = self.tail.iter().map(|line| &line.text);
        let fatal = self.fatal.iter().chain(said).find(|text| codes::find(text).is_some())?;
        let number = codes::find(fatal)?;
        // As plain text the explanation stands on the lines before the code.
        let words = if fatal.trim().len() > format!("ERROR:  ERR_NGROK_{number}").len() {
            fatal.clone()
        } else {
            let plain = self.tail.iter().filter(|line| line.grave).map(|line| line.text.as_str());
            plain.collect::<Vec<_>>().join("\n")
        };
        let lines: Vec<&str> = words.lines().map(clean).filter(|line| !line.is_empty()).collect();
        let mut unique = Vec::new();
        lines.into_iter().filter(|line| !line.starts_with("ERR_NGROK_")).for_each(|line| {
            if !unique.contains(&line) {
                unique.push(line);
            }
        });
        let skip = unique.len().saturating_sub(SHOWN);
        Some((number, unique[skip..].join("\n")))
    }
}

fn clean(line: &str) -> &str {
    line.trim().trim_start_matches("ERROR:").trim()
}
