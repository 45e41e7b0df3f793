//! The settings that a profile may hold: their names, what they mean, and what their values look like.

use url::Url;

use super::Upstream;
use crate::secret::mask_text;

/// A setting of a profile.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// As in the file.
    pub name: &'static str,
    /// What a value is, for a person.
    pub what: &'static str,
    /// Several values in a row.
    pub list: bool,
    check: fn(&str) -> Result<(), String>,
}

/// Every one.
pub const ENTRIES: [Entry; 11] = [
    Entry { name: "app", what: "app", list: false, check: app },
    Entry { name: "path", what: "webhook path", list: false, check: path },
    Entry { name: "events", what: "event type", list: true, check: word },
    Entry { name: "domain", what: "ngrok domain", list: false, check: domain },
    Entry { name: "key_env", what: "name of a variable", list: false, check: variable },
    Entry { name: "key_file", what: "file", list: false, check: something },
    Entry { name: "key_command", what: "command", list: false, check: command },
    Entry { name: "clerk_api_url", what: "address", list: false, check: address },
    Entry { name: "svix_server_url", what: "address", list: false, check: address },
    Entry { name: "ngrok_bin", what: "file", list: false, check: something },
    Entry { name: "ngrok_config", what: "file", list: true, check: something },
];

/// Those of which a profile has one: each says where the key comes from.
pub const KEY_SOURCES: [&str; 3] = ["key_env", "key_file", "key_command"];

impl Entry {
    /// The one of a name, with either kind of dash.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase().replace('-', "_");
        ENTRIES.into_iter().find(|entry| entry.name == name)
    }

    /// The name that a misspelt one most likely means.
    pub fn nearest(name: &str) -> Option<&'static str> {
        nearest(name, &ENTRIES.map(|entry| entry.name))
    }

    /// Whether a text can be its value.
    ///
    /// # Errors
    /// Why not, in words that do not repeat it.
    pub fn check(&self, value: &str) -> Result<(), String> {
        // A key that was put in the wrong place must not show, and not stay there.
        if mask_text(value) != value {
            return Err("a secret does not belong into the config file; say where it is with `key_env`, `key_file` or `key_command`".to_owned());
        }
        (self.check)(value)
    }
}

/// The one of these names that a misspelt one most likely means.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    similar::get_close_matches(name, known, 1, 0.6).first().copied()
}

fn app(value: &str) -> Result<(), String> {
    value.parse::<Upstream>().map(drop).map_err(|fault| fault.to_string())
}

fn path(value: &str) -> Result<(), String> {
    match value {
        _ if value.contains("://") => Err("a path is what follows the host, such as `/api/webhooks`".to_owned()),
        _ if value.contains(char::is_whitespace) => Err("there is white space inside".to_owned()),
        value => something(value),
    }
}

fn word(value: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.*".contains(c);
    match value.trim() {
        name if !name.is_empty() && name.chars().all(allowed) => Ok(()),
        _ => Err("expected an event such as `user.created`, a group such as `user.*`, or `all`".to_owned()),
    }
}

fn domain(value: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-.*".contains(c);
    match value {
        _ if value.contains("://") || value.contains('/') => Err("leave out `https://` and the path".to_owned()),
        value if value.contains('.') && value.chars().all(allowed) => Ok(()),
        _ => Err("expected a name such as `quiet-owl.ngrok-free.dev`".to_owned()),
    }
}

fn variable(value: &str) -> Result<(), String> {
    let named = value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match named && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        true => Ok(()),
        false => Err("expected a name such as `SHOP_CLERK_KEY`".to_owned()),
    }
}

fn command(value: &str) -> Result<(), String> {
    match shell_words::split(value) {
        Ok(words) if !words.is_empty() => Ok(()),
        Ok(_) => Err("it is empty".to_owned()),
        Err(_) => Err("a quote is not closed".to_owned()),
    }
}

fn address(value: &str) -> Result<(), String> {
    match Url::parse(value) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) => Ok(()),
        Ok(_) => Err("it begins with neither http:// nor https://".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn something(value: &str) -> Result<(), String> {
    if value.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_and_secrets_refused() {
        let check = |name: &str, value: &str| Entry::named(name).expect(name).check(value);
        for (name, good, wrong) in [
            ("app", "4000", "abc"),
            ("path", "/hook", "https://a.example/hook"),
            ("events", "user.*", "user created"),
            ("domain", "quiet-owl.ngrok.dev", "https://quiet-owl.ngrok.dev"),
            ("key-env", "SHOP_KEY", "1KEY"),
            ("KEY_COMMAND", "op read 'op://a/b c'", "op 'read"),
            ("clerk_api_url", "https://a.example", "a.example"),
            ("ngrok_bin", "/bin/ngrok", " "),
        ] {
            assert!(check(name, good).is_ok(), "{name} {good}");
            assert!(check(name, wrong).is_err(), "{name} {wrong}");
            let key = "sk_test_hideHIDEhideHIDE";
            assert!(check(name, key).is_err_and(|why| !why.contains("hide")), "{name}");
        }
        assert_eq!((Entry::nearest("evnts"), Entry::nearest("colour")), (Some("events"), None));
    }
}
