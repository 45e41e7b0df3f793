//! The cases as data: what each is called, what it sends, and which of them are chosen.

use crate::catalogue;

/// What is asked of a handler, in the order in which it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// That it is there.
    Route,
    /// That it takes what Clerk sends.
    Accepts,
    /// That it refuses what Clerk does not send.
    Refuses,
    /// That it copes with what Clerk sends on a bad day.
    Survives,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Route, Self::Accepts, Self::Refuses, Self::Survives];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Accepts => "accepts",
            Self::Refuses => "refuses",
            Self::Survives => "survives",
        }
    }
}

/// What a case does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the cases, which the table describes")]
pub enum Kind {
    Answers,
    TunnelHost,
    Event(String),
    SpacedJson,
    NonAscii,
    TwoSignatures,
    NoHeaders,
    Forged,
    TamperedBody,
    Stale,
    Future,
    WrongSecret,
    WebhookHeaders,
    EmptyBody,
    BrokenJson,
    Get,
    DuplicateId,
    UpdateBeforeCreate,
    DeleteUnknown,
    UnknownType,
    LargeBody,
    TwentyAtOnce,
    SlowClient,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it belongs to.
    pub group: Group,
    /// Its name in the group.
    pub name: String,
    /// What is sent, as a clause.
    pub sent: &'static str,
    /// What it does.
    pub kind: Kind,
}

impl Case {
    /// `refuses/stale`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.group.word(), self.name)
    }

    /// How many requests it takes.
    pub fn requests(&self) -> usize {
        match self.kind {
            Kind::TwentyAtOnce => MANY,
            Kind::DuplicateId | Kind::UpdateBeforeCreate => 2,
            _ => 1,
        }
    }
}

/// How many come at once.
pub const MANY: usize = 20;

const ROUTE: [(&str, &str, Kind); 2] = [
    ("answers", "a signed event: a handler answers, and no redirect, page or middleware in its place", Kind::Answers),
    ("tunnel-host", "a request with the host name of a tunnel, as deliveries carry it", Kind::TunnelHost),
];

const ACCEPTS: [(&str, &str, Kind); 3] = [
    (
        "spaced-json",
        "signed JSON with spaces and escapes, which parsing and writing again would change",
        Kind::SpacedJson,
    ),
    ("non-ascii", "signed JSON with letters of other scripts", Kind::NonAscii),
    (
        "two-signatures",
        "a signature of another key before the right one, as while a secret is rotated",
        Kind::TwoSignatures,
    ),
];

const REFUSES: [(&str, &str, Kind); 10] = [
    ("no-headers", "an event without any signature headers", Kind::NoHeaders),
    ("forged", "an event with a made-up signature", Kind::Forged),
    ("tampered-body", "a signed event, changed after it was signed", Kind::TamperedBody),
    ("stale", "an event signed 10 minutes ago", Kind::Stale),
    ("future", "an event signed 10 minutes ahead", Kind::Future),
    ("wrong-secret", "an event signed with another secret", Kind::WrongSecret),
    ("webhook-headers", "a signed event with `webhook-*` headers in place of `svix-*`", Kind::WebhookHeaders),
    ("empty-body", "nothing, signed", Kind::EmptyBody),
    ("broken-json", "half an event, signed", Kind::BrokenJson),
    ("get", "a GET", Kind::Get),
];

const SURVIVES: [(&str, &str, Kind); 7] = [
    ("duplicate-id", "the same event twice with the same `svix-id`", Kind::DuplicateId),
    ("update-before-create", "`user.updated` of a user, then its `user.created`", Kind::UpdateBeforeCreate),
    ("delete-unknown", "`user.deleted` of a user that was never created", Kind::DeleteUnknown),
    ("unknown-type", "a signed event of a type that does not exist yet", Kind::UnknownType),
    ("large-body", "a signed event of 500 kB", Kind::LargeBody),
    ("slow-client", "a signed event whose body takes two seconds to come", Kind::SlowClient),
    ("twenty-at-once", "20 events at the same time", Kind::TwentyAtOnce),
];

