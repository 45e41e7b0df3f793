//! Every event type, and when Clerk sends it.

/// The event types that `up` and `register` subscribe to unless told otherwise.
pub const DEFAULT: [&str; 3] = ["user.created", "user.deleted", "user.updated"];

/// Sorted. The 45 of Clerk's webhook specification of 2025-04-15, and `subscriptionItem.created`, which Clerk's
/// SDK knows besides.
const CATALOGUE: [(&str, &str); 46] = [
    ("email.created", "an email was written for a user"),
    ("organization.created", "an organization was made"),
    ("organization.deleted", "an organization was deleted"),
    ("organization.updated", "an organization's name, slug, logo, limits or metadata changed"),
    ("organizationDomain.created", "a domain was added to an organization"),
    ("organizationDomain.deleted", "a domain was taken from an organization"),
    ("organizationDomain.updated", "a domain was verified, or its enrollment mode changed"),
    ("organizationInvitation.accepted", "someone who was invited joined the organization"),
    ("organizationInvitation.created", "someone was invited to an organization"),
    ("organizationInvitation.revoked", "an invitation to an organization was taken back"),
    ("organizationMembership.created", "a user became a member of an organization"),
    ("organizationMembership.deleted", "a member left an organization, or was removed"),
    ("organizationMembership.updated", "a member's role or metadata changed"),
    ("paymentAttempt.created", "a payment was begun, at a checkout or for a new period"),
    ("paymentAttempt.updated", "a payment was made, or failed"),
    ("permission.created", "a permission was defined"),
    ("permission.deleted", "a permission was deleted"),
    ("permission.updated", "a permission's name, key or description changed"),
    ("role.created", "a role was defined"),
    ("role.deleted", "a role was deleted"),
    ("role.updated", "a role's name, key, description or permissions changed"),
    ("session.created", "a user signed in"),
    ("session.ended", "a user signed out, or the session reached its end"),
    ("session.pending", "a user signed in and has a task left, such as choosing an organization"),
    ("session.removed", "a user signed out of one session and left others on the device"),
    ("session.revoked", "a session was ended from elsewhere, by the app or by its user"),
    ("sms.created", "a text message was written for a user"),
    ("subscription.active", "a subscription became active"),
    ("subscription.created", "a user or an organization got a subscription, with its first plan"),
    ("subscription.pastDue", "a payment of a subscription is overdue"),
    ("subscription.updated", "a subscription's items, status or payment changed"),
    ("subscriptionItem.abandoned", "a plan that was to start was replaced before it did"),
    ("subscriptionItem.active", "a plan of a subscription is in force"),
    ("subscriptionItem.canceled", "a plan was canceled; it runs to the end of the period"),
    ("subscriptionItem.created", "a plan was added to a subscription"),
    ("subscriptionItem.ended", "a plan of a subscription is over"),
    ("subscriptionItem.freeTrialEnding", "a free trial ends in three days"),
    ("subscriptionItem.incomplete", "a plan waits for a payment or another step of its payer"),
    ("subscriptionItem.pastDue", "a payment for a plan is overdue"),
    ("subscriptionItem.upcoming", "a plan is to start when the current one ends"),
    ("subscriptionItem.updated", "a plan's price, seats or period changed"),
    ("user.created", "a user signed up, or was made in the dashboard or through the API"),
    ("user.deleted", "a user was deleted"),
    ("user.updated", "anything about a user changed, such as a name, an address or metadata"),
    ("waitlistEntry.created", "someone joined the waitlist"),
    ("waitlistEntry.updated", "someone on the waitlist was invited or denied"),
];

const NAMES: [&str; 46] = {
    let mut names = [""; 46];
    let mut at = 0;
    while at < names.len() {
        names[at] = CATALOGUE[at].0;
        at += 1;
    }
    names
};

/// Every event type, sorted. New ones appear at Clerk first, so an unknown name is a reason to warn, not to refuse.
pub fn types() -> &'static [&'static str] {
    &NAMES
}

/// A clause that says when Clerk sends an event type; `None` for one that the catalogue does not know.
pub fn describe(event_type: &str) -> Option<&'static str> {
    let at = NAMES.binary_search(&event_type).ok()?;
    Some(CATALOGUE[at].1)
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
