//! `clerkhook wait`: blocks until deliveries that match have arrived, or says what came nearest.

mod nearest;

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::delivery::{Delivery, Filter, Origin, Pattern, Signature, StatusPattern};
use crate::error::{Error, Result};
use crate::running::Wanted;
use crate::steps::since::{Arrivals, Since};
use crate::steps::typed::Typed;
use crate::steps::{Context, endpoint};
use nearest::Nearest;

/// How often the history is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// Options of `wait`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Event types, `user.created` or `user.*`; any webhook when there are none.
    pub events: Vec<String>,
    /// What else must hold of a delivery.
    pub filter: Filter,
    /// Its signature must have been found valid.
    pub verified: bool,
    /// How many of each.
    pub count: usize,
    /// How long.
    pub timeout: Duration,
    /// From when on.
    pub since: Since,
    /// A command that causes them.
    pub exec: Option<String>,
}

/// What is waited for.
#[derive(Debug)]
struct Wish {
    filter: Filter,
    verified: bool,
    quotas: Vec<Quota>,
}

/// How many of one sort are still to come.
#[derive(Debug)]
struct Quota {
    words: String,
    pattern: Option<Pattern>,
    wanted: usize,
    came: usize,
}

impl Quota {
    fn is_about(&self, delivery: &Delivery) -> bool {
        match &self.pattern {
            Some(pattern) => delivery.event.as_deref().is_some_and(|event| pattern.admits(event)),
            None => delivery.is_webhook(None),
        }
    }

    fn is_met(&self) -> bool {
        self.came >= self.wanted
    }
}

impl Wish {
    fn of(options: &Options) -> Self {
        let quota = |event: Option<&String>| Quota {
            words: event.map_or_else(|| "a webhook".to_owned(), |event| format!("`{event}`")),
            pattern: event.map(|event| Pattern::new(event)),
            wanted: options.count,
            came: 0,
        };
        let mut quotas: Vec<Quota> = options.events.iter().map(|event| quota(Some(event))).collect();
        if quotas.is_empty() {
            quotas.push(quota(None));
        }
        let mut filter = options.filter.clone();
        // What the app refused has not arrived, unless that is what is waited for.
        if filter.statuses.is_empty() && !filter.invalid {
            filter.statuses.push(StatusPattern::Class(2));
        }
        if filter.origins.is_empty() {
            filter.origins = Origin::ALL.iter().copied().filter(|origin| *origin != Origin::Check).collect();
        }
        Self { filter, verified: options.verified, quotas }
    }

    /// Takes a delivery in; whether it is one of those that are waited for.
    fn take(&mut self, delivery: &Delivery) -> bool {
        let verified = !self.verified || delivery.verdict.signature == Signature::Valid;
        if !verified || !self.filter.admits(delivery) {
            return false;
        }
        let quota = self.quotas.iter_mut().find(|quota| !quota.is_met() && quota.is_about(delivery));
        quota.map(|quota| quota.came += 1).is_some()
    }

    fn is_met(&self) -> bool {
        self.quotas.iter().all(Quota::is_met)
    }

    fn words(&self) -> String {
        let left = self.quotas.iter().filter(|quota| !quota.is_met());
        let words = left.map(|quota| match (quota.wanted, quota.came) {
            (1, _) => quota.words.clone(),
            (wanted, 0) => format!("{wanted} × {}", quota.words),
            (wanted, came) => format!("{} of {wanted} × {}", wanted - came, quota.words),
        });
        words.collect::<Vec<_>>().join(" and ")
    }
}

