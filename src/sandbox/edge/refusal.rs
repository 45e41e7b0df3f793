//! Why ngrok says no, in ngrok's words (ngrok docs, errors): the text, a blank line, the code.

/// A refusal of a session or of a tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Refusal {
    /// No authtoken at all.
    TokenMissing,
    /// It cannot be an authtoken. The real text repeats the token, so this one does.
    TokenMalformed { token: String },
    /// It could be one, and is nobody's.
    TokenUnknown { token: String },
    /// As many sessions as the account may have.
    TooManySessions,
    /// The agent is too old for a free account.
    AgentTooOld { version: String },
    /// The domain is not this account's.
    NotReserved { host: String },
    /// The URL has a path.
    UrlPart { url: String },
    /// The URL ends in a slash.
    UrlSlash { url: String },
    /// Another agent holds the URL.
    AlreadyOnline { url: String },
    /// The traffic policy cannot be read; the number says which part.
    Policy { number: u32, why: String },
}

impl Refusal {
    /// The number of `ERR_NGROK_…`.
    pub(in crate::sandbox) fn number(&self) -> u32 {
        match self {
            Self::TokenMissing => 4018,
            Self::TokenMalformed { .. } => 105,
            Self::TokenUnknown { .. } => 107,
            Self::TooManySessions => 108,
            Self::AgentTooOld { .. } => 121,
            Self::NotReserved { .. } => 319,
            Self::UrlPart { .. } => 9037,
            Self::UrlSlash { .. } => 9038,
            Self::AlreadyOnline { .. } => 334,
            Self::Policy { number, .. } => *number,
        }
    }

    /// The whole text, ending in the code.
    pub(in crate::sandbox) fn text(&self) -> String {
        let message = match self {
            Self::TokenMissing
            | Self::TokenMalformed { .. }
            | Self::TokenUnknown { .. }
            | Self::TooManySessions
            | Self::AgentTooOld { .. } => format!("authentication failed: {}", self.message()),
            _ => format!("failed to start tunnel: {}", self.message()),
        };
        format!("{message}\r\n\r\nERR_NGROK_{}\r\n", self.number())
    }

    fn message(&self) -> String {
        const AUTHTOKEN_PAGE: &str = "https://dashboard.ngrok.com/get-started/your-authtoken";
        match self {
            Self::TokenMissing => format!(
                "Usage of ngrok requires a verified account and authtoken.\n\nSign up for an account: \
                 https://dashboard.ngrok.com/signup\nInstall your authtoken: {AUTHTOKEN_PAGE}"
            ),
            Self::TokenMalformed { token } => format!(
                "The authtoken you specified does not look like a proper ngrok authtoken.\nYour authtoken: {token}\n\
                 Instructions to install your authtoken are on your ngrok dashboard:\n{AUTHTOKEN_PAGE}"
            ),
            Self::TokenUnknown { token } => format!(
                "The authtoken you specified is properly formed, but it is invalid.\nYour authtoken: {token}\n\
                 This usually happens when:\n    - You reset your authtoken\n    - Your authtoken was for a team \
                 account that you were removed from\n    - You are using ngrok link and this credential was explicitly \
                 revoked\n\nGo to your ngrok dashboard and double check that your authtoken is correct:\n{AUTHTOKEN_PAGE}"
            ),
            Self::TooManySessions => "Your account is limited to 3 simultaneous ngrok agent sessions.\nActive ngrok \
                 agent sessions in region 'us':\n  - ts_2sandbox000000000000000000 (127.0.0.1)\nYou can view and stop \
                 them on your dashboard: https://dashboard.ngrok.com/agents"
                .to_owned(),
            Self::AgentTooOld { version } => format!(
                "Your ngrok-agent version \"{version}\" is too old. The minimum supported agent version for your \
                 account is \"3.20.0\". Please update to a newer version with `ngrok update`, or by downloading from \
                 https://ngrok.com/download."
            ),
            Self::NotReserved { host } => format!(
                "The domain '{host}' is not reserved.\n\nReserve this domain: https://dashboard.ngrok.com/domains/new"
            ),
            Self::UrlPart { url } => format!("The endpoint URL '{url}' contains a path, which is not allowed."),
            Self::UrlSlash { url } => format!("The endpoint URL '{url}' must not end with a slash."),
            Self::AlreadyOnline { url } => format!(
                "The endpoint '{url}' is already online. Either\n1. stop your existing endpoint first, or\n2. start \
                 both endpoints with `--pooling-enabled` to load balance between them."
            ),
            Self::Policy { why, .. } => format!("Failed to parse the traffic policy: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_stands_alone_on_the_last_line() {
        let text = Refusal::AlreadyOnline { url: "http://127.0.0.1:1".to_owned() }.text();
        assert!(text.starts_with("failed to start tunnel: The endpoint 'http://127.0.0.1:1' is already online."));
        assert_eq!(text.lines().last(), Some("ERR_NGROK_334"));
        let text = Refusal::TokenMalformed { token: "abc".to_owned() }.text();
        assert!(text.starts_with("authentication failed: ") && text.contains("Your authtoken: abc\n"), "{text}");
    }
}
