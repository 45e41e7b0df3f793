//! Values that must never show, and the masks that stand for them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use secrecy::{ExposeSecret, SecretString};

/// How many characters of a secret stay readable at its end.
const TAIL: usize = 4;

/// Prefixes that tell what kind of credential a text is; they stay readable in a mask.
const PREFIXES: [&str; 4] = ["whsec_", "sk_test_", "sk_live_", "testsk_"];

/// The names under which projects keep the signing secret, the present ones first (Clerk docs, environment variables).
pub const SIGNING_SECRET_NAMES: [&str; 6] = [
    "CLERK_WEBHOOK_SIGNING_SECRET",
    "NUXT_CLERK_WEBHOOK_SIGNING_SECRET",
    "CLERK_WEBHOOK_SECRET",
    "CLERK_WEBHOOK_SECRET_KEY",
    "SIGNING_SECRET",
    "WEBHOOK_SECRET",
];

/// The names of the Clerk secret key.
pub const SECRET_KEY_NAMES: [&str; 2] = ["CLERK_SECRET_KEY", "NUXT_CLERK_SECRET_KEY"];

/// A credential. It can be compared and masked; only [`Secret::expose`] gives the text away.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text over; it is zeroized when the secret is dropped.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself, for the one place that sends or writes it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The text with all but its prefix and last four characters replaced by `…`.
    pub fn masked(&self) -> String {
        mask(self.expose())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

fn mask(text: &str) -> String {
    let prefix = PREFIXES.iter().find(|prefix| text.starts_with(**prefix)).copied().unwrap_or_default();
    let rest: Vec<char> = text[prefix.len()..].chars().collect();
    // A mask stays as it is: other masks lie on the way of a text.
    if rest.first() == Some(&'…') && rest.len() <= TAIL + 1 {
        return text.to_owned();
    }
    // A short secret would be given away by its tail.
    let tail: String = if rest.len() >= 3 * TAIL { rest[rest.len() - TAIL..].iter().collect() } else { String::new() };
    format!("{prefix}…{tail}")
}

/// Masks whatever in `text` has the shape of a credential: Clerk secret keys, signing secrets, the key of a
/// portal URL, bearer tokens, ngrok authtokens (`ERR_NGROK_105` carries one), and who asks in a URL
/// (`https://user:password@host`). A style within it hides nothing.
pub fn mask_text(text: &str) -> String {
    let text = mask_user_info(text);
    let mut masked = String::with_capacity(text.len());
    let mut label = Label::None;
    let mut rest = text.as_ref();
    while !rest.is_empty() {
        let word_end = rest.find(is_delimiter).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end);
        let (gap, next) = after.split_at(gap_length(after, is_delimiter));
        masked.push_str(&mask_word(word, label));
        masked.push_str(gap);
        label = Label::of(word, gap);
        rest = next;
    }
    masked
}

/// What the word before announces.
#[derive(Clone, Copy, PartialEq)]
enum Label {
    None,
    Credential,
}

impl Label {
    fn of(word: &str, gap: &str) -> Self {
        let word = word.to_ascii_lowercase();
        let named = ["authtoken", "token", "onetimetoken", "api_key"].contains(&word.as_str());
        let announced = named && gap.contains([':', '=']);
        if word == "bearer" || announced { Self::Credential } else { Self::None }
    }
}

fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`,;:<>()[]{}#?&=\\".contains(c)
}

/// How long what stands between two words is: delimiters, and the codes of styles (`ESC [ 31 m`).
fn gap_length(text: &str, is_delimiter: impl Fn(char) -> bool) -> usize {
    let mut length = 0;
    loop {
        let rest = &text[length..];
        let Some(c) = rest.chars().next().filter(|c| is_delimiter(*c)) else { return length };
        length += style_length(rest).unwrap_or(c.len_utf8());
    }
}

/// The length of the style that begins the text, if one does.
fn style_length(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    codes[end..].starts_with('m').then_some(end + 3)
}

/// Masks user and password of URLs, also of those without a scheme (`ann:…@localhost:3000`).
fn mask_user_info(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word_end = rest.find(ends_url).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end);
        match user_info(word) {
            Some(range) => masked.extend([&word[..range.start], "…", &word[range.end..]]),
            None => masked.push_str(word),
        }
        let (gap, next) = after.split_at(gap_length(after, ends_url));
        masked.push_str(gap);
        rest = next;
    }
    Cow::Owned(masked)
}

fn ends_url(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`<>()[]{},".contains(c)
}

