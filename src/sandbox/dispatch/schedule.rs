//! When a failed delivery is tried again (Svix docs, retries; jitter is left out so that tests can count on it).

use std::time::Duration;

use super::request::Reply;

/// After a failure until the next try; the first try is immediate.
const RETRIES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(10),
];

/// An overloaded app is left alone for at least this time.
const OVERLOADED: Duration = Duration::from_secs(60);

/// An endpoint is disabled after failing for so long.
pub const DISABLED_AFTER: Duration = Duration::from_hours(5 * 24);

/// The wait after the failed try of this number, counted from zero; absent after the last one. An app may ask for up
/// to twice the usual wait.
pub fn delay(number: usize, reply: &Reply) -> Option<Duration> {
    let usual = *RETRIES.get(number)?;
    let asked = reply.retry_after.map_or(usual, |asked| asked.clamp(usual, 2 * usual));
    Some(if reply.overloaded { asked.max(OVERLOADED) } else { asked })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(reply: &Reply) -> Vec<u64> {
        (0..).map_while(|number| delay(number, reply)).map(|wait| wait.as_secs()).collect()
    }

    #[test]
    fn eight_tries_as_documented() {
        assert_eq!(waits(&Reply::default()), [5, 300, 1800, 7200, 18_000, 36_000, 36_000]);
    }

    #[test]
    fn an_overloaded_app_gets_a_minute() {
        let reply = Reply { overloaded: true, ..Reply::default() };
        assert_eq!(waits(&reply)[..3], [60, 300, 1800]);
    }

    #[test]
    fn retry_after_counts_between_once_and_twice_the_usual_wait() {
        let asking = |seconds| Reply { retry_after: Some(Duration::from_secs(seconds)), ..Reply::default() };
        assert_eq!(waits(&asking(8))[..2], [8, 300]);
        assert_eq!(waits(&asking(400))[..3], [10, 400, 1800]);
    }
}
