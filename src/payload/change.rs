//! Several edits, one after the other.

use serde_json::Value;

use super::{Fault, Path, set, unset};

/// One change of a body.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A value at a path.
    Set(Path, Value),
    /// No value at a path.
    Unset(Path),
}

impl Edit {
    /// Where it changes the body.
    pub fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Unset(path) => path,
        }
    }
}

/// A body after its edits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The new bytes.
    pub body: Vec<u8>,
    /// Paths that were not there before.
    pub created: Vec<String>,
}

/// Applies edits in their order.
///
/// # Errors
/// The first one's that cannot be made.
pub fn apply(body: &[u8], edits: &[Edit]) -> Result<Applied, Fault> {
    let mut applied = Applied { body: body.to_vec(), created: Vec::new() };
    for edit in edits {
        let edited = match edit {
            Edit::Set(path, value) => set(&applied.body, path, value)?,
            Edit::Unset(path) => unset(&applied.body, path)?,
        };
        if edited.created {
            applied.created.push(edit.path().to_string());
        }
        applied.body = edited.body;
    }
    Ok(applied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_see_the_ones_before_them() {
        let path = |text: &str| text.parse::<Path>().expect("a path");
        let edits =
            [Edit::Set(path("data.a"), 2.into()), Edit::Set(path("data.b.c"), "x".into()), Edit::Unset(path("data.a"))];
        let applied = apply(br#"{"data": {"a": 1}}"#, &edits).expect("applied");
        assert_eq!(applied.body, br#"{"data": {"b":{"c":"x"}}}"#);
        assert_eq!(applied.created, ["data.b.c"]);
    }

    #[test]
    fn an_edit_that_cannot_be_made_ends_it() {
        let edits = [Edit::Unset("data.b".parse().expect("a path"))];
        assert_eq!(apply(b"{\"data\":{}}", &edits), Err(Fault::Missing { path: "data.b".to_owned() }));
    }
}
