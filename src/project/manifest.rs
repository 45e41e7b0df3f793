//! What a package says of itself: on what it depends, its scripts, the packages that it holds.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Found;
use super::language::{PYTHON, SCRIPT};
use super::scan::{Kind, Token, tokens};
use super::tree::Reader;

/// Lists of dependencies in `package.json`.
const LISTS: [&str; 3] = ["dependencies", "devDependencies", "peerDependencies"];

/// Files of other ecosystems that name dependencies.
const OTHERS: [&str; 5] = ["pyproject.toml", "requirements.txt", "Pipfile", "Cargo.toml", "Gemfile"];

/// A package's manifests.
#[derive(Debug, Default)]
pub struct Manifest {
    /// Names with the version that is asked for.
    pub dependencies: Vec<Found<(String, Option<String>)>>,
    /// Names and commands.
    pub scripts: Vec<Found<(String, String)>>,
    /// Patterns of the packages in it.
    pub members: Vec<String>,
    /// What is wrong with `package.json`.
    pub broken: Option<Found<String>>,
}

impl Manifest {
    /// Reads all of a directory's.
    pub fn read(reader: &Reader, directory: &Path) -> Self {
        let mut manifest = Self::default();
        if let Some(text) = reader.read(&directory.join("package.json")) {
            manifest.take_package(&text);
        }
        for name in OTHERS {
            if let Some(text) = reader.read(&directory.join(name)) {
                manifest.take_names(&text, name);
            }
        }
        if let Some(text) = reader.read(&directory.join("go.mod")) {
            let line = text.lines().position(|line| line.contains("github.com/svix/svix-webhooks"));
            let found = |line| Found::new(("svix-webhooks".to_owned(), None), "go.mod", line + 1);
            manifest.dependencies.extend(line.map(found));
        }
        if let Some(text) = reader.read(&directory.join("pnpm-workspace.yaml")) {
            manifest.members.extend(listed(&text));
        }
        manifest
    }

    /// A dependency.
    pub fn depends_on(&self, name: &str) -> Option<&Found<(String, Option<String>)>> {
        self.dependencies.iter().find(|found| found.value.0 == name)
    }

    /// A script's command.
    pub fn script(&self, name: &str) -> Option<&Found<(String, String)>> {
        self.scripts.iter().find(|found| found.value.0 == name)
    }

    fn take_package(&mut self, text: &str) {
        const FILE: &str = "package.json";
        let value: Value = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(value) => value,
            Err(error) => {
                self.broken = Some(Found::new("it is no JSON".to_owned(), FILE, error.line()));
                return;
            }
        };
        let lines = key_lines(text);
        let line = |object: &str, key: &str| {
            lines.iter().find(|(parent, name, _)| (*parent, *name) == (object, key)).map_or(1, |(_, _, line)| *line)
        };
        for list in LISTS {
            for (name, range) in value[list].as_object().into_iter().flatten() {
                let version = range.as_str().and_then(version);
                self.dependencies.push(Found::new((name.clone(), version), FILE, line(list, name)));
            }
        }
        for (name, command) in value["scripts"].as_object().into_iter().flatten() {
            let command = command.as_str().unwrap_or_default().to_owned();
            self.scripts.push(Found::new((name.clone(), command), FILE, line("scripts", name)));
        }
        let workspaces = &value["workspaces"];
        let members = workspaces.as_array().or_else(|| workspaces["packages"].as_array());
        self.members.extend(members.into_iter().flatten().filter_map(|member| member.as_str().map(str::to_owned)));
        if value["workspaces"].is_null() {
            let workspace = &value["workspace"];
            self.members
                .extend(workspace.as_array().into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)));
        }
    }

    /// Every name that could be a dependency's; only known ones are ever asked for.
    fn take_names(&mut self, text: &str, file: &str) {
        let tokens = tokens(text, &PYTHON);
        let mut section = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            let first = index == 0 || tokens[index - 1].line < token.line;
            if first && token.is_sign("[") && file.ends_with(".toml") {
                section = on_line(&tokens, index).filter_map(|token| token.word()).collect();
            }
            if file == "Cargo.toml" && section.contains(&"workspace") && first && token.is_word("members") {
                let rest = tokens[index..].iter().take_while(|token| !token.is_sign("]"));
                self.members.extend(rest.filter_map(|token| token.literal()).map(str::to_owned));
            }
            if token.kind == Kind::Sign {
                continue;
            }
            let name = token.text.split(|letter: char| !is_name(letter)).next().unwrap_or_default();
            let rest = &token.text[name.len()..];
            let mut name = name.to_lowercase().replace('_', "-");
            // `actix-web`: names are words with signs between them.
            let mut next = index + 1;
            while rest.is_empty()
                && token.kind == Kind::Word
                && tokens.get(next).is_some_and(|sign| sign.is_sign("-") && sign.line == token.line)
                && let Some(word) = tokens.get(next + 1).and_then(Token::word)
            {
                name = format!("{name}-{}", word.to_lowercase());
                next += 2;
            }
            let asked = version(rest).or_else(|| on_line(&tokens, next).find_map(|token| version(token.text)));
            if !name.is_empty() {
                self.dependencies.push(Found::new((name, asked), file, token.line));
            }
        }
    }
}

