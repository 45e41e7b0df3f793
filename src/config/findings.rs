//! What the project's files say, handed in as plain values: whoever reads them stands on a floor above.

use std::path::PathBuf;

use super::{Source, Sourced, Upstream};

/// What the project's files say. It counts where neither flag, environment, env file nor profile says more.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Where the dev server listens.
    pub app: Option<Sourced<Upstream>>,
    /// The webhook route.
    pub path: Option<Sourced<String>>,
    /// The env file that a signing secret belongs into.
    pub env_file: Option<Sourced<PathBuf>>,
    /// The name under which the app reads it.
    pub secret_variable: Option<Sourced<String>>,
}

impl<T> Sourced<T> {
    /// Whether the project's files say it, so that nobody asked for it.
    pub fn is_found(&self) -> bool {
        matches!(self.source, Source::Project { .. })
    }
}
