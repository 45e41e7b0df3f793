//! The three signature headers among all, under either family of names.

use crate::signature::{HEADERS, STANDARD_HEADERS};

use super::Cause;

/// The headers, as far as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// `svix-id`, `svix-timestamp`, `svix-signature`.
    pub values: [Option<&'a str>; 3],
    /// Which names they have.
    pub family: Family,
}

/// Which names the headers have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// None came.
    #[default]
    Absent,
    /// `svix-*`, as Clerk's.
    Svix,
    /// `webhook-*`, as in the Standard Webhooks specification.
    Standard,
    /// Some of each, and no family is whole.
    Mixed,
}

impl<'a> Head<'a> {
    /// Reads them; names in any case, of a name that stands twice the first.
    pub fn read(headers: &'a [(String, String)]) -> Self {
        let get = |name: &str| {
            let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim())
        };
        let (svix, standard) = (HEADERS.map(get), STANDARD_HEADERS.map(get));
        let some = |values: [Option<&str>; 3]| values.iter().any(Option::is_some);
        let whole = |values: [Option<&str>; 3]| values.iter().all(Option::is_some);
        let both = [0, 1, 2].map(|at| svix[at].or(standard[at]));
        match (some(svix), some(standard)) {
            (false, false) => Self::default(),
            (false, true) => Self { values: standard, family: Family::Standard },
            (true, true) if !whole(svix) && whole(both) => Self { values: both, family: Family::Mixed },
            (true, _) => Self { values: svix, family: Family::Svix },
        }
    }

    /// Id, timestamp and signature.
    ///
    /// # Errors
    /// `Unsigned`, `HeaderMissing`.
    pub fn whole(&self) -> Result<(&'a str, &'a str, &'a str), Cause> {
        if let [Some(id), Some(timestamp), Some(signature)] = self.values {
            return Ok((id, timestamp, signature));
        }
        let names = if self.family == Family::Standard { STANDARD_HEADERS } else { HEADERS };
        let missing = names.into_iter().zip(self.values).filter(|(_, value)| value.is_none());
        let missing: Vec<String> = missing.map(|(name, _)| format!("`{name}`")).collect();
        Err(if self.family == Family::Absent { Cause::Unsigned } else { Cause::HeaderMissing(missing.join(" and ")) })
    }
}

/// The value of `content-length`, where it is one.
pub fn content_length(headers: &[(String, String)]) -> Option<usize> {
    let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    found.and_then(|(_, value)| value.trim().parse().ok())
}
