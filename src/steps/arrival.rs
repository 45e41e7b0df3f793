//! The message of a real event: which of Svix's messages, or of the deliveries that the feed sees, tells of this user.

use std::collections::HashSet;
use std::convert::Infallible;

use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use super::judgement::Broken;
use super::proof::Trial;
use super::watch::pauses;
use crate::clerk::user::User;
use crate::delivery::Origin;
use crate::report::Hop;

/// What a message must tell to be the one.
#[derive(Clone)]
pub struct Sought {
    /// The user as Clerk answered it.
    pub user: User,
    /// Messages from before, by id.
    pub before: HashSet<String>,
}

/// No message was seen in time.
pub struct Missing {
    /// Svix could not be asked.
    fault: Option<String>,
}

impl Sought {
    /// Whether a body tells of this user, as it is since the change. A deleted one has no names any more.
    fn is_told_by(&self, event: &str, body: &Value) -> bool {
        let data = &body["data"];
        let named = |name: &str, wanted: Option<&str>| data.get(name).is_none_or(|value| value.as_str() == wanted);
        body["type"] == event
            && data["id"] == *self.user.id
            && named("first_name", self.user.first_name.as_deref())
            && named("last_name", self.user.last_name.as_deref())
    }
}

impl Missing {
    /// What that means for the proof.
    pub fn judged(&self, trial: &Trial) -> Broken {
        let (event, waited) = (&trial.event, trial.timeout.as_secs());
        let found = match &self.fault {
            Some(fault) => format!("no message was seen within {waited} s: {fault}"),
            None => format!("Clerk sent no `{event}` message within {waited} s"),
        };
        let fix = format!(
            "wait longer with `{} --timeout 60s`; `clerkhook send-test {event}` shows whether the rest of the way works",
            trial.command
        );
        Broken { hop: Hop::Accepted, found, fix }
    }
}

/// The messages of an event type that are there already, so that none of them is taken for the next one.
pub async fn known(trial: &Trial) -> HashSet<String> {
    let (messages, _) = tokio::join!(trial.svix.messages(&trial.event), trial.feed.ask(&trial.api));
    messages.into_iter().flatten().map(|message| message.id).chain(trial.feed.messages()).collect()
}

/// The message's id, from whichever side tells it first.
pub async fn find(trial: &Trial, sought: &Sought, deadline: Instant) -> Result<String, Missing> {
    let mut fault = None;
    let found = tokio::select! {
        id = among_captures(trial, sought) => Some(id),
        id = among_messages(trial, sought, &mut fault) => Some(id),
        () = sleep_until(deadline) => None,
    };
    found.ok_or(Missing { fault })
}

async fn among_captures(trial: &Trial, sought: &Sought) -> String {
    let (event, told) = (trial.event.clone(), sought.clone());
    let watch = trial.feed.watch(move |delivery| {
        let new = delivery.message_id.as_ref().is_some_and(|id| !told.before.contains(id));
        let body = || serde_json::from_slice(&delivery.request.body).unwrap_or_default();
        new && delivery.origin != Origin::Replay
            && delivery.event.as_ref() == Some(&event)
            && told.is_told_by(&event, &body())
    });
    for pause in pauses(20, 400) {
        // An agent that cannot be asked is named by the proof, once Svix has told of the message.
        let _ = trial.feed.ask(&trial.api).await;
        if let Some(id) = watch.seen().into_iter().find_map(|delivery| delivery.message_id.clone()) {
            return id;
        }
        sleep(pause).await;
    }
    never().await
}

async fn among_messages(trial: &Trial, sought: &Sought, fault: &mut Option<String>) -> String {
    for pause in pauses(200, 2000) {
        match trial.svix.messages(&trial.event).await {
            Ok(messages) => {
                *fault = None;
                let is_it = |message: &&crate::svix::Message| {
                    !sought.before.contains(&message.id) && sought.is_told_by(&trial.event, &message.payload)
                };
                if let Some(message) = messages.iter().rfind(is_it) {
                    return message.id.clone();
                }
            }
            Err(error) => *fault = Some(error.to_string()),
        }
        sleep(pause).await;
    }
    never().await
}

/// The pauses go on for ever; the compiler cannot know.
async fn never() -> String {
    match std::future::pending::<Infallible>().await {}
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user() -> User {
        let user = json!({"id": "user_1", "first_name": "Ada", "last_name": "New", "email_addresses": []});
        serde_json::from_value(user).expect("the documented shape")
    }

    #[test]
    fn a_message_is_known_by_its_type_its_user_and_the_names_that_were_given() {
        let user = user();
        let sought = Sought { user, before: HashSet::new() };
        let told = |kind: &str, data: Value| sought.is_told_by("user.updated", &json!({"type": kind, "data": data}));
        let new = json!({"id": "user_1", "first_name": "Ada", "last_name": "New"});
        assert!(told("user.updated", new.clone()));
        assert!(!told("user.created", new));
        assert!(!told("user.updated", json!({"id": "user_2", "first_name": "Ada", "last_name": "New"})));
        assert!(!told("user.updated", json!({"id": "user_1", "first_name": "Ada", "last_name": "Old"})));
        assert!(!told("user.updated", Value::Null));
        let deleted = json!({"type": "user.deleted", "data": {"id": "user_1", "deleted": true, "object": "user"}});
        assert!(sought.is_told_by("user.deleted", &deleted));
    }
}
