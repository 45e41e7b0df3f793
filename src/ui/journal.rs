//! A file in the place of both streams: what is said goes on there when nobody looks any more.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::Ui;
use super::json;
use super::stream::Content;
use crate::error::{Error, Result};
use crate::file;
use crate::report::Report;

/// So large it becomes, and once more the older part beside it.
const LIMIT: u64 = 4 << 20;

/// The file that both streams lead to.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Leads both streams to a file.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let file = file::growing(path)?;
        lead(&file)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Puts it aside once it is large. What cannot be done is tried again with the next line.
    pub(super) fn turn(&mut self) {
        if let Ok(Some(anew)) = file::put_aside(&self.path, &self.file, LIMIT)
            && lead(&anew).is_ok()
        {
            self.file = anew;
        }
    }
}

#[cfg(unix)]
fn lead(file: &File) -> io::Result<()> {
    nix::unistd::dup2_stdout(file)?;
    Ok(nix::unistd::dup2_stderr(file)?)
}

#[cfg(not(unix))]
fn lead(_file: &File) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

impl Ui {
    /// Leads both streams to a file from now on; whoever read them reads their end.
    ///
    /// # Errors
    /// `FileUnwritable`.
    pub fn move_to(&self, path: &Path) -> Result<()> {
        self.settle();
        self.output.move_to(path).map_err(|error| unwritable(path, &error))
    }

    /// Writes the JSON line of a report to a file of its own, at once as a whole.
    ///
    /// # Errors
    /// `FileUnwritable`.
    pub fn put_down(&self, report: &Report, path: &Path) -> Result<()> {
        let line = match json::line(report) {
            Some(Content::Json(line)) => format!("{}\n", line.as_str()),
            _ => String::new(),
        };
        file::write(path, line.as_bytes()).map_err(|error| unwritable(path, &error))
    }

    /// Hands on a line of stdout that this program wrote in another process, where it was masked.
    pub fn hand_on_data(&self, line: &str) {
        self.exact(line);
    }

    /// The same for a line of stderr.
    pub fn hand_on_talk(&self, line: &str) {
        self.output.stderr(Content::text(line));
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::FileUnwritable { path: path.to_owned(), cause: error.to_string() }
}
