//! What an agent served and nobody told of. It is counted when a flood has ebbed, as much is still on its way before.

use std::time::Duration;

use tokio::time::Instant;

/// How long it must be quiet, so that the rest counts as missing.
const EBBED: Duration = Duration::from_millis(500);

/// In traffic that never ebbs it is counted after this long, where only the agent tells.
const LONGEST: Duration = Duration::from_secs(5);

/// The count of one feed.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// What the agent had served when the count began, where it tells; what was found missing since belongs to it.
    served_before: Option<u64>,
    /// Since when the agent has listed less than it captured.
    since: Option<Instant>,
    /// When that was seen, or the app told something, for the last time.
    stirred: Option<Instant>,
    /// It tells of whatever it answers, however late.
    app_tells: bool,
    ending: bool,
    /// What it had served at the look before.
    served: Option<u64>,
    total: u64,
}

impl Missing {
    /// Begins to count, with what the agent has served by now.
    pub(super) fn begin(&mut self, served: Option<u64>) {
        *self = Self { served_before: served, total: self.total, ..Self::default() };
    }

    /// So many are no longer among those that are counted as seen.
    pub(super) fn forgot(&mut self, seen: u64) {
        self.served_before = self.served_before.map(|served| served + seen);
    }

    /// The agent lists less than it captured.
    pub(super) fn suspect(&mut self, now: Instant) {
        self.since.get_or_insert(now);
        self.stirred = Some(now);
    }

    /// The app told something.
    pub(super) fn told(&mut self, now: Instant) {
        self.stirred = Some(now);
        self.app_tells = true;
    }

    /// What is missing at the next look stays missing.
    pub(super) fn expect_no_more(&mut self) {
        self.ending = true;
    }

    /// Whether the agent is to be asked how many it served. It must be before it is asked which: what it serves meanwhile
    /// is on its way.
    pub(super) fn wants_served(&self) -> bool {
        self.served_before.is_some() && (self.since.is_some() || self.ending)
    }

    /// How many of those that were served are not among the `seen`. `now` is when the look began, as nobody tells during it.
    pub(super) fn count(&mut self, now: Instant, served: Option<u64>, seen: u64) -> u64 {
        let (Some(before), Some(served), Some(since)) = (self.served_before, served, self.since) else { return 0 };
        let rests = self.served.replace(served) == Some(served);
        let quiet = self.stirred.is_none_or(|stirred| now.saturating_duration_since(stirred) >= EBBED);
        let ripe = quiet || self.ending || (!self.app_tells && now.saturating_duration_since(since) >= LONGEST);
        if !ripe {
            return 0;
        }
        let missed = served.saturating_sub(before).saturating_sub(seen);
        self.served_before = Some(before + missed);
        // What came during the look hides as many that are missing, so the count is over when nothing comes.
        self.since = self.since.filter(|_| !rests);
        self.total += missed;
        missed
    }

    /// How many were found missing, over all.
    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_counted_once_when_the_flood_has_ebbed() {
        let (mut missing, start) = (Missing::default(), Instant::now());
        missing.begin(Some(10));
        missing.suspect(start);
        assert!(missing.wants_served());
        assert_eq!(missing.count(start, Some(110), 40), 0, "the rest is on its way");
        missing.told(start + EBBED / 2);
        assert_eq!(missing.count(start + EBBED, Some(110), 89), 0, "the app tells on");
        let later = start + 2 * EBBED;
        assert_eq!(missing.count(later, Some(110), 90), 10);
        assert_eq!((missing.wants_served(), missing.count(later, Some(110), 90), missing.total()), (false, 0, 10));
        missing.suspect(later);
        assert_eq!(missing.count(later + EBBED, Some(130), 109), 1, "two came meanwhile");
        assert_eq!(missing.count(later + EBBED, Some(132), 109), 2);
    }

    #[test]
    fn in_traffic_without_end_and_at_the_end_it_is_counted_too() {
        let (mut missing, start) = (Missing::default(), Instant::now());
        missing.begin(Some(0));
        missing.suspect(start);
        missing.suspect(start + LONGEST);
        assert_eq!(missing.count(start + LONGEST, Some(5), 2), 3);
        missing.suspect(start);
        missing.told(start + LONGEST);
        assert_eq!(missing.count(start + LONGEST, Some(9), 5), 0, "the app tells the rest");
        missing.expect_no_more();
        assert_eq!(missing.count(start, Some(9), 5), 1);
        missing.begin(Some(0));
        missing.suspect(start);
        assert_eq!(missing.count(start, Some(9), 5), 0, "another agent");
        assert_eq!(missing.total(), 4);
    }
}
