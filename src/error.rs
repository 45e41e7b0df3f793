//! The one error type: what failed, why, what to type, which exit code. Each code has a heading in `docs/errors.md`.

use std::path::PathBuf;

use crate::event::Hop;

/// The result of everything that can fail in a way a person can act on.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How the program ends; `docs/commands.md` lists the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Nobody foresaw it.
    Unexpected = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Settings or credentials are missing or malformed.
    Settings = 3,
    /// Clerk or Svix refused, or could not be reached.
    Remote = 4,
    /// No tunnel.
    Tunnel = 5,
    /// The event did not arrive.
    NotDelivered = 6,
    /// A check did not hold.
    Check = 7,
    /// Ctrl-C before it was done.
    Interrupted = 130,
}

/// What can go wrong. Messages name values in backticks; `cause` holds the other side's own words, masked.
#[derive(Clone, Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what each variant and field means")]
pub enum Error {
    #[error("{what} failed unexpectedly")]
    Unexpected { what: &'static str, cause: String },
    #[error("interrupted before it was done")]
    Interrupted,
    #[error("cannot write to the state directory `{}`", path.display())]
    State { path: PathBuf, cause: String },
    #[error("cannot read `{}`", path.display())]
    File { path: PathBuf, cause: String },

    #[error("no Clerk secret key")]
    KeyMissing { looked: String },
    #[error("the Clerk secret key from {source_name} is malformed: {why}")]
    KeyMalformed { source_name: String, why: &'static str },
    #[error("the Clerk key from {source_name} is a publishable key (`pk_…`), not a secret key (`sk_…`)")]
    KeyPublishable { source_name: String },
    #[error("the Clerk key from {source_name} belongs to a production instance (`sk_live_…`)")]
    KeyLive { source_name: String },
    #[error("`{value}` from {source_name} is no {what}")]
    SettingInvalid { what: &'static str, value: String, source_name: String, why: String },
    #[error("cannot use the config file `{}`", path.display())]
    ConfigFile { path: PathBuf, cause: String },
    #[error("`{question}` needs an answer, and nobody can be asked")]
    NeedsAnswer { question: String, flag: &'static str },
    #[error("the signing secret from {source_name} is malformed: {why}")]
    SigningSecretMalformed { source_name: String, why: String },

    #[error("nothing listens at `{upstream}`")]
    AppDown { upstream: String, cause: String },
    #[error("port {port} is taken")]
    PortTaken { port: u16, cause: String },

    #[error("no ngrok agent found")]
    AgentMissing { looked: String },
    #[error("`{}` cannot be run", path.display())]
    AgentNotRunnable { path: PathBuf, cause: String },
    #[error("`{}` does not say which ngrok version it is", path.display())]
    AgentVersion { path: PathBuf, said: String },
    #[error("ngrok refused: {meaning} (ERR_NGROK_{number})")]
    AgentRefused { number: u32, meaning: String, words: String, fix: String },
    #[error("the ngrok agent ended before the tunnel was up ({status})")]
    AgentExited { status: String, tail: String },
    #[error("the ngrok agent was not ready within {seconds} s")]
    AgentNotReady { seconds: u64, tail: String },
    #[error("the ngrok agent's web address is taken")]
    AgentAddressTaken { words: String },
    #[error("the ngrok agent's API at `{url}` gave no usable answer")]
    AgentApi { url: String, cause: String },
    #[error("the ngrok agent ended while it was needed ({status})")]
    AgentDied { status: String, tail: String },
    #[error("no tunnel is running")]
    TunnelMissing,

    #[error("Clerk does not know this secret key")]
    ClerkKeyRefused { code: String, words: String },
    #[error("Clerk refused: {code}")]
    ClerkRefused { status: u16, code: String, words: String },
    #[error("Clerk cannot be reached at `{url}`")]
    ClerkUnreachable { url: String, cause: String },
    #[error("Clerk still limits the rate of requests")]
    ClerkRateLimited { words: String },
    #[error("Clerk failed with status {status}")]
    ClerkFailed { status: u16, words: String },
    #[error("the answer from `{url}` is not what Clerk documents")]
    ClerkNotUnderstood { url: String, cause: String },
    #[error("Clerk's portal URL cannot be read: {why}")]
    PortalUrl { why: &'static str },
    #[error("Svix did not take the portal's one-time token (status {status})")]
    PortalExchange { status: u16, words: String },

    #[error("Svix does not accept the session's token")]
    SvixUnauthorized { words: String },
    #[error("Svix does not allow this session to {what}")]
    SvixForbidden { what: &'static str, words: String },
    #[error("Svix does not know what it was asked for, to {what}")]
    SvixNotFound { what: &'static str, words: String },
    #[error("Svix sees a conflict, to {what}")]
    SvixConflict { what: &'static str, words: String },
    #[error("Svix finds the request invalid, to {what}")]
    SvixInvalid { what: &'static str, words: String },
    #[error("Svix still limits the rate of requests")]
    SvixRateLimited { words: String },
    #[error("Svix failed with status {status}, to {what}")]
    SvixFailed { what: &'static str, status: u16, words: String },
    #[error("Svix cannot be reached at `{url}`")]
    SvixUnreachable { url: String, cause: String },
    #[error("the answer from `{url}` is not what Svix documents")]
    SvixNotUnderstood { url: String, cause: String },

    #[error("there is no endpoint `{id}` to adopt")]
    AdoptMissing { id: String },
    #[error("no endpoint of this machine is registered")]
    EndpointMissing,
    #[error("endpoint `{id}` is disabled, so Svix would accept the event and never deliver it")]
    EndpointDisabled { id: String },
    #[error("endpoint `{id}` does not listen to `{event}`, so Svix would accept it and never deliver it")]
    EndpointFiltered { id: String, event: String, listens_to: String },
    #[error("`{url}` cannot be the endpoint's URL: {why}")]
    EndpointUrl { url: String, why: &'static str },

    #[error("cannot read the env file `{}`", path.display())]
    EnvFileUnreadable { path: PathBuf, cause: String },
    #[error("cannot write the env file `{}`", path.display())]
    EnvFileUnwritable { path: PathBuf, cause: String },
    #[error("`{name}` stands {times} times in `{}`", path.display())]
    EnvFileDuplicate { path: PathBuf, name: String, times: usize },

    #[error("`{event}` was not delivered: {found}")]
    NotDelivered { event: String, hop: Hop, found: String, fix: String },

    #[error("{failed} of {checks} checks failed")]
    DoctorFailed { failed: usize, checks: usize },
    #[error("the sandbox cannot start")]
    SandboxFailed { cause: String },
}

impl Error {
    /// `CH` and four digits; the first two say at which hop.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unexpected { .. } => "CH0001",
            Self::Interrupted => "CH0002",
            Self::State { .. } => "CH0003",
            Self::File { .. } => "CH0004",
            Self::KeyMissing { .. } => "CH0101",
            Self::KeyMalformed { .. } => "CH0102",
            Self::KeyPublishable { .. } => "CH0103",
            Self::KeyLive { .. } => "CH0104",
            Self::SettingInvalid { .. } => "CH0105",
            Self::ConfigFile { .. } => "CH0106",
            Self::NeedsAnswer { .. } => "CH0107",
            Self::SigningSecretMalformed { .. } => "CH0108",
            Self::AppDown { .. } => "CH0201",
            Self::PortTaken { .. } => "CH0202",
            Self::AgentMissing { .. } => "CH0301",
            Self::AgentNotRunnable { .. } => "CH0302",
            Self::AgentVersion { .. } => "CH0303",
            Self::AgentRefused { .. } => "CH0304",
            Self::AgentExited { .. } => "CH0305",
            Self::AgentNotReady { .. } => "CH0306",
            Self::AgentAddressTaken { .. } => "CH0307",
            Self::AgentApi { .. } => "CH0308",
            Self::AgentDied { .. } => "CH0309",
            Self::TunnelMissing => "CH0310",
            Self::ClerkKeyRefused { .. } => "CH0401",
            Self::ClerkRefused { .. } => "CH0402",
            Self::ClerkUnreachable { .. } => "CH0403",
            Self::ClerkRateLimited { .. } => "CH0404",
            Self::ClerkFailed { .. } => "CH0405",
            Self::ClerkNotUnderstood { .. } => "CH0406",
            Self::PortalUrl { .. } => "CH0407",
            Self::PortalExchange { .. } => "CH0408",
            Self::SvixUnauthorized { .. } => "CH0501",
            Self::SvixForbidden { .. } => "CH0502",
            Self::SvixNotFound { .. } => "CH0503",
            Self::SvixConflict { .. } => "CH0504",
            Self::SvixInvalid { .. } => "CH0505",
            Self::SvixRateLimited { .. } => "CH0506",
            Self::SvixFailed { .. } => "CH0507",
            Self::SvixUnreachable { .. } => "CH0508",
            Self::SvixNotUnderstood { .. } => "CH0509",
            Self::AdoptMissing { .. } => "CH0601",
            Self::EndpointMissing => "CH0602",
            Self::EndpointDisabled { .. } => "CH0603",
            Self::EndpointFiltered { .. } => "CH0604",
            Self::EndpointUrl { .. } => "CH0605",
            Self::EnvFileUnreadable { .. } => "CH0701",
            Self::EnvFileUnwritable { .. } => "CH0702",
            Self::EnvFileDuplicate { .. } => "CH0703",
            Self::NotDelivered { hop, .. } => match hop {
                Hop::Accepted => "CH0801",
                Hop::Attempt => "CH0802",
                Hop::Edge => "CH0803",
                Hop::Agent => "CH0804",
                Hop::App => "CH0805",
                Hop::Signature => "CH0806",
            },
            Self::DoctorFailed { .. } => "CH0901",
            Self::SandboxFailed { .. } => "CH0902",
        }
    }

    /// The other side's own words, or the system's.
    pub fn cause(&self) -> Option<&str> {
        let cause = match self {
            Self::Unexpected { cause, .. }
            | Self::State { cause, .. }
            | Self::File { cause, .. }
            | Self::ConfigFile { cause, .. }
            | Self::AppDown { cause, .. }
            | Self::PortTaken { cause, .. }
            | Self::AgentNotRunnable { cause, .. }
            | Self::AgentApi { cause, .. }
            | Self::ClerkUnreachable { cause, .. }
            | Self::ClerkNotUnderstood { cause, .. }
            | Self::SvixUnreachable { cause, .. }
            | Self::SvixNotUnderstood { cause, .. }
            | Self::EnvFileUnreadable { cause, .. }
            | Self::EnvFileUnwritable { cause, .. }
            | Self::SandboxFailed { cause } => cause,
            Self::KeyMissing { looked } | Self::AgentMissing { looked } => looked,
            Self::SettingInvalid { why, .. } => why,
            Self::AgentVersion { said, .. } => said,
            Self::AgentExited { tail, .. } | Self::AgentNotReady { tail, .. } | Self::AgentDied { tail, .. } => tail,
            Self::AgentRefused { words, .. }
            | Self::AgentAddressTaken { words }
            | Self::ClerkKeyRefused { words, .. }
            | Self::ClerkRefused { words, .. }
            | Self::ClerkRateLimited { words }
            | Self::ClerkFailed { words, .. }
            | Self::PortalExchange { words, .. }
            | Self::SvixUnauthorized { words }
            | Self::SvixForbidden { words, .. }
            | Self::SvixNotFound { words, .. }
            | Self::SvixConflict { words, .. }
            | Self::SvixInvalid { words, .. }
            | Self::SvixRateLimited { words }
            | Self::SvixFailed { words, .. } => words,
            Self::Interrupted
            | Self::KeyMalformed { .. }
            | Self::KeyPublishable { .. }
            | Self::KeyLive { .. }
            | Self::NeedsAnswer { .. }
            | Self::SigningSecretMalformed { .. }
            | Self::TunnelMissing
            | Self::PortalUrl { .. }
            | Self::AdoptMissing { .. }
            | Self::EndpointMissing
            | Self::EndpointDisabled { .. }
            | Self::EndpointFiltered { .. }
            | Self::EndpointUrl { .. }
            | Self::EnvFileDuplicate { .. }
            | Self::NotDelivered { .. }
            | Self::DoctorFailed { .. } => return None,
        };
        Some(cause.trim()).filter(|cause| !cause.is_empty())
    }

    /// What to type or change.
    pub fn hint(&self) -> String {
        match self {
            Self::Unexpected { .. } => "run it again with `-vv` and open an issue with what it prints".into(),
            Self::Interrupted => "run the same command again; what was set up is found and used".into(),
            Self::State { .. } => "choose another with `--state-dir DIR`, or mend its permissions".into(),
            Self::File { .. } => "check the path and its permissions".into(),
            Self::KeyMissing { .. } => {
                "copy it from the Clerk dashboard (Configure, API keys) and set `CLERK_SECRET_KEY=sk_test_…` in \
                 `.env.local`; without an account, try `clerkhook up --sandbox --serve`"
                    .into()
            }
            Self::KeyMalformed { .. } => {
                "copy it again from the Clerk dashboard: Configure, API keys, Secret keys".into()
            }
            Self::KeyPublishable { .. } => {
                "use the key that begins with `sk_test_`: Clerk dashboard, Configure, API keys, Secret keys".into()
            }
            Self::KeyLive { .. } => {
                "use the key of a development instance, or add `--live` to change production".into()
            }
            Self::SettingInvalid { .. } => "correct it where it was set, or remove it to use the default".into(),
            Self::ConfigFile { .. } => "mend the file, or choose another directory with `--config-dir DIR`".into(),
            Self::NeedsAnswer { flag, .. } => format!("answer beforehand with `{flag}`"),
            Self::SigningSecretMalformed { .. } => {
                "copy it again from the endpoint's page; it begins with `whsec_`".into()
            }
            Self::AppDown { .. } => "start the app, or let clerkhook serve one: `clerkhook up --serve`".into(),
            Self::PortTaken { .. } => "choose another port with `--port N`, or any free one with `--port 0`".into(),
            Self::AgentMissing { .. } => {
                "install it from https://ngrok.com/download, or name it with `--ngrok-bin PATH`".into()
            }
            Self::AgentNotRunnable { path, .. } => {
                format!("`chmod +x {}`, or name another one with `--ngrok-bin PATH`", path.display())
            }
            Self::AgentVersion { .. } => "name the real ngrok agent with `--ngrok-bin PATH`".into(),
            Self::AgentRefused { fix, .. } | Self::NotDelivered { fix, .. } => fix.clone(),
            Self::AgentExited { .. } | Self::AgentNotReady { .. } => {
                "run `ngrok diagnose` to test its connection; `clerkhook doctor` checks the rest".into()
            }
            Self::AgentAddressTaken { .. } => {
                "stop the program on that port, or remove `web_addr` from the ngrok config".into()
            }
            Self::AgentApi { .. } => "check that this is ngrok's web address and that the agent still runs".into(),
            Self::AgentDied { .. } => "run the command again; the endpoint and its secret are kept".into(),
            Self::TunnelMissing => {
                "start one with `clerkhook up` or `clerkhook tunnel 3000`; only `clerkhook register URL` needs none"
                    .into()
            }
            Self::ClerkKeyRefused { .. } => {
                "copy the key again: Clerk dashboard, Configure, API keys; it may have been rotated or deleted".into()
            }
            Self::ClerkRefused { .. } => "look the code up in Clerk's documentation of Backend API errors".into(),
            Self::ClerkUnreachable { .. } => {
                "check the network and `HTTPS_PROXY`; `clerkhook doctor` shows which address is used".into()
            }
            Self::ClerkRateLimited { .. } | Self::SvixRateLimited { .. } => "wait a minute and run it again".into(),
            Self::ClerkFailed { .. } => {
                "wait a little and run it again; https://status.clerk.com tells of outages".into()
            }
            Self::ClerkNotUnderstood { .. } => {
                "check `--clerk-api-url` (`CLERK_API_URL`); a proxy or sign-in page may stand in between".into()
            }
            Self::PortalUrl { .. } | Self::PortalExchange { .. } => {
                "go on by hand: open Webhooks in the Clerk dashboard, add the endpoint, save its signing secret to a \
                 file, and run `clerkhook up --secret-file FILE`"
                    .into()
            }
            Self::SvixUnauthorized { .. } => {
                "run it again, a new session is asked for each time; check `--svix-server-url`".into()
            }
            Self::SvixForbidden { .. } => "do this step on the Webhooks page of the Clerk dashboard".into(),
            Self::SvixNotFound { .. } => {
                "it may have been deleted meanwhile: `clerkhook register` creates it again".into()
            }
            Self::SvixConflict { .. } => "another run may be at work on the same endpoint: run it again".into(),
            Self::SvixInvalid { .. } => "correct the value that is named above".into(),
            Self::SvixFailed { .. } => {
                "wait a little and run it again; https://status.svix.com tells of outages".into()
            }
            Self::SvixUnreachable { .. } => "check the network and `HTTPS_PROXY`, then run it again".into(),
            Self::SvixNotUnderstood { .. } => {
                "check `--svix-server-url` (`SVIX_SERVER_URL`); a proxy or sign-in page may stand in between".into()
            }
            Self::AdoptMissing { .. } => "copy the id from the endpoint's page in the Clerk dashboard".into(),
            Self::EndpointMissing => "register it first: `clerkhook register`".into(),
            Self::EndpointDisabled { .. } => "enable it: `clerkhook register`".into(),
            Self::EndpointFiltered { event, listens_to, .. } => {
                format!("let it through too: `clerkhook register --events {listens_to},{event}`")
            }
            Self::EndpointUrl { .. } => {
                "give the public URL, for example `clerkhook register https://quiet-owl.ngrok-free.dev`".into()
            }
            Self::EnvFileUnreadable { .. } | Self::EnvFileUnwritable { .. } => {
                "mend its permissions, choose another with `--env-file FILE`, or leave it alone with `--no-env`".into()
            }
            Self::EnvFileDuplicate { .. } => {
                "keep one of the lines, or choose another file with `--env-file FILE`".into()
            }
            Self::DoctorFailed { .. } => "mend the first one that failed; the ones after it may follow from it".into(),
            Self::SandboxFailed { .. } => "run it again; if it stays, open an issue with what it prints".into(),
        }
    }

    /// Which exit code tells it to a script.
    pub fn exit_code(&self) -> Exit {
        match self {
            Self::Unexpected { .. } | Self::SandboxFailed { .. } => Exit::Unexpected,
            Self::Interrupted => Exit::Interrupted,
            Self::State { .. }
            | Self::File { .. }
            | Self::KeyMissing { .. }
            | Self::KeyMalformed { .. }
            | Self::KeyPublishable { .. }
            | Self::KeyLive { .. }
            | Self::SettingInvalid { .. }
            | Self::ConfigFile { .. }
            | Self::NeedsAnswer { .. }
            | Self::SigningSecretMalformed { .. }
            | Self::AppDown { .. }
            | Self::PortTaken { .. }
            | Self::EnvFileUnreadable { .. }
            | Self::EnvFileUnwritable { .. }
            | Self::EnvFileDuplicate { .. } => Exit::Settings,
            Self::EndpointUrl { .. } => Exit::Usage,
            Self::AgentMissing { .. }
            | Self::AgentNotRunnable { .. }
            | Self::AgentVersion { .. }
            | Self::AgentRefused { .. }
            | Self::AgentExited { .. }
            | Self::AgentNotReady { .. }
            | Self::AgentAddressTaken { .. }
            | Self::AgentApi { .. }
            | Self::AgentDied { .. }
            | Self::TunnelMissing => Exit::Tunnel,
            Self::ClerkKeyRefused { .. }
            | Self::ClerkRefused { .. }
            | Self::ClerkUnreachable { .. }
            | Self::ClerkRateLimited { .. }
            | Self::ClerkFailed { .. }
            | Self::ClerkNotUnderstood { .. }
            | Self::PortalUrl { .. }
            | Self::PortalExchange { .. }
            | Self::SvixUnauthorized { .. }
            | Self::SvixForbidden { .. }
            | Self::SvixNotFound { .. }
            | Self::SvixConflict { .. }
            | Self::SvixInvalid { .. }
            | Self::SvixRateLimited { .. }
            | Self::SvixFailed { .. }
            | Self::SvixUnreachable { .. }
            | Self::SvixNotUnderstood { .. }
            | Self::AdoptMissing { .. }
            | Self::EndpointMissing => Exit::Remote,
            Self::EndpointDisabled { .. } | Self::EndpointFiltered { .. } | Self::NotDelivered { .. } => {
                Exit::NotDelivered
            }
            Self::DoctorFailed { .. } => Exit::Check,
        }
    }
}