/// Waits, and prints what arrives as it does.
///
/// # Errors
/// `NotArrived`, `CommandFailed`, `Interrupted`, those of the history.
pub async fn wait(context: &Context, options: &Options) -> Result<()> {
    for event in options.events.iter().filter(|event| !event.ends_with('*')) {
        endpoint::warn_of_unknown(context, event);
    }
    if context.settings.history == 0 {
        context
            .ui
            .warn("nothing is kept with `--no-history` or `CLERKHOOK_HISTORY=0`, so nothing can be seen to arrive");
    }
    let mut arrivals = Arrivals::since(context, &options.since)?;
    let (mut wish, mut nearest) = (Wish::of(options), Nearest::default());
    let mut command = options.exec.as_deref().map(|line| Typed::start(line, Vec::new())).transpose()?;
    let result = follow(context, options, &mut arrivals, &mut wish, &mut nearest, &mut command).await;
    if let Some(command) = &mut command {
        command.stop().await;
    }
    match result? {
        Outcome::Arrived => Ok(()),
        Outcome::Late => Err(Error::NotArrived {
            wanted: wish.words(),
            limit: options.timeout,
            found: nearest.words(&wish, arrivals.open()),
            running: !context.state.meant(&Wanted::any(&context.settings, None)).is_empty(),
        }),
    }
}

enum Outcome {
    Arrived,
    Late,
}

/// Until everything came and the command has ended. The time begins when the command has.
async fn follow(
    context: &Context,
    options: &Options,
    arrivals: &mut Arrivals,
    wish: &mut Wish,
    nearest: &mut Nearest,
    command: &mut Option<Typed>,
) -> Result<Outcome> {
    let mut rhythm = interval(EVERY);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut runs = command.is_some();
    let mut deadline = Instant::now() + options.timeout;
    loop {
        tokio::select! {
            () = context.shutdown.wait() => return Err(Error::Interrupted),
            ended = ended(context, command), if runs => {
                runs = false;
                deadline = Instant::now() + options.timeout;
                ended?;
            }
            () = sleep_until(deadline), if !runs => {}
            _ = rhythm.tick() => {}
        }
        let late = !runs && Instant::now() >= deadline;
        for delivery in arrivals.news(context)? {
            if wish.take(&delivery) {
                context.ui.kept(&delivery);
            } else {
                nearest.take(wish, &delivery);
            }
        }
        match (wish.is_met(), runs) {
            (true, false) => return Ok(Outcome::Arrived),
            _ if late => return Ok(Outcome::Late),
            _ => {}
        }
    }
}

async fn ended(context: &Context, command: &mut Option<Typed>) -> Result<()> {
    match command {
        Some(command) => command.end(context).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{Answer, Request, Witness};

    fn delivery(event: &str, status: u16) -> Delivery {
        let body = format!(r#"{{"type":"{event}"}}"#).into_bytes();
        let request = Request { method: "POST".into(), target: "/".into(), body, ..Request::default() };
        let answer = Some(Answer { status, ..Answer::default() });
        Delivery { answer, ..Delivery::new(jiff::Timestamp::UNIX_EPOCH, Witness::Agent, request) }
    }

    fn wish(events: &[&str], count: usize) -> Wish {
        Wish::of(&Options {
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            filter: Filter::default(),
            verified: false,
            count,
            timeout: Duration::from_secs(1),
            since: Since::Now,
            exec: None,
        })
    }

    #[test]
    fn each_event_is_waited_for_so_many_times() {
        let mut both = wish(&["user.created", "user.*"], 2);
        for _ in 0..3 {
            assert!(both.take(&delivery("user.created", 200)) && !both.is_met());
        }
        assert_eq!(both.words(), "1 of 2 × `user.*`");
        assert!(!both.take(&delivery("session.created", 200)) && !both.take(&delivery("user.updated", 500)));
        assert!(both.take(&delivery("user.deleted", 204)) && both.is_met());
        assert!(!both.take(&delivery("user.deleted", 204)), "nothing more is waited for");
    }

    #[test]
    fn a_case_of_check_is_no_arrival() {
        let case = Delivery { origin: Origin::Check, ..delivery("user.created", 200) };
        assert!(!wish(&["user.created"], 1).take(&case));
    }
}
