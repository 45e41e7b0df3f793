//! `clerkhook prune`: deletes endpoints with clerkhook's mark that nobody serves any more.

use std::time::Duration;

use crate::error::Result;
use crate::ngrok;
use crate::report::{Action, Listing, Owner, Plan, Report, Step};
use crate::steps::Context;
use crate::steps::census::{Census, age};
use crate::steps::endpoint::{self, Intent, Remote};
use crate::ui::Question;

/// Options of `prune`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only what was not changed for so long.
    pub older_than: Duration,
    /// Those of other machines and users too, where nothing answers.
    pub all_machines: bool,
    /// Say what would be deleted.
    pub dry_run: bool,
}

/// Looks for them, asks, deletes.
///
/// # Errors
/// `NeedsAnswer` where nobody can be asked; those of Clerk and Svix.
pub async fn prune(context: &Context, options: &Options) -> Result<()> {
    let intent = if options.dry_run { Intent::Look } else { Intent::Send };
    let remote = context.unless_interrupted(endpoint::connect(context, intent)).await?;
    let Some(remote) = remote else {
        context.ui.note("webhooks were never enabled on this instance");
        return Ok(());
    };
    let pruned = prune_at(context, options, &remote).await;
    remote.svix.log_out().await;
    pruned
}

async fn prune_at(context: &Context, options: &Options, remote: &Remote) -> Result<()> {
    let census = Census::take(context)?;
    let mut left = Vec::new();
    for listing in remote.endpoints.iter().map(|endpoint| census.listing(endpoint)) {
        if is_left(context, options, &listing).await {
            left.push(listing);
        }
    }
    if left.is_empty() {
        context.ui.note("no endpoint is left over: those with clerkhook's mark are in use, or not old enough");
        return Ok(());
    }
    if options.dry_run {
        let planned = |listing: &Listing| Plan { step: Step::Endpoint, action: "delete", detail: words(listing) };
        left.iter().for_each(|listing| context.ui.emit(&Report::Plan(planned(listing))));
        return Ok(());
    }
    if !context.yes {
        left.iter().for_each(|listing| context.ui.emit(&Report::Listing(listing.clone())));
        let count = if left.len() == 1 { "1 endpoint".to_owned() } else { format!("{} endpoints", left.len()) };
        context.ui.agree(Question::DeleteEndpoints { count }, context.shutdown.wait()).await?;
    }
    for listing in left {
        context.unless_overdue(remote.svix.delete(&listing.endpoint_id)).await?;
        let endpoint = remote.endpoints.iter().find(|endpoint| endpoint.id == listing.endpoint_id);
        let told = endpoint.map(|endpoint| endpoint::told(remote, endpoint, Action::Deleted));
        told.into_iter().for_each(|told| context.ui.emit(&Report::Endpoint(told).answer()));
    }
    Ok(())
}

/// Whether nobody serves it: what runs here is known. Of another machine's it is known only where Svix holds it back or
/// ngrok says that nothing is there.
async fn is_left(context: &Context, options: &Options, listing: &Listing) -> bool {
    let old = age(listing).is_some_and(|age| age >= options.older_than);
    match listing.owner {
        _ if listing.served || !old => false,
        Owner::Here => true,
        Owner::Clerkhook if options.all_machines => {
            listing.disabled || ngrok::offline_code(&context.http, &listing.url).await.is_some()
        }
        Owner::Clerkhook | Owner::Other => false,
    }
}

fn words(listing: &Listing) -> String {
    let days = age(listing).map_or(0, |age| age.as_secs() / 86_400);
    let state = if listing.disabled { "disabled" } else { "enabled" };
    format!("{} {state}, unchanged for {days} days, {}", listing.endpoint_id, listing.url)
}