/// The tokens from this one to the end of its line.
fn on_line<'a, 'b>(tokens: &'b [Token<'a>], from: usize) -> impl Iterator<Item = &'b Token<'a>> {
    let line = tokens.get(from).map(|token| token.line);
    tokens[from.min(tokens.len())..].iter().take_while(move |token| Some(token.line) == line)
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '-'
}

/// `16.4` of `^16.4.0`, `16` of `16`; none of `latest` or `workspace:*`.
fn version(range: &str) -> Option<String> {
    let start = range.trim_start_matches(|letter: char| !letter.is_ascii_alphanumeric());
    let start = start.strip_prefix('v').unwrap_or(start);
    let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let mut parts = start.split('.');
    let major = number(parts.next()?);
    if major.is_empty() {
        return None;
    }
    let minor = parts.next().map(number).filter(|minor| !minor.is_empty());
    Some(minor.map_or(major.clone(), |minor| format!("{major}.{minor}")))
}

/// Every key of a JSON text with the key of the object that it stands in, and its line.
fn key_lines(text: &str) -> Vec<(&str, &str, usize)> {
    let tokens = tokens(text, &SCRIPT);
    let (mut found, mut parents, mut last) = (Vec::new(), Vec::new(), "");
    for (index, token) in tokens.iter().enumerate() {
        match token.literal() {
            Some(key) if tokens.get(index + 1).is_some_and(|next| next.is_sign(":")) => {
                found.push((parents.last().copied().unwrap_or_default(), key, token.line));
                last = key;
            }
            Some(_) => {}
            None if token.is_sign("{") || token.is_sign("[") => parents.push(last),
            None if token.is_sign("}") || token.is_sign("]") => last = parents.pop().unwrap_or_default(),
            None => {}
        }
    }
    found
}

/// The patterns under `packages:`.
fn listed(text: &str) -> Vec<String> {
    let mut lines = text.lines().skip_while(|line| !line.trim_end().starts_with("packages:"));
    let first = lines.next().unwrap_or_default();
    let one = |item: &str| {
        let item = item.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        (!item.is_empty()).then(|| item.to_owned())
    };
    if let Some(list) = first.split_once('[').map(|(_, list)| list) {
        return list.trim_end().trim_end_matches(']').split(',').filter_map(one).collect();
    }
    let items = lines.map(str::trim).take_while(|line| line.is_empty() || line.starts_with(['-', '#']));
    items.filter_map(|line| one(line.strip_prefix('-')?)).collect()
}

/// The packages that patterns such as `apps/*` and `packages/**` mean.
pub fn members(reader: &Reader, root: &Path, patterns: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.starts_with('!')) {
        let mut here = vec![root.to_owned()];
        for part in pattern.trim_start_matches("./").split('/').filter(|part| !part.is_empty()) {
            here = match part {
                "**" => here.iter().flat_map(|directory| below(reader, directory, 4)).collect(),
                ".." => Vec::new(),
                _ if part.contains('*') => here
                    .iter()
                    .flat_map(|directory| reader.directories(directory))
                    .filter(|it| fits(it, part))
                    .collect(),
                _ => here.into_iter().map(|directory| directory.join(part)).collect(),
            };
        }
        found.extend(here);
    }
    let without: Vec<&str> = patterns.iter().filter_map(|pattern| pattern.strip_prefix('!')).collect();
    let is_package = |directory: &PathBuf| super::tree::MANIFESTS.iter().any(|name| directory.join(name).is_file());
    let excluded = |directory: &PathBuf| {
        let shown = directory.strip_prefix(root).unwrap_or(directory).to_string_lossy().into_owned();
        without.iter().any(|pattern| shown == pattern.trim_start_matches("./").trim_end_matches('/'))
    };
    found.retain(|directory| is_package(directory) && !excluded(directory));
    found.sort();
    found.dedup();
    found
}

fn below(reader: &Reader, directory: &Path, depth: usize) -> Vec<PathBuf> {
    let mut all = vec![directory.to_owned()];
    if depth > 0 {
        let inner = reader.directories(directory);
        all.extend(inner.iter().flat_map(|directory| below(reader, directory, depth - 1)));
    }
    all
}

fn fits(directory: &Path, pattern: &str) -> bool {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let (before, after) = pattern.split_once('*').unwrap_or((pattern, ""));
    name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}
