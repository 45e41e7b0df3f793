//! A filter as a person types it in one line, with the words of `events`: `user.* 4xx since:10m ada@example.com`.

use super::{Bound, Condition, ConditionFault, Filter, FilterFault, Origin, Pattern, StatusPattern};

/// A line that is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhraseFault {
    /// A status or a moment.
    #[error(transparent)]
    Filter(#[from] FilterFault),
    /// A condition.
    #[error(transparent)]
    Condition(#[from] ConditionFault),
    /// An origin.
    #[error("`{0}` is no origin: write {words}", words = origins())]
    Origin(String),
    /// A word without what it needs.
    #[error("after `{0}` comes a value")]
    Valueless(String),
    /// A quote that is not closed.
    #[error("a quote is not closed")]
    Quote,
}

fn origins() -> String {
    Origin::ALL.iter().map(|origin| origin.word()).collect::<Vec<_>>().join(", ")
}

impl Filter {
    /// Reads a line. A word that is named (`status:4xx`, `--status 4xx`, `--status=4xx`) is what it is named; of the others
    /// `4xx` is a status, `user.*` a type, `data.id=user_1` a condition, and what is left is looked for as one text.
    ///
    /// # Errors
    /// `PhraseFault`.
    pub fn phrase(line: &str) -> Result<Self, PhraseFault> {
        let words = shell_words::split(line).map_err(|_| PhraseFault::Quote)?;
        let (mut filter, mut text) = (Self::default(), Vec::new());
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let flag = word.strip_prefix("--");
            let (name, value) = match flag.unwrap_or(&word).split_once([':', '=']) {
                Some((name, value)) if is_name(name) => (name.to_owned(), Some(value.to_owned())),
                _ => (flag.unwrap_or_default().to_owned(), None),
            };
            match name.as_str() {
                "invalid" => filter.invalid = true,
                name if is_name(name) => {
                    let value = value.or_else(|| words.next()).filter(|value| !value.is_empty());
                    filter.named(name, &value.ok_or_else(|| PhraseFault::Valueless(word.clone()))?, &mut text)?;
                }
                _ => filter.bare(word, &mut text),
            }
        }
        if !text.is_empty() {
            filter.text = Some(text.join(" "));
        }
        Ok(filter)
    }

    fn named(&mut self, name: &str, value: &str, text: &mut Vec<String>) -> Result<(), PhraseFault> {
        let each = || value.split(',');
        match name {
            "type" => self.types.extend(each().map(Pattern::new)),
            "status" => {
                for status in each() {
                    self.statuses.push(status.parse()?);
                }
            }
            "since" => self.since = Some(value.parse::<Bound>()?),
            "until" => self.until = Some(value.parse::<Bound>()?),
            "origin" => {
                for origin in each() {
                    self.origins.push(Origin::of(origin).ok_or_else(|| PhraseFault::Origin(origin.to_owned()))?);
                }
            }
            "where" => self.conditions.push(value.parse()?),
            _ => text.push(value.to_owned()),
        }
        Ok(())
    }

    fn bare(&mut self, word: String, text: &mut Vec<String>) {
        if word == "invalid" {
            self.invalid = true;
        } else if let Ok(status) = word.parse::<StatusPattern>() {
            self.statuses.push(status);
        } else if is_type(&word) {
            self.types.push(Pattern::new(&word));
        } else if let Some(condition) = word.parse::<Condition>().ok().filter(|_| word.contains('.')) {
            self.conditions.push(condition);
        } else {
            text.push(word);
        }
    }
}

/// The words of `events`, without their dashes.
fn is_name(word: &str) -> bool {
    ["type", "status", "since", "until", "origin", "where", "match"].contains(&word)
}

/// `user.created`, `organizationMembership.*`, `session*`; an address or a domain is none.
fn is_type(word: &str) -> bool {
    let beginning = word.strip_suffix('*').unwrap_or(word);
    let letters = |part: &str| part.chars().all(|c| c.is_ascii_alphabetic());
    match beginning.split_once('.') {
        Some((group, name)) => !group.is_empty() && letters(group) && letters(name) && is_group(group),
        None => word.ends_with('*') && letters(beginning),
    }
}

/// Whether it begins as Clerk's groups do; `example.com` is looked for as a text.
fn is_group(group: &str) -> bool {
    const GROUPS: [&str; 9] =
        ["email", "organization", "payment", "permission", "role", "session", "sms", "subscription", "user"];
    GROUPS.iter().any(|known| group.starts_with(known)) || group == "waitlistEntry"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Filter {
        Filter::phrase(line).expect(line)
    }

    #[test]
    fn bare_words_are_what_they_look_like() {
        let filter = read("user.* session* 4xx 200 invalid data.id=user_1 ada@example.com example.com");
        assert_eq!(filter.types, ["user.*", "session*"].map(Pattern::new));
        assert_eq!(filter.statuses, [StatusPattern::Class(4), StatusPattern::Exactly(200)]);
        assert!(filter.invalid && filter.conditions.len() == 1);
        assert_eq!(filter.text.as_deref(), Some("ada@example.com example.com"));
        assert_eq!(read("  "), Filter::default());
    }

    #[test]
    fn named_words_are_those_of_events_in_each_form() {
        for line in [
            "type:user.created,role.* status:5xx since:10m origin:test,check where:data.id~user match:'two words'",
            "--type user.created --type=role.* --status 5xx --since=10m --origin test,check --where data.id~user --match 'two words'",
        ] {
            let filter = read(line);
            assert_eq!(filter.types, ["user.created", "role.*"].map(Pattern::new), "{line}");
            assert_eq!(filter.statuses, [StatusPattern::Class(5)]);
            assert_eq!((filter.since.is_some(), filter.origins), (true, vec![Origin::Test, Origin::Check]));
            assert_eq!((filter.conditions.len(), filter.text.as_deref()), (1, Some("two words")));
        }
    }

    #[test]
    fn what_is_no_filter_says_why() {
        let fault = |line: &str| Filter::phrase(line).expect_err(line).to_string();
        assert!(fault("status:9xx").contains("no status"));
        assert!(fault("--since yesterday").contains("no moment"));
        assert!(fault("origin:mars").contains("clerk, test"));
        assert!(fault("where:data.id").contains("compares nothing"));
        assert!(fault("--status").contains("comes a value"));
        assert!(fault("'open").contains("quote"));
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in any::<String>()) {
            let _ = Filter::phrase(&line);
        }
    }
}
