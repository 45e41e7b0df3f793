//! What a command tells, as values on one stream; who shows them subscribes.

mod check;
mod delivery;
mod health;
mod listing;
mod message;
mod project;
mod proof;
mod reference;
mod setup;
mod step;
mod stream;
mod talk;
mod trigger;
mod user;
mod verdict;

use serde::{Serialize, Serializer};

use crate::delivery::{self as noun, Change};
use crate::secret::Secret;

pub use check::{Case, CaseSeen, Check, Conformance, Handler, Health, Plan, Setting, Standing};
pub use delivery::{Delivery, Gap, Heard, Received, Replay, Seen, Signature};
pub use health::{Backfill, EndpointHealth, Place};
pub use listing::{Listing, Owner};
pub use message::{Attempt, Message, MessageState, Recovery};
pub use project::{Project, Route};
pub use proof::{Hop, HopResult, Proof, Waiting};
pub use reference::{Argument, Command, ExitCode, Explanation, Flag};
pub use setup::{Action, Ended, Endpoint, Ready, Sandbox, Secured, SecuredProof, Serving, SetUp, Stopped, Tunnel};
pub use step::{Status, Step};
pub use stream::{Renderer, Stream};
pub use talk::{Failure, Farewell, Log, Missing, Question};
pub use trigger::{EventType, Request, Summary, Trigger};
pub use user::{User, UserAction};
pub use verdict::Verdict;

/// Everything that a command can tell. What is skipped here is no JSON line of its own.
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
    /// A step was begun, and the command or a new try ended it.
    #[serde(skip)]
    CutShort {
        /// Which step.
        step: Step,
        /// Milliseconds since it began.
        ms: Option<u64>,
    },
    /// What a step is at, for a person who watches.
    #[serde(skip)]
    Progress {
        /// Which step.
        step: Step,
        /// In words.
        detail: String,
    },
    /// What the app's directory says.
    Project(Project),
    /// The tunnel is online.
    Tunnel(Tunnel),
    /// The endpoint is right.
    Endpoint(Endpoint),
    /// A test event was followed.
    Proof(Proof),
    /// `up` waits for the app.
    Waiting(Waiting),
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
    /// A handler, whole or as a list has it.
    Handler(Handler),
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
    /// A message as Svix keeps it.
    Message(Message),
    /// One try to deliver it.
    Attempt(Attempt),
    /// What was recovered.
    Recovery(Recovery),
    /// An endpoint's health.
    Health(EndpointHealth),
    /// Somebody was sent as an event.
    Backfill(Backfill),
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
    /// A secret that was asked for, in clear.
    Secret {
        /// The secret.
        #[serde(serialize_with = "in_clear")]
        secret: Secret,
    },
    /// A question that needs an answer; where nobody can be asked the command ends with it.
    Question(Question),
    /// A question was answered, or left.
    #[serde(skip)]
    Answered {
        /// Its words.
        ask: String,
        /// Whether there is an answer.
        given: bool,
    },
    /// A remark.
    Note {
        /// In words.
        text: String,
    },
    /// A line of a command of the person's own, which clerkhook waits for.
    #[serde(skip)]
    Said {
        /// As it came.
        text: String,
    },
    /// Something to know.
    Warning {
        /// In words.
        text: String,
    },
    /// A line of the log.
    Log(Log),
    /// What ended the command.
    Error(Failure),
    /// It ends in haste.
    Farewell(Farewell),
    /// A delivery that passes a running set-up.
    #[serde(skip)]
    Passed(Box<noun::Delivery>),
    /// A delivery of the history, as a list has it.
    #[serde(skip)]
    Kept(Box<noun::Delivery>),
    /// A delivery of the history, whole.
    #[serde(skip)]
    Whole {
        /// The delivery.
        delivery: Box<noun::Delivery>,
        /// What it says otherwise than the last of the same user.
        changed: Option<Vec<Change>>,
    },
    /// What came to the built-in app, many at once because it may come by the ten thousand.
    #[serde(skip)]
    Received {
        /// In its order.
        batch: Vec<Seen>,
        /// Whether bodies are wanted as they came.
        raw: bool,
    },
    /// All checks of `check`, group by group.
    #[serde(skip)]
    Checks {
        /// The checks of each group.
        groups: Vec<Vec<Check>>,
        /// Whether the first one decided all of them, and nothing more was sent.
        stopped: bool,
    },
    /// All event types, and the names of the built-in scenarios.
    #[serde(skip)]
    Catalogue {
        /// In their order.
        events: Vec<EventType>,
        /// Names.
        scenarios: Vec<&'static str>,
    },
    /// A request that is printed for a shell.
    #[serde(skip)]
    Curl {
        /// The request.
        request: Request,
        /// The command that sends it.
        command: String,
    },
    /// What an app answered otherwise than before.
    Difference {
        /// As `diff -u` writes them.
        lines: Vec<String>,
    },
    /// A text that another program is to read or run, to its last byte.
    #[serde(skip)]
    Exact(String),
    /// The bytes of a body and nothing else.
    #[serde(skip)]
    Bytes(Vec<u8>),
    /// The work has ended: no step is under way.
    #[serde(skip)]
    Settled,
    /// All was said.
    #[serde(skip)]
    Ended,
    /// What the command was asked for, where the same is a part of other commands.
    #[serde(untagged)]
    Answer(Box<Report>),
}

fn in_clear<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

impl Report {
    /// A step's line without a time.
    pub fn step(step: Step, status: Status, detail: impl Into<String>) -> Self {
        Self::Step { step, status, detail: detail.into(), ms: None }
    }

    /// What the command was asked for.
    pub fn answer(self) -> Self {
        Self::Answer(Box::new(self))
    }
}
