//! The steps of the walkthrough, each joining the services that it needs; the commands are made of them.

pub mod ahead;
pub mod answered;
pub mod app;
pub mod arrival;
pub mod census;
pub mod change;
pub mod editor;
pub mod endpoint;
pub mod feed;
pub mod followed;
pub mod forgery;
pub mod input;
mod judgement;
pub mod kept;
pub mod latest;
pub mod log;
pub mod profile_key;
pub mod project;
pub mod proof;
pub mod relaunch;
mod sandbox_secret;
pub mod secret;
pub mod since;
mod spelling;
pub mod standing;
pub mod target;
pub mod trial;
pub mod tunnel;
pub mod typed;
mod watch;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::config::{Settings, Upstream};
use crate::error::{Error, Result};
use crate::handler;
use crate::history::{self, Keeper, Limits};
use crate::http::Http;
use crate::project::{Framework, Project};
use crate::report::{Report, Status, Step};
use crate::running::{Setup, StateDirectory, Wanted};
use crate::shutdown::Shutdown;
use crate::ui::Ui;

/// The route of the official guide.
pub const WEBHOOK_PATH: &str = "/api/webhooks";

/// The webhook path: typed with the upstream, set, the project's, or usual. The built-in app takes any, so the shortest.
pub fn webhook_path(context: &Context, upstream: &Upstream, built_in: bool) -> String {
    let settings = &context.settings;
    let set = if built_in { settings.named_path() } else { settings.path.as_ref() };
    let set = set.map(|path| path.value.as_str());
    let usual = if built_in { "/" } else { WEBHOOK_PATH };
    upstream.path().or(set).unwrap_or(usual).to_owned()
}

/// What each thing gets that is still to be done when the end was asked for.
pub const LAST: Duration = Duration::from_millis(1500);

/// What every command is handed.
#[derive(Clone)]
pub struct Context {
    /// Settled once.
    pub settings: Settings,
    /// What the app's directory says of the app.
    pub project: Arc<Project>,
    /// The streams.
    pub ui: Arc<Ui>,
    /// The wish to end.
    pub shutdown: Shutdown,
    /// Clients for Clerk and Svix.
    pub http: Http,
    /// State files.
    pub state: StateDirectory,
    /// Whether a production instance may be changed.
    pub live: bool,
    /// Questions are answered with yes.
    pub yes: bool,
    /// A person has agreed to change the production instance.
    pub agreed: bool,
}

impl Context {
    /// What the project is made with, as far as its files say.
    pub fn framework(&self) -> Option<handler::Framework> {
        let found = self.project.framework.as_ref()?.value.framework;
        let pages = || {
            let has =
                |name: &str| ["", "src"].iter().any(|above| self.project.directory.join(above).join(name).is_dir());
            has("pages") && !has("app")
        };
        match found {
            Framework::Next if pages() => Some(handler::Framework::NextPages),
            found => found.facts().id.parse().ok(),
        }
    }

    /// Runs `work` unless the end is asked for meanwhile.
    ///
    /// # Errors
    /// `Interrupted`, or the work's own.
    pub async fn unless_interrupted<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            done = work => done,
            () = self.shutdown.wait() => Err(Error::Interrupted),
        }
    }

    /// Runs `work` that should not be cut off, as the other side may have carried it out: when the end is asked for, it
    /// gets a little more time.
    ///
    /// # Errors
    /// `Interrupted`, or the work's own.
    pub async fn unless_overdue<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let overdue = async {
            self.shutdown.wait().await;
            sleep(LAST).await;
        };
        tokio::select! {
            done = work => done,
            () = overdue => Err(Error::Interrupted),
        }
    }

    /// The running set-up that is meant, by app, profile and services.
    pub fn set_up(&self, app: Option<&Upstream>) -> Option<Setup> {
        self.state.meant(&Wanted::of(&self.settings, app)).into_iter().next().map(|(_, setup)| setup)
    }

    /// Begins to keep deliveries. What goes wrong is told once.
    pub fn keeper(&self) -> Keeper {
        let ui = Arc::clone(&self.ui);
        let limits = Limits::of(self.settings.history);
        Keeper::start(self.history_file(), limits, move |words| ui.warn(&words))
    }

    /// Says how many deliveries the history lacks.
    pub fn tell_unkept(&self, count: u64) {
        if count > 0 {
            self.ui.warn(&format!("{count} deliveries are not in the history: the disk was too slow"));
        }
    }

    /// Where deliveries are kept.
    pub fn history_file(&self) -> PathBuf {
        self.settings.state_dir.value.join(history::FILE)
    }

    /// Begins a step's line.
    pub fn begin(&self, step: Step, detail: impl Into<String>) -> Begun {
        self.ui.emit(&Report::step(step, Status::Start, detail));
        Begun { ui: Arc::clone(&self.ui), step, at: Instant::now() }
    }
}

/// A step that was begun; it must end in one way or another.
#[must_use]
pub struct Begun {
    ui: Arc<Ui>,
    step: Step,
    at: Instant,
}

impl Begun {
    /// Says what the step is at now, to a person who watches.
    pub fn update(&self, detail: &str) {
        self.ui.progress(self.step, detail);
    }

    /// Ends the line.
    pub fn end(self, status: Status, detail: impl Into<String>) {
        let ms = u64::try_from(self.at.elapsed().as_millis()).ok();
        self.ui.emit(&Report::Step { step: self.step, status, detail: detail.into(), ms });
    }

    /// Ends the line with an error, which is handed on. The wish to end is told once, at the end.
    pub fn fail(self, error: Error) -> Error {
        if !matches!(error, Error::Interrupted | Error::Declined { .. }) {
            let step = self.step;
            let ms = u64::try_from(self.at.elapsed().as_millis()).ok();
            self.ui.emit(&Report::Step { step, status: Status::Fail, detail: error.to_string(), ms });
        }
        error
    }

    /// Ends the line by a result, worded by `detail`.
    pub fn settle<T>(self, result: Result<T>, detail: impl FnOnce(&T) -> (Status, String)) -> Result<T> {
        match result {
            Ok(value) => {
                let (status, words) = detail(&value);
                self.end(status, words);
                Ok(value)
            }
            Err(error) => Err(self.fail(error)),
        }
    }
}
