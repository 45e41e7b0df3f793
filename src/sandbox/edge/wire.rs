//! What agent and edge say to each other: one JSON object a line. Ours alone; ngrok's own protocol is another.

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// What an agent says. The first line of a connection is `auth` or `accept`.
#[derive(Deserialize, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(in crate::sandbox) enum ToEdge {
    /// Opens a control connection.
    Auth { authtoken: String, version: String },
    /// Asks for a public URL.
    Bind(Bind),
    /// Puts another traffic policy before a URL that this agent holds.
    Policy { url: String, policy: Option<String> },
    /// Gives a URL back.
    Unbind { url: String },
    /// Turns this connection into the one that `open` asked for; raw bytes follow.
    Accept { id: String },
}

/// The wish for a public URL.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(in crate::sandbox) struct Bind {
    /// `None`: any.
    pub url: Option<String>,
    /// A traffic policy in JSON.
    pub policy: Option<String>,
    /// Whether other agents may hold the same URL.
    pub pooling: bool,
}

/// What the edge says on a control connection.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::sandbox) enum ToAgent {
    /// Answers the oldest request without an answer.
    Answer(Answer),
    /// Asks the agent to dial back for a visitor.
    Open(Open),
}

/// The answer to a request: an error, a URL, or nothing but consent.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(in crate::sandbox) struct Answer {
    /// The refusal's whole text.
    pub error: Option<String>,
    /// The URL that was bound.
    pub url: Option<String>,
}

/// A visitor waits.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Open {
    /// What `accept` has to name.
    pub id: String,
    /// The public URL that was visited.
    pub url: String,
    /// The visitor's address.
    pub client: String,
}

/// Writes one line.
pub(in crate::sandbox) async fn say(
    writer: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    writer.write_all(&line).await
}
