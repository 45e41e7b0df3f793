//! `clerkhook explain`: what an error code means and what to do.

use crate::error::{self, Error, Result};
use crate::report::{Explanation, Report};
use crate::ui::Ui;

/// Prints the part of the list of errors.
///
/// # Errors
/// `CodeUnknown`.
pub fn explain(ui: &Ui, code: &str) -> Result<()> {
    let (code, text) = error::explain(code).ok_or_else(|| Error::CodeUnknown { code: code.to_owned() })?;
    ui.emit(&Report::Explanation(Explanation { code, text: text.to_owned() }));
    Ok(())
}
