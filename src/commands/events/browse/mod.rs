//! `events -i`: the full screen over the history. It follows whatever writes there, and carries out what is wished.

mod follow;
mod grant;
mod told;

use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};

use crate::config::Upstream;
use crate::delivery::{Filter, Id};
use crate::error::{Error, Result};
use crate::shutdown::Continued;
use crate::steps::Context;
use crate::steps::kept::unusable;
use crate::ui::browser::{Input, Narrowing, Plain, Row, Running, Screen, State, Wish};
use follow::Follower;
use grant::{Granted, grant};
use told::Teller;

/// How often the history is looked at for what is new.
const EVERY: Duration = Duration::from_millis(100);

/// How often it is looked which set-up runs.
const SET_UPS: Duration = Duration::from_secs(2);

/// What is carried out behind the screen.
type Work = Pin<Box<dyn Future<Output = Granted>>>;

/// The screen with what it shows.
struct Browser<'a> {
    context: &'a Context,
    app: Option<&'a Upstream>,
    screen: Screen,
    state: State,
    follower: Follower,
    teller: Teller,
    /// What the follower was asked for.
    asked: Narrowing,
    work: Option<Work>,
    looked: Option<Instant>,
}

/// Shows the screen until it is left.
///
/// # Errors
/// `ScreenUnseen` without a terminal; `HistoryUnusable`, `OutputUnwritable`.
pub async fn browse(context: &Context, filter: &Filter, app: Option<&Upstream>) -> Result<()> {
    if !context.ui.has_screen() {
        return Err(Error::ScreenUnseen);
    }
    let asked = Narrowing { filter: filter.clone(), ..Narrowing::default() };
    let follower = Follower::begin(context, asked.clone())?;
    let ending = context.shutdown.clone();
    let screen = Screen::open(&context.ui, move || ending.requested()).map_err(unwritable)?;
    let state = State::new(screen.size(), filter.clone());
    let teller = Teller::default();
    let mut browser = Browser { context, app, screen, state, follower, teller, asked, work: None, looked: None };
    browser.run().await
}