/// Every case for a handler of these event types, in the order in which they are sent.
pub fn cases(events: &[String]) -> Vec<Case> {
    let table = |group: Group, rows: &[(&str, &'static str, Kind)]| -> Vec<Case> {
        let case = |(name, sent, kind): &(&str, &'static str, Kind)| Case {
            group,
            name: (*name).to_owned(),
            sent,
            kind: kind.clone(),
        };
        rows.iter().map(case).collect()
    };
    let event = |event: &String| Case {
        group: Group::Accepts,
        name: event.clone(),
        sent: "an event of this type, signed as Clerk signs it",
        kind: Kind::Event(event.clone()),
    };
    let mut cases = table(Group::Route, &ROUTE);
    cases.extend(in_order_of_life(events).iter().map(event));
    cases.extend(table(Group::Accepts, &ACCEPTS));
    cases.extend(table(Group::Refuses, &REFUSES));
    cases.extend(table(Group::Survives, &SURVIVES));
    cases
}

/// What is created comes first and what is deleted last, as one seed's events tell of the same user.
fn in_order_of_life(events: &[String]) -> Vec<String> {
    let mut ordered = events.to_vec();
    ordered.dedup();
    ordered.sort_by_key(|event| match event.rsplit('.').next() {
        Some("created") => 0,
        Some("deleted") => 2,
        _ => 1,
    });
    ordered
}

/// Which cases were asked for, by group, by name, or by both: `refuses`, `stale`, `refuses/stale`.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only these; all when empty.
    pub only: Vec<String>,
    /// None of these.
    pub skip: Vec<String>,
}

/// A name that no case has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCase {
    /// As it was typed.
    pub name: String,
    /// What may have been meant.
    pub nearest: Option<String>,
}

impl Choice {
    /// Takes what was chosen.
    ///
    /// # Errors
    /// `UnknownCase` for the first name that means none of them.
    pub fn of(&self, cases: Vec<Case>) -> Result<Vec<Case>, UnknownCase> {
        for name in self.only.iter().chain(&self.skip) {
            if !cases.iter().any(|case| means(name, case)) {
                return Err(UnknownCase { name: name.clone(), nearest: nearest(name, &cases) });
            }
        }
        let wanted = |case: &Case| self.only.is_empty() || self.only.iter().any(|name| means(name, case));
        let unwanted = |case: &Case| self.skip.iter().any(|name| means(name, case));
        Ok(cases.into_iter().filter(|case| wanted(case) && !unwanted(case)).collect())
    }
}

fn means(name: &str, case: &Case) -> bool {
    name == case.group.word() || name == case.name || name == case.full_name()
}

fn nearest(name: &str, cases: &[Case]) -> Option<String> {
    let groups = Group::ALL.iter().map(|group| group.word().to_owned());
    let names: Vec<String> =
        groups.chain(cases.iter().flat_map(|case| [case.name.clone(), case.full_name()])).collect();
    catalogue::nearest_of(name, names.iter().map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(only: &[&str], skip: &[&str]) -> Result<Vec<String>, UnknownCase> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let choice = Choice { only: owned(only), skip: owned(skip) };
        let events = ["user.deleted", "user.updated", "user.created"].map(str::to_owned);
        Ok(choice.of(cases(&events))?.iter().map(Case::full_name).collect())
    }

    #[test]
    fn a_user_lives_before_it_dies() {
        let accepts = chosen(&["accepts"], &["spaced-json", "accepts/non-ascii"]).expect("cases");
        assert_eq!(
            accepts,
            ["accepts/user.created", "accepts/user.updated", "accepts/user.deleted", "accepts/two-signatures"]
        );
        assert_eq!(chosen(&[], &[]).expect("cases").len(), 25);
        assert_eq!(chosen(&["refuses", "get"], &["refuses"]).expect("none"), [""; 0]);
    }

    #[test]
    fn a_misspelt_name_has_a_neighbour() {
        for (name, nearest) in [
            ("refuse", Some("refuses")),
            ("stlae", None),
            ("refuses/stail", Some("refuses/stale")),
            ("refuses/stal", Some("refuses/stale")),
            ("twenty_at_once", Some("twenty-at-once")),
            ("no-header", Some("no-headers")),
            ("xyz", None),
        ] {
            let unknown = chosen(&[name], &[]).expect_err(name);
            assert_eq!(unknown, UnknownCase { name: name.to_owned(), nearest: nearest.map(str::to_owned) });
        }
    }
}
