//! How a delivery of the history is named: its id, a message id, the beginning of either, `last`, `@2`.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::store::{Column, Store, StoreFault};
use crate::delivery::{Delivery, Id};

/// How many of the newest are looked through for the last webhook.
const LOOKED_THROUGH: usize = 1000;

/// What a person typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The newest, from 1.
    Newest(usize),
    /// An id of ours or a message's, or the beginning of one.
    Beginning(String),
}

/// What a reference leads to.
#[derive(Debug)]
pub enum Found {
    /// This one.
    One(Box<Delivery>),
    /// Several begin so.
    Several,
    /// Nothing.
    None,
}

impl FromStr for Reference {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        // As it is shown where room is short.
        let text = text.trim_end_matches('…');
        let newest = match text {
            "last" => Some(1),
            _ => text.strip_prefix('@').and_then(|number| number.parse().ok()).filter(|number| *number > 0),
        };
        Ok(newest.map_or_else(|| Self::Beginning(text.to_owned()), Self::Newest))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest(1) => formatter.write_str("last"),
            Self::Newest(place) => write!(formatter, "@{place}"),
            Self::Beginning(text) => formatter.write_str(text),
        }
    }
}

impl Store {
    /// The delivery that is meant. The newest ones are webhooks that came, not what was sent again.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn find(&self, reference: &Reference) -> Result<Found, StoreFault> {
        match reference {
            Reference::Newest(place) => {
                let found = self.newest(*place, LOOKED_THROUGH, Delivery::is_news)?;
                Ok(found.map_or(Found::None, |delivery| Found::One(Box::new(delivery))))
            }
            Reference::Beginning(text) => {
                let ids = if Id::may_begin_with(text) { self.beginning(Column::Id, text)? } else { Vec::new() };
                let ids = if ids.is_empty() { self.beginning(Column::Message, text)? } else { ids };
                match ids.as_slice() {
                    [id] => Ok(self.get(id)?.map_or(Found::None, |delivery| Found::One(Box::new(delivery)))),
                    [] => Ok(Found::None),
                    _ => Ok(Found::Several),
                }
            }
        }
    }
}
