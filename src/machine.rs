//! What this machine must give before anything is begun: files to open, and a clock that a calendar knows.

use std::fs::File;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, Result};

/// The runtime, its signals and the first connection take about a dozen; less ends in the midst of it.
const FILES: usize = 24;

/// 1 January 9999. Ids count the seconds since 1970, and the calendar ends with the year 9999.
const LATEST: Duration = Duration::from_secs(253_370_764_800);

/// Opens as many files as a command needs at least, and closes them again.
///
/// # Errors
/// `TooFewFiles`.
pub fn files() -> Result<()> {
    let opened: std::io::Result<Vec<File>> = (0..FILES).map(|_| File::open(NOTHING)).collect();
    opened.map(drop).map_err(|error| Error::TooFewFiles { cause: error.to_string() })
}

#[cfg(unix)]
const NOTHING: &str = "/dev/null";
#[cfg(not(unix))]
const NOTHING: &str = "NUL";

/// Looks whether a time can be reckoned with.
///
/// # Errors
/// `ClockImpossible`.
pub fn clock(now: SystemTime) -> Result<()> {
    match now.duration_since(UNIX_EPOCH) {
        Err(_) => Err(Error::ClockImpossible { says: "a time before 1970" }),
        Ok(since) if since > LATEST => Err(Error::ClockImpossible { says: "a time after the year 9998" }),
        Ok(_) => Ok(()),
    }
}

/// A runtime, on a machine that can carry one.
///
/// # Errors
/// `TooFewFiles`, `ClockImpossible`, `Unexpected` with the system's words.
pub fn runtime() -> Result<Runtime> {
    files()?;
    clock(SystemTime::now())?;
    let built = Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Error::Unexpected { what: "starting", cause: error.to_string() })
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn only_times_of_the_calendar_are_taken() {
        for (time, fits) in [
            (UNIX_EPOCH, true),
            (UNIX_EPOCH + LATEST, true),
            (UNIX_EPOCH - Duration::from_nanos(1), false),
            (UNIX_EPOCH + LATEST + Duration::from_nanos(1), false),
        ] {
            assert_eq!(clock(time).is_ok(), fits, "{time:?}");
        }
        let latest = Timestamp::try_from(UNIX_EPOCH + LATEST).expect("a time");
        assert_eq!(latest.to_string(), "9999-01-01T00:00:00Z");
        // A month is more than is ever added to the present.
        assert!(latest.checked_add(SignedDuration::from_hours(31 * 24)).is_ok());
    }
}
