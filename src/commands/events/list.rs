//! A line for each delivery, and what comes after.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::{open, unusable};
use crate::delivery::{Filter, Id};
use crate::error::Result;
use crate::history::Store;
use crate::steps::Context;

/// How often the history is looked at for what is new.
const EVERY: Duration = Duration::from_millis(100);

/// How much of what is new is read at once.
const BATCH: usize = 256;

/// How many shown ids are remembered.
const REMEMBERED: usize = 10_000;

/// Lists the newest, oldest first; goes on with what comes when asked to.
///
/// # Errors
/// `HistoryUnusable`.
pub async fn list(context: &Context, filter: &Filter, count: usize, follow: bool) -> Result<()> {
    let store = open(context)?;
    let (mut shown, mut last) = (HashSet::new(), 0);
    if let Some(store) = &store {
        last = store.last_change().map_err(|fault| unusable(context, fault))?;
        for delivery in store.list(filter, count).map_err(|fault| unusable(context, fault))? {
            context.ui.kept(&delivery);
            if delivery.answer.is_some() {
                shown.insert(delivery.id);
            }
        }
    }
    if follow {
        return go_on(context, filter, store, last, shown).await;
    }
    if shown.is_empty() && store.is_none() {
        context.ui.note("nothing is kept yet: `clerkhook up` keeps what passes");
    }
    Ok(())
}

async fn go_on(context: &Context, filter: &Filter, store: Option<Store>, last: i64, shown: HashSet<Id>) -> Result<()> {
    let (mut store, mut last, mut shown) = (store, last, shown);
    let mut rhythm = interval(EVERY);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = context.shutdown.wait() => return Ok(()),
            _ = rhythm.tick() => {}
        }
        if store.as_ref().is_some_and(Store::is_gone) {
            (store, last) = (None, 0);
        }
        if store.is_none() {
            store = open(context)?;
        }
        let Some(store) = &store else { continue };
        let (new, number) = store.changed_since(last, BATCH).map_err(|fault| unusable(context, fault))?;
        last = number;
        // What is still open comes again with its answer.
        for delivery in new.into_iter().filter(|delivery| delivery.answer.is_some() && filter.admits(delivery)) {
            if shown.insert(delivery.id.clone()) {
                context.ui.kept(&delivery);
            }
        }
        if shown.len() > REMEMBERED {
            shown.clear();
        }
    }
}
