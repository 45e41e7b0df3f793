//! Deliveries of the history, as every command finds them.

use super::Context;
use crate::delivery::Delivery;
use crate::error::{Error, Result};
use crate::history::{Found, Keeper, Reference, Store, StoreFault};

/// The history, where there is one.
///
/// # Errors
/// `HistoryUnusable`.
pub fn open(context: &Context) -> Result<Option<Store>> {
    Store::read(&context.history_file()).map_err(|fault| unusable(context, fault))
}

/// The delivery that is named, where there is one.
///
/// # Errors
/// `DeliveryAmbiguous`, `HistoryUnusable`.
pub fn find(context: &Context, store: &Store, reference: &Reference) -> Result<Option<Delivery>> {
    match store.find(reference).map_err(|fault| unusable(context, fault))? {
        Found::One(delivery) => Ok(Some(*delivery)),
        Found::Several => Err(Error::DeliveryAmbiguous { reference: reference.to_string() }),
        Found::None => Ok(None),
    }
}

/// Under which name the history keeps what an agent captured, where it does.
pub fn captured(store: Option<&Store>, seen: &Delivery) -> Option<Delivery> {
    let kept = store?.captured(seen.capture.as_deref()?).ok()??;
    (kept.message_id == seen.message_id).then_some(kept)
}

/// That the history cannot be used.
pub fn unusable(context: &Context, fault: StoreFault) -> Error {
    let path = context.history_file();
    Error::HistoryUnusable { cause: fault.to_string(), fix: fault.fix(&path), path }
}

/// Waits until what was sent is kept, and says what was not.
pub fn finish(context: &Context, keeper: &Keeper) {
    let lost = keeper.finish();
    if lost > 0 {
        context.ui.warn(&format!("{lost} deliveries are not in the history: the disk was too slow"));
    }
}
