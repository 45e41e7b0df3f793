//! Captured requests as deliveries, with the verdicts of the set-up that verified them.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::timeout;

use super::Context;
use crate::ngrok::capture::Capture;
use crate::report::{Delivery, Signature};
use crate::running::Setup;
use crate::running::control::{self, Question};

/// How many captured requests a set-up looks at.
pub const LOOKED_AT: u16 = 300;

/// How long a set-up may take to say; one that is busy is not waited for.
const WITHIN: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct Verdict {
    id: String,
    signature: Signature,
    reason: Option<String>,
}

/// The deliveries; unchecked where nobody knows the secret.
pub async fn deliveries(context: &Context, setup: Option<&Setup>, captures: &[Capture]) -> Vec<Delivery> {
    let verdicts = ask(context, setup).await.unwrap_or_default();
    let mut verdicts: HashMap<String, Verdict> =
        verdicts.into_iter().map(|verdict| (verdict.id.clone(), verdict)).collect();
    let told = |capture: &Capture| {
        let delivery = capture.delivery(&[]);
        match verdicts.remove(&delivery.id) {
            Some(Verdict { signature, reason, .. }) => Delivery { signature, reason, ..delivery },
            None => delivery,
        }
    };
    captures.iter().map(told).collect()
}

async fn ask(context: &Context, setup: Option<&Setup>) -> Option<Vec<Verdict>> {
    let address = setup?.control.as_ref()?;
    let asked = timeout(WITHIN, control::ask(&context.http, address, &Question::Verdicts)).await;
    serde_json::from_value(asked.ok()?.ok()?).ok()
}
