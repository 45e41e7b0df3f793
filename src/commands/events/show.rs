//! Deliveries whole: who saw them, request, answer, verdict, and what a user's update changed.

use serde_json::Value;

use super::named;
use crate::delivery::{Change, Delivery, changes};
use crate::error::Result;
use crate::history::{Reference, Store};
use crate::steps::Context;
use crate::steps::kept::unusable;

/// The events that tell the whole of a user.
const WHOLE: [&str; 2] = ["user.created", "user.updated"];

/// Shows deliveries; `raw` prints the bodies' bytes alone.
///
/// # Errors
/// Those of the history.
pub fn show(context: &Context, references: &[Reference], raw: bool) -> Result<()> {
    let (store, deliveries) = named(context, references)?;
    for delivery in &deliveries {
        if raw {
            context.ui.bytes(&delivery.request.body);
        } else {
            let changed = changed(&store, delivery).map_err(|fault| unusable(context, fault))?;
            context.ui.shown(delivery, changed);
        }
    }
    Ok(())
}

/// What an update changed, by the last that was kept of the same user.
fn changed(store: &Store, delivery: &Delivery) -> Result<Option<Vec<Change>>, crate::history::StoreFault> {
    let body = |delivery: &Delivery| serde_json::from_slice::<Value>(&delivery.request.body).unwrap_or_default();
    let now = body(delivery);
    let id = now["data"]["id"].clone();
    if delivery.event.as_deref() != Some("user.updated") || id.is_null() {
        return Ok(None);
    }
    let before = store.before(&delivery.id, &WHOLE)?.iter().map(body).find(|before| before["data"]["id"] == id);
    Ok(before.map(|before| changes::between(&before["data"], &now["data"])))
}
