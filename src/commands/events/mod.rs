//! `clerkhook events`: the deliveries that are kept on this machine, listed, shown whole, exported, forgotten.

mod browse;
mod export;
mod list;
mod show;

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::Upstream;
use crate::delivery::{Delivery, Filter};
use crate::error::{Error, Result};
use crate::history::{Reference, Store};
use crate::steps::{Context, kept};
use crate::ui::Question;

pub use browse::browse;
pub use export::Form;

/// Options of `events`.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to do.
    pub wish: Wish,
    /// Say what would be done.
    pub dry_run: bool,
}

/// What to do with the history.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "named after their flags")]
pub enum Wish {
    List { filter: Filter, count: usize, follow: bool },
    Browse { filter: Filter, upstream: Option<Upstream> },
    Show { ids: Vec<Reference>, raw: bool },
    Export { ids: Vec<Reference>, filter: Filter, form: Form, redact: bool, output: Option<PathBuf> },
    Clear { older_than: Option<Duration> },
}

/// Reads or clears the history.
///
/// # Errors
/// `HistoryUnusable`, `DeliveryUnknown`, `DeliveryAmbiguous`, `FileUnwritable`, `ScreenUnseen`.
pub async fn events(context: &Context, options: &Options) -> Result<()> {
    match &options.wish {
        Wish::List { filter, count, follow } => list::list(context, filter, *count, *follow).await,
        Wish::Browse { filter, upstream } => browse::browse(context, filter, upstream.as_ref()).await,
        Wish::Show { ids, raw } => show::show(context, ids, *raw),
        Wish::Export { ids, filter, form, redact, output } => {
            export::export(context, ids, filter, *form, *redact, output.as_deref())
        }
        Wish::Clear { older_than } => clear(context, *older_than, options.dry_run).await,
    }
}

async fn clear(context: &Context, older_than: Option<Duration>, dry_run: bool) -> Result<()> {
    let Some(mut store) = kept::open(context)? else {
        context.ui.note("nothing is kept");
        return Ok(());
    };
    let unusable = |fault| kept::unusable(context, fault);
    let before = older_than.and_then(|age| {
        let age = SignedDuration::try_from(age).ok()?;
        Timestamp::now().checked_sub(age).ok()
    });
    let count = store.count_before(before).map_err(unusable)?;
    let what = format!("{count} {} of the history", if count == 1 { "delivery" } else { "deliveries" });
    if dry_run {
        context.ui.note(&format!("would forget {what}"));
        return Ok(());
    }
    if count > 0 && !context.yes {
        context.ui.agree(Question::ForgetDeliveries { what: what.clone() }, context.shutdown.wait()).await?;
    }
    store.clear(before).map_err(unusable)?;
    context.ui.note(&format!("forgot {what}"));
    Ok(())
}

/// The deliveries that are named.
fn named(context: &Context, references: &[Reference]) -> Result<(Store, Vec<Delivery>)> {
    let store = kept::open(context)?;
    let missing = |reference: &Reference| Error::DeliveryUnknown { reference: reference.to_string() };
    let (Some(store), Some(_)) = (store, references.first()) else {
        return Err(missing(references.first().unwrap_or(&Reference::Newest(1))));
    };
    let mut found = Vec::with_capacity(references.len());
    for reference in references {
        found.push(kept::find(context, &store, reference)?.ok_or_else(|| missing(reference))?);
    }
    Ok((store, found))
}
