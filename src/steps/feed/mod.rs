//! The one reader of an agent: what it captures, what the built-in app and the gateway saw, put together. Each delivery is
//! given out once and kept, and whoever waits for one is told of it.

mod ledger;
mod reader;
mod recent;
mod watch;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::sleep_until;

pub use ledger::{Ledger, Told};
pub use recent::recent;
pub use watch::Watch;

use crate::delivery::{Delivery, Origin};
use crate::error::Result;
use crate::history::Keeper;
use crate::ngrok::api::AgentApi;
use crate::ngrok::capture::Capture;
use crate::signature::SigningSecret;
use reader::{Looked, NEWEST, Reader};
use watch::Watched;

/// How many bytes of bodies may wait to be shown or to be taken in.
const WAITING: usize = 64 * 1024 * 1024;

/// How many may have come between two questions.
const MEANWHILE: u16 = 500;

/// What a delivery takes beside its bodies, in bytes, generously.
const OVERHEAD: usize = 2048;

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

struct State {
    reader: Reader,
    secrets: Vec<SigningSecret>,
    ledger: Ledger,
    keeper: Keeper,
    watches: Vec<Watched>,
    /// Nobody shows what comes.
    unshown: bool,
    news: News,
    heard: VecDeque<Delivery>,
    /// How many bytes wait in both.
    waiting: usize,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Feed").finish_non_exhaustive()
    }
}

impl Feed {
    /// Only what came after `since` counts, as a reused agent has a past.
    pub fn since(since: Timestamp, ledger: Ledger, keeper: Keeper) -> Self {
        let state = State {
            reader: Reader::since(since),
            secrets: Vec::new(),
            ledger,
            keeper,
            watches: Vec::new(),
            unshown: false,
            news: News::default(),
            heard: VecDeque::new(),
            waiting: 0,
        };
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
        (state.ledger.shown(), state.reader.missed())
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

    /// Resolves when the agent is to be asked, or something was told.
    pub async fn due(&self) {
        let next = self.lock().reader.next;
        tokio::select! {
            () = sleep_until(next) => {}
            () = self.0.called.notified() => {}
        }
    }

    /// Another agent holds the tunnel now: its captures have ids of their own, and its counters begin anew.
    pub fn follow_another(&self) {
        self.lock().reader.follow_another();
    }

    /// What the built-in app saw: taken in at once.
    pub fn told(&self, sighting: Delivery) -> Option<Arc<Delivery>> {
        self.lock().take(sighting)
    }

    /// What the gateway saw: taken in at the next look, which is now. The agent may know more of it, so it is heard first; in
    /// a flood that it alone can hold, it alone is heard.
    pub fn tell(&self, sighting: Delivery) {
        let mut state = self.lock();
        let size = sighting.size() + OVERHEAD;
        if state.waiting + size <= WAITING {
            state.waiting += size;
            state.heard.push_back(sighting);
        }
        drop(state);
        self.0.called.notify_one();
    }

    /// Asks the agent, and gives what is to be shown.
    ///
    /// # Errors
    /// `AgentApi` when it cannot be asked; what was told by others is given all the same, next time.
    pub async fn look(&self, api: &AgentApi) -> Result<News> {
        self.ask(api).await?;
        let mut state = self.lock();
        state.waiting = state.heard.iter().map(|heard| heard.size() + OVERHEAD).sum();
        Ok(std::mem::take(&mut state.news))
    }

    /// Asks the agent for what is new. What is to be shown waits for the next [`Feed::look`].
    ///
    /// # Errors
    /// `AgentApi` when it cannot be asked.
    pub async fn ask(&self, api: &AgentApi) -> Result<()> {
        let asked = self.read(api).await;
        if let Ok(Some(looked)) = &asked {
            let doubtful = self.lock().take_all(looked);
            if doubtful {
                self.count_missed(api).await?;
            }
        }
        self.lock().take_heard();
        asked.map(drop)
    }

    /// As many captures as it takes to see all that is new; none where nothing came.
    async fn read(&self, api: &AgentApi) -> Result<Option<Looked>> {
        let mut limit = self.lock().reader.begin_look();
        if self.lock().reader.remembers_much() {
            let all = api.captures(u16::MAX).await?;
            self.lock().reader.forget_all_but(&all);
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
                None => self.lock().reader.forget(&id),
            }
        }
        Ok(Some(looked))
    }

    /// What was served before the agent is asked once more, and is not there then, is gone.
    async fn count_missed(&self, api: &AgentApi) -> Result<()> {
        let served = api.served().await;
        let again = api.captures(MEANWHILE).await?;
        let mut state = self.lock();
        let looked = state.reader.read(again);
        state.take_all(&looked);
        state.news.missed += state.reader.count_missed(served);
        Ok(())
    }

    /// Notes what the agent had served before the set-up began.
    pub async fn begin(&self, api: &AgentApi) {
        let served = api.served().await;
        self.lock().reader.begin(served);
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

impl State {
    /// What the agent captured, oldest first; `captures` are newest first. Whether some may have been missed.
    fn take_all(&mut self, looked: &Looked) -> bool {
        for capture in looked.captures.iter().rev() {
            if self.reader.wants(capture) {
                self.take_capture(capture);
            }
        }
        let doubtful = self.reader.may_have_missed(looked);
        self.reader.end_look();
        doubtful
    }

    fn take_capture(&mut self, capture: &Capture) {
        let sighting = capture.sighting(&self.secrets);
        let told = match self.reader.id_of(capture) {
            Some(id) => self.ledger.take_more(&id, sighting),
            None => self.ledger.take(sighting),
        };
        self.reader.took(capture, &told.delivery.id);
        self.publish(&told);
        if told.show {
            self.show(told.delivery);
        }
    }

    fn take(&mut self, sighting: Delivery) -> Option<Arc<Delivery>> {
        let told = self.ledger.take(sighting);
        self.publish(&told);
        told.show.then_some(told.delivery)
    }

    fn take_heard(&mut self) {
        while let Some(sighting) = self.heard.pop_front() {
            self.waiting = self.waiting.saturating_sub(sighting.size() + OVERHEAD);
            if let Some(delivery) = self.take(sighting) {
                self.show(delivery);
            }
        }
    }

    fn publish(&mut self, told: &Told) {
        self.keeper.keep(&told.delivery);
        self.watches.retain(Watched::is_left);
        self.watches.iter().for_each(|watched| watched.tell(&told.delivery));
    }

    /// What nobody takes in time is counted.
    fn show(&mut self, delivery: Arc<Delivery>) {
        let size = delivery.size() + OVERHEAD;
        if self.unshown {
            return;
        }
        if self.waiting + size > WAITING {
            self.news.missed += 1;
            return;
        }
        self.waiting += size;
        self.news.deliveries.push(delivery);
    }
}

#[cfg(test)]
mod tests;