impl Browser<'_> {
    async fn run(&mut self) -> Result<()> {
        let mut rhythm = interval(EVERY);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut continued = Continued::listen();
        self.place(0);
        self.look()?;
        self.show()?;
        loop {
            let happened = tokio::select! {
                biased;
                () = self.context.shutdown.wait() => return Ok(()),
                input = self.screen.next() => Happened::Input(input),
                granted = under_way(&mut self.work) => Happened::Granted(granted),
                () = continued.next() => Happened::Continued,
                _ = rhythm.tick() => Happened::Tick,
                () = std::future::ready(()), if self.teller.owes() => Happened::Nothing,
            };
            let changed = match happened {
                // The terminal is gone.
                Happened::Input(None) => return Ok(()),
                Happened::Input(Some(input)) => match self.take(input).await? {
                    Some(()) => true,
                    None => return Ok(()),
                },
                Happened::Granted(granted) => self.granted(granted)?,
                Happened::Continued => self.screen.refresh().map(|()| true).map_err(unwritable)?,
                Happened::Tick => self.look()?,
                Happened::Nothing => self.follower.store().is_some_and(|store| self.teller.complete(store)),
            };
            if changed {
                self.show()?;
            }
        }
    }

    /// Keys, as many as are there; `None` when one of them leaves.
    async fn take(&mut self, input: Input) -> Result<Option<()>> {
        let mut next = Some(input);
        while let Some(input) = next {
            match self.state.update(input) {
                None => {}
                Some(Wish::Leave) => return Ok(None),
                Some(Wish::Suspend) => self.screen.suspend().map_err(unwritable)?,
                Some(Wish::Edit(id)) => {
                    self.screen.leave();
                    let outcome = grant::edit(self.context, &id).await;
                    self.screen.enter().map_err(unwritable)?;
                    self.state.outcome(outcome);
                }
                Some(wish) => self.begin(wish),
            }
            self.admit()?;
            self.fill()?;
            next = self.screen.more();
        }
        Ok(Some(()))
    }

    fn begin(&mut self, wish: Wish) {
        if self.work.is_some() {
            return self.state.under_way("one thing after the other: the last is still under way");
        }
        match wish {
            Wish::Replay(_) | Wish::Send { .. } | Wish::Trigger(_) => self.state.under_way("sending …"),
            _ => {}
        }
        self.work = Some(Box::pin(grant(self.context.clone(), self.app.cloned(), wish)));
    }

    fn granted(&mut self, granted: Granted) -> Result<bool> {
        self.work = None;
        if let Some(text) = granted.copied {
            self.screen.copy(&text).map_err(unwritable)?;
        }
        self.state.outcome(granted.outcome);
        self.look()?;
        Ok(true)
    }

    /// What the list admits may have changed.
    fn admit(&mut self) -> Result<()> {
        if self.state.list.narrowing == self.asked {
            return Ok(());
        }
        self.asked = self.state.list.narrowing.clone();
        let selected = self.state.list.row().map(|row| row.id.clone());
        self.follower.narrow(self.context, self.asked.clone())?;
        let place = selected.map_or(usize::MAX, |id| self.follower.nearest(&id));
        self.state.list.changed(self.follower.counts(), place, 0);
        self.state.list.fresh = 0;
        Ok(())
    }

    /// Looks for what is new; whether there is anything to show.
    fn look(&mut self) -> Result<bool> {
        let mut changed = false;
        if self.looked.is_none_or(|at| at.elapsed() >= SET_UPS) {
            self.looked = Some(Instant::now());
            let running = running(self.context, self.app);
            self.teller.upstream(running.as_ref().map_or("", |running| running.upstream.as_str()));
            changed = self.state.running != running;
            self.state.running = running;
        }
        if let Some(news) = self.follower.look(self.context)? {
            self.teller.forget(&news.touched);
            self.place(news.new);
            changed = true;
        }
        Ok(changed)
    }

    /// Tells the list how many there are now, and where the one is on which one stands.
    fn place(&mut self, new: usize) {
        let selected = self.state.list.row().map(|row| row.id.clone());
        let place = selected.map_or(self.state.list.selected, |id| self.follower.nearest(&id));
        self.state.list.changed(self.follower.counts(), place, new);
    }

    fn show(&mut self) -> Result<()> {
        self.screen.fit(&mut self.state);
        self.fill()?;
        self.screen.draw(&self.state).map_err(unwritable)
    }

    /// The line of a delivery; none of one that is gone meanwhile.
    fn row(&mut self, id: &Id, nested: bool) -> Result<Option<Row>> {
        if let Some(row) = self.teller.known(id, nested) {
            return Ok(Some(row));
        }
        let Some(store) = self.follower.store() else { return Ok(None) };
        match store.get(id.as_str()).map_err(|fault| unusable(self.context, fault))? {
            Some(delivery) => Ok(Some(self.teller.row(&delivery, nested))),
            None => {
                self.follower.leave_out(id);
                Ok(None)
            }
        }
    }

    /// Reads what is in sight. Why a delivery failed takes lines of its own, so that the window may move once more.
    fn fill(&mut self) -> Result<()> {
        for _ in 0..2 {
            let window = self.state.list.window();
            let mut rows = Vec::with_capacity(window.len());
            self.teller.begin();
            for (id, nested) in self.follower.window(window.clone()) {
                rows.extend(self.row(&id, nested)?);
            }
            self.state.list.fill(window.start, rows);
            if self.state.list.window() == window {
                break;
            }
        }
        let Some(store) = self.follower.store() else { return Ok(()) };
        let wanted = self.state.wanted().and_then(|id| store.get(id.as_str()).ok().flatten());
        if let Some(delivery) = wanted {
            let whole = self.teller.whole(store, delivery);
            self.state.fill_detail(whole);
        }
        Ok(())
    }
}

/// What the loop goes on with.
enum Happened {
    Input(Option<Input>),
    Granted(Granted),
    Continued,
    Tick,
    /// Time for what is still owed.
    Nothing,
}

/// What is carried out, to its end; forever where nothing is.
async fn under_way(work: &mut Option<Work>) -> Granted {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

/// What runs, in the words of the first line.
fn running(context: &Context, app: Option<&Upstream>) -> Option<Running> {
    let setup = context.set_up(app)?;
    let secured = setup.secured.as_deref().map(|how| Plain::of(if how == "gateway" { "clerkhook" } else { "ngrok" }));
    Some(Running {
        ready: setup.ready,
        url: Plain::of(setup.webhook_url.as_deref().unwrap_or(&setup.public_url)),
        upstream: Plain::of(setup.upstream.trim_start_matches("http://")),
        secured,
    })
}

fn unwritable(error: std::io::Error) -> Error {
    Error::OutputUnwritable { cause: error.to_string() }
}
