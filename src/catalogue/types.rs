//! Every event type: when Clerk sends it, and its example.

use std::collections::BTreeSet;

/// The event types that `up` and `register` subscribe to unless told otherwise.
pub const DEFAULT: [&str; 3] = ["user.created", "user.deleted", "user.updated"];

/// One event type.
struct Entry {
    name: &'static str,
    /// When Clerk sends it.
    sent_when: &'static str,
    /// Its envelope, as JSON with line breaks.
    example: &'static str,
}

macro_rules! entry {
    ($name:literal, $sent_when:literal) => {
        Entry { name: $name, sent_when: $sent_when, example: include_str!(concat!("examples/", $name, ".json")) }
    };
}

/// Sorted. The 45 of Clerk's webhook specification of 2025-04-15, and `subscriptionItem.created`, which Clerk's
/// SDK knows besides.
const CATALOGUE: [Entry; 46] = [
    entry!("email.created", "an email was written for a user"),
    entry!("organization.created", "an organization was made"),
    entry!("organization.deleted", "an organization was deleted"),
    entry!("organization.updated", "an organization's name, slug, logo, limits or metadata changed"),
    entry!("organizationDomain.created", "a domain was added to an organization"),
    entry!("organizationDomain.deleted", "a domain was taken from an organization"),
    entry!("organizationDomain.updated", "a domain was verified, or its enrollment mode changed"),
    entry!("organizationInvitation.accepted", "someone who was invited joined the organization"),
    entry!("organizationInvitation.created", "someone was invited to an organization"),
    entry!("organizationInvitation.revoked", "an invitation to an organization was taken back"),
    entry!("organizationMembership.created", "a user became a member of an organization"),
    entry!("organizationMembership.deleted", "a member left an organization, or was removed"),
    entry!("organizationMembership.updated", "a member's role or metadata changed"),
    entry!("paymentAttempt.created", "a payment was begun, at a checkout or for a new period"),
    entry!("paymentAttempt.updated", "a payment was made, or failed"),
    entry!("permission.created", "a permission was defined"),
    entry!("permission.deleted", "a permission was deleted"),
    entry!("permission.updated", "a permission's name, key or description changed"),
    entry!("role.created", "a role was defined"),
    entry!("role.deleted", "a role was deleted"),
    entry!("role.updated", "a role's name, key, description or permissions changed"),
    entry!("session.created", "a user signed in"),
    entry!("session.ended", "a user signed out, or the session reached its end"),
    entry!("session.pending", "a user signed in and has a task left, such as choosing an organization"),
    entry!("session.removed", "a user signed out of one session and left others on the device"),
    entry!("session.revoked", "a session was ended from elsewhere, by the app or by its user"),
    entry!("sms.created", "a text message was written for a user"),
    entry!("subscription.active", "a subscription became active"),
    entry!("subscription.created", "a user or an organization got a subscription, with its first plan"),
    entry!("subscription.pastDue", "a payment of a subscription is overdue"),
    entry!("subscription.updated", "a subscription's items, status or payment changed"),
    entry!("subscriptionItem.abandoned", "a plan that was to start was replaced before it did"),
    entry!("subscriptionItem.active", "a plan of a subscription is in force"),
    entry!("subscriptionItem.canceled", "a plan was canceled; it runs to the end of the period"),
    entry!("subscriptionItem.created", "a plan was added to a subscription"),
    entry!("subscriptionItem.ended", "a plan of a subscription is over"),
    entry!("subscriptionItem.freeTrialEnding", "a free trial ends in three days"),
    entry!("subscriptionItem.incomplete", "a plan waits for a payment or another step of its payer"),
    entry!("subscriptionItem.pastDue", "a payment for a plan is overdue"),
    entry!("subscriptionItem.upcoming", "a plan is to start when the current one ends"),
    entry!("subscriptionItem.updated", "a plan's price, seats or period changed"),
    entry!("user.created", "a user signed up, or was made in the dashboard or through the API"),
    entry!("user.deleted", "a user was deleted"),
    entry!("user.updated", "anything about a user changed, such as a name, an address or metadata"),
    entry!("waitlistEntry.created", "someone joined the waitlist"),
    entry!("waitlistEntry.updated", "someone on the waitlist was invited or denied"),
];

const NAMES: [&str; 46] = {
    let mut names = [""; 46];
    let mut at = 0;
    while at < names.len() {
        names[at] = CATALOGUE[at].name;
        at += 1;
    }
    names
};

/// Every event type, sorted. New ones appear at Clerk first, so an unknown name is a reason to warn, not to refuse.
pub fn types() -> &'static [&'static str] {
    &NAMES
}

/// What comes before the dot of each event type, sorted.
pub fn groups() -> impl Iterator<Item = &'static str> {
    let groups = NAMES.iter().filter_map(|name| name.split_once('.')).map(|(group, _)| group);
    groups.collect::<BTreeSet<_>>().into_iter()
}

/// A clause that says when Clerk sends an event type; `None` for one that the catalogue does not know.
pub fn describe(event_type: &str) -> Option<&'static str> {
    Some(entry(event_type)?.sent_when)
}

/// The example of an event type as it stands in the repository.
pub(super) fn template(event_type: &str) -> Option<&'static str> {
    Some(entry(event_type)?.example)
}

fn entry(event_type: &str) -> Option<&'static Entry> {
    let at = NAMES.binary_search(&event_type).ok()?;
    Some(&CATALOGUE[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sorted_and_distinct() {
        assert!(types().is_sorted_by(|left, right| left < right));
        assert!(DEFAULT.iter().all(|kind| types().contains(kind)));
    }

    #[test]
    fn each_type_is_described_in_a_clause() {
        for kind in types() {
            let clause = describe(kind).expect("a clause");
            assert!(clause.len() <= 80 && clause.starts_with(char::is_lowercase) && !clause.ends_with('.'), "{clause}");
        }
        assert_eq!(describe("user.banned"), None);
    }
}
