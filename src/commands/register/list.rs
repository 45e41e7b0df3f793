//! `clerkhook register --list`: every endpoint of the instance, and whose it is; nothing is changed.

use crate::error::Result;
use crate::report::Report;
use crate::steps::Context;
use crate::steps::census::Census;
use crate::steps::endpoint::{self, Intent};

/// Lists them, this machine's first.
///
/// # Errors
/// Those of Clerk and Svix.
pub async fn list(context: &Context) -> Result<()> {
    let remote = context.unless_interrupted(endpoint::connect(context, Intent::Look)).await?;
    let Some(remote) = remote else {
        context.ui.note("webhooks were never enabled on this instance");
        return Ok(());
    };
    let census = Census::take(context)?;
    let mut listings: Vec<_> = remote.endpoints.iter().map(|endpoint| census.listing(endpoint)).collect();
    listings.sort_by_key(|listing| listing.owner);
    if listings.is_empty() {
        context.ui.note("the instance has no endpoint");
    }
    listings.into_iter().for_each(|listing| context.ui.emit(&Report::Listing(listing)));
    remote.svix.log_out().await;
    Ok(())
}
