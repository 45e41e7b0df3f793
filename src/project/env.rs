//! The env files of a project: which one a signing secret belongs into, and under which name.

use std::path::{Path, PathBuf};

use super::Found;
use super::reads::Reads;
use crate::dotenv::{self, FILES, Variables};
use crate::secret::SIGNING_SECRET_NAMES;

/// Names under which projects keep Clerk's API keys.
const KEY_NAMES: [&str; 8] = [
    "CLERK_SECRET_KEY",
    "NUXT_CLERK_SECRET_KEY",
    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
    "PUBLIC_CLERK_PUBLISHABLE_KEY",
    "NUXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
    "EXPO_PUBLIC_CLERK_PUBLISHABLE_KEY",
    "VITE_CLERK_PUBLISHABLE_KEY",
    "CLERK_PUBLISHABLE_KEY",
];

/// How variables begin whose values a bundler puts into pages.
const PUBLIC: [&str; 7] = ["NEXT_PUBLIC_", "NUXT_PUBLIC_", "EXPO_PUBLIC_", "PUBLIC_", "VITE_", "REACT_APP_", "GATSBY_"];

/// What values begin with that open something.
const SECRETS: [&str; 2] = ["whsec_", "sk_"];

/// Whether a bundler puts a variable's value into pages.
pub fn is_public(name: &str) -> bool {
    PUBLIC.iter().any(|prefix| name.starts_with(prefix))
}

/// Something about the project that a person should mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What is so, and where.
    pub found: Found<String>,
    /// What to do.
    pub fix: String,
}

/// The env files that there are, the strongest first.
#[derive(Clone, Debug, Default)]
pub struct EnvFiles {
    files: Vec<(&'static str, Variables)>,
    /// Files that are links out of the package, with where they lead.
    linked: Vec<(&'static str, PathBuf)>,
}

impl EnvFiles {
    /// Reads those of a directory.
    pub fn read(directory: &Path) -> Self {
        // What cannot be read now says so when it is written.
        let read = |name| Some((name, dotenv::read(&directory.join(name)).ok().flatten()?));
        let inside = std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
        let linked = |name: &'static str| {
            let path = directory.join(name);
            let link = std::fs::symlink_metadata(&path).ok()?.is_symlink();
            let end = std::fs::canonicalize(&path).ok().filter(|end| link && !end.starts_with(&inside))?;
            Some((name, end))
        };
        Self {
            files: FILES.into_iter().filter_map(read).collect(),
            linked: FILES.into_iter().filter_map(linked).collect(),
        }
    }

    /// The value of a variable in the strongest file that has it, by name and value.
    pub fn get(&self, name: &str) -> Option<Found<(String, String)>> {
        self.files.iter().find_map(|(file, variables)| {
            let value = variables.get(name)?.expose().to_owned();
            Some(Found::new((name.to_owned(), value), *file, variables.line(name).unwrap_or(1)))
        })
    }

    /// The file that a signing secret belongs into: one that has it, else one with a Clerk key, else `usual`.
    pub fn choose(&self, usual: Found<&str>) -> Found<String> {
        let holding = |holds: &dyn Fn(&str, &str) -> bool| {
            self.files.iter().find_map(|(file, variables)| {
                let (name, _) = variables.iter().find(|(name, value)| holds(name, value.expose()))?;
                Some(Found::new((*file).to_owned(), *file, variables.line(name).unwrap_or(1)))
            })
        };
        let secret = |name: &str, value: &str| SIGNING_SECRET_NAMES.contains(&name) && is_clerks(name, value);
        let key = |name: &str, _: &str| KEY_NAMES.contains(&name);
        holding(&secret).or_else(|| holding(&key)).unwrap_or_else(|| usual.with(usual.value.to_owned()))
    }

    /// What is wrong with them.
    pub fn warnings(&self, reads: &Reads) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for (file, variables) in &self.files {
            let wanted = reads.name(variables);
            for (name, value) in variables.iter() {
                let place = |words: String| Found::new(words, *file, variables.line(name).unwrap_or(1));
                let (value, sure) = (value.expose(), reads.sure());
                if is_public(name) && SECRETS.iter().any(|start| value.starts_with(start)) {
                    warnings.push(Warning {
                        found: place(format!("`{name}` holds a secret, and its value is put into every page")),
                        fix: format!("take the line out, and let the app read `{wanted}` on the server; `clerkhook secret rotate` makes a new secret"),
                    });
                } else if SIGNING_SECRET_NAMES.contains(&name)
                    && value.starts_with("whsec_")
                    && sure
                    && name != wanted
                    && !reads.mentions(name)
                {
                    warnings.push(Warning {
                        found: place(format!("`{name}` is read by nobody: the app reads `{wanted}`")),
                        fix: format!("take the line out; the secret goes to `{wanted}`"),
                    });
                }
            }
        }
        warnings.extend(self.linked.iter().map(|(file, end)| Warning {
            found: Found::new(format!("it is a link to `{}`, which others may read too", end.display()), *file, 1),
            fix: format!("nothing, if that is meant; else give the package a `{file}` of its own"),
        }));
        warnings
    }
}

/// Other services' secrets go by `WEBHOOK_SECRET` and `SIGNING_SECRET` too, and must not be overwritten.
pub fn is_clerks(name: &str, value: &str) -> bool {
    name.contains("CLERK") || value.is_empty() || value.starts_with("whsec_")
}
