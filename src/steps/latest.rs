//! The last deliveries of a running set-up: from the history, where it keeps them, else from what its agent still has.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::timeout;

use super::feed::recent;
use super::{Context, kept};
use crate::delivery;
use crate::ngrok::api::AgentApi;
use crate::report::{Delivery, Signature};
use crate::running::Setup;
use crate::running::control::{self, Question};

/// How long a set-up may take to say what it thinks of them; one that is busy is not waited for.
const WITHIN: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Verdict {
    id: String,
    signature: Signature,
    reason: Option<String>,
}

/// At most so many, the newest last.
pub async fn latest(context: &Context, setup: &Setup, most: usize) -> Vec<Delivery> {
    let of_history = of_history(context, setup, most);
    if of_history.is_empty() { of_agent(context, setup, most).await } else { of_history }
}

fn of_history(context: &Context, setup: &Setup, most: usize) -> Vec<Delivery> {
    let Ok(Some(store)) = kept::open(context) else { return Vec::new() };
    let kept = store.of_set_up(&setup.id, most).unwrap_or_default();
    kept.iter().map(Delivery::from).collect()
}

/// Under the agent's own ids, as nobody keeps them under others.
async fn of_agent(context: &Context, setup: &Setup, most: usize) -> Vec<Delivery> {
    let Ok(api) = AgentApi::at(&setup.agent_address) else { return Vec::new() };
    let mut recent = recent(&api, &[]).await.unwrap_or_default();
    recent.truncate(most);
    let verdicts = if recent.is_empty() { None } else { ask(context, setup).await };
    let verdicts: HashMap<String, Verdict> =
        verdicts.into_iter().flatten().map(|verdict| (verdict.id.clone(), verdict)).collect();
    recent.iter().rev().map(|seen| told(seen, &verdicts)).collect()
}

fn told(seen: &delivery::Delivery, verdicts: &HashMap<String, Verdict>) -> Delivery {
    let line = Delivery::from(seen);
    let Some(capture) = &seen.capture else { return line };
    let line = Delivery { id: capture.clone(), ..line };
    match verdicts.get(capture) {
        Some(Verdict { signature, reason, .. }) => Delivery { signature: *signature, reason: reason.clone(), ..line },
        None => line,
    }
}

async fn ask(context: &Context, setup: &Setup) -> Option<Vec<Verdict>> {
    let address = setup.control.as_ref()?;
    let asked = timeout(WITHIN, control::ask(&context.http, address, &Question::Verdicts)).await;
    serde_json::from_value(asked.ok()?.ok()?).ok()
}
