//! The connections of a server, of which there is a most: a new one never waits for those that only hold a place.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::{AbortHandle, JoinSet};

/// Whether a connection has an answer coming, or the server waits for its peer.
#[derive(Debug, Default)]
pub(super) struct Standing(AtomicBool);

impl Standing {
    /// A request came whole.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// It was answered.
    pub(super) fn wait(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn has_answer_coming(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// All connections, the oldest first. Dropping it ends them.
#[derive(Debug)]
pub(super) struct Crowd {
    tasks: JoinSet<()>,
    known: VecDeque<(AbortHandle, Arc<Standing>)>,
    most: usize,
}

impl Crowd {
    pub(super) fn new(most: usize) -> Self {
        Self { tasks: JoinSet::new(), known: VecDeque::new(), most: most.max(1) }
    }

    /// Takes a connection in; where there is no room, another one has to go.
    pub(super) fn admit(&mut self, connection: impl Future<Output = ()> + Send + 'static, standing: Arc<Standing>) {
        if self.known.len() >= self.most {
            self.known.retain(|(task, _)| !task.is_finished());
        }
        if self.known.len() >= self.most {
            self.drop_one();
        }
        self.known.push_back((self.tasks.spawn(connection), standing));
    }

    /// Ends the oldest of those whose peer is slow, or the oldest of all.
    pub(super) fn drop_one(&mut self) {
        self.known.retain(|(task, _)| !task.is_finished());
        let slow = self.known.iter().position(|(_, standing)| !standing.has_answer_coming()).unwrap_or(0);
        if let Some((task, _)) = self.known.remove(slow) {
            tracing::debug!(open = self.known.len(), "a connection has to make room");
            task.abort();
        }
    }

    /// Resolves when one has ended; at once never where there is none.
    pub(super) async fn ended(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_only_holds_a_place_goes_first() {
        let mut crowd = Crowd::new(3);
        let standings: Vec<Arc<Standing>> = (0..5).map(|_| Arc::default()).collect();
        standings[0].begin();
        standings[2].begin();
        for standing in &standings {
            crowd.admit(std::future::pending(), Arc::clone(standing));
        }
        let left: Vec<bool> =
            standings.iter().map(|one| crowd.known.iter().any(|(_, known)| Arc::ptr_eq(one, known))).collect();
        assert_eq!(left, [true, false, true, false, true]);
        standings[4].begin();
        crowd.admit(std::future::pending(), Arc::default());
        assert_eq!(crowd.known.len(), 3);
        assert!(!crowd.known.iter().any(|(_, known)| Arc::ptr_eq(&standings[0], known)), "the oldest, as all are busy");
    }
}
