//! Another cast for the same story: each id, address and name that an app may hold unique is replaced by one that
//! follows from the seed, and the same one by the same one, so that what belongs together still does.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Lengths of the part after the prefix: Clerk's ids have 27 characters (KSUIDs), those of its payment provider 24.
const RANDOM: [usize; 2] = [24, 27];
/// The username and the organization's slug of the cast, wherever they stand; its domain begins with the slug.
pub(super) const NAMES: [&str; 2] = ["mira_okafor", "fen-and-ferry"];
/// Account numbers of other providers have at least so many digits; codes and amounts have fewer.
const ACCOUNT_NUMBER: usize = 16;
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Fictional phone numbers: area codes 200 to 919 of North America, `555`, `0100` to `0199`.
const PHONE_NUMBERS: u64 = 720 * 100;

/// The ids and names that follow from one seed.
#[derive(Clone, Copy)]
pub(super) struct Cast {
    /// What they follow from.
    pub seed: u64,
    /// The beginning of the random part of each id.
    pub mark: Option<&'static str>,
}

impl Cast {
    /// Replaces whatever is one's own in a payload, in place.
    pub(super) fn renew(self, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(_, field)| self.renew(field)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.renew(item)),
            Value::String(text) => *text = self.text(text),
            _ => {}
        }
    }

    /// An id of this prefix for what `name` stands for.
    pub(super) fn id(self, prefix: &str, name: &str, length: usize) -> String {
        // As a KSUID, `3` is a time between 2025 and 2029.
        let mark = self.mark.unwrap_or("3");
        format!("{prefix}_{mark}{}", self.letters(name, length.saturating_sub(mark.len()), BASE62))
    }

    /// A number below 2⁶⁴ for what `name` stands for.
    pub(super) fn number(self, name: &str) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.digest(name);
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// The text with everything in it replaced that looks like an id, an address, a phone number or a name.
    fn text(self, text: &str) -> String {
        let mut renewed = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let next = rest[end..].find(is_word).map_or(rest.len(), |more| end + more);
            renewed.push_str(&self.word(&rest[..end]));
            renewed.push_str(&rest[end..next]);
            rest = &rest[next..];
        }
        renewed
    }

    fn word(self, word: &str) -> String {
        if let Some((local, domain)) = word.split_once('@') {
            return format!("{local}.{}@{}", self.tag(word), self.word(domain));
        }
        if let Some((prefix, random)) = id_parts(word) {
            return self.id(prefix, word, random.len());
        }
        if let Some(digits) = word.strip_prefix("+1").filter(|digits| digits.len() == 10) {
            return self.phone_number(digits);
        }
        if word.len() >= ACCOUNT_NUMBER && word.bytes().all(|byte| byte.is_ascii_digit()) {
            return format!("1{:0width$}", self.number(word) % 10u64.pow(15), width = word.len() - 1);
        }
        match NAMES.iter().find(|name| word.starts_with(**name)) {
            Some(name) => format!("{name}-{}{}", self.tag(name), &word[name.len()..]),
            None => word.to_owned(),
        }
    }

    /// Seeds that follow one another never give the same number, as long as there are any left.
    fn phone_number(self, old: &str) -> String {
        let offset = Cast { seed: 0, mark: None }.number(old) % PHONE_NUMBERS;
        let at = (self.seed % PHONE_NUMBERS * 7_919 + offset) % PHONE_NUMBERS;
        format!("+1{}55501{:02}", 200 + at / 100, at % 100)
    }

    /// Eight lower-case letters and digits.
    fn tag(self, name: &str) -> String {
        self.letters(name, 8, b"0123456789abcdefghijklmnopqrstuvwxyz")
    }

    /// At most 32 letters of an alphabet.
    fn letters(self, name: &str, length: usize, alphabet: &[u8]) -> String {
        let bytes = self.digest(name).into_iter().take(length);
        bytes.map(|byte| char::from(alphabet[usize::from(byte) % alphabet.len()])).collect()
    }

    fn digest(self, name: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(name).finalize().into()
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-+@.".contains(c)
}

/// The prefix and the random part of a word that is an id.
pub(super) fn id_parts(word: &str) -> Option<(&str, &str)> {
    let (prefix, random) = word.rsplit_once('_')?;
    let is_id = RANDOM.contains(&random.len())
        && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !prefix.is_empty()
        && prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_id.then_some((prefix, random))
}
