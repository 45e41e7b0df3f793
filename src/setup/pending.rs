//! What a set-up waits for whose proof is still to come, and when the app is worth a try: once for each state of it.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::error::Error;
use crate::project::Reload;
use crate::report::{Hop, Report, Waiting};
use crate::steps::Context;
use crate::steps::app::START_IT;
use crate::steps::change::{Looked, Watched};

/// From one look at the app to the next.
const LOOK: Duration = Duration::from_millis(250);

/// An app that changed is left alone until it has looked the same for so long: dev servers come and go once more.
const SETTLES: Duration = Duration::from_millis(750);

/// One that reads its env files again has by then (Next takes up to 1.6 s).
const READS_WITHIN: Duration = Duration::from_secs(2);

/// A server that went away is told as missing when it stays away for longer: one that is restarted comes back.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(3);

/// One whose restart the written env file calls for has longer (Nuxt's is away for some seconds).
const RESTARTED_WITHIN: Duration = Duration::from_secs(15);

/// A dev server that restarts by itself has begun to by then.
const RESTARTS_WITHIN: Duration = Duration::from_secs(5);

/// What the app is waited for, and what came of it so far.
pub struct Pending {
    watched: Watched,
    /// The event that is sent.
    event: String,
    /// The env file that was written, until the app has taken it.
    unread: Option<Unread>,
    /// What starts the app.
    start: String,
    /// How it looked when it was tried last.
    tried: Option<Looked>,
    /// How it looks, and since when.
    now: Option<(Looked, Instant)>,
    /// It listened before.
    listened: bool,
    /// It came or changed while it was waited for.
    moved: bool,
    /// Why it is waited for, as it was told last.
    reason: Option<Told>,
}

/// An env file that was written, and how the app takes it.
#[derive(Clone, Debug)]
pub struct Unread {
    file: PathBuf,
    reload: Option<Reload>,
    since: Instant,
}

impl Unread {
    /// As far as the framework is known.
    pub fn new(file: PathBuf, reload: Option<Reload>) -> Self {
        Self { file, reload, since: Instant::now() }
    }
}

/// What was told last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    hop: Hop,
    found: String,
    fix: String,
}

impl Pending {
    /// `event` is what a try sends; `unread` an env file that was just written; `start` the command that starts the app.
    pub fn new(watched: Watched, event: &str, unread: Option<Unread>, start: Option<&str>) -> Self {
        let start =
            start.map_or_else(|| START_IT.to_owned(), |start| format!("start the app in its project: `{start}`"));
        let event = event.to_owned();
        Self { watched, event, unread, start, tried: None, now: None, listened: false, moved: false, reason: None }
    }

    /// Of an app that listened when it was looked at before.
    pub fn of_known(self, listened: bool) -> Self {
        Self { listened, ..self }
    }

    /// Whether an env file was written that the app may not have taken yet.
    pub fn waits_for_secret(&self) -> bool {
        self.unread.is_some()
    }

    /// Why it did not hold so far.
    pub fn verdict(&self) -> Option<Error> {
        let Told { hop, found, fix } = self.reason.clone()?;
        Some(Error::NotDelivered { event: self.event.clone(), hop, found, fix })
    }

    /// Resolves when the app is to be tried. Safe to cancel and call again.
    pub async fn next(&mut self, context: &Context) {
        loop {
            let looked = self.watched.look(context, self.tried.is_some()).await;
            self.see(looked);
            if self.is_worth_a_try(context) {
                break;
            }
            // Somebody who types Enter has done something that cannot be seen from here.
            if timeout(LOOK, context.ui.enter()).await.is_ok() && self.listens() {
                self.unread = None;
                break;
            }
        }
        self.tried = self.now.as_ref().map(|(looked, _)| looked.clone());
    }

    /// A try that did not hold.
    pub fn failed(&mut self, context: &Context, error: &Error) {
        let Error::NotDelivered { hop, found, fix, .. } = error else { return };
        self.reason = None;
        self.tell(context, Told { hop: *hop, found: found.clone(), fix: fix.clone() }, true);
    }

    fn listens(&self) -> bool {
        self.now.as_ref().is_some_and(|(looked, _)| looked.listens)
    }

    fn see(&mut self, looked: Looked) {
        match &self.now {
            Some((before, since)) if before.is_like(&looked) => self.now = Some((looked, *since)),
            before => {
                self.moved |= before.is_some();
                self.now = Some((looked, Instant::now()));
            }
        }
        // The route was not asked before the first try.
        if let (Some(tried), Some((now, _))) = (&mut self.tried, &self.now)
            && tried.is_like(now)
        {
            *tried = now.clone();
        }
    }

    fn is_worth_a_try(&mut self, context: &Context) -> bool {
        let Some((looked, since)) = self.now.clone() else { return false };
        if !looked.listens {
            let back_within = if self.unread.is_some() { RESTARTED_WITHIN } else { COMES_BACK_WITHIN };
            if (self.listened || self.moved) && since.elapsed() < back_within {
                return false;
            }
            let found = format!("nothing listens at {}", self.watched.upstream());
            // At first the line of the app has said so.
            let seen = self.tried.is_none() && !self.moved;
            self.tell(context, Told { hop: Hop::App, found, fix: self.start.clone() }, seen);
            return false;
        }
        if self.is_unread(context, &looked) {
            return false;
        }
        let settled = !self.moved || since.elapsed() >= SETTLES;
        settled && self.tried.as_ref().is_none_or(|tried| !tried.is_like(&looked))
    }

    /// Whether the app has yet to take the secret that was written: nothing is sent into that gap.
    fn is_unread(&mut self, context: &Context, looked: &Looked) -> bool {
        let Some(Unread { file, reload, since }) = &self.unread else { return false };
        let waits = match reload {
            Some(Reload::ByHand) => looked.is_older_than(file) == Some(true),
            Some(Reload::ByItself) => !self.moved && since.elapsed() < RESTARTS_WITHIN,
            Some(Reload::AtOnce) => since.elapsed() < READS_WITHIN,
            // An answer tells.
            None => false,
        };
        if waits && *reload == Some(Reload::ByHand) {
            let found = "the app has not read the new signing secret".to_owned();
            self.tell(context, Told { hop: Hop::App, found, fix: "restart the app".to_owned() }, false);
        }
        if !waits {
            self.unread = None;
        }
        waits
    }

    fn tell(&mut self, context: &Context, told: Told, seen: bool) {
        if self.reason.as_ref() != Some(&told) {
            let Told { hop, found, fix } = told.clone();
            context.ui.emit(&Report::Waiting(Waiting { hop, found, fix, seen, keys: context.ui.interactive() }));
            self.reason = Some(told);
        }
    }
}
