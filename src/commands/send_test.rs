//! `clerkhook send-test`: sends Svix's example event and proves, hop by hop, that it reached the app.

use crate::error::Result;
use crate::steps::Context;
use crate::steps::trial::{Wish, prove_running};

/// Options of `send-test`.
pub type Options = Wish;

/// Sends and proves.
///
/// # Errors
/// `EndpointMissing`, `EndpointDisabled`, `EndpointFiltered`, `TunnelMissing`, `NotDelivered`, those of Clerk and Svix.
pub async fn send_test(context: &Context, options: &Options) -> Result<()> {
    prove_running(context, options).await
}
