//! What of the history came since a moment: looked up once, then followed. It needs no set-up that runs already, and goes on
//! when one begins again.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::followed::Followed;
use super::{Context, kept};
use crate::delivery::{Bound, Delivery, Filter, Id};
use crate::error::{Error, Result};
use crate::history::{Reference, Store};
use crate::running::Wanted;

/// Longer than an app may take to answer: what came so long before may still be answered.
const LONGEST_ANSWER: SignedDuration = SignedDuration::from_secs(120);

/// A clock that goes wrong by less is not noticed.
const STEADY: SignedDuration = SignedDuration::from_secs(1);

/// From when on deliveries count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// From now on.
    Now,
    /// Since the running set-up began; from now on where none runs.
    Start,
    /// Since a moment, or what came after a delivery.
    Bound(Bound),
    /// What came after the delivery that is called so.
    Named(Reference),
}

impl FromStr for Since {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "now" => Self::Now,
            "start" => Self::Start,
            _ => match text.parse::<Bound>() {
                Ok(bound) => Self::Bound(bound),
                Err(_) => Self::Named(text.parse::<Reference>()?),
            },
        })
    }
}

/// After what deliveries count.
#[derive(Clone, Debug)]
enum After {
    /// Whatever is new.
    Begin,
    /// An id.
    Id(Id),
    /// A delivery: what was answered after it counts too, though it may have come before.
    Delivery { id: Id, ended: Timestamp },
}

/// Which deliveries count.
#[derive(Clone, Debug)]
struct Window {
    after: After,
    /// When the wait began, by a clock that may be set meanwhile.
    began: Timestamp,
}

impl Window {
    /// `new`: it was kept, or its answer was, since the wait began.
    fn admits(&self, delivery: &Delivery, new: bool) -> bool {
        let by_time = match &self.after {
            After::Begin => false,
            After::Id(id) => delivery.id > *id,
            After::Delivery { id, ended } => delivery.id > *id || (delivery.id != *id && ended_by(delivery) > *ended),
        };
        let named = matches!(&self.after, After::Delivery { id, .. } if delivery.id == *id);
        by_time || (new && !named && ended_by(delivery) >= self.began)
    }

    /// The clock was set by so much. Set forward, it makes nothing older than it is.
    fn set(&mut self, off: SignedDuration) {
        if off.is_negative() {
            self.began = self.began.checked_add(off).unwrap_or(self.began);
        }
    }
}

/// The latest moment at which it may have been answered; agents of version 2 tell whole seconds.
fn ended_by(delivery: &Delivery) -> Timestamp {
    let took = delivery.duration.and_then(|took| SignedDuration::try_from(took).ok()).unwrap_or_default();
    let coarse = if delivery.received_at.subsec_nanosecond() == 0 { SignedDuration::from_secs(1) } else { took };
    delivery.received_at.checked_add(took.max(coarse)).unwrap_or(delivery.received_at)
}

/// The deliveries since a moment, each once, when it is answered.
#[derive(Debug)]
pub struct Arrivals {
    history: Followed,
    window: Window,
    /// Told already, or answered before.
    known: HashSet<Id>,
    /// Without an answer so far.
    open: HashMap<Id, Delivery>,
    /// What was there at the beginning and counts.
    waiting: Vec<Delivery>,
    clock: (Timestamp, Instant),
}

impl Arrivals {
    /// Begins here: whatever comes after this call is seen.
    ///
    /// # Errors
    /// `HistoryUnusable`, `DeliveryUnknown`, `DeliveryAmbiguous`.
    pub fn since(context: &Context, since: &Since) -> Result<Self> {
        let began = Timestamp::now();
        let history = Followed::begin(context)?;
        let after = after(context, history.store(), since, began)?;
        let window = Window { after, began };
        let mut arrivals = Self {
            history,
            window,
            known: HashSet::new(),
            open: HashMap::new(),
            waiting: Vec::new(),
            clock: (began, Instant::now()),
        };
        arrivals.look_back(context)?;
        Ok(arrivals)
    }

    fn look_back(&mut self, context: &Context) -> Result<()> {
        let Some(store) = self.history.store() else { return Ok(()) };
        let from = match &self.window.after {
            After::Begin => self.window.began,
            After::Id(id) | After::Delivery { id, .. } => id.time(),
        };
        let from = from.min(self.window.began).checked_sub(LONGEST_ANSWER).unwrap_or(Timestamp::UNIX_EPOCH);
        let filter = Filter { since: Some(Bound::Time(from)), ..Filter::default() };
        for delivery in store.list(&filter, usize::MAX).map_err(|fault| kept::unusable(context, fault))? {
            if delivery.answer.is_some() {
                self.known.insert(delivery.id.clone());
                if self.window.admits(&delivery, false) {
                    self.waiting.push(delivery);
                }
            }
        }
        Ok(())
    }

