//! Reads a project within bounds: so many names, so many files, so many bytes. It follows no link out of the project, and
//! enters no directory that holds what others wrote or a tool made.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use super::language;
use crate::file;

/// How many names of a project are looked at.
const NAMES: usize = 20_000;

/// How many files are opened.
pub const FILES: usize = 1_000;

/// How many bytes are read in all.
const BYTES: u64 = 16 << 20;

/// Sources are smaller; a larger one was made by a tool.
const FILE_LIMIT: u64 = 256 << 10;

/// Directories that hold no source of the app, beside all whose name begins with a dot.
const PASSED_OVER: [&str; 20] = [
    "node_modules",
    "dist",
    "build",
    "out",
    "target",
    "venv",
    "vendor",
    "coverage",
    "public",
    "static",
    "site-packages",
    "__pycache__",
    "__tests__",
    "__mocks__",
    "migrations",
    "tests",
    "test",
    "spec",
    "e2e",
    "cypress",
];

/// What shows that a directory is a package of its own.
pub const MANIFESTS: [&str; 8] =
    ["package.json", "pyproject.toml", "requirements.txt", "manage.py", "Pipfile", "Cargo.toml", "go.mod", "Gemfile"];

/// Reads files, and counts what it reads.
#[derive(Debug, Default)]
pub struct Reader {
    names: Cell<usize>,
    files: Cell<usize>,
    bytes: Cell<u64>,
    boundary: PathBuf,
}

impl Reader {
    /// One that follows no link out of this directory.
    pub fn within(boundary: &Path) -> Self {
        Self { boundary: fs::canonicalize(boundary).unwrap_or_else(|_| boundary.to_owned()), ..Self::default() }
    }

    /// How many files were opened.
    pub fn opened(&self) -> usize {
        self.files.get()
    }

    /// The text of a file; none where there is none, or where a bound is reached.
    pub fn read(&self, path: &Path) -> Option<String> {
        let bytes = self.bytes.get();
        if self.files.get() >= FILES || bytes >= BYTES || self.leads_out(path) {
            return None;
        }
        let read = file::read(path, FILE_LIMIT);
        if matches!(&read, Err(error) if error.kind() == std::io::ErrorKind::NotFound) {
            return None;
        }
        self.files.set(self.files.get() + 1);
        let text = String::from_utf8(read.ok()?).ok()?;
        self.bytes.set(bytes + text.len() as u64);
        Some(text)
    }

    /// Whether it is a link whose end lies outside.
    fn leads_out(&self, path: &Path) -> bool {
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        is_link && !fs::canonicalize(path).is_ok_and(|end| end.starts_with(&self.boundary))
    }

    /// The source files of a package, those near its top first; packages in it are not entered.
    pub fn sources(&self, package: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut waiting = std::collections::VecDeque::from([package.to_owned()]);
        while let Some(directory) = waiting.pop_front() {
            let (files, directories) = self.list(&directory);
            // A virtual environment of Python's may have any name.
            let foreign = |file: &PathBuf| is_manifest(file) || file.ends_with("pyvenv.cfg");
            if directory != package && files.iter().any(foreign) {
                continue;
            }
            found.extend(files.into_iter().filter(|file| is_source(file)));
            waiting.extend(directories);
        }
        found
    }

    /// The directories in one, by name.
    pub fn directories(&self, directory: &Path) -> Vec<PathBuf> {
        self.list(directory).1
    }

    /// Files and directories in their order; links are neither.
    fn list(&self, directory: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        let Ok(entries) = fs::read_dir(directory) else { return (files, directories) };
        for entry in entries.flatten() {
            if self.names.get() >= NAMES {
                break;
            }
            self.names.set(self.names.get() + 1);
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_file() {
                files.push(entry.path());
            } else if kind.is_dir() && is_entered(&entry.file_name().to_string_lossy()) {
                directories.push(entry.path());
            }
        }
        files.sort();
        directories.sort();
        (files, directories)
    }
}

fn is_entered(name: &str) -> bool {
    !name.starts_with('.') && !PASSED_OVER.contains(&name)
}

/// Whether its presence makes a directory a package.
pub fn is_manifest(file: &Path) -> bool {
    file.file_name().and_then(|name| name.to_str()).is_some_and(|name| MANIFESTS.contains(&name))
}

/// Whether it is a source of the app, and no test or description of types.
fn is_source(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let test = [".test.", ".spec.", ".d.ts", ".min.", ".stories.", "_test."].iter().any(|part| name.contains(part));
    !test && !name.starts_with("test_") && language::of(file).is_some()
}
