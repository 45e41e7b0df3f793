//! Which framework a project's list of dependencies names. The one place that looks.

use std::path::Path;

use super::framework::{ALL, Framework};
use crate::file;

/// Lists of dependencies have kilobytes.
const LIMIT: u64 = 1 << 20;

/// What lists the dependencies of a project, and which frameworks may stand there.
const LISTS: [(&str, Kind); 5] = [
    ("package.json", Kind::Json),
    ("requirements.txt", Kind::Lines),
    ("pyproject.toml", Kind::Lines),
    ("Cargo.toml", Kind::Lines),
    ("go.mod", Kind::Lines),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The names are keys.
    Json,
    /// A name begins a line, or a quoted text in it.
    Lines,
}

/// The framework of the project in a directory.
pub fn detect(directory: &Path) -> Option<Framework> {
    LISTS.iter().find_map(|(name, kind)| {
        let bytes = file::read(&directory.join(name), LIMIT).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let names = match kind {
            Kind::Json => keys(&text),
            Kind::Lines => words(&text),
        };
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        // A Go module has no framework of its own, and no other list begins a line so.
        let found = ALL
            .iter()
            .find(|profile| has(profile.dependency) && (profile.framework == Framework::Go) == (*name == "go.mod"))?;
        Some(router(directory, found.framework))
    })
}

/// Next.js has two routers.
fn router(directory: &Path, framework: Framework) -> Framework {
    let has = |name: &str| directory.join(name).is_dir() || directory.join("src").join(name).is_dir();
    if framework == Framework::NextApp && has("pages") && !has("app") { Framework::NextPages } else { framework }
}

fn keys(text: &str) -> Vec<String> {
    let Ok(package) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    let of = |field: &str| package[field].as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
    ["dependencies", "devDependencies"].into_iter().filter_map(of).flatten().collect()
}

fn words(text: &str) -> Vec<String> {
    let word = |line: &str| {
        let line = line.trim_start().trim_start_matches(['"', '\'']);
        let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)).unwrap_or(line.len());
        line[..end].to_ascii_lowercase()
    };
    text.lines().flat_map(|line| line.split(['[', ',']).map(word)).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_dependencies_names_the_framework() {
        for (name, text, framework) in [
            ("package.json", r#"{"dependencies":{"next":"16.4.6","react":"19"}}"#, Some(Framework::NextApp)),
            ("package.json", r#"{"devDependencies":{"@sveltejs/kit":"2"}}"#, Some(Framework::SvelteKit)),
            ("package.json", r#"{"dependencies":{"express":"5"}}"#, Some(Framework::Express)),
            ("package.json", r#"{"dependencies":{"expressive":"5"}}"#, None),
            ("package.json", "{ broken", None),
            ("requirements.txt", "# the app\nFlask==3.1\nsvix\n", Some(Framework::Flask)),
            ("pyproject.toml", "dependencies = [\"fastapi[standard]>=0.1\", \"svix\"]\n", Some(Framework::FastApi)),
            ("Cargo.toml", "[dependencies]\naxum = \"0.8\"\n", Some(Framework::Axum)),
            ("go.mod", "module example.com/a\n", Some(Framework::Go)),
        ] {
            let directory = tempfile::tempdir().expect("a directory");
            std::fs::write(directory.path().join(name), text).expect("written");
            assert_eq!(detect(directory.path()), framework, "{name}: {text}");
        }
    }

    #[test]
    fn a_folder_tells_the_routers_apart() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("package.json"), r#"{"dependencies":{"next":"15"}}"#).expect("written");
        std::fs::create_dir_all(directory.path().join("src/pages")).expect("made");
        assert_eq!(detect(directory.path()), Some(Framework::NextPages));
    }
}