/// Where user and password stand in a word, without the `@` behind them.
fn user_info(word: &str) -> Option<Range<usize>> {
    if let Some(start) = word.find("://").map(|place| place + 3) {
        let rest = &word[start..];
        let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
        // A password that holds a `/` as it is makes the URL a wrong one, and is quoted as such.
        let torn = authority.rsplit_once(':').is_some_and(|(_, port)| !port.chars().all(|c| c.is_ascii_digit()));
        let end = authority.rfind('@').or_else(|| rest.rfind('@').filter(|_| torn));
        return end.filter(|end| *end > 0).map(|end| start..start + end);
    }
    let (before, host) = word.rsplit_once('@')?;
    let (user, password) = before.split_once(':')?;
    let host_like = host.contains([':', '/', '.']) || host == "localhost";
    (host_like && !password.is_empty() && user != "mailto").then_some(0..before.len())
}

fn mask_word(word: &str, label: Label) -> String {
    if let Some(start) = PREFIXES.iter().filter_map(|prefix| word.find(prefix)).min() {
        let (before, secret) = word.split_at(start);
        let bare = PREFIXES.contains(&secret);
        return if bare { word.to_owned() } else { format!("{before}{}", mask(secret)) };
    }
    let credential = match label {
        Label::Credential => word.len() >= 6,
        Label::None => is_authtoken(word) || is_long_base64(word),
    };
    if credential { mask(word) } else { word.to_owned() }
}

/// `2aBc…_4dEf…`: two alphanumeric runs, 20 and more and 15 and more characters (seen in public logs).
fn is_authtoken(word: &str) -> bool {
    word.split_once('_').is_some_and(|(left, right)| {
        let alphanumeric = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric());
        left.len() >= 20 && right.len() >= 15 && alphanumeric(left) && alphanumeric(right)
    })
}

/// The key of a portal URL and JSON Web Tokens: base64 of an object, so it begins with `eyJ`.
fn is_long_base64(word: &str) -> bool {
    word.len() >= 16 && word.starts_with("eyJ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_prefix_and_tail_only() {
        assert_eq!(Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").masked(), "whsec_…b7oD");
        assert_eq!(Secret::new("sk_test_short").masked(), "sk_test_…");
        assert_eq!(format!("{:?}", Secret::new("no prefix but long enough")), "…ough");
    }

    #[test]
    fn masks_what_other_programs_say() {
        for (said, shown) in [
            ("Your authtoken: not-a-real-token-at-all\r\n", "Your authtoken: …-all\r\n"),
            ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer …mnop"),
            ("https://app.svix.com/login?a=b#key=eyJhcHBJZCI6ImFwcF8xIn0", "https://app.svix.com/login?a=b#key=…xIn0"),
            ("use 2aBcDeFgHiJkLmNoPqRsTuVw_4xYzAbCdEfGhIjKlMn", "use …KlMn"),
            ("key sk_live_abcdefghijklmnop, secret `whsec_AAECAwQFBgcICQ`", "key sk_live_…mnop, secret `whsec_…cICQ`"),
            ("a key begins with sk_test_", "a key begins with sk_test_"),
            (
                "authtoken missing; user_29w83sxmDNGwOuEthce5gg56FcC",
                "authtoken missing; user_29w83sxmDNGwOuEthce5gg56FcC",
            ),
            ("`http://ann:hunter2@localhost:3000/x` is none", "`http://…@localhost:3000/x` is none"),
            ("https://token@x.example, ann:hun@ter@localhost:1", "https://…@x.example, …@localhost:1"),
            ("http://ann:hun/ter2@localhost", "http://…@localhost"),
            ("\u{1b}[31mhttp://ann:x@y\u{1b}[0m", "\u{1b}[31mhttp://…@y\u{1b}[0m"),
            ("\u{1b}[31mann:x@localhost:1\u{1b}[0m", "\u{1b}[31m…@localhost:1\u{1b}[0m"),
            ("token: \u{1b}[1;33mabcdefgh", "token: \u{1b}[1;33m…"),
            ("\u{1b}[33meyJhcHBJZCI6ImFwcF8xIn0\u{1b}[0m", "\u{1b}[33m…xIn0\u{1b}[0m"),
        ] {
            assert_eq!(mask_text(said), shown);
            assert_eq!(mask_text(shown), shown);
        }
    }

    #[test]
    fn ids_addresses_and_links_stay() {
        for text in [
            "msg_3MW1VMqNfUxJhOkjA6xem90YnrX ep_29w83sxmDNGwOuEthce5gg56FcC",
            "clerkhook-abc+clerk_test@example.com, mailto:ann@example.com",
            "https://x.example/@scope/a?b=c@d http://localhost:3000/a@b",
            "{\"email_address\":\"ann@example.com\"} @expo/ngrok-bin@4.3.9",
            "the agent at http://127.0.0.1:4040 has it; 13:02:11 ann@example.com",
        ] {
            assert_eq!(mask_text(text), text);
        }
    }
}
