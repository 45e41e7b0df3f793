//! A JSON body as text: edits that leave every other byte as it was, line breaks that leave every token.

mod change;
mod edit;
mod layout;
mod path;
mod readable;
mod scan;

pub use change::{Applied, Edit, apply};
pub use edit::{Edited, set, unset};
pub use layout::{compact, indent, string_end};
pub use path::{Part, Path, PathFault};
pub use readable::{is_harmful, readable};

/// Why a body cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The path cannot be read.
    #[error(transparent)]
    Path(#[from] PathFault),
    /// The body is no JSON.
    #[error("the body is no JSON: {0}")]
    Json(String),
    /// The path goes through something that has no parts.
    #[error("`{path}` cannot be reached: `{place}` is {kind}")]
    Scalar {
        /// The whole path.
        path: String,
        /// The part that has no parts.
        place: String,
        /// What it is.
        kind: &'static str,
    },
    /// An index past the end.
    #[error("`{path}` is past the end: `{place}` has {length} element{}", if *length == 1 { "" } else { "s" })]
    PastEnd {
        /// The whole path.
        path: String,
        /// The array.
        place: String,
        /// How many it has.
        length: usize,
    },
    /// Nothing to remove.
    #[error("there is no `{path}`")]
    Missing {
        /// The whole path.
        path: String,
    },
}
