//! When deliveries are shown: once the set-up has said that it is ready, or what it waits for, so that its own lines come
//! first.

use std::sync::Arc;

use super::parts::SetUp;
use crate::delivery::Delivery;
use crate::report::{Gap, Report};
use crate::steps::Context;
use crate::steps::feed::News;

/// So many wait for that; the rest is counted.
const ROOM: usize = 1000;

/// What waits to be shown.
#[derive(Debug, Default)]
pub struct Withheld {
    deliveries: Vec<Arc<Delivery>>,
    missed: u64,
}

impl SetUp {
    /// Whether deliveries are shown by now.
    pub fn shows(&self) -> bool {
        self.ready || self.pending.as_ref().is_some_and(|pending| pending.verdict().is_some())
    }

    /// Shows what a look brought.
    pub fn show_news(&mut self, context: &Context, news: &News) {
        self.withheld.missed += news.missed;
        self.show(context, news.deliveries.iter().cloned());
    }

    /// Shows deliveries, after what waited.
    pub fn show(&mut self, context: &Context, deliveries: impl IntoIterator<Item = Arc<Delivery>>) {
        if self.shows() {
            self.show_withheld(context);
            return deliveries.into_iter().for_each(|delivery| context.ui.delivery(&delivery));
        }
        for delivery in deliveries {
            let waiting = &mut self.withheld.deliveries;
            if waiting.len() < ROOM { waiting.push(delivery) } else { self.withheld.missed += 1 }
        }
    }

    /// Shows what waited.
    pub fn show_withheld(&mut self, context: &Context) {
        let Withheld { deliveries, missed } = std::mem::take(&mut self.withheld);
        deliveries.iter().for_each(|delivery| context.ui.delivery(delivery));
        if missed > 0 {
            context.ui.emit(&Report::Gap(Gap { missed, place: "agent" }));
        }
    }
}
