//! The one error type: what failed, why, what to type, which exit code. Each code has a heading in `docs/errors.md`.

mod cause;
mod code;
mod exit;
mod explain;
mod hint;
mod passing;
mod told;

use std::path::PathBuf;
use std::time::Duration;

pub use exit::Exit;
pub use explain::explain;
pub use told::Told;

use crate::report::Hop;

/// The result of everything that can fail in a way a person can act on.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. Messages name values in backticks; `cause` holds the other side's own words, masked.
#[derive(Clone, Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what each variant and field means")]
pub enum Error {
    #[error("{what} failed unexpectedly")]
    Unexpected { what: &'static str, cause: String },
    #[error("interrupted before it was done")]
    Interrupted,
    #[error("{left}")]
    Declined { left: &'static str },
    #[error("cannot write to the state directory `{}`", path.display())]
    State { path: PathBuf, cause: String },
    #[error("cannot read `{}`", path.display())]
    File { path: PathBuf, cause: String },
    #[error("cannot write `{}`", path.display())]
    FileUnwritable { path: PathBuf, cause: String },
    #[error("cannot write the output")]
    OutputUnwritable { cause: String },

    #[error("too few files may be open at the same time")]
    TooFewFiles { cause: String },
    #[error("this machine's clock says {says}")]
    ClockImpossible { says: &'static str },

    #[error("the history `{}` cannot be used", path.display())]
    HistoryUnusable { path: PathBuf, cause: String, fix: String },
    #[error("no kept delivery is called `{reference}`")]
    DeliveryUnknown { reference: String },
    #[error("several kept deliveries begin with `{reference}`")]
    DeliveryAmbiguous { reference: String },

    #[error("the running set-up does not answer")]
    SetUpSilent { cause: String },
    #[error("{}", _0.message)]
    Told(Told),
    #[error("the set-up for {who} does not end")]
    SetUpStays { who: String, pid: u32 },
    #[error("a set-up cannot be kept in the background on this system")]
    DetachMissing,
    #[error("there is no error `{code}`")]
    CodeUnknown { code: String },
    /// Another process of this program has said why, and this one ends as it did.
    #[error("")]
    Relayed(Exit),

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
    #[error("`{}` has no profile `{name}`", path.display())]
    ProfileMissing { name: String, path: PathBuf, known: String, meant: Option<String> },
    #[error("there is no setting `{name}`")]
    SettingUnknown { name: String, meant: Option<&'static str> },
    #[error("`{program}` gave no Clerk secret key")]
    KeyCommand { program: String, cause: String },
    #[error("`{question}` needs an answer, and nobody can be asked")]
    NeedsAnswer { question: String, flag: &'static str },
    #[error("several packages have a webhook route: {}", names.join(", "))]
    SeveralProjects { names: Vec<String> },
    #[error("several routes take webhooks: {}", paths.join(", "))]
    SeveralRoutes { paths: Vec<String> },
    #[error("the signing secret from {source_name} is malformed: {why}")]
    SigningSecretMalformed { source_name: String, why: String },
    #[error("no signing secret")]
    SigningSecretMissing { looked: String },

    #[error("{} things are missing", missing.len())]
    SeveralMissing { missing: Vec<Error>, fixes: String },

    #[error("nothing listens at `{upstream}`")]
    AppDown { upstream: String, cause: String, fix: &'static str },
    #[error("another program holds port {port}: `{program}` (process {pid}) in `{}`", directory.display())]
    AppForeign { port: u16, program: String, pid: u32, directory: PathBuf, project: PathBuf },
    #[error("the certificate of `{url}` is not trusted")]
    CertificateUntrusted { url: String, cause: String, local: bool },
    #[error("cannot listen on port {port}")]
    PortTaken { port: u16, cause: String, fix: &'static str },

    #[error("no ngrok agent found")]
    AgentMissing { looked: String },
    #[error("`{}` cannot be run", path.display())]
    AgentNotRunnable { path: PathBuf, cause: String, denied: bool },
    #[error("`{}` does not say which ngrok version it is", path.display())]
    AgentVersion { path: PathBuf, said: String },
    #[error("ngrok refused: {meaning} (ERR_NGROK_{number})")]
    AgentRefused { number: u32, meaning: String, words: String, fix: String },
    #[error("the ngrok agent ended before the tunnel was up ({status})")]
    AgentExited { status: String, tail: String },
    #[error("the ngrok agent was not ready within {} s", limit.as_secs_f64())]
    AgentNotReady { limit: Duration, tail: String },
    #[error("the ngrok agent's web address is taken")]
    AgentAddressTaken { words: String },
    #[error("the ngrok agent's API at `{url}` gave no usable answer")]
    AgentApi { url: String, cause: String },
    #[error("the ngrok agent ended while it was needed ({status})")]
    AgentDied { status: String, tail: String },
    #[error("the agent at `{url}` belongs to somebody else, so it is not restarted")]
    AgentForeign { url: String },
    #[error("no tunnel is running")]
    TunnelMissing,
    #[error("{what}")]
    TunnelOffline { what: String },
    #[error("no set-up is ready")]
    NoneReady { found: String },

    #[error("Clerk does not know this secret key")]
    ClerkKeyRefused { code: String, words: String },
    #[error("Clerk refused: {code}")]
    ClerkRefused { status: u16, code: String, words: String },
    #[error("Clerk cannot be reached at `{url}`")]
    ClerkUnreachable { url: String, cause: String },
    #[error("Clerk still limits the rate of requests")]
    ClerkRateLimited { words: String, wait: Option<Duration> },
    #[error("Clerk failed with status {status}")]
    ClerkFailed { status: u16, words: String },
    #[error("the answer from `{url}` is not what Clerk documents")]
    ClerkNotUnderstood { url: String, cause: String },
    #[error("no user of clerkhook's is known")]
    UserUnnamed,
    #[error("the instance has no user `{id}`")]
    UserMissing { id: String },
    #[error("clerkhook did not make the user `{id}`, so it is left alone")]
    UserForeign { id: String },
    #[error("the instance holds as many users as it may")]
    UserQuota { words: String },
    #[error("the user `{id}` was not deleted")]
    UserLeft { id: String, cause: String },
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
    SvixRateLimited { words: String, wait: Option<Duration> },
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
    #[error("the instance has no endpoint `{id}`")]
    EndpointUnknown { id: String, known: String },
    #[error("no message `{id}` was sent to endpoint `{endpoint}`")]
    MessageUnknown { id: String, endpoint: String },
    #[error("no endpoint of the instance has the URL `{url}`")]
    EndpointAtNone { url: String, known: String },
    #[error("{troubled} of {watched} endpoints {} in trouble", if *watched == 1 { "is" } else { "are" })]
    EndpointTrouble { troubled: usize, watched: usize, id: String },
    #[error("endpoint `{id}` is disabled, so Svix would accept the event and never deliver it")]
    EndpointDisabled { id: String },
    #[error("endpoint `{id}` does not listen to `{event}`, so Svix would accept it and never deliver it")]
    EndpointFiltered { id: String, event: String, listens_to: String, meant: Option<String> },
    #[error("`{url}` cannot be the endpoint's URL: {why}")]
    EndpointUrl { url: String, why: &'static str },

    #[error("cannot read the env file `{}`", path.display())]
    EnvFileUnreadable { path: PathBuf, cause: String },
    #[error("cannot write the env file `{}`", path.display())]
    EnvFileUnwritable { path: PathBuf, cause: String },
    #[error("`{name}` stands {times} times in `{}`", path.display())]
    EnvFileDuplicate { path: PathBuf, name: String, times: usize },

    #[error("`{event}` was {}: {found}", hop.broken())]
    NotDelivered { event: String, hop: Hop, found: String, fix: String },

    #[error("the agent has no captured request `{id}`")]
    CaptureMissing { id: String },
    #[error("the agent kept only the beginning of request `{id}`, so it cannot be signed or sent again")]
    CaptureTruncated { id: String },
    #[error("`{id}` did not verify, so it is not signed afresh")]
    CaptureForged { id: String, why: String },
    #[error("none of the {passed} captured requests verified")]
    NothingVerified { passed: usize },
    #[error("the body cannot be edited: {why}")]
    EditRefused { why: String },
    #[error("the editor `{editor}` gave nothing back")]
    EditorFailed { editor: String, cause: String },
    #[error("what the editor gave back is no JSON: {why}")]
    EditBroken { path: PathBuf, why: String },
    #[error("the editor `{editor}` needs a terminal, and there is none")]
    EditorUnseen { editor: String },
    #[error("the full screen needs a terminal, and there is none")]
    ScreenUnseen,
    #[error("`{url}` gave no answer to the replay")]
    ReplayUnanswered { url: String, cause: String },

    #[error("there is no event type `{event}`")]
    EventUnknown { event: String, meant: Option<String> },
    #[error("{why}")]
    TriggerRefused { why: String, fix: String },
    #[error("the scenario `{name}` cannot be played: {why}")]
    ScenarioInvalid { name: String, why: String, fix: String },
    #[error("`{event}` was not answered as expected: {found}")]
    AnswerUnexpected { event: String, found: String, fix: String },
    #[error("{wanted} did not arrive within {} s", limit.as_secs_f64())]
    NotArrived { wanted: String, limit: Duration, found: String, running: bool },
    #[error("the command `{line}` failed ({status})")]
    CommandFailed { line: String, status: String, code: u8 },
    #[error("{left} of {asked} messages were sent again and did not arrive")]
    NotRecovered { left: usize, asked: usize, found: String },
    #[error("the app did not take {refused} of {sent} events")]
    NotBackfilled { refused: usize, sent: usize, found: String },

    #[error("{failed} of {checks} checks failed")]
    DoctorFailed { failed: usize, checks: usize },
    #[error("verification does not hold: {found}")]
    NotSecured { found: String, fix: String },
    #[error("there is no check `{name}`")]
    CaseUnknown { name: String, meant: Option<String> },
    #[error("the files in this directory name no framework that there is a handler for")]
    FrameworkUnknown,
    #[error("`{}` is there already", path.display())]
    HandlerExists { path: PathBuf },
    #[error("the probe gave no value: {cause}")]
    ProbeFailed { probe: String, cause: String },
    #[error("{found}")]
    HandlerFailed { found: String, again: String },
    #[error("{}", if *deliveries == 1 { "the delivery is not verified".into() } else { format!("{failed} of {deliveries} deliveries are not verified") })]
    NotVerified { failed: usize, deliveries: usize },
    #[error("{place} holds no saved delivery: {why}")]
    DeliveryUnreadable { place: String, why: String },
    #[error("the sandbox cannot start")]
    SandboxFailed { cause: String },
}

impl Error {
    /// Several that are missing, each with its fix as the cause.
    pub fn several_missing(missing: Vec<Self>) -> Self {
        let fixes = missing.iter().map(|error| format!("{error}: {}", error.hint())).collect::<Vec<_>>().join("\n");
        Self::SeveralMissing { missing, fixes }
    }
}