    /// What was answered since the last call.
    ///
    /// # Errors
    /// `HistoryUnusable`.
    pub fn news(&mut self, context: &Context) -> Result<Vec<Delivery>> {
        self.heed_clock();
        let mut news = std::mem::take(&mut self.waiting);
        self.history.renew(context)?;
        while let Some(changed) = self.history.changed(context)? {
            news.extend(changed.into_iter().filter(|delivery| {
                if self.known.contains(&delivery.id) {
                    return false;
                }
                if delivery.answer.is_none() {
                    self.open.insert(delivery.id.clone(), delivery.clone());
                    return false;
                }
                self.open.remove(&delivery.id);
                self.known.insert(delivery.id.clone());
                self.window.admits(delivery, true)
            }));
        }
        Ok(news)
    }

    /// Those that came and have no answer yet.
    pub fn open(&self) -> impl Iterator<Item = &Delivery> {
        self.open.values()
    }

    /// When the clock is set back, what comes would seem to be from before.
    fn heed_clock(&mut self) {
        let (then, at) = self.clock;
        let now = Timestamp::now();
        let passed = SignedDuration::try_from(at.elapsed()).unwrap_or_default();
        let off = now.duration_since(then) - passed;
        if off.abs() > STEADY {
            self.window.set(off);
            self.clock = (now, Instant::now());
        }
    }
}

fn after(context: &Context, store: Option<&Store>, since: &Since, now: Timestamp) -> Result<After> {
    Ok(match since {
        Since::Now => After::Begin,
        Since::Start => {
            let running = context.state.meant(&Wanted::any(&context.settings, None)).into_iter().next();
            let began = running.and_then(|(_, setup)| setup.started_at.parse::<Timestamp>().ok());
            began.map_or(After::Begin, |began| After::Id(Id::first_of(began)))
        }
        Since::Bound(Bound::Delivery(id)) => {
            let found = store.map(|store| store.get(id.as_str()).map_err(|fault| kept::unusable(context, fault)));
            match found.transpose()?.flatten() {
                Some(delivery) => following(&delivery),
                None => After::Id(id.clone()),
            }
        }
        Since::Bound(bound) => After::Id(bound.id(now)),
        Since::Named(reference) => {
            let found = store.map(|store| kept::find(context, store, reference)).transpose()?.flatten();
            let delivery = found.ok_or_else(|| Error::DeliveryUnknown { reference: reference.to_string() })?;
            following(&delivery)
        }
    })
}

fn following(delivery: &Delivery) -> After {
    let took = delivery.duration.and_then(|took| SignedDuration::try_from(took).ok()).unwrap_or_default();
    let ended = delivery.received_at.checked_add(took).unwrap_or(delivery.received_at);
    After::Delivery { id: delivery.id.clone(), ended }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Request, Witness};

    fn came(millisecond: i64, took: u64) -> Delivery {
        let at = Timestamp::from_millisecond(1_790_000_000_000 + millisecond).expect("a time");
        let delivery = Delivery::new(at, Witness::Agent, Request::default());
        Delivery { duration: Some(std::time::Duration::from_millis(took)), ..delivery }
    }

    #[test]
    fn a_moment_is_read_in_each_form() {
        for (text, since) in [("now", Since::Now), ("start", Since::Start)] {
            assert_eq!(text.parse::<Since>(), Ok(since));
        }
        let id = came(0, 0).id;
        assert_eq!(id.as_str().parse::<Since>(), Ok(Since::Bound(Bound::Delivery(id.clone()))));
        assert!(matches!("10m".parse(), Ok(Since::Bound(Bound::Ago(_)))));
        for text in ["msg_one", id.short(), "last"] {
            assert!(matches!(text.parse(), Ok(Since::Named(_))), "{text}");
        }
    }

    #[test]
    fn what_was_answered_after_a_delivery_counts_though_it_came_before() {
        let named = came(500, 5);
        let window = Window { after: following(&named), began: Timestamp::MAX };
        assert!(window.admits(&came(100, 3000), false), "a slow one");
        assert!(!window.admits(&came(100, 3), false) && !window.admits(&named, true));
        assert!(window.admits(&came(501, 0), false));
    }

    #[test]
    fn a_clock_that_is_set_back_hides_nothing() {
        let mut window = Window { after: After::Begin, began: came(0, 0).received_at };
        let hour = SignedDuration::from_hours(1);
        let later = came(-3_590_000, 5);
        assert!(!window.admits(&later, true));
        window.set(hour);
        assert!(!window.admits(&later, true));
        window.set(-hour);
        assert!(window.admits(&later, true) && !window.admits(&came(-3_700_000, 5), true));
    }

    #[test]
    fn from_now_on_only_what_is_new_counts() {
        let window = Window { after: After::Begin, began: came(1000, 0).received_at };
        assert!(!window.admits(&came(2000, 0), false));
        assert!(window.admits(&came(2000, 0), true) && window.admits(&came(500, 700), true));
        assert!(!window.admits(&came(500, 5), true), "it was answered before, and only kept late");
        assert!(window.admits(&came(0, 3), true), "an agent that tells whole seconds");
    }
}
