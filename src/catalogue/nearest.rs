//! The event type that a misspelt name most likely means.

use super::types::types;

/// More differing letters than this are another name, not a misspelt one.
const FARTHEST: usize = 3;

/// The event type that a misspelt name most likely means; case and separators do not count.
pub fn nearest(name: &str) -> Option<&'static str> {
    nearest_of(name, types().iter().copied())
}

/// The same among names of any kind.
pub fn nearest_of<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = letters(name);
    let distances = known.into_iter().map(|known| (distance(&wanted, &letters(known)), known));
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= FARTHEST.min(wanted.len() / 3)).then_some(known)
}

fn letters(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Levenshtein's distance, one row at a time.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, left) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_recognised() {
        for (name, kind) in [
            ("user.created", Some("user.created")),
            ("user.create", Some("user.created")),
            ("User_Updated", Some("user.updated")),
            ("users.deleted", Some("user.deleted")),
            ("organization_membership.created", Some("organizationMembership.created")),
            ("subscription.past_due", Some("subscription.pastDue")),
            ("subscriptionItem.freeTrialEnds", Some("subscriptionItem.freeTrialEnding")),
            ("smscreated", Some("sms.created")),
            ("invoice.paid", None),
            ("user", None),
            ("created", None),
            ("", None),
            ("🦀", None),
        ] {
            assert_eq!(nearest(name), kind, "{name:?}");
        }
    }

    #[test]
    fn distance_counts_letters() {
        for (from, to, apart) in [("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)] {
            assert_eq!(distance(&letters(from), &letters(to)), apart, "{from} {to}");
        }
    }
}
