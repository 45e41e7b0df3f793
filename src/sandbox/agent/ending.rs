//! How the agent's process ends, and what it says then: differently in 2.x and 3.x, as seen and in public logs.

use std::io::{self, Write as _};

use serde_json::json;

use super::log::Log;
use super::version::Version;

/// Why the process ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was asked to.
    Stopped,
    /// A fault made it die without a word.
    Died,
    /// The command line, the config or the installation is wrong.
    Misused(String),
    /// Something on this machine is in the way.
    Failed(String),
    /// ngrok refused; its whole text.
    Refused(String),
}

impl Ending {
    /// Says why, and gives the exit status.
    pub(super) fn tell(&self, voice: Option<(&Log, Version)>) -> u8 {
        match (self, voice) {
            (Self::Stopped, _) => return 0,
            (Self::Died, _) => {}
            (Self::Failed(text), Some((log, version))) => {
                log.crit("command failed", &[("err", json!(text))]);
                if version.is_second() { write_plain(&mut io::stderr(), text) } else { write_errors(text) }
            }
            (Self::Refused(text), Some((_, version))) if version.is_second() => {
                write_plain(&mut io::stdout(), text);
                write_plain(&mut io::stderr(), text);
            }
            (Self::Refused(text), Some((log, _))) => {
                log.error("failed to reconnect session", &[("obj", json!("tunnels.session")), ("err", json!(text))]);
                log.crit("command failed", &[("err", json!(text))]);
                write_errors(text);
            }
            (Self::Misused(text) | Self::Failed(text) | Self::Refused(text), _) => write_errors(text),
        }
        1
    }
}

fn write_plain(out: &mut dyn io::Write, text: &str) {
    // Nobody may read any more, and the status says it too.
    let _ = writeln!(out, "{}", text.replace("\r\n", "\n").trim_end());
}

/// Writes 3.x's block: each line marked, and the code's page at the end.
fn write_errors(text: &str) {
    let _ = io::stderr().write_all(error_block(text).as_bytes());
}

fn error_block(text: &str) -> String {
    let mut lines: Vec<String> = text.trim_end().lines().map(str::to_owned).collect();
    if let Some(code) = lines.last().filter(|line| line.starts_with("ERR_NGROK_")) {
        lines.push(format!("https://ngrok.com/docs/errors/{}", code.to_ascii_lowercase()));
    }
    lines.push(String::new());
    lines.iter().map(|line| format!("ERROR:  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_refusal_is_marked() {
        let block = error_block("authentication failed: no\nYour authtoken: x\r\n\r\nERR_NGROK_105\r\n");
        let expected = "ERROR:  authentication failed: no\nERROR:  Your authtoken: x\nERROR:  \nERROR:  ERR_NGROK_105\n\
                        ERROR:  https://ngrok.com/docs/errors/err_ngrok_105\nERROR:  \n";
        assert_eq!(block, expected);
        assert_eq!(error_block("unknown flag: --x"), "ERROR:  unknown flag: --x\nERROR:  \n");
    }
}
