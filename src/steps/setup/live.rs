//! The one place that owns the life of a set-up: agent, deliveries and the wish to end are its arms.

use jiff::Timestamp;

use super::setup::SetUp;
use crate::error::{Error, Result};
use crate::event::{Event, Received};
use crate::ngrok::Agent;
use crate::steps::Context;
use crate::steps::app::BuiltIn;
use crate::steps::deliveries::{Deliveries, rhythm};

/// After so many looks in vain the agent counts as gone.
const PATIENCE: u32 = 20;

/// Shows deliveries until the end is asked for or the agent ends.
///
/// # Errors
/// `Interrupted` when the end was asked for; `AgentDied`, `AgentApi`.
pub async fn live(context: &Context, setup: &mut SetUp, since: Timestamp, proven: Option<&str>) -> Result<()> {
    let secrets = setup.learned.iter().map(|learned| learned.secret.clone()).collect();
    let mut deliveries = Deliveries::since(since, secrets);
    if let Some(message_id) = proven {
        deliveries.already_shown(message_id, &setup.path);
    }
    let Some(tunnel) = &mut setup.tunnel else { return Ok(()) };
    let mut built_in = setup.app.as_mut().and_then(|app| app.built_in.as_mut());
    let mut rhythm = rhythm();
    let mut in_vain = 0;
    let ended = loop {
        tokio::select! {
            () = context.shutdown.wait() => break Error::Interrupted,
            error = agent_ended(tunnel.agent.as_mut()) => break error,
            received = next(built_in.as_deref_mut()) => {
                let new = deliveries.from_receiver(received);
                new.into_iter().for_each(|delivery| context.ui.emit(&Event::Delivery(delivery)));
            }
            _ = rhythm.tick() => match deliveries.ask(&tunnel.api).await {
                Ok(new) => {
                    in_vain = 0;
                    new.into_iter().for_each(|delivery| context.ui.emit(&Event::Delivery(delivery)));
                }
                Err(error) => {
                    in_vain += 1;
                    tracing::debug!(%error, in_vain, "the agent was asked in vain");
                    if in_vain >= PATIENCE {
                        break error;
                    }
                }
            },
        }
    };
    setup.deliveries = deliveries.count();
    Err(ended)
}

async fn agent_ended(agent: Option<&mut Agent>) -> Error {
    match agent {
        Some(agent) => agent.ended().await,
        None => std::future::pending().await,
    }
}

async fn next(built_in: Option<&mut BuiltIn>) -> Received {
    match built_in {
        Some(built_in) => match built_in.received.recv().await {
            Some(received) => received,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
