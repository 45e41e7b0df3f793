//! What of the app can change while its answer is waited for: who listens, what its route answers to a question that means
//! nothing, and the files that it reads.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::Context;
use crate::config::Upstream;
use crate::handler::{deliver, listens};
use crate::http::{Certificates, Delivered, PROBE, is_loopback};
use crate::process;

/// How long an answer is waited for. One that takes longer says nothing.
const WITHIN: Duration = Duration::from_secs(2);

/// From one question to the next: at first, and at most. Dev servers show each in their log.
const ASKED: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(10));

/// How the app looks from outside. Two looks are equal while it is the same app with the same code.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Something listens.
    pub listens: bool,
    /// Sockets and processes, where the system tells them.
    listeners: Vec<(u64, u32)>,
    /// When each file was written, and its size.
    files: Vec<Option<(SystemTime, u64)>>,
    /// Status and content type of the route's answer.
    answer: Option<(u16, Option<String>)>,
}

impl Looked {
    /// Whether nothing is seen to have changed. An answer that one of them lacks says nothing.
    pub fn is_like(&self, other: &Self) -> bool {
        let answers = self.answer.as_ref().zip(other.answer.as_ref());
        self.listens == other.listens
            && self.listeners == other.listeners
            && self.files == other.files
            && answers.is_none_or(|(one, other)| one == other)
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
        let listeners = process::at_port(self.upstream.port());
        Looked {
            listens,
            listeners: listeners.iter().map(|listener| (listener.socket, listener.pid)).collect(),
            files: self.files.iter().map(written).collect(),
            answer: self.answer.clone(),
        }
    }

    /// Whether every process that listens began before this file was written; `None` where the system does not tell.
    pub fn older_than(&self, file: &PathBuf) -> Option<bool> {
        let (changed, _) = written(file)?;
        let started: Option<Vec<SystemTime>> =
            process::at_port(self.upstream.port()).into_iter().map(|listener| listener.started).collect();
        let started = started.filter(|started| !started.is_empty())?;
        Some(started.iter().all(|started| *started < changed))
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

fn written(file: &PathBuf) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}
