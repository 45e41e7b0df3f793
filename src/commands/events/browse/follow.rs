//! The history as it is now: which deliveries the list has, in which order, and what comes to it. Bodies stay where they
//! are until somebody looks at them.

use std::ops::Range;

use jiff::Timestamp;

use crate::delivery::{Delivery, Id};
use crate::error::Result;
use crate::history::{Outline, Store, StoreFault};
use crate::steps::Context;
use crate::steps::followed::Followed;
use crate::steps::kept::unusable;
use crate::ui::browser::{Counts, Narrowing};

/// A place of the list.
#[derive(Clone, Debug)]
struct Entry {
    /// What it stands under; itself where it repeats nothing.
    root: Id,
    outline: Outline,
}

/// The list's order, followed.
pub struct Follower {
    history: Followed,
    narrowing: Narrowing,
    entries: Vec<Entry>,
    kept: usize,
    version: i64,
}

/// What changed since the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// How many came.
    pub new: usize,
    /// Which are not as they were.
    pub touched: Vec<Id>,
}

impl Follower {
    /// What is kept now.
    ///
    /// # Errors
    /// `HistoryUnusable`.
    pub fn begin(context: &Context, narrowing: Narrowing) -> Result<Self> {
        let history = Followed::begin(context)?;
        let mut follower = Self { history, narrowing, entries: Vec::new(), kept: 0, version: 0 };
        follower.reload(context)?;
        Ok(follower)
    }

    /// The history, once there is one.
    pub fn store(&self) -> Option<&Store> {
        self.history.store()
    }

    /// How many there are.
    pub fn counts(&self) -> Counts {
        let failed = self.entries.iter().filter(|entry| entry.outline.failed).count();
        Counts { listed: self.entries.len(), failed, kept: self.kept }
    }

    /// Where a delivery stands.
    pub fn position(&self, id: &Id) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.outline.id == *id)
    }

    /// Where a delivery stands, or what it would have to stand at.
    pub fn nearest(&self, id: &Id) -> usize {
        self.position(id).unwrap_or_else(|| self.entries.partition_point(|entry| entry.root < *id))
    }

    /// Admits something else from now on.
    ///
    /// # Errors
    /// `HistoryUnusable`.
    pub fn narrow(&mut self, context: &Context, narrowing: Narrowing) -> Result<()> {
        self.narrowing = narrowing;
        self.reload(context)
    }

    /// What changed since the last look; `None` where nothing did.
    ///
    /// # Errors
    /// `HistoryUnusable`.
    pub fn look(&mut self, context: &Context) -> Result<Option<News>> {
        if self.history.renew(context)? {
            self.reload(context)?;
            return Ok(Some(News { new: self.entries.len(), touched: Vec::new() }));
        }
        let Some(store) = self.history.store() else { return Ok(None) };
        let version = store.version().map_err(|fault| unusable(context, fault))?;
        if version == self.version {
            return Ok(None);
        }
        let news = self.take_news(context)?;
        self.version = version;
        Ok(Some(news))
    }

    /// Which the list has in a window, each with whether it stands under another.
    pub fn window(&self, window: Range<usize>) -> Vec<(Id, bool)> {
        let entries = self.entries.get(window).unwrap_or_default();
        entries.iter().map(|entry| (entry.outline.id.clone(), entry.root != entry.outline.id)).collect()
    }

    /// Leaves one out that is gone.
    pub fn leave_out(&mut self, id: &Id) {
        self.entries.retain(|entry| entry.outline.id != *id);
    }

    fn reload(&mut self, context: &Context) -> Result<()> {
        // What is written between the two is read twice rather than never.
        let version = self.history.store().map(Store::version).transpose();
        self.version = version.map_err(|fault| unusable(context, fault))?.unwrap_or_default();
        self.history.pass_over(context)?;
        self.read_all().map_err(|fault| unusable(context, fault))
    }

    fn read_all(&mut self) -> std::result::Result<(), StoreFault> {
        self.entries.clear();
        self.kept = 0;
        let Some(store) = self.history.store() else { return Ok(()) };
        let failed = self.narrowing.failed;
        let outlines = store.outline(&self.narrowing.filter)?;
        self.entries = ordered(outlines.into_iter().filter(|outline| outline.failed || !failed));
        self.kept = usize::try_from(store.count()?).unwrap_or(usize::MAX);
        Ok(())
    }

    fn take_news(&mut self, context: &Context) -> Result<News> {
        let mut news = News::default();
        while let Some(changed) = self.history.changed(context)? {
            for delivery in changed {
                news.new += usize::from(self.put(&delivery));
                news.touched.push(delivery.id);
            }
        }
        self.leave_out_forgotten().map_err(|fault| unusable(context, fault))?;
        Ok(news)
    }

    fn leave_out_forgotten(&mut self) -> std::result::Result<(), StoreFault> {
        let Some(store) = self.history.store() else { return Ok(()) };
        let oldest = store.oldest()?;
        self.kept = usize::try_from(store.count()?).unwrap_or(usize::MAX);
        self.entries.retain(|entry| oldest.as_ref().is_some_and(|oldest| entry.outline.id >= *oldest));
        Ok(())
    }

    /// Puts a delivery in its place, or out of it; whether it is new there.
    fn put(&mut self, delivery: &Delivery) -> bool {
        let known = self.position(&delivery.id);
        let Narrowing { filter, failed, .. } = &self.narrowing;
        let in_time = filter.until.as_ref().is_none_or(|until| delivery.id < until.id(Timestamp::now()));
        let outline = Outline::from(delivery);
        match (known, in_time && filter.admits(delivery) && (outline.failed || !failed)) {
            (Some(place), true) => {
                self.entries[place].outline = outline;
                false
            }
            (Some(place), false) => {
                self.entries.remove(place);
                false
            }
            (None, true) => {
                let root = self.root(&outline);
                let place =
                    self.entries.partition_point(|entry| (&entry.root, &entry.outline.id) < (&root, &outline.id));
                self.entries.insert(place, Entry { root, outline });
                true
            }
            (None, false) => false,
        }
    }

    /// What it stands under: the first of what it repeats, where the list has that.
    fn root(&self, outline: &Outline) -> Id {
        let source = outline.source.as_ref().and_then(|source| self.position(source));
        source.map_or_else(|| outline.id.clone(), |place| self.entries[place].root.clone())
    }
}

/// By time, and each replay under what it repeats.
fn ordered(outlines: impl Iterator<Item = Outline>) -> Vec<Entry> {
    let mut roots: std::collections::HashMap<Id, Id> = std::collections::HashMap::new();
    let place = |outline: Outline| {
        let above = outline.source.as_ref().and_then(|source| roots.get(source)).cloned();
        let root = above.unwrap_or_else(|| outline.id.clone());
        roots.insert(outline.id.clone(), root.clone());
        Entry { root, outline }
    };
    let mut entries: Vec<Entry> = outlines.map(place).collect();
    entries.sort_by(|one, other| (&one.root, &one.outline.id).cmp(&(&other.root, &other.outline.id)));
    entries
}
