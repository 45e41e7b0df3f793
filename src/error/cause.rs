//! Why it failed, in somebody's own words.

use super::Error;

impl Error {
    /// The other side's own words, or the system's.
    pub fn cause(&self) -> Option<&str> {
        let cause = match self {
            Self::Unexpected { cause, .. }
            | Self::SetUpSilent { cause }
            | Self::State { cause, .. }
            | Self::TooFewFiles { cause }
            | Self::HistoryUnusable { cause, .. }
            | Self::File { cause, .. }
            | Self::FileUnwritable { cause, .. }
            | Self::OutputUnwritable { cause }
            | Self::ConfigFile { cause, .. }
            | Self::KeyCommand { cause, .. }
            | Self::AppDown { cause, .. }
            | Self::PortTaken { cause, .. }
            | Self::CertificateUntrusted { cause, .. }
            | Self::AgentNotRunnable { cause, .. }
            | Self::AgentApi { cause, .. }
            | Self::ClerkUnreachable { cause, .. }
            | Self::ClerkNotUnderstood { cause, .. }
            | Self::UserLeft { cause, .. }
            | Self::SvixUnreachable { cause, .. }
            | Self::SvixNotUnderstood { cause, .. }
            | Self::EditorFailed { cause, .. }
            | Self::ReplayUnanswered { cause, .. }
            | Self::EnvFileUnreadable { cause, .. }
            | Self::EnvFileUnwritable { cause, .. }
            | Self::SandboxFailed { cause } => cause,
            Self::SeveralMissing { fixes, .. } => fixes,
            Self::NoneReady { found }
            | Self::NotArrived { found, .. }
            | Self::NotRecovered { found, .. }
            | Self::NotBackfilled { found, .. } => found,
            Self::EndpointUnknown { known, .. } | Self::EndpointAtNone { known, .. } => known,
            Self::ProfileMissing { known, .. } => (!known.is_empty()).then_some(known)?,
            Self::Told(told) => told.cause.as_deref()?,
            Self::KeyMissing { looked } | Self::SigningSecretMissing { looked } | Self::AgentMissing { looked } => {
                looked
            }
            Self::SettingInvalid { why, .. } | Self::CaptureForged { why, .. } => why,
            Self::AgentVersion { said, .. } => said,
            Self::AgentExited { tail, .. } | Self::AgentNotReady { tail, .. } | Self::AgentDied { tail, .. } => tail,
            Self::AgentRefused { words, .. }
            | Self::AgentAddressTaken { words }
            | Self::ClerkKeyRefused { words, .. }
            | Self::ClerkRefused { words, .. }
            | Self::ClerkRateLimited { words, .. }
            | Self::ClerkFailed { words, .. }
            | Self::UserQuota { words }
            | Self::PortalExchange { words, .. }
            | Self::SvixUnauthorized { words }
            | Self::SvixForbidden { words, .. }
            | Self::SvixNotFound { words, .. }
            | Self::SvixConflict { words, .. }
            | Self::SvixInvalid { words, .. }
            | Self::SvixRateLimited { words, .. }
            | Self::SvixFailed { words, .. } => words,
            Self::Interrupted
            | Self::SetUpStays { .. }
            | Self::DetachMissing
            | Self::CodeUnknown { .. }
            | Self::SettingUnknown { .. }
            | Self::Relayed(_)
            | Self::Declined { .. }
            | Self::NothingVerified { .. }
            | Self::EditBroken { .. }
            | Self::EditorUnseen { .. }
            | Self::ScreenUnseen
            | Self::ClockImpossible { .. }
            | Self::DeliveryUnknown { .. }
            | Self::DeliveryAmbiguous { .. }
            | Self::KeyMalformed { .. }
            | Self::KeyPublishable { .. }
            | Self::KeyLive { .. }
            | Self::NeedsAnswer { .. }
            | Self::SeveralProjects { .. }
            | Self::SeveralRoutes { .. }
            | Self::AppForeign { .. }
            | Self::SigningSecretMalformed { .. }
            | Self::TunnelMissing
            | Self::TunnelOffline { .. }
            | Self::AgentForeign { .. }
            | Self::NotSecured { .. }
            | Self::UserUnnamed
            | Self::UserMissing { .. }
            | Self::UserForeign { .. }
            | Self::PortalUrl { .. }
            | Self::AdoptMissing { .. }
            | Self::EndpointMissing
            | Self::EndpointDisabled { .. }
            | Self::EndpointFiltered { .. }
            | Self::EndpointUrl { .. }
            | Self::EnvFileDuplicate { .. }
            | Self::NotDelivered { .. }
            | Self::CaptureMissing { .. }
            | Self::CaptureTruncated { .. }
            | Self::EditRefused { .. }
            | Self::CaseUnknown { .. }
            | Self::HandlerFailed { .. }
            | Self::FrameworkUnknown
            | Self::HandlerExists { .. }
            | Self::ProbeFailed { .. }
            | Self::NotVerified { .. }
            | Self::DeliveryUnreadable { .. }
            | Self::EventUnknown { .. }
            | Self::TriggerRefused { .. }
            | Self::ScenarioInvalid { .. }
            | Self::MessageUnknown { .. }
            | Self::EndpointTrouble { .. }
            | Self::CommandFailed { .. }
            | Self::AnswerUnexpected { .. }
            | Self::DoctorFailed { .. } => return None,
        };
        Some(cause.trim()).filter(|cause| !cause.is_empty())
    }
}
