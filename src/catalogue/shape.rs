//! The examples against what Clerk's specification of 2025-04-15 requires: fields, object names, forms of ids.

use serde_json::Value;

use super::renew::{NAMES, id_parts};
use super::types::{template, types};

/// The fields of an object by its `object`.
const BY_OBJECT: [(&str, &str); 23] = [
    ("event", "data instance_id object timestamp type"),
    ("email", "data delivered_by_clerk from_email_name id object slug"),
    ("sms_message", "created_at_ms data delivered_by_clerk from_phone_number id message object status to_phone_number"),
    ("user", USER),
    ("email_address", "created_at email_address id linked_to object reserved updated_at verification"),
    ("phone_number", "created_at id linked_to object phone_number reserved updated_at verification"),
    ("external_account", EXTERNAL_ACCOUNT),
    ("verification_from_oauth", VERIFICATION),
    ("verification_oauth", VERIFICATION),
    ("verification_otp", VERIFICATION),
    ("session", SESSION),
    ("session_activity", "id is_mobile object"),
    ("organization", ORGANIZATION),
    ("organization_domain", ORGANIZATION_DOMAIN),
    ("organization_invitation", ORGANIZATION_INVITATION),
    ("organization_membership", "created_at id object organization permissions public_metadata role updated_at"),
    ("permission", "created_at description id key name object type updated_at"),
    ("role", "created_at description id is_creator_eligible key name object permissions updated_at"),
    ("commerce_subscription", SUBSCRIPTION),
    ("commerce_subscription_item", SUBSCRIPTION_ITEM),
    ("commerce_payer", "email first_name id image_url last_name organization_id organization_name user_id"),
    ("waitlist_entry", "created_at email_address id object status updated_at"),
    ("invitation", "created_at email_address id object public_metadata status updated_at"),
];

/// The fields of an object that has no `object`, by the field that holds it.
const BY_FIELD: [(&str, &str); 12] = [
    ("affiliation_verification", DOMAIN_VERIFICATION),
    ("grand_total", AMOUNT),
    ("payee", "gateway_external_id gateway_status gateway_type id"),
    ("payment_source", PAYMENT_SOURCE),
    ("plan", "amount currency id is_recurring name slug"),
    ("public_inviter_data", "first_name has_image identifier image_url last_name user_id"),
    ("public_organization_data", "has_image id name slug"),
    ("public_user_data", "first_name has_image image_url last_name profile_image_url user_id"),
    ("subtotal", AMOUNT),
    ("tax_total", AMOUNT),
    ("totals", "grand_total subtotal tax_total"),
    ("linked_to", "id type"),
];

/// The `object` of an event's `data` by the part of its type before the point.
const DATA: [(&str, &str); 14] = [
    ("email", "email"),
    ("organization", "organization"),
    ("organizationDomain", "organization_domain"),
    ("organizationInvitation", "organization_invitation"),
    ("organizationMembership", "organization_membership"),
    ("paymentAttempt", ""),
    ("permission", "permission"),
    ("role", "role"),
    ("session", "session"),
    ("sms", "sms_message"),
    ("subscription", "commerce_subscription"),
    ("subscriptionItem", "commerce_subscription_item"),
    ("user", "user"),
    ("waitlistEntry", "waitlist_entry"),
];

/// What `data` carries besides, by the beginning of the type.
const BESIDES: [(&str, &str); 4] = [
    ("organizationInvitation.accepted", "data user_id"),
    ("paymentAttempt", PAYMENT_ATTEMPT),
    ("session", "user"),
    ("subscriptionItem", "is_free_trial payer"),
];

const USER: &str = "backup_code_enabled banned create_organization_enabled created_at delete_self_enabled \
    email_addresses enterprise_accounts external_accounts external_id first_name has_image id last_active_at \
    last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at \
    object passkeys password_enabled phone_numbers primary_email_address_id primary_phone_number_id \
    primary_web3_wallet_id public_metadata saml_accounts totp_enabled two_factor_enabled updated_at username \
    verification_attempts_remaining web3_wallets";
const EXTERNAL_ACCOUNT: &str = "approved_scopes created_at email_address first_name id identification_id last_name \
    object provider provider_user_id public_metadata updated_at verification";
const VERIFICATION: &str = "attempts expire_at object status strategy";
const SESSION: &str = "abandon_at client_id created_at expire_at id last_active_at object status updated_at user_id";
const ORGANIZATION: &str =
    "admin_delete_enabled created_at has_image id max_allowed_memberships name object public_metadata slug updated_at";
const ORGANIZATION_DOMAIN: &str = "affiliation_email_address affiliation_verification created_at enrollment_mode id \
    name object organization_id ownership_verification total_pending_invitations total_pending_suggestions \
    updated_at verification";
const DOMAIN_VERIFICATION: &str = "attempts expire_at status strategy verified_at";
const ORGANIZATION_INVITATION: &str = "created_at email_address expires_at id inviter_id object public_inviter_data \
    public_metadata role role_name updated_at url";
const SUBSCRIPTION: &str = "active_at canceled_at created_at ended_at id items latest_payment_id object past_due_at \
    payer payer_id payment_source_id status updated_at";
const SUBSCRIPTION_ITEM: &str =
    "created_at id interval object period_end period_start plan plan_id status subscription_id updated_at";
