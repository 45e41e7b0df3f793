//! A line for each delivery, and what comes after.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::delivery::{Filter, Id};
use crate::error::Result;
use crate::steps::Context;
use crate::steps::followed::Followed;
use crate::steps::kept::unusable;

/// How often the history is looked at for what is new.
const EVERY: Duration = Duration::from_millis(100);

/// How many shown ids are remembered.
const REMEMBERED: usize = 10_000;

/// Lists the newest, oldest first; goes on with what comes when asked to.
///
/// # Errors
/// `HistoryUnusable`.
pub async fn list(context: &Context, filter: &Filter, count: usize, follow: bool) -> Result<()> {
    let (followed, mut shown) = (Followed::begin(context)?, HashSet::new());
    if let Some(store) = followed.store() {
        for delivery in store.list(filter, count).map_err(|fault| unusable(context, fault))? {
            context.ui.kept(&delivery);
            if delivery.answer.is_some() {
                shown.insert(delivery.id);
            }
        }
    }
    if follow {
        return go_on(context, filter, followed, shown).await;
    }
    if shown.is_empty() && followed.store().is_none() {
        context.ui.note("nothing is kept yet: `clerkhook up` keeps what passes");
    }
    Ok(())
}

async fn go_on(context: &Context, filter: &Filter, mut followed: Followed, mut shown: HashSet<Id>) -> Result<()> {
    let mut rhythm = interval(EVERY);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = context.shutdown.wait() => return Ok(()),
            _ = rhythm.tick() => {}
        }
        followed.renew(context)?;
        let new = followed.changed(context)?.unwrap_or_default();
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
