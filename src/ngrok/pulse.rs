//! What the agent's log has said so far: its address, its URLs, its session, its last words.

use std::collections::VecDeque;

use super::codes;
use super::log::{Line, Record, read, readable};

/// How many of its last lines are kept for an error.
const TAIL: usize = 40;

/// How many of them a person is shown.
const SHOWN: usize = 6;

/// Before each line of a refusal on stderr.
const MARK: &str = "ERROR:";

/// What the log has said so far.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    /// The agent API's `host:port`.
    pub web_address: Option<String>,
    /// Public URLs that were bound.
    pub tunnels: Vec<String>,
    /// Whether the session with the edge stands.
    pub online: bool,
    /// How often it was lost.
    pub losses: u32,
    /// Why the agent gives up.
    pub fatal: Option<String>,
    refused: Option<String>,
    spoken: VecDeque<Line>,
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
            Record::SessionLost(text) => {
                // Attempts to reconnect that fail are told in the same way.
                self.losses += u32::from(self.online);
                self.online = false;
                self.note_refusal(&text);
            }
            Record::Fatal(text) => {
                self.note_refusal(&text);
                self.fatal = self.fatal.take().or_else(|| Some(clean(&text).to_owned()));
            }
            Record::WebAddressBusy | Record::Other => {}
        }
        let told = readable(line);
        if told.text == line.trim() {
            keep(&mut self.spoken, &told);
        }
        keep(&mut self.tail, &told);
        telling
    }

    /// A whole refusal in one field of the log, as agents from 3 on write it.
    fn note_refusal(&mut self, text: &str) {
        if self.refused.is_none() && !text.starts_with(MARK) && codes::find(text).is_some() {
            self.refused = Some(text.to_owned());
        }
    }

    /// The last grave lines, or where there are none the last ones, for an error.
    pub fn shown_tail(&self) -> String {
        let any_grave = self.tail.iter().any(|line| line.grave);
        let lines: Vec<_> = self.tail.iter().filter(|line| line.grave || !any_grave).collect();
        let skip = lines.len().saturating_sub(SHOWN);
        lines[skip..].iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// Whether the session stands, and how often it was lost before.
    pub fn session(&self) -> (bool, u32) {
        (self.online, self.losses)
    }

    /// The first error code with the words around it; the same whichever of the agent's pipes was read first.
    pub fn refusal(&self) -> Option<(u32, String)> {
        if let Some(text) = &self.refused {
            return Some((codes::find(text)?, words(text.lines())));
        }
        let spoken = || self.spoken.iter().map(|line| line.text.as_str());
        let number = spoken().find_map(codes::find)?;
        // Agents 3.x mark the lines of a refusal; 2.x writes them as they are.
        let marked: Vec<&str> = spoken().filter(|line| line.starts_with(MARK)).collect();
        Some((number, if marked.is_empty() { words(spoken()) } else { words(marked.into_iter()) }))
    }
}

fn keep(lines: &mut VecDeque<Line>, line: &Line) {
    if line.text.is_empty() || lines.back() == Some(line) {
        return;
    }
    if lines.len() == TAIL {
        // What is grave outlives what is not.
        let place = lines.iter().position(|line| !line.grave).unwrap_or(0);
        lines.remove(place);
    }
    lines.push_back(line.clone());
}

/// The explanation alone: each line once, without the code and its page.
fn words<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut unique: Vec<&str> = Vec::new();
    for line in lines.map(clean) {
        let is_code = line.starts_with("ERR_NGROK_") || line.starts_with("https://ngrok.com/docs/errors/");
        if !line.is_empty() && !is_code && !unique.contains(&line) {
            unique.push(line);
        }
    }
    let skip = unique.len().saturating_sub(SHOWN);
    unique[skip..].join("\n")
}

/// A line without the mark of a refusal.
pub fn clean(line: &str) -> &str {
    line.trim().trim_start_matches(MARK).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_counted_once_and_remembered_when_the_session_is_back() {
        let mut pulse = Pulse::default();
        let lost = r#"{"lvl":"eror","msg":"session closed, starting reconnect loop","err":"EOF"}"#;
        let in_vain = r#"{"lvl":"eror","msg":"failed to reconnect session","err":"dial tcp: refused"}"#;
        let back = r#"{"lvl":"info","msg":"tunnel session started"}"#;
        let sessions = [back, lost, in_vain, in_vain, back, lost].map(|line| {
            pulse.take(line);
            pulse.session()
        });
        assert_eq!(sessions, [(true, 0), (false, 1), (false, 1), (false, 1), (true, 1), (false, 2)]);
    }
}