const PAYMENT_ATTEMPT: &str = "billing_date charge_type created_at failed_at failed_reason gateway_external_id id \
    instance_id invoice_id paid_at payee payer payment_id payment_source statement_id status subscription_items \
    totals updated_at";
const PAYMENT_SOURCE: &str =
    "card_type gateway gateway_external_account_id gateway_external_id id last4 payment_method status";
const AMOUNT: &str = "amount amount_formatted currency currency_symbol";
const DELETED: &str = "deleted id object";

/// What each object's id begins with.
const PREFIXES: [&str; 29] = [
    "activity",
    "client",
    "cinv",
    "cpa",
    "cpayee",
    "cpayer",
    "cplan",
    "cps",
    "csub",
    "csub_item",
    "eac",
    "ema",
    "idn",
    "ins",
    "inv",
    "org",
    "orgdmn",
    "orginv",
    "orgmem",
    "pa",
    "perm",
    "pi",
    "pm",
    "role",
    "sess",
    "sms",
    "stmt",
    "user",
    "wle",
];

fn has(kind: &str, value: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        assert!(value.get(field).is_some(), "{kind}: `{field}` is missing in {value}");
    }
}

fn required(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(key, _)| *key == name).map(|(_, fields)| *fields)
}

/// Calls `visit` with each field and its name; an item of a list has the list's name.
pub(super) fn walk(name: &str, value: &Value, visit: &mut impl FnMut(&str, &Value)) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| walk(name, item, visit));
    }
    visit(name, value);
    for (name, field) in value.as_object().into_iter().flatten() {
        walk(name, field, visit);
    }
}

/// The example of a type as it stands in the repository.
pub(super) fn told(kind: &str) -> Value {
    serde_json::from_str(template(kind).expect("a known type")).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

#[test]
fn each_object_carries_what_clerk_requires() {
    for kind in types() {
        walk("", &told(kind), &mut |name, value| {
            let object = value["object"].as_str().unwrap_or_default();
            let fields = match object {
                _ if value["deleted"] == true => Some(DELETED),
                "" => required(&BY_FIELD, name),
                object => required(&BY_OBJECT, object),
            };
            assert!(object.is_empty() || fields.is_some(), "{kind}: nothing is known about {object}");
            has(kind, value, fields.filter(|_| value.is_object()).unwrap_or_default());
        });
    }
}

#[test]
fn each_event_is_about_its_object() {
    for kind in types() {
        let event = told(kind);
        let (about, happened) = kind.split_once('.').expect("two parts");
        assert_eq!((&event["type"], &event["object"]), (&(*kind).into(), &"event".into()));
        assert_eq!(
            event["data"]["object"].as_str().unwrap_or_default(),
            required(&DATA, about).expect("a row"),
            "{kind}"
        );
        // Clerk sends the whole of a membership that is gone.
        assert_eq!(
            event["data"]["deleted"] == true,
            happened == "deleted" && about != "organizationMembership",
            "{kind}"
        );
        for (_, fields) in BESIDES.iter().filter(|(beginning, _)| *beginning == about || beginning == kind) {
            has(kind, &event["data"], fields);
        }
    }
}

#[test]
fn ids_have_a_prefix_and_27_characters() {
    for kind in types() {
        walk("", &told(kind), &mut |name, field| {
            let Some(text) = field.as_str().filter(|text| !text.is_empty()) else { return };
            if name == "id" || name.ends_with("_id") && name != "provider_user_id" {
                // Stripe's account of the instance, which is short and nobody's own.
                if text.starts_with("acct_") {
                    return;
                }
                let (prefix, random) = id_parts(text).unwrap_or_else(|| panic!("{kind}: {name} is {text}"));
                assert!(PREFIXES.contains(&prefix), "{kind}: {name} is {text}");
                let length = if name.starts_with("gateway_") { 24 } else { 27 };
                assert_eq!(random.len(), length, "{kind}: {name} is {text}");
            }
        });
    }
}

#[test]
fn what_an_app_holds_unique_is_renewed() {
    for kind in types() {
        walk("", &told(kind), &mut |name, field| {
            let unique = name == "username" || name == "slug" && kind.starts_with("organization");
            if let Some(text) = field.as_str().filter(|_| unique) {
                assert!(NAMES.contains(&text), "{kind}: {name} is {text}");
            }
        });
    }
}

#[test]
fn addresses_belong_to_nobody() {
    let ours = |host: &str| {
        ["example.com", "example.org"].iter().any(|end| host == *end || host.ends_with(&format!(".{end}")))
    };
    for kind in types() {
        walk("", &told(kind), &mut |name, field| {
            let Some(text) = field.as_str() else { return };
            if let Some((_, host)) = text.split_once('@') {
                assert!(ours(host), "{kind}: {text}");
            }
            for (_, rest) in text.match_indices("https://").map(|(at, _)| text[at..].split_at(8)) {
                let host = rest.split(['/', ' ']).next().unwrap_or_default();
                assert!(ours(host) || name == "approved_scopes" && host == "www.googleapis.com", "{kind}: {text}");
            }
            if name.ends_with("phone_number") && !text.is_empty() {
                assert!(text.len() == 12 && text.starts_with("+1") && &text[5..10] == "55501", "{kind}: {text}");
            }
            if ["client_ip", "ip_address"].contains(&name) && !text.is_empty() {
                assert!(text.starts_with("203.0.113.") || text.starts_with("198.51.100."), "{kind}: {text}");
            }
        });
    }
}
