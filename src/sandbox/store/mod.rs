//! Everything that the sandbox remembers, in memory and, where asked for, in a state file.
//!
//! The file is written before a call is answered. Retries that were due when the sandbox ended are not taken up again.

mod endpoint;
mod file;
mod message;

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::endpoint::{Endpoint, OldSecret};
pub use self::message::{Attempt, Destination, Message, Status, Trigger};
use super::identifier::identifier;

/// Older messages and their attempts are forgotten.
const MESSAGES: usize = 1000;

/// What Clerk and Svix know.
#[derive(Serialize, Deserialize)]
pub struct Data {
    /// Clerk's instance.
    pub instance_id: String,
    /// Svix's application of that instance; absent where webhooks are not enabled.
    pub app_id: Option<String>,
    /// Clerk's User objects, oldest first.
    pub users: Vec<Value>,
    /// Clerk's Organization objects, oldest first.
    #[serde(default)]
    pub organizations: Vec<Value>,
    /// Oldest first.
    pub endpoints: Vec<Endpoint>,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
}

impl Default for Data {
    /// A fresh instance with webhooks enabled.
    fn default() -> Self {
        Self {
            instance_id: identifier("ins"),
            app_id: Some(identifier("app")),
            users: Vec::new(),
            organizations: Vec::new(),
            endpoints: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
        }
    }
}

impl Data {
    /// Forgets Svix's application with all that is in it.
    pub fn disable_webhooks(&mut self) {
        self.app_id = None;
        self.endpoints.clear();
        self.messages.clear();
        self.attempts.clear();
    }

    /// By `ep_…` or by uid.
    pub fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.is_named(name))
    }

    /// By `ep_…` or by uid.
    pub fn endpoint_mut(&mut self, name: &str) -> Option<&mut Endpoint> {
        self.endpoints.iter_mut().find(|endpoint| endpoint.is_named(name))
    }

    /// By `msg_…`.
    pub fn message(&self, id: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// By `msg_…`.
    pub fn message_mut(&mut self, id: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.id == id)
    }

    /// Whether a message has yet to arrive at an endpoint.
    pub fn awaits(&self, message: &str, endpoint: &str) -> bool {
        let destination = self.message(message).and_then(|message| message.destinations.get(endpoint));
        destination.is_some_and(|destination| destination.status != Status::Success)
    }

    /// Takes a message up and gives the endpoints that it goes to: those that listen, or the one it is forced to if
    /// that one listens (Svix server, core/message_app).
    pub fn accept(&mut self, mut message: Message, only: Option<&str>) -> Vec<String> {
        let listening = self.endpoints.iter().filter(|endpoint| endpoint.listens_to(&message.event_type));
        let targets: Vec<String> = listening
            .filter(|endpoint| only.is_none_or(|only| endpoint.is_named(only)))
            .map(|endpoint| endpoint.id.clone())
            .collect();
        message.destinations = targets.iter().map(|id| (id.clone(), Destination::default())).collect();
        self.messages.push(message);
        if self.messages.len() > MESSAGES {
            let forgotten = self.messages.remove(0);
            self.attempts.retain(|attempt| attempt.message_id != forgotten.id);
        }
        targets
    }
}

/// The data behind its lock.
pub struct Store {
    data: Mutex<Data>,
    file: Option<PathBuf>,
}

impl Store {
    /// Takes up what the state file holds, if there is one. Fails where it holds something else.
    pub fn open(file: Option<PathBuf>) -> io::Result<Self> {
        let known = file.as_deref().map(file::load).transpose()?.flatten();
        let store = Self { data: Mutex::new(known.unwrap_or_default()), file };
        store.save(&store.lock())?;
        Ok(store)
    }

    /// Looks.
    pub fn read<T>(&self, look: impl FnOnce(&Data) -> T) -> T {
        look(&self.lock())
    }

    /// Changes, and saves before anybody else looks.
    pub fn change<T>(&self, act: impl FnOnce(&mut Data) -> T) -> T {
        let mut data = self.lock();
        let result = act(&mut data);
        if let Err(error) = self.save(&data) {
            tracing::warn!(%error, "the sandbox cannot save its state");
        }
        result
    }

    fn save(&self, data: &Data) -> io::Result<()> {
        self.file.as_deref().map_or(Ok(()), |path| file::save(path, data))
    }

    fn lock(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_awaited_until_it_has_arrived() {
        let mut data = Data::default();
        let (endpoint, message) = (Endpoint::default(), Message::new("user.created", "{}".to_owned()));
        let (to, id) = (endpoint.id.clone(), message.id.clone());
        data.endpoints.push(endpoint);
        assert!(!data.awaits(&id, &to));
        data.accept(message, None);
        assert!(data.awaits(&id, &to) && !data.awaits(&id, "ep_other"));
        let arrived = Destination { status: Status::Success, next_attempt: None };
        data.message_mut(&id).expect("it was accepted").destinations.insert(to.clone(), arrived);
        assert!(!data.awaits(&id, &to));
    }

    #[test]
    fn the_oldest_messages_are_forgotten() {
        let mut data = Data::default();
        let first = Message::new("user.created", "{}".to_owned());
        data.accept(first.clone(), None);
        for _ in 1..MESSAGES {
            data.accept(Message::new("user.created", "{}".to_owned()), None);
        }
        assert!(data.message(&first.id).is_some());
        data.accept(Message::new("user.created", "{}".to_owned()), None);
        assert_eq!((data.messages.len(), data.message(&first.id).is_some()), (MESSAGES, false));
    }
}
