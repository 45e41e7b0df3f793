//! Svix's other half: takes messages up and delivers them, with retries, to the endpoints that listen.

mod mischief;
mod request;
mod schedule;

use std::sync::Arc;
use std::time::Duration;

pub use self::mischief::Turnstile;
use self::request::Reply;
use super::store::{Attempt, Data, Endpoint, Message, Status, Trigger};
use super::world::World;
use crate::sandbox::identifier::now;

/// Accepts a message and begins to deliver it: to every endpoint that listens, or `only` to one if it listens.
pub fn publish(world: &Arc<World>, event_type: &str, body: String, only: Option<&str>) -> Message {
    let message = Message::new(event_type, body);
    let targets = world.store.change(|data| data.accept(message.clone(), only));
    for endpoint in targets {
        spawn(world, scheduled(Arc::clone(world), message.clone(), endpoint));
    }
    message
}

/// Delivers a message once more. A failure is not tried again, and a disabled endpoint gets nothing.
pub fn resend(world: &Arc<World>, message: &str, endpoint: &str) {
    let Some(message) = world.store.read(|data| data.message(message).cloned()) else { return };
    let (shared, endpoint) = (Arc::clone(world), endpoint.to_owned());
    spawn(world, async move {
        attempt(&shared, &message, &endpoint, Try { trigger: Trigger::Manual, number: 0 }).await;
    });
}

fn spawn(world: &World, delivery: impl Future<Output = ()> + Send + 'static) {
    world.tasks.spawn(world.stop.clone().run_until_cancelled_owned(delivery));
}

/// Tries until the message has arrived, was given up, or has nowhere to go any more.
async fn scheduled(world: Arc<World>, message: Message, endpoint: String) {
    let mut number = 0;
    while let Some(wait) = attempt(&world, &message, &endpoint, Try { trigger: Trigger::Scheduled, number }).await {
        tokio::time::sleep(wait).await;
        // Somebody may have resent it meanwhile (Svix server, worker).
        if !world.store.read(|data| data.awaits(&message.id, &endpoint)) {
            return;
        }
        number += 1;
    }
}

/// Which try this is.
#[derive(Clone, Copy)]
struct Try {
    trigger: Trigger,
    number: usize,
}

/// One delivery. Gives the wait before the next one, where one is due.
async fn attempt(world: &World, message: &Message, endpoint: &str, this: Try) -> Option<Duration> {
    let endpoint = world.store.read(|data| data.endpoint(endpoint).cloned()).filter(|endpoint| !endpoint.disabled)?;
    let delivery = mischief::Delivery::plan(&world.armed, &endpoint)?;
    let _turn = world.turnstile.enter(&world.armed, &endpoint.id).await;
    let mut wait = None;
    for _ in 0..delivery.copies {
        let sent = request::prepare(message, &endpoint, &delivery, this.trigger);
        let reply = request::send(&world.http, &sent).await;
        let due = (!reply.ends()).then(|| schedule::delay(this.number, &reply)).flatten();
        wait = due.map(|wait| world.scaled(wait));
        world.store.change(|data| record(data, world, sent.attempt, &reply, wait));
    }
    wait
}

/// Keeps the attempt, and what it means for its message and its endpoint.
fn record(data: &mut Data, world: &World, attempt: Attempt, reply: &Reply, wait: Option<Duration>) {
    let (status, trigger) = (reply.status(), attempt.trigger);
    if let Some(endpoint) = data.endpoint_mut(&attempt.endpoint_id) {
        judge(endpoint, world, reply, wait.is_none());
    }
    // The message may have been forgotten meanwhile, and its attempts with it.
    let Some(message) = data.message_mut(&attempt.message_id) else { return };
    let destination = message.destinations.entry(attempt.endpoint_id.clone()).or_default();
    // What has arrived stays so, and a failed resend does not end the schedule.
    let counts = trigger == Trigger::Scheduled && destination.status != Status::Success;
    if status == Status::Success || counts {
        destination.status = if wait.is_some() { Status::Sending } else { status };
        destination.next_attempt = wait.map(|wait| now() + wait);
    }
    data.attempts.push(Attempt {
        response: reply.body.clone(),
        status_code: reply.status_code,
        duration_ms: reply.duration_ms,
        status,
        ..attempt
    });
}

/// Disables an endpoint that asks for it, or where messages have been given up for too long (Svix docs, receiving).
fn judge(endpoint: &mut Endpoint, world: &World, reply: &Reply, given_up: bool) {
    if reply.status() == Status::Success {
        endpoint.failing_since = None;
    } else if given_up {
        let since = *endpoint.failing_since.get_or_insert_with(now);
        let failing = Duration::try_from(now().duration_since(since)).unwrap_or_default();
        endpoint.disabled |= failing >= world.scaled(schedule::DISABLED_AFTER);
    }
    endpoint.disabled |= reply.disables;
}
