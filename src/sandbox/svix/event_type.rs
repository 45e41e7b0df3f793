//! The event types that Clerk has published to Svix (Clerk openapi-specs, webhooks/2025-04-15).

use serde_json::json;

use super::Answer;
use super::page::{Order, Page};
use super::parameters::Parameters;

/// Every type, by name.
pub const NAMES: [&str; 45] = [
    "email.created",
    "organization.created",
    "organization.deleted",
    "organization.updated",
    "organizationDomain.created",
    "organizationDomain.deleted",
    "organizationDomain.updated",
    "organizationInvitation.accepted",
    "organizationInvitation.created",
    "organizationInvitation.revoked",
    "organizationMembership.created",
    "organizationMembership.deleted",
    "organizationMembership.updated",
    "paymentAttempt.created",
    "paymentAttempt.updated",
    "permission.created",
    "permission.deleted",
    "permission.updated",
    "role.created",
    "role.deleted",
    "role.updated",
    "session.created",
    "session.ended",
    "session.pending",
    "session.removed",
    "session.revoked",
    "sms.created",
    "subscription.active",
    "subscription.created",
    "subscription.pastDue",
    "subscription.updated",
    "subscriptionItem.abandoned",
    "subscriptionItem.active",
    "subscriptionItem.canceled",
    "subscriptionItem.ended",
    "subscriptionItem.freeTrialEnding",
    "subscriptionItem.incomplete",
    "subscriptionItem.pastDue",
    "subscriptionItem.upcoming",
    "subscriptionItem.updated",
    "user.created",
    "user.deleted",
    "user.updated",
    "waitlistEntry.created",
    "waitlistEntry.updated",
];

/// When Clerk published them, for all it matters here.
const PUBLISHED: &str = "2025-04-15T00:00:00Z";

/// GET `/event-type`
pub async fn list(parameters: Parameters) -> Answer {
    let page = Page::cut(NAMES.to_vec(), |name| name, &parameters, Order::Ascending)?;
    Ok(page.answer(|name| {
        json!({
            "name": name,
            "description": format!("Clerk's `{name}` event"),
            "archived": false,
            "deprecated": false,
            "schemas": null,
            "groupName": name.split('.').next(),
            "createdAt": PUBLISHED,
            "updatedAt": PUBLISHED,
        })
    }))
}
