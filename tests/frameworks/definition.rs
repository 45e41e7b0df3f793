//! What each folder says of its framework: how it is started, and the usual mistakes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// `framework.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the tests of the documents read the same file for other parts of it")]
pub struct Definition {
    /// As `handler --framework` takes it.
    pub framework: String,
    /// What a person types, with `{port}` where the port belongs; else the app reads `PORT`.
    pub start: String,
    /// What is typed once before `built`.
    pub build: Option<String>,
    /// What a person types in production.
    pub built: Option<String>,
    /// The file that it reads.
    pub env_file: String,
    /// The names of Clerk's keys there, as Clerk's own guide writes them.
    pub keys: Vec<String>,
    /// How it does.
    pub reads: String,
    /// What has to be restarted for a new secret.
    pub restart: String,
    /// Usual ones.
    #[serde(rename = "mistake", default)]
    pub mistakes: Vec<Mistake>,
}

/// One usual mistake.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "the same")]
pub struct Mistake {
    /// A word or two.
    pub name: String,
    /// The mistake, as a clause.
    pub what: String,
    /// File, what stands there, what stands there instead.
    #[serde(default)]
    pub edits: Vec<[String; 3]>,
    /// From where to where a file is moved.
    #[serde(default)]
    pub moves: Vec<[String; 2]>,
    /// Files that are added.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The app's variables; an empty one is taken away.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// Where the folders are.
pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/frameworks").join(name)
}

/// Each folder with its definition, by name.
pub fn all() -> Vec<(String, Definition)> {
    let entries = std::fs::read_dir(folder("")).expect("a directory").flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| folder(name).join("framework.toml").is_file());
    names.sort();
    let read = |name: String| {
        let text = std::fs::read_to_string(folder(&name).join("framework.toml")).expect("a text");
        let definition = toml_edit::de::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, definition)
    };
    names.into_iter().map(read).collect()
}
