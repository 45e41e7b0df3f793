//! Which env file and which variable name a project uses for the signing secret (Clerk docs, environment variables).

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Variables, read};
use crate::file;
use crate::secret::SIGNING_SECRET_NAMES;

/// The env files of a project directory, the strongest first.
pub const FILES: [&str; 4] = [".env.local", ".env.development.local", ".env.development", ".env"];

/// The name that Clerk's `verifyWebhook` reads.
const NAME: &str = SIGNING_SECRET_NAMES[0];

/// The same in Nuxt, whose runtime configuration wants the prefix.
const NUXT_NAME: &str = SIGNING_SECRET_NAMES[1];

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

/// The env file to write, by framework; a project is the first one that it depends on (Clerk CLI, framework list).
const FRAMEWORKS: [(&str, &str); 10] = [
    ("next", ".env.local"),
    ("astro", ".env"),
    ("nuxt", ".env"),
    ("@tanstack/react-start", ".env.local"),
    ("react-router", ".env.local"),
    ("vue", ".env.local"),
    ("expo", ".env.local"),
    ("react", ".env.local"),
    ("express", ".env.local"),
    ("fastify", ".env.local"),
];

/// The name that the signing secret has in `file`, else the one that the project's framework reads.
pub fn variable_name(directory: &Path, file: &Variables) -> String {
    let framework_name = if Package::read(directory).depends_on("nuxt") { NUXT_NAME } else { NAME };
    let present = |name: &&str| file.get(name).is_some_and(|value| is_clerks(name, value.expose()));
    let name = std::iter::once(framework_name).chain(SIGNING_SECRET_NAMES).find(present);
    name.unwrap_or(framework_name).to_owned()
}

/// The env file that a signing secret belongs into: one that has it, else one with a Clerk key, else the
/// framework's.
pub fn choose_file(directory: &Path) -> PathBuf {
    // What cannot be read now says so when it is written.
    let files = FILES.map(|name| (name, read(&directory.join(name)).ok().flatten().unwrap_or_default()));
    let has_secret = |file: &Variables| file.iter().any(|(name, value)| holds_secret(name, value.expose()));
    let has_key = |file: &Variables| file.iter().any(|(name, _)| KEY_NAMES.contains(&name));
    let named =
        files.iter().find(|(_, file)| has_secret(file)).or_else(|| files.iter().find(|(_, file)| has_key(file)));
    directory.join(named.map_or_else(|| Package::read(directory).env_file(), |(name, _)| name))
}

fn holds_secret(name: &str, value: &str) -> bool {
    SIGNING_SECRET_NAMES.contains(&name) && is_clerks(name, value)
}

/// Other services' secrets go by `WEBHOOK_SECRET` and `SIGNING_SECRET` too, and must not be overwritten.
fn is_clerks(name: &str, value: &str) -> bool {
    name.contains("CLERK") || value.is_empty() || value.starts_with("whsec_")
}

/// The project's `package.json`; null where there is none, or none that can be read.
struct Package(Value);

impl Package {
    fn read(directory: &Path) -> Self {
        let bytes = file::read(&directory.join("package.json"), file::SETTINGS_LIMIT).unwrap_or_default();
        Self(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    fn depends_on(&self, name: &str) -> bool {
        ["dependencies", "devDependencies"].iter().any(|list| self.0[list].get(name).is_some())
    }

    fn env_file(&self) -> &'static str {
        FRAMEWORKS.iter().find(|(name, _)| self.depends_on(name)).map_or(FILES[0], |(_, file)| file)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A directory with these files.
    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            fs::write(directory.path().join(name), text).expect("written");
        }
        directory
    }

    fn chosen(files: &[(&str, &str)]) -> String {
        let directory = project(files);
        let file = choose_file(directory.path());
        file.strip_prefix(directory.path()).expect("inside").display().to_string()
    }

    fn name(package: &str, file: &str) -> String {
        variable_name(project(&[("package.json", package)]).path(), &Variables::parse(file))
    }

    const NEXT: (&str, &str) = ("package.json", r#"{"dependencies":{"next":"16.0.0","react":"19.2.0"}}"#);
    const NUXT: (&str, &str) = ("package.json", r#"{"devDependencies":{"nuxt":"4.2.0"}}"#);

    #[test]
    fn a_file_that_holds_the_secret_comes_first_then_one_with_a_key() {
        for (files, expected) in [
            (vec![NEXT, (".env", "CLERK_SECRET_KEY=sk_test_x")], ".env"),
            (vec![NUXT, (".env", ""), (".env.local", "NUXT_CLERK_SECRET_KEY=sk_test_x")], ".env.local"),
            (vec![(".env.development", "VITE_CLERK_PUBLISHABLE_KEY=pk_test_x"), (".env", "")], ".env.development"),
            (vec![(".env", "CLERK_WEBHOOK_SIGNING_SECRET=\n"), (".env.local", "CLERK_SECRET_KEY=x")], ".env"),
            (
                vec![(".env", "WEBHOOK_SECRET=github"), (".env.development.local", "WEBHOOK_SECRET=whsec_x")],
                ".env.development.local",
            ),
        ] {
            assert_eq!(chosen(&files), expected, "{files:?}");
        }
    }

    #[test]
    fn else_the_framework_decides() {
        for (files, expected) in [
            (vec![], ".env.local"),
            (vec![NEXT, (".env", "PORT=3000")], ".env.local"),
            (vec![NUXT], ".env"),
            (vec![("package.json", r#"{"dependencies":{"astro":"5","react":"19"}}"#)], ".env"),
            (vec![("package.json", r#"{"dependencies":{"nuxt":"4","next":"16"}}"#)], ".env.local"),
            (vec![("package.json", "[]"), (".env", "")], ".env.local"),
            (vec![("package.json", "{broken")], ".env.local"),
        ] {
            assert_eq!(chosen(&files), expected, "{files:?}");
        }
    }

    #[test]
    fn a_name_that_is_there_is_kept() {
        for (package, file, expected) in [
            ("{}", "", "CLERK_WEBHOOK_SIGNING_SECRET"),
            (NUXT.1, "", "NUXT_CLERK_WEBHOOK_SIGNING_SECRET"),
            ("{}", "CLERK_WEBHOOK_SECRET=", "CLERK_WEBHOOK_SECRET"),
            ("{}", "WEBHOOK_SECRET=whsec_x\nSIGNING_SECRET=''", "SIGNING_SECRET"),
            ("{}", "WEBHOOK_SECRET=of-github", "CLERK_WEBHOOK_SIGNING_SECRET"),
            (
                NUXT.1,
                "CLERK_WEBHOOK_SIGNING_SECRET=a\nNUXT_CLERK_WEBHOOK_SIGNING_SECRET=b",
                "NUXT_CLERK_WEBHOOK_SIGNING_SECRET",
            ),
            (NUXT.1, "CLERK_WEBHOOK_SIGNING_SECRET=a", "CLERK_WEBHOOK_SIGNING_SECRET"),
            ("{}", "#CLERK_WEBHOOK_SECRET=x", "CLERK_WEBHOOK_SIGNING_SECRET"),
        ] {
            assert_eq!(name(package, file), expected, "{file:?}");
        }
    }
}
