//! The app's directory: framework, dev port, route, env file and the name of the secret's variable, each with the place
//! that says so. Reads files and nothing else.

mod calls;
mod convention;
mod env;
mod framework;
mod language;
mod manifest;
mod package;
mod port;
mod prefix;
mod reads;
mod route;
mod scan;
mod script;
mod search;
mod source;
mod start;
mod tree;
mod verifier;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use env::Warning;
pub use framework::{Framework, Reload, Used};
pub use package::Project;
pub use route::Route;
pub use search::{Search, find};

/// A value, and the place that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// As it stands in the project.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
}

impl<T> Found<T> {
    /// A value of a place.
    pub fn new(value: T, file: impl Into<PathBuf>, line: usize) -> Self {
        Self { value, file: file.into(), line }
    }

    /// Another value of the same place.
    pub fn with<U>(&self, value: U) -> Found<U> {
        Found { value, file: self.file.clone(), line: self.line }
    }

    /// `app/api/webhooks/route.ts:5`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file.display(), self.line)
    }
}
