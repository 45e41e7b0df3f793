//! What to type: one hint for each error, checked by the tests like any behaviour.

use std::time::Duration;

use super::Error;

impl Error {
    /// What to type or change.
    pub fn hint(&self) -> String {
        match self {
            Self::Unexpected { .. } => "run it again with `-vv` and open an issue with what it prints".into(),
            Self::Interrupted => "run the same command again; what was set up is found and used".into(),
            Self::Declined { .. } => "run it again and answer, or answer beforehand with the flag in docs/commands.md".into(),
            Self::State { .. } => "choose another with `--state-dir DIR`, or mend its permissions".into(),
            Self::File { .. } => "check the path and its permissions".into(),
            Self::FileUnwritable { .. } => {
                "make the directory, mend its permissions, free space on its disk, or name another file".into()
            }
            Self::OutputUnwritable { .. } => "make room (`df` shows which disk is full), or send the output elsewhere".into(),
            Self::TooFewFiles { .. } => "allow more in this shell, then run it again: `ulimit -n 1024`".into(),
            Self::ClockImpossible { .. } => "set the clock: `sudo timedatectl set-ntp true`".into(),
            Self::SetUpSilent { .. } => "see what runs with `clerkhook status`, and start it again".into(),
            Self::Told(told) => told.hint.clone(),
            Self::SetUpStays { pid, .. } => format!("`kill -9 {pid}` ends it at once, and `clerkhook down` then what it leaves"),
            Self::DetachMissing => "leave out `--detach`, and keep it in a terminal of its own".into(),
            Self::CodeUnknown { .. } => "a code is `CH` and four digits, as an error shows it: `clerkhook explain CH0201`".into(),
            Self::Relayed(_) => String::new(),
            Self::SeveralMissing { .. } => "neither account nor app yet? `clerkhook up --sandbox --serve`".into(),
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
            Self::ProfileMissing { meant: Some(meant), .. } => format!("if `{meant}` was meant: `--profile {meant}`"),
            Self::ProfileMissing { name, .. } => format!("`clerkhook config set --profile {name} app 3000` makes it"),
            Self::SettingUnknown { meant: Some(meant), .. } => {
                format!("if `{meant}` was meant, name that; `clerkhook config list` shows all")
            }
            Self::SettingUnknown { .. } => "`clerkhook config list` shows all".into(),
            Self::KeyCommand { .. } => {
                "run it by hand; `clerkhook config set key_command COMMAND` names another one".into()
            }
            Self::NeedsAnswer { flag, .. } => format!("answer beforehand with `{flag}`"),
            Self::SeveralProjects { names } => {
                let first = names.first().map(String::as_str).unwrap_or("DIR");
                format!("name the one that is meant, for example `--project {first}`, or run it in that directory")
            }
            Self::SeveralRoutes { paths } => {
                let first = paths.first().map(String::as_str).unwrap_or("PATH");
                format!("name the one that is meant, for example `--path {first}`")
            }
            Self::AppForeign { port, project, .. } => format!(
                "start the app of `{}`, and name its port where it gets another one: `clerkhook up PORT`; if the program \
                 on {port} is meant: `clerkhook up {port}`",
                project.display()
            ),
            Self::SigningSecretMalformed { .. } => {
                "copy it again from the endpoint's page; it begins with `whsec_`".into()
            }
            Self::SigningSecretMissing { .. } => {
                "copy it from the endpoint's page (Clerk dashboard, Webhooks) into a file and name it with \
                 `--secret-file FILE`, or set `CLERK_WEBHOOK_SIGNING_SECRET=whsec_…` in `.env.local`"
                    .into()
            }
            Self::AgentMissing { .. } => {
                "install it from https://ngrok.com/download, or name it with `--ngrok-bin PATH`".into()
            }
            Self::AgentNotRunnable { denied: false, .. } => {
                "install ngrok anew from https://ngrok.com/download, or name another one with `--ngrok-bin PATH`".into()
            }
            Self::AgentNotRunnable { path, denied: true, .. } => {
                format!("`chmod +x {}`, or name another one with `--ngrok-bin PATH`", path.display())
            }
            Self::AgentVersion { .. } => "name the real ngrok agent with `--ngrok-bin PATH`".into(),
            Self::AgentRefused { fix, .. }
            | Self::NotDelivered { fix, .. }
            | Self::NotSecured { fix, .. } => fix.clone(),
            Self::HandlerFailed { again, .. } => {
                format!("change what stands under the failed check, then `{again}`")
            }
            Self::NoneReady { .. } => "`clerkhook up` starts one, and says when it is ready".into(),
            Self::TunnelOffline { .. } => "restart that agent, or start another with `clerkhook tunnel`".into(),
            Self::AgentForeign { .. } => {
                "stop that agent and run `clerkhook secure` again, so that clerkhook starts one of its own".into()
            }
            Self::AppDown { fix, .. } | Self::PortTaken { fix, .. } => (*fix).into(),
            Self::CertificateUntrusted { local: true, .. } => {
                "accept what the app has signed itself: `--insecure-upstream`".into()
            }
            Self::CertificateUntrusted { local: false, .. } => {
                "name the CA's file in `SSL_CERT_FILE`, or have the certificate renewed".into()
            }
            Self::EventUnknown { meant: Some(meant), .. } if meant.contains('.') => {
                format!("send what was meant: `clerkhook trigger {meant}`")
            }
            Self::EventUnknown { meant: Some(group), .. } => {
                format!("choose one of its events: `clerkhook trigger --list {group}`")
            }
            Self::EventUnknown { meant: None, .. } => {
                "list them: `clerkhook trigger --list`; one that is new at Clerk is sent with `--body @FILE`".into()
            }
            Self::TriggerRefused { fix, .. }
            | Self::ScenarioInvalid { fix, .. }
            | Self::AnswerUnexpected { fix, .. } => fix.clone(),
            Self::AgentExited { .. } | Self::AgentNotReady { .. } => {
                "run `ngrok diagnose` to test its connection; `clerkhook doctor` checks the rest".into()
            }
            Self::AgentAddressTaken { .. } => {
                "stop the program on that port, or remove `web_addr` from the ngrok config".into()
            }
            Self::AgentApi { .. } => "check that this is ngrok's web address and that the agent still runs".into(),
            Self::AgentDied { .. } => "run the command again; what is still there is found and used".into(),
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
            Self::ClerkRateLimited { wait, .. } | Self::SvixRateLimited { wait, .. } => {
                format!("wait {} and run it again", wait.map_or("a minute".to_owned(), waiting))
            }
            Self::ClerkFailed { .. } => {
                "wait a little and run it again; https://status.clerk.com tells of outages".into()
            }
            Self::ClerkNotUnderstood { .. } => {
                "check `--clerk-api-url` (`CLERK_API_URL`); a proxy or sign-in page may stand in between".into()
            }
            Self::UserUnnamed => "make one with `clerkhook user create`, or give the id of one".into(),
            Self::UserMissing { .. } => {
                "make one with `clerkhook user create`; `clerkhook user delete --all --dry-run` lists those that are left"
                    .into()
            }
            Self::UserForeign { .. } => {
                "change it in the Clerk dashboard; here only those that `clerkhook user create` made are touched".into()
            }
            Self::UserQuota { .. } => {
                "delete those that clerkhook left with `clerkhook user delete --all`, others in the Clerk dashboard"
                    .into()
            }
            Self::UserLeft { id, .. } => format!("delete it with `clerkhook user delete {id}`"),
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
            Self::EndpointUnknown { .. } => "name one of those, or see how all of them stand: `clerkhook watch --once`".into(),
            Self::MessageUnknown { .. } => "list those that Svix keeps: `clerkhook logs`".into(),
            Self::EndpointAtNone { .. } => {
                "name the URL of one of those, or give the secret that the app has in `CLERK_WEBHOOK_SIGNING_SECRET`".into()
            }
            Self::EndpointTrouble { id, .. } => {
                format!("see what was sent and how it was answered: `clerkhook logs --failed --endpoint {id}`")
            }
            Self::EndpointDisabled { .. } => "enable it: `clerkhook register`".into(),
            Self::EndpointFiltered { meant: Some(meant), .. } => {
                format!("send what was meant: `clerkhook send-test {meant}`")
            }
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
            Self::HistoryUnusable { fix, .. } => fix.as_str().into(),
            Self::DeliveryUnknown { .. } => "list what is kept: `clerkhook events`".into(),
            Self::DeliveryAmbiguous { .. } => "type more of it; `clerkhook events --json` shows ids whole".into(),
            Self::NotArrived { running: false, .. } => {
                "no set-up runs on this machine, and only one can see what arrives: `clerkhook up`".into()
            }
            Self::NotArrived { .. } => {
                "see what Clerk sent and what became of it with `clerkhook logs`, and what came with `clerkhook events`".into()
            }
            Self::NotRecovered { .. } => {
                "see what the app answered with `clerkhook logs --failed`; run `clerkhook recover` again once it answers".into()
            }
            Self::NotBackfilled { .. } => {
                "mend the handler, then run the same command again: it goes on with those that were not taken".into()
            }
            Self::CommandFailed { .. } => "mend what it says above, then run the same command again".into(),
            Self::CaptureMissing { .. } => "list what the agent still has: `clerkhook replay`".into(),
            Self::CaptureTruncated { .. } => {
                "have Svix send it again from the Clerk dashboard, or raise `inspect_db_size` in the ngrok config"
                    .into()
            }
            Self::EditRefused { .. } => {
                "correct what is named above; a value is set like `--set data.first_name=Ada`".into()
            }
            Self::CaptureForged { .. } => {
                "send it as it was: `--original`, without edits; if you made it yourself, have it signed with `--sign-forged`".into()
            }
            Self::NothingVerified { .. } => {
                "list them with `clerkhook replay --no-input`, and name the one that is meant: `clerkhook replay ID`".into()
            }
            Self::EditBroken { path, .. } => {
                format!("mend `{0}`, which is kept, and send it: `--body @{0}` in place of `--edit`", path.display())
            }
            Self::EditorUnseen { .. } => "edit with `--set PATH=VALUE`, or give the whole body: `--body @FILE`".into(),
            Self::ScreenUnseen => "list the deliveries: `clerkhook events list`; `--follow` goes on with what comes".into(),
            Self::EditorFailed { .. } => "set `EDITOR` to one that works, or edit with `--set PATH=VALUE`".into(),
            Self::ReplayUnanswered { .. } => "start the app, or name another address with `--to URL`".into(),
            Self::CaseUnknown { meant: Some(meant), .. } => {
                format!("if `{meant}` was meant, name that; `clerkhook check --list` shows all")
            }
            Self::CaseUnknown { .. } => "list them: `clerkhook check --list`".into(),
            Self::FrameworkUnknown => {
                "name it: `clerkhook handler --framework express`; `clerkhook handler --list` shows all".into()
            }
            Self::HandlerExists { .. } => {
                "see what would stand there: `clerkhook handler`; prove what does: `clerkhook check`".into()
            }
            Self::ProbeFailed { probe, .. } => {
                format!("try it by hand: `{probe}` must give a number or a text that an event of the app changes")
            }
            Self::DoctorFailed { .. } => "mend the first one that failed; the ones after it may follow from it".into(),
            Self::NotVerified { .. } => {
                "do what stands under the verdict; docs/commands.md#verify explains each cause".into()
            }
            Self::DeliveryUnreadable { .. } => {
                "save headers and body together, or give them apart: `clerkhook verify --body FILE --headers FILE`"
                    .into()
            }
            Self::SandboxFailed { .. } => "run it again; if it stays, open an issue with what it prints".into(),
        }
    }
}

/// A wait in the unit that a person counts it in, rounded up.
fn waiting(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ ..120 => format!("{} s", seconds.max(1)),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}
