//! The values of the flags that edit a body.

use std::path::PathBuf;

use crate::payload::{self, Edit};

/// `PATH=VALUE`; what is no JSON is a string.
pub fn set(text: &str) -> Result<Edit, String> {
    let (path, value) = text.split_once('=').ok_or("expected `PATH=VALUE`")?;
    let path = path.parse().map_err(|fault: payload::Fault| fault.to_string())?;
    Ok(Edit::Set(path, serde_json::from_str(value).unwrap_or_else(|_| value.into())))
}

/// `PATH`.
pub fn unset(text: &str) -> Result<Edit, String> {
    text.parse().map(Edit::Unset).map_err(|fault: payload::Fault| fault.to_string())
}

/// `@FILE`; `@-` is stdin.
pub fn body_file(text: &str) -> Result<PathBuf, String> {
    let path = text.strip_prefix('@').ok_or("expected `@FILE`, or `@-` for stdin")?;
    Ok(path.into())
}
