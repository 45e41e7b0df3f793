//! The one reader of an agent: what it captures, what the built-in app and the gateway saw, put together. Each delivery is
//! given out once and kept, and whoever waits for one is told of it.

mod ledger;
mod missing;
mod reader;
mod recent;
mod state;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

pub use ledger::{Ledger, Told};
pub use recent::recent;
pub use watch::Watch;

use crate::delivery::{Delivery, Origin};
use crate::error::Result;
use crate::history::Keeper;
use crate::ngrok::api::AgentApi;
use crate::signature::SigningSecret;
use reader::{Looked, NEWEST};
use state::State;

/// What a look brought.
#[derive(Debug, Default)]
pub struct News {
    /// To be shown, oldest first.
    pub deliveries: Vec<Arc<Delivery>>,
    /// How many came and went unseen since the last look.
    pub missed: u64,
}

/// Follows one set-up. Its clones are the same feed: whoever looks, looks for all.
#[derive(Clone)]
pub struct Feed(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Something was told that is to be taken in.
    called: Notify,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Feed").finish_non_exhaustive()
    }
}

impl Feed {
    /// Only what came after `since` counts, as a reused agent has a past.
    pub fn since(since: Timestamp, ledger: Ledger, keeper: Keeper) -> Self {
        let state = State::since(since, ledger, keeper);
        Self(Arc::new(Shared { state: Mutex::new(state), called: Notify::new() }))
    }

    /// For a command that has no set-up of its own: what comes from now on, for whoever waits for it.
    pub fn passing() -> Self {
        let feed = Self::since(Timestamp::now(), Ledger::default(), Keeper::none());
        feed.lock().unshown = true;
        feed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Verifies with these from now on.
    pub fn verify_with(&self, secrets: Vec<SigningSecret>) {
        self.lock().secrets = secrets;
    }

    /// A message that clerkhook caused; `quiet` of its deliveries are told by something else.
    pub fn expect(&self, message_id: &str, origin: Origin, quiet: u32) {
        self.lock().ledger.expect(message_id, origin, quiet);
    }

    /// How many were given out, and how many were missed.
    pub fn counts(&self) -> (u64, u64) {
        let state = self.lock();
        (state.ledger.shown(), state.reader.missing.total())
    }

    /// Waits for deliveries of a kind; those that are known already count.
    pub fn watch(&self, wanted: impl Fn(&Delivery) -> bool + Send + 'static) -> Watch {
        let (watch, watched) = Watch::new(wanted);
        let mut state = self.lock();
        state.ledger.known().iter().for_each(|delivery| watched.tell(delivery));
        state.watches.push(watched);
        watch
    }

    /// The messages that were seen.
    pub fn messages(&self) -> Vec<String> {
        self.lock().ledger.messages()
    }

    /// Resolves when the agent is to be asked.
    pub async fn due(&self) {
        loop {
            let next = self.lock().reader.next;
            tokio::select! {
                () = sleep_until(next) => return,
                () = self.0.called.notified() => {}
            }
        }
    }

    /// Another agent holds the tunnel now: its captures have ids of their own, and its counters begin anew.
    pub fn follow_another(&self) {
        let mut state = self.lock();
        state.reader.follow_another();
        state.ledger.follow_another();
    }

    /// Something was told that waits for the agent's word: the agent is asked at once.
    pub fn call(&self) {
        let mut state = self.lock();
        state.reader.missing.told(Instant::now());
        state.reader.call();
        drop(state);
        self.0.called.notify_one();
    }

    /// What the built-in app saw: taken in at once.
    pub fn told(&self, sighting: Delivery) -> Option<Arc<Delivery>> {
        let mut state = self.lock();
        state.reader.missing.told(Instant::now());
        state.take(sighting)
    }

    /// What the gateway saw: taken in at the next look, which is now. The agent may know more of it, so it is heard first; in
    /// a flood that it alone can hold, it alone is heard.
    pub fn tell(&self, sighting: Delivery) {
        self.lock().hear(sighting);
        self.call();
    }

    /// Asks the agent, and gives what is to be shown.
    ///
    /// # Errors
    /// `AgentApi` when it cannot be asked; what was told by others is given all the same, next time.
    pub async fn look(&self, api: &AgentApi) -> Result<News> {
        self.ask(api).await?;
        Ok(self.lock().give_out())
    }

    /// Asks the agent for what is new. What is to be shown waits for the next [`Feed::look`].
    ///
    /// # Errors
    /// `AgentApi` when it cannot be asked.
    pub async fn ask(&self, api: &AgentApi) -> Result<()> {
        let limit = self.lock().reader.begin_look();
        let wants_served = self.lock().reader.missing.wants_served();
        let served = if wants_served { api.served().await } else { None };
        let asked = self.read(api, limit).await;
        let mut state = self.lock();
        state.reader.ended(asked.is_ok());
        if let Ok(Some(looked)) = &asked {
            state.take_all(looked);
        }
        state.take_heard();
        if asked.is_ok() {
            state.count_missed(served);
        }
        asked.map(drop)
    }

    /// As many captures as it takes to see all that is new; none where nothing came.
    async fn read(&self, api: &AgentApi, mut limit: u16) -> Result<Option<Looked>> {
        if self.lock().reader.remembers_much() {
            let all = api.captures(u16::MAX).await?;
            self.lock().forget_all_but(&all);
        }
        let mut looked = loop {
            let all = api.captures(limit).await?;
            let mut state = self.lock();
            if limit == NEWEST && state.reader.is_still(&all) {
                return Ok(None);
            }
            let looked = state.reader.read(all);
            match state.reader.deeper(limit, &looked) {
                Some(more) => limit = more,
                None => break looked,
            }
        };
        let unlisted = self.lock().reader.unlisted(&looked.captures);
        for id in unlisted {
            match api.capture(&id).await? {
                Some(capture) => looked.captures.push(capture),
                None => self.lock().forget(&id),
            }
        }
        Ok(Some(looked))
    }

    /// Notes what the agent had served before the set-up began.
    pub async fn begin(&self, api: &AgentApi) {
        let served = api.served().await;
        self.lock().reader.missing.begin(served);
    }

    /// Nothing more is told of what came until now: what is missing at the next look stays missing.
    pub fn expect_no_more(&self) {
        self.lock().reader.missing.expect_no_more();
    }

    /// Writes what is still to be kept; gives how many the disk was too slow for.
    pub fn finish(self) -> u64 {
        let keeper = {
            let mut state = self.lock();
            state.take_heard();
            state.keeper.clone()
        };
        keeper.finish()
    }
}

#[cfg(test)]
mod tests;
