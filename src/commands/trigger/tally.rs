//! Counts of answers, and how long they took.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::report::{Summary, Trigger};

/// What came so far.
#[derive(Debug)]
pub struct Tally {
    began: Instant,
    rate: Option<f64>,
    sent: usize,
    ok: usize,
    statuses: BTreeMap<u16, usize>,
    took_ms: Vec<u64>,
}

impl Tally {
    /// Begins now, for messages that are sent at a rate or one after the other.
    pub fn begin(rate: Option<f64>) -> Self {
        Self { began: Instant::now(), rate, sent: 0, ok: 0, statuses: BTreeMap::new(), took_ms: Vec::new() }
    }

    /// Counts one.
    pub fn count(&mut self, told: &Trigger) {
        self.sent += 1;
        self.ok += usize::from(told.ok);
        self.took_ms.extend(told.duration_ms);
        if let Some(status) = told.status_code {
            *self.statuses.entry(status).or_default() += 1;
        }
    }

    /// Counts those whose answers are not waited for.
    pub fn give_up(&mut self, count: usize) {
        self.sent += count;
    }

    /// How many came to an end.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// How many got an answer.
    pub fn answered(&self) -> usize {
        self.statuses.values().sum()
    }

    /// How many did not get the expected one.
    pub fn unexpected(&self) -> usize {
        self.sent - self.ok
    }

    /// All of it, now.
    pub fn summary(&self) -> Summary {
        let mut took_ms = self.took_ms.clone();
        took_ms.sort_unstable();
        #[allow(clippy::cast_precision_loss, reason = "nobody sends 2^52 events")]
        let sent = self.sent as f64;
        // The last one has its share of the time too, or three at 5 a second would seem to be 7.
        let due = self.rate.map_or(0.0, |rate| sent / rate);
        let seconds = self.began.elapsed().as_secs_f64().max(due);
        let per_second = if seconds > 0.0 { sent / seconds } else { 0.0 };
        Summary {
            sent: self.sent,
            ok: self.ok,
            unanswered: self.sent - self.answered(),
            statuses: self.statuses.clone(),
            p50_ms: percentile(&took_ms, 50),
            p95_ms: percentile(&took_ms, 95),
            max_ms: took_ms.last().copied(),
            per_second: (per_second * 10.0).round() / 10.0,
            scenario: false,
        }
    }
}

/// The smallest value that so many of 100 do not exceed.
fn percentile(sorted: &[u64], of_100: usize) -> Option<u64> {
    let rank = (sorted.len() * of_100).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_came() {
        let all: Vec<u64> = (1..=100).collect();
        assert_eq!((percentile(&all, 50), percentile(&all, 95)), (Some(50), Some(95)));
        assert_eq!((percentile(&[7], 50), percentile(&[7], 95)), (Some(7), Some(7)));
        assert_eq!((percentile(&[1, 9], 50), percentile(&[1, 9], 95)), (Some(1), Some(9)));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_few_are_not_faster_than_their_rate() {
        let mut tally = Tally::begin(Some(5.0));
        tally.give_up(3);
        assert!((tally.summary().per_second - 5.0).abs() < f64::EPSILON, "{:?}", tally.summary());
    }
}
