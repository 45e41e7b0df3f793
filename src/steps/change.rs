//! What of the app can change while its answer is waited for: who listens, what its route answers to a question that means
//! nothing, and the files that it reads.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Context;
use crate::config::Upstream;
use crate::handler::{deliver, listens};
use crate::http::{Certificates, Delivered, PROBE, is_loopback};
use crate::process::{self, Listener};

/// How long an answer is waited for. One that takes longer says nothing.
const WITHIN: Duration = Duration::from_secs(2);

/// From one question to the next: at first, and at most. Dev servers show each in their log.
const ASKED: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(10));

/// How the app looks from outside. Two looks are equal while it is the same app with the same code.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Something listens.
    pub listens: bool,
    /// Who holds it, where the system tells.
    listeners: Vec<Listener>,
    /// When each file was written, and its size.
    files: Vec<Option<(SystemTime, u64)>>,
    /// Status and content type of the route's answer.
    answer: Option<(u16, Option<String>)>,
}

impl Looked {
    /// Whether nothing is seen to have changed. An answer that one of them lacks says nothing.
    pub fn is_like(&self, other: &Self) -> bool {
        let answers = self.answer.as_ref().zip(other.answer.as_ref());
        let same = |(one, other): (&Listener, &Listener)| (one.socket, one.pid) == (other.socket, other.pid);
        self.listens == other.listens
            && self.listeners.len() == other.listeners.len()
            && self.listeners.iter().zip(&other.listeners).all(same)
            && self.files == other.files
            && answers.is_none_or(|(one, other)| one == other)
    }

    /// Whether every process that listens began before this file was written; `None` where the system does not tell.
    pub fn is_older_than(&self, file: &Path) -> Option<bool> {
        let (changed, _) = written(file)?;
        let started: Option<Vec<SystemTime>> = self.listeners.iter().map(|listener| listener.started).collect();
        let started = started.filter(|started| !started.is_empty())?;
        Some(started.iter().all(|started| *started < changed))
    }
}

/// What is looked at.
#[derive(Debug)]
pub struct Watched {
    upstream: Upstream,
    path: String,
    files: Vec<PathBuf>,
    answer: Option<(u16, Option<String>)>,
    /// When the route is asked next, and how long after that again.
    asked: Option<(Instant, Duration)>,
}

impl Watched {
    /// The app's route at `path`, and files that it reads.
    pub fn new(upstream: Upstream, path: String, files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { upstream, path, files: files.into_iter().collect(), answer: None, asked: None }
    }

    /// The app's address.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// How it looks now. The route is asked once it is known that something is amiss, and not at each look.
    pub async fn look(&mut self, context: &Context, amiss: bool) -> Looked {
        let listens = listens(&self.upstream).await.is_ok();
        if amiss && listens {
            self.ask_in_turn(context).await;
        }
        let port = self.upstream.port();
        // Whoever holds this machine's port says nothing of an app elsewhere.
        let listeners = if is_loopback(self.upstream.origin()) {
            tokio::task::spawn_blocking(move || process::at_port(port)).await.unwrap_or_default()
        } else {
            Vec::new()
        };
        Looked {
            listens,
            listeners,
            files: self.files.iter().map(|file| written(file)).collect(),
            answer: self.answer.clone(),
        }
    }

    async fn ask_in_turn(&mut self, context: &Context) {
        let now = Instant::now();
        match self.asked {
            Some((next, _)) if now < next => return,
            Some((_, pause)) => {
                let pause = (pause * 3 / 2).min(ASKED.1);
                self.asked = Some((now + pause, pause));
            }
            None => self.asked = Some((now + ASKED.0, ASKED.0)),
        }
        if let Some(answer) = self.ask(context).await {
            self.answer = Some(answer);
        }
    }

    async fn ask(&self, context: &Context) -> Option<(u16, Option<String>)> {
        let url = self.upstream.join(&self.path);
        let certificates = if is_loopback(&url) { Certificates::Any } else { Certificates::Trusted };
        let headers = [("accept".to_owned(), "*/*".to_owned()), (PROBE.to_owned(), "1".to_owned())];
        let question = Delivered {
            method: "GET",
            url: &url,
            headers: &headers,
            body: Vec::new(),
            within: Some(WITHIN),
            certificates,
        };
        let answer = deliver(&context.http, question).await.ok()?;
        Some((answer.status, answer.content_type))
    }
}

fn written(file: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}
