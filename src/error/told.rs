//! An error as it crosses from one process to another.

use serde::{Deserialize, Serialize};

use super::{Error, Exit};
use crate::report::{Failure, Missing};

/// All that an error says, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// `CH` and four digits.
    pub code: String,
    /// What failed.
    pub message: String,
    /// Why.
    pub cause: Option<String>,
    /// What to type.
    pub hint: String,
    /// The exit code.
    pub exit: u8,
}

impl Error {
    /// The error for another process.
    pub fn told(&self) -> Told {
        Told {
            code: self.code().to_owned(),
            message: self.to_string(),
            cause: self.cause().map(str::to_owned),
            hint: self.hint(),
            exit: self.exit_code() as u8,
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let missing = match error {
            Error::SeveralMissing { missing, .. } => missing.as_slice(),
            _ => &[],
        };
        let each =
            |error: &Error| Missing { code: error.code().to_owned(), message: error.to_string(), hint: error.hint() };
        Self {
            cause: error.cause().map(str::to_owned),
            missing: missing.iter().map(each).collect(),
            declined: matches!(error, Error::Declined { .. }),
            ..Self::new(error.code(), error.to_string(), error.hint())
        }
    }
}

impl Told {
    /// The exit code that was told; one that nobody knows is unexpected.
    pub(super) fn exit_code(&self) -> Exit {
        Exit::of(i32::from(self.exit))
    }
}
