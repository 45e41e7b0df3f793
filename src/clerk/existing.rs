//! What the instance has already: users and organizations, page by page, the oldest first (Clerk docs, Backend API).

use std::collections::VecDeque;

use serde_json::Value;

use super::Clerk;
use crate::error::{Error, Result};
use crate::http::Call;

/// Most that Clerk gives in a page.
const PAGE: usize = 500;

/// How many of the last ones are known again.
const REMEMBERED: usize = 100;

/// How far a page reaches back over those that are known, as one that is deleted meanwhile moves all behind it.
const OVERLAP: usize = 20;

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `user_…`.
    Users,
    /// `org_…`.
    Organizations,
}

impl Kind {
    /// As in Clerk's addresses, and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Organizations => "organizations",
        }
    }

    /// What Clerk sends when one is made.
    pub fn event(self) -> &'static str {
        match self {
            Self::Users => "user.created",
            Self::Organizations => "organization.created",
        }
    }
}

/// A walk over all of them that can be gone on with later.
#[derive(Clone, Debug)]
pub struct Walk {
    kind: Kind,
    /// How many lie behind.
    passed: usize,
    /// The last of those.
    known: VecDeque<String>,
}

impl Walk {
    /// From the beginning, or from behind those that were passed, the last of which are known.
    pub fn new(kind: Kind, passed: usize, known: impl IntoIterator<Item = String>) -> Self {
        Self { kind, passed, known: known.into_iter().collect() }
    }

    /// What is listed.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How many lie behind.
    pub fn passed(&self) -> usize {
        self.passed
    }

    /// The last of those, the newest last.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    /// One lies behind now.
    pub fn pass(&mut self, id: &str) {
        self.passed += 1;
        self.known.push_back(id.to_owned());
        if self.known.len() > REMEMBERED {
            self.known.pop_front();
        }
    }

    /// Those that come next; none at the end.
    ///
    /// # Errors
    /// Those of Clerk.
    pub async fn next(&mut self, clerk: &Clerk) -> Result<Vec<Value>> {
        let mut back = OVERLAP.min(self.known.len());
        loop {
            let from = self.passed.saturating_sub(back);
            let mut page = clerk.existing(self.kind, from, PAGE).await?;
            let is_known = |one: &Value| self.known.iter().any(|known| one["id"] == known.as_str());
            match page.iter().rposition(is_known) {
                Some(last) => {
                    self.passed = from + last + 1;
                    return Ok(page.split_off(last + 1));
                }
                None if from == 0 || self.known.is_empty() => {
                    self.passed = from;
                    return Ok(page);
                }
                // More than that were deleted.
                None => back = (back * 4).max(OVERLAP),
            }
        }
    }
}

impl Clerk {
    /// A page of them, the oldest first. Users are a bare list, organizations stand in `data`.
    pub async fn existing(&self, kind: Kind, offset: usize, limit: usize) -> Result<Vec<Value>> {
        let mut url = self.url(kind.word());
        let (limit, offset) = (limit.to_string(), offset.to_string());
        url.query_pairs_mut().extend_pairs([
            ("limit", limit.as_str()),
            ("offset", &offset),
            ("order_by", "+created_at"),
        ]);
        let answer = self.send(Call::get(url)).await?;
        let page: Value = self.read(&answer, kind.word())?;
        let list = if page.is_array() { page } else { page["data"].clone() };
        match list {
            Value::Array(list) => Ok(list),
            _ => Err(Error::ClerkNotUnderstood {
                url: self.url(kind.word()).to_string(),
                cause: format!("a list was expected; it answered {}", answer.excerpt()),
            }),
        }
    }

    /// One of them; `None` where it is gone.
    pub async fn existing_one(&self, kind: Kind, id: &str) -> Result<Option<Value>> {
        let path = format!("{}/{id}", kind.word());
        match self.call(reqwest::Method::GET, &path).await {
            Ok(answer) => self.read(&answer, &path).map(Some),
            Err(Error::ClerkRefused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
