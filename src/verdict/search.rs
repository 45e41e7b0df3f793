//! The search for what was signed: each key over each body that may have been there, until one gives the signature.

use std::cell::Cell;

use super::code::Code;
use super::key::Key;
use super::reserialise::Forms;
use super::{Cause, bytes};

/// So many bytes are signed within a second.
pub const BUDGET: usize = 48 * 1024 * 1024;

/// The largest body of which other forms are tried, in bytes.
pub const LARGEST: usize = 4 * 1024 * 1024;

/// What is searched.
pub struct Search<'a> {
    /// `svix-id`.
    pub id: &'a str,
    /// The spellings of the timestamp.
    pub times: Vec<String>,
    /// All keys, the proper ones first.
    pub keys: &'a [Key<'a>],
    /// All signatures.
    pub codes: &'a [Code],
    /// As it came.
    pub body: &'a [u8],
    /// How many bytes are signed at most.
    pub budget: usize,
}

/// What fits.
pub struct Found<'a> {
    /// The key.
    pub key: &'a Key<'a>,
    /// The signature.
    pub code: &'a Code,
    /// What was done to the body since it was signed.
    pub change: Option<Cause>,
}

impl<'a> Search<'a> {
    /// Searches; what needs the fewest mistakes comes first.
    ///
    /// # Errors
    /// How many other bodies were tried when none fits.
    pub fn run(&self) -> Result<Found<'a>, usize> {
        if self.codes.is_empty() {
            return Err(0);
        }
        let left = Cell::new(self.budget);
        let tried = Cell::new(0);
        let fit = |body: &[u8]| {
            tried.set(tried.get() + 1);
            self.fit(body, false, &left)
        };
        // The body as it came is tried whatever it costs.
        if let Some((key, code)) = self.fit(self.body, true, &Cell::new(usize::MAX)) {
            return Ok(Found { key, code, change: None });
        }
        // An event has kilobytes. Of what is larger no other form is made: each would take as much memory again.
        if self.body.len() > LARGEST {
            return Err(0);
        }
        for (change, origin) in bytes::origins(self.body) {
            if let Some((key, code)) = fit(&origin) {
                return Ok(Found { key, code, change: Some(change) });
            }
        }
        let Some(forms) = Forms::of(self.body) else { return Err(tried.get()) };
        for (form, text) in forms.texts().take_while(|_| left.get() > 0) {
            if let Some((key, code)) = fit(text.as_bytes()) {
                return Ok(Found { key, code, change: Some(forms.cause(form)) });
            }
        }
        for text in forms.permuted().take_while(|_| left.get() > 0) {
            if let Some((key, code)) = fit(text.as_bytes()) {
                return Ok(Found { key, code, change: Some(forms.reordered()) });
            }
        }
        Err(tried.get())
    }

    /// The first key and signature that fit a body.
    fn fit(&self, body: &[u8], rare: bool, left: &Cell<usize>) -> Option<(&'a Key<'a>, &'a Code)> {
        for key in self.keys.iter().filter(|key| rare || !key.rare) {
            for time in &self.times {
                let rest = left.get().checked_sub(body.len());
                left.set(rest.unwrap_or_default());
                rest?;
                let ours = key.secret.code(self.id, time, body);
                if let Some(code) = self.codes.iter().find(|code| code.is(&ours)) {
                    return Some((key, code));
                }
            }
        }
        None
    }
}
