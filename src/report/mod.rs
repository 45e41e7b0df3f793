//! What happens while a command runs, as values: services send them, `ui` turns each into a line.

mod check;
mod delivery;
mod listing;
mod proof;
mod reference;
mod setup;
mod step;
mod trigger;
mod user;
mod verdict;

use serde::Serialize;

pub use check::{Case, CaseSeen, Check, Conformance, Health, Plan, Setting, Standing};
pub use delivery::{Delivery, Gap, Heard, Received, Replay, Seen, Signature};
pub use listing::{Listing, Owner};
pub use proof::{Hop, HopResult, Proof};
pub use reference::{Argument, Command, ExitCode, Explanation, Flag};
pub use setup::{Action, Ended, Endpoint, Ready, Sandbox, Secured, SecuredProof, Serving, SetUp, Stopped, Tunnel};
pub use step::{Status, Step};
pub use trigger::{EventType, Request, Summary, Trigger};
pub use user::{User, UserAction};
pub use verdict::Verdict;

/// Everything that a command can tell.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Report {
    /// A step began or ended.
    Step {
        /// Which step.
        step: Step,
        /// How it stands.
        status: Status,
        /// What was seen.
        detail: String,
        /// Milliseconds since it began.
        ms: Option<u64>,
    },
    /// The tunnel is online.
    Tunnel(Tunnel),
    /// The endpoint is right.
    Endpoint(Endpoint),
    /// A test event was followed.
    Proof(Proof),
    /// `up` waits for events.
    Ready(Ready),
    /// A request came.
    Delivery(Delivery),
    /// A reader was too slow for some of them.
    Gap(Gap),
    /// A request was sent once more.
    Replay(Replay),
    /// Verification was turned on or off.
    Secured(Secured),
    /// The end.
    Stopped(Stopped),
    /// The sandbox listens.
    Sandbox(Sandbox),
    /// A user was made, changed or deleted.
    User(User),
    /// An endpoint of the instance.
    Listing(Listing),
    /// A command, as the program itself knows it.
    Command(Command),
    /// An exit code.
    Exit(ExitCode),
    /// What a code means.
    Explanation(Explanation),
    /// A dry run's line.
    Plan(Plan),
    /// A check's result.
    Check(Check),
    /// A case of `check`, as a list has it.
    Case(Case),
    /// How `check` ended.
    Conformance(Conformance),
    /// A setting.
    Setting(Setting),
    /// A part's standing.
    Status(Standing),
    /// A set-up runs.
    #[serde(rename = "set_up")]
    SetUp(SetUp),
    /// The built-in app listens.
    Serving(Serving),
    /// A saved delivery was judged.
    Verdict(Verdict),
    /// An event of our own was delivered.
    Trigger(Trigger),
    /// What came of several.
    Summary(Summary),
    /// A request that is printed.
    Request(Request),
    /// An event type that can be built.
    #[serde(rename = "event_type")]
    EventType(EventType),
}

impl Report {
    /// A step's line without a time.
    pub fn step(step: Step, status: Status, detail: impl Into<String>) -> Self {
        Self::Step { step, status, detail: detail.into(), ms: None }
    }
}
