//! One look at an endpoint: its figures, and what is wrong.

use jiff::{SignedDuration, Timestamp};

use super::{Limits, place};
use crate::error::Result;
use crate::report::{EndpointHealth, Health, Place};
use crate::steps::log::span_words;
use crate::steps::{Context, endpoint};
use crate::svix::{Attempt, Endpoint, Span, Svix};

/// Svix's numbers for an attempt that succeeded and one that failed.
const SUCCESS: u8 = 0;
const FAIL: u8 = 2;

/// How many failures are looked through for the first of a series.
const FAILURES: usize = 1000;

/// The longest time of Svix's statistics (Svix docs, endpoint stats), less a minute as clocks differ.
const LONGEST: SignedDuration = SignedDuration::from_mins(28 * 24 * 60 - 1);

/// Svix disables an endpoint after failing so long (Svix docs, receiving).
const DISABLED_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// An endpoint that has failed for no longer may just be starting again.
const GRACE: SignedDuration = SignedDuration::from_mins(5);

/// The mark of endpoints that clerkhook made: they are disabled whenever nobody works.
const OURS: &str = "clerkhook-";

/// The last attempts of both sorts.
struct Last {
    success: Option<Attempt>,
    failure: Option<Attempt>,
    failing_since: Option<Timestamp>,
}

/// Looks. Nothing is changed by it.
///
/// # Errors
/// Those of Svix.
pub async fn look(
    context: &Context,
    svix: &Svix,
    of: &Endpoint,
    limits: Limits,
    is_named: bool,
) -> Result<EndpointHealth> {
    let now = Timestamp::now();
    let window = SignedDuration::try_from(limits.window).unwrap_or(LONGEST).min(LONGEST);
    let since = now.checked_sub(window).unwrap_or(Timestamp::UNIX_EPOCH);
    let (stats, last) = tokio::try_join!(svix.stats(&of.id, since), last(svix, &of.id))?;
    let failed = stats.fail + stats.sending;
    let tried = stats.success + failed;
    let is_live = endpoint::is_live(context);
    // What just took a message need not be knocked at.
    let well = last.success.is_some() && last.failing_since.is_none();
    let (place, dead) = place::of(&of.url, !well).await;
    let time = |attempt: &Option<Attempt>| attempt.as_ref().map(|attempt| attempt.timestamp.to_string());
    let mut health = EndpointHealth {
        endpoint_id: of.id.clone(),
        url: of.url.clone(),
        status: Health::Ok,
        disabled: of.disabled,
        place,
        delivered: stats.success,
        failed,
        pending: stats.pending,
        error_rate: (tried > 0).then(|| rate(failed, tried)),
        last_success: time(&last.success),
        last_failure: time(&last.failure),
        status_code: last.failure.as_ref().map(|last| last.response_status_code).filter(|status| *status > 0),
        failing_since: last.failing_since.map(|since| since.to_string()),
        disabled_at: last
            .failing_since
            .and_then(|since| since.checked_add(DISABLED_AFTER).ok())
            .map(|at| at.to_string()),
        troubles: Vec::new(),
        remarks: Vec::new(),
    };
    let rests = of.disabled && !is_named && of.uid.as_deref().is_some_and(|uid| uid.starts_with(OURS));
    if rests {
        health.remarks.push("disabled: clerkhook made it, and nobody runs `clerkhook up` for it now".to_owned());
    } else {
        judge(&mut health, &last, now, limits, is_live, dead);
    }
    health.status = match (health.troubles.is_empty(), health.remarks.is_empty()) {
        (false, _) => Health::Fail,
        (true, false) => Health::Warn,
        (true, true) => Health::Ok,
    };
    Ok(health)
}

#[allow(clippy::cast_precision_loss, reason = "counts of messages, as a share")]
fn rate(failed: u64, tried: u64) -> f64 {
    failed as f64 / tried as f64
}

async fn last(svix: &Svix, id: &str) -> Result<Last> {
    let any = Span::default();
    let (success, failure) =
        tokio::try_join!(svix.tries(id, &any, Some(SUCCESS), 1), svix.tries(id, &any, Some(FAIL), 1))?;
    let (success, failure) = (success.into_iter().next(), failure.into_iter().next());
    let since = success.as_ref().map(|success| success.timestamp);
    let fails = failure.as_ref().is_some_and(|failure| since.is_none_or(|since| failure.timestamp > since));
    let mut failing_since = None;
    if fails {
        let failures = svix.tries(id, &Span { since, ..any }, Some(FAIL), FAILURES).await?;
        failing_since = failures.last().map(|first| first.timestamp);
    }
    Ok(Last { success, failure, failing_since })
}

/// Says what is wrong. What stands before a colon names the trouble.
fn judge(
    health: &mut EndpointHealth,
    last: &Last,
    now: Timestamp,
    limits: Limits,
    is_live: bool,
    dead: Option<String>,
) {
    if health.disabled {
        health
            .troubles
            .push("disabled: Svix sends nothing to it; `clerkhook watch ENDPOINT --enable` ends that".to_owned());
    }
    if let Some(since) = last.failing_since {
        let span = now.duration_since(since);
        let left = DISABLED_AFTER.checked_sub(span).filter(|left| left.is_positive());
        let end = match left {
            _ if health.disabled => String::new(),
            Some(left) => format!("; Svix disables it in {}", span_words(left)),
            None => "; Svix disables it any moment".to_owned(),
        };
        let answer = match health.status_code {
            Some(status) => format!("answered {status}"),
            None => "gave no answer".to_owned(),
        };
        let words = format!("failing: for {} now, it last {answer}{end}", span_words(span));
        if span > GRACE { health.troubles.push(words) } else { health.remarks.push(words) }
    }
    if health.error_rate.is_some_and(|rate| rate * 100.0 > limits.errors) && last.failing_since.is_none() {
        let tried = health.delivered + health.failed;
        health.troubles.push(format!("errors: {} of {tried} messages failed", health.failed));
    }
    if let Some(why) = dead {
        health.troubles.push(format!("dead host: {why}"));
    }
    let words = match health.place {
        Place::Tunnel => "a developer's tunnel",
        Place::Relay => "a relay, so no app sees its events",
        Place::Local => "an address that only one machine or network knows",
        Place::Public | Place::Dead => return,
    };
    match (is_live, health.place) {
        (true, _) => health.troubles.push(format!("URL: a production endpoint leads to {words}")),
        (false, Place::Relay) => health.remarks.push(format!("its URL leads to {words}")),
        (false, _) => {}
    }
}
