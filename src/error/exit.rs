//! The exit code of each error.

use super::Error;

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

impl Exit {
    /// Each number and what it means to a script.
    pub fn all() -> impl Iterator<Item = (u8, &'static str)> {
        let failures = [
            (Self::Unexpected, "unexpected failure; the output could not be written"),
            (Self::Usage, "usage"),
            (Self::Settings, "settings or credentials missing or malformed; the app is down"),
            (Self::Remote, "Clerk or Svix refused, or could not be reached"),
            (Self::Tunnel, "no tunnel: the agent is missing, refused, died"),
            (Self::NotDelivered, "not delivered: no proof in time, or the app answered other than 2xx"),
            (Self::Check, "a check did not hold"),
            (Self::Interrupted, "interrupted before it was done"),
        ];
        let done = (0, "done, and where an event was promised, it was seen to arrive");
        std::iter::once(done).chain(failures.map(|(exit, means)| (exit as u8, means)))
    }

    /// The one of a number; one that nobody knows is unexpected.
    pub fn of(code: i32) -> Self {
        let known = [
            Self::Usage,
            Self::Settings,
            Self::Remote,
            Self::Tunnel,
            Self::NotDelivered,
            Self::Check,
            Self::Interrupted,
        ];
        known.into_iter().find(|exit| *exit as i32 == code).unwrap_or(Self::Unexpected)
    }
}

impl Error {
    /// How the process ends: a command that was run for somebody hands its own exit code on.
    pub fn status(&self) -> u8 {
        match self {
            Self::CommandFailed { code, .. } => *code,
            _ => self.exit_code() as u8,
        }
    }

    /// Which exit code tells it to a script.
    pub fn exit_code(&self) -> Exit {
        match self {
            Self::Unexpected { .. } | Self::SandboxFailed { .. } | Self::OutputUnwritable { .. } => Exit::Unexpected,
            Self::Told(told) => told.exit_code(),
            Self::Interrupted | Self::Declined { .. } => Exit::Interrupted,
            Self::Relayed(exit) => *exit,
            Self::SetUpSilent { .. }
            | Self::SetUpStays { .. }
            | Self::HistoryUnusable { .. }
            | Self::TooFewFiles { .. }
            | Self::ClockImpossible { .. } => Exit::Unexpected,
            Self::State { .. }
            | Self::File { .. }
            | Self::FileUnwritable { .. }
            | Self::SeveralMissing { .. }
            | Self::KeyMissing { .. }
            | Self::KeyMalformed { .. }
            | Self::KeyPublishable { .. }
            | Self::KeyLive { .. }
            | Self::SettingInvalid { .. }
            | Self::ConfigFile { .. }
            | Self::ProfileMissing { .. }
            | Self::KeyCommand { .. }
            | Self::NeedsAnswer { .. }
            | Self::SigningSecretMalformed { .. }
            | Self::SigningSecretMissing { .. }
            | Self::SeveralProjects { .. }
            | Self::SeveralRoutes { .. }
            | Self::AppDown { .. }
            | Self::AppForeign { .. }
            | Self::PortTaken { .. }
            | Self::CertificateUntrusted { .. }
            | Self::EnvFileUnreadable { .. }
            | Self::EnvFileUnwritable { .. }
            | Self::EnvFileDuplicate { .. } => Exit::Settings,
            Self::CaseUnknown { .. }
            | Self::FrameworkUnknown
            | Self::HandlerExists { .. }
            | Self::ProbeFailed { .. }
            | Self::DetachMissing
            | Self::CodeUnknown { .. }
            | Self::SettingUnknown { .. }
            | Self::UserForeign { .. }
            | Self::EndpointUrl { .. }
            | Self::EditRefused { .. }
            | Self::EditBroken { .. }
            | Self::EditorUnseen { .. }
            | Self::ScreenUnseen
            | Self::EditorFailed { .. }
            | Self::DeliveryUnreadable { .. }
            | Self::EventUnknown { .. }
            | Self::TriggerRefused { .. }
            | Self::ScenarioInvalid { .. }
            | Self::DeliveryUnknown { .. }
            | Self::DeliveryAmbiguous { .. } => Exit::Usage,
            Self::AgentMissing { .. }
            | Self::AgentNotRunnable { .. }
            | Self::AgentVersion { .. }
            | Self::AgentRefused { .. }
            | Self::AgentExited { .. }
            | Self::AgentNotReady { .. }
            | Self::AgentAddressTaken { .. }
            | Self::AgentApi { .. }
            | Self::AgentDied { .. }
            | Self::AgentForeign { .. }
            | Self::TunnelOffline { .. }
            | Self::TunnelMissing => Exit::Tunnel,
            Self::ClerkKeyRefused { .. }
            | Self::ClerkRefused { .. }
            | Self::ClerkUnreachable { .. }
            | Self::ClerkRateLimited { .. }
            | Self::ClerkFailed { .. }
            | Self::ClerkNotUnderstood { .. }
            | Self::UserUnnamed
            | Self::UserMissing { .. }
            | Self::UserQuota { .. }
            | Self::UserLeft { .. }
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
            | Self::EndpointUnknown { .. }
            | Self::MessageUnknown { .. }
            | Self::EndpointAtNone { .. }
            | Self::EndpointMissing => Exit::Remote,
            Self::NoneReady { .. }
            | Self::EndpointDisabled { .. }
            | Self::EndpointFiltered { .. }
            | Self::NotDelivered { .. }
            | Self::CaptureMissing { .. }
            | Self::NothingVerified { .. }
            | Self::CaptureTruncated { .. }
            | Self::ReplayUnanswered { .. }
            | Self::NotArrived { .. }
            | Self::NotRecovered { .. }
            | Self::NotBackfilled { .. }
            | Self::CommandFailed { .. }
            | Self::AnswerUnexpected { .. } => Exit::NotDelivered,
            Self::CaptureForged { .. }
            | Self::DoctorFailed { .. }
            | Self::EndpointTrouble { .. }
            | Self::HandlerFailed { .. }
            | Self::NotSecured { .. }
            | Self::NotVerified { .. } => Exit::Check,
        }
    }
}
