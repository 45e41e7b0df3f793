//! The id of a delivery: its time in milliseconds and a random end, in 16 characters that sort as they came.

use std::fmt;
use std::sync::Mutex;

use jiff::Timestamp;
use svix_ksuid::{Ksuid, KsuidLike as _};

/// Crockford's base 32 in lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many characters an id has, and how many of them tell the time.
const LENGTH: usize = 16;
const TIME: usize = 9;

/// How many bits each of a character and of the random end has.
const BITS: u32 = 5;
const RANDOM: u32 = (LENGTH - TIME) as u32 * BITS;

/// How much of an id is shown where room is short.
const SHORT: usize = 12;

/// The last id of this process, so that the next one is greater.
static LAST: Mutex<u128> = Mutex::new(0);

/// 16 characters of base 32: 9 for the milliseconds since 1970, 7 random ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// An id for what came at this time; of two of one millisecond the later made is greater.
    pub fn at(time: Timestamp) -> Self {
        let milliseconds = u64::try_from(time.as_millisecond()).unwrap_or(0);
        let mut end = [0; 8];
        end.copy_from_slice(&Ksuid::new(None::<std::time::SystemTime>, None).payload()[..8]);
        let end = u64::from_be_bytes(end) & ((1 << RANDOM) - 1);
        let mut number = u128::from(milliseconds) << RANDOM | u128::from(end);
        let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *last >> RANDOM == number >> RANDOM && number <= *last {
            number = *last + 1;
        }
        *last = number;
        Self(written(number))
    }

    /// The least id of a time: what came before has a lesser one.
    pub fn first_of(time: Timestamp) -> Self {
        let milliseconds = u64::try_from(time.as_millisecond()).unwrap_or(0);
        Self(written(u128::from(milliseconds) << RANDOM))
    }

    /// The time that it tells, to the millisecond.
    pub fn time(&self) -> Timestamp {
        let value = |byte: u8| ALPHABET.iter().position(|known| *known == byte).unwrap_or(0);
        let milliseconds = self.0.bytes().take(TIME).fold(0_i64, |sum, byte| sum << BITS | value(byte) as i64);
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
    }

    /// An id that was written by [`Id::as_str`].
    pub fn read(text: &str) -> Option<Self> {
        let whole = text.len() == LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte));
        whole.then(|| Self(text.to_owned()))
    }

    /// Whether a text may be the beginning of an id.
    pub fn may_begin_with(text: &str) -> bool {
        (4..=LENGTH).contains(&text.len()) && text.bytes().all(|byte| ALPHABET.contains(&byte))
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its beginning, which is taken back where it is unambiguous.
    pub fn short(&self) -> &str {
        &self.0[..SHORT]
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn written(number: u128) -> String {
    let character = |place: usize| {
        let shift = BITS * u32::try_from(LENGTH - 1 - place).unwrap_or(0);
        char::from(ALPHABET[usize::try_from(number >> shift & 31).unwrap_or(0)])
    };
    (0..LENGTH).map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_they_were_made() {
        let at = |second: i64| Timestamp::from_second(second).expect("a time");
        let mut ids: Vec<Id> = (0..1000).map(|_| Id::at(at(1_790_000_000))).collect();
        ids.push(Id::at(at(1_790_000_001)));
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
        let first = Id::first_of(at(1_790_000_000));
        assert!(first <= ids[0] && first.short() < Id::first_of(at(1_790_000_001)).short());
    }

    #[test]
    fn what_was_written_is_read_back_and_nothing_else() {
        let id = Id::at(Timestamp::now());
        assert_eq!(Id::read(id.as_str()), Some(id.clone()));
        assert!(Id::may_begin_with(id.short()));
        assert_eq!(Id::first_of(id.time()).as_str()[..TIME], id.as_str()[..TIME]);
        for text in ["", "msg_2abc", "0000000000000000u", "last", "UPPERCASE0000000"] {
            assert_eq!(Id::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_before_1970_is_the_first() {
        assert_eq!(Id::first_of(Timestamp::MIN).as_str(), "0000000000000000");
        assert!(Id::read(Id::at(Timestamp::MAX).as_str()).is_some());
    }
}
