//! What a package's files say of the app in it.

use std::path::{Path, PathBuf};

use super::env::{EnvFiles, Warning};
use super::framework::{Framework, Used, used};
use super::manifest::Manifest;
use super::prefix::Sources;
use super::reads::Reads;
use super::route::{self, Route};
use super::source::{Aliases, Source};
use super::tree::Reader;
use super::verifier::verifier;
use super::{Found, port, start};
use crate::dotenv::Variables;

/// What makes a source worth a closer look: it verifies, mounts, listens, or reads a secret.
const WORDS: [&str; 18] = [
    "ebhook",
    "svix",
    "include_router",
    "register_blueprint",
    "urlpatterns",
    "SIGNING_SECRET",
    ".listen(",
    ".use(",
    ".route(",
    ".register(",
    ".nest(",
    "serve(",
    ".run(",
    "ListenAndServe",
    ".Run(",
    "bind(",
    ".env",
    "createServer",
];

/// Of the sources that name one that verifies, so many are looked at.
const NAMING: usize = 100;

/// The env file of a project that says nothing.
const ENV_FILE: &str = ".env.local";

/// The app's directory, and what it says. Of a directory that is no package, nothing is found.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The package that holds the app.
    pub directory: PathBuf,
    /// Whether it is a package at all.
    pub is_package: bool,
    /// What the app is built with.
    pub framework: Option<Found<Used>>,
    /// Where its dev server listens.
    pub dev_port: Option<Found<u16>>,
    /// The routes that take webhooks.
    pub routes: Vec<Found<Route>>,
    /// Which env file the signing secret belongs into, and what says so.
    pub env_file: Option<Found<String>>,
    /// Under which name the app reads it.
    pub secret_variable: Option<Found<String>>,
    /// The command that starts the app.
    pub start: Option<String>,
    /// What a person should mend.
    pub warnings: Vec<Warning>,
    /// How many files were opened.
    pub opened: usize,
    reads: Reads,
    env: EnvFiles,
}

impl Project {
    /// A directory that is no package: only its env files count.
    pub fn plain(directory: &Path) -> Self {
        let (reads, env) = (Reads::find(&Manifest::default(), &[]), EnvFiles::read(directory));
        Self { directory: directory.to_owned(), reads, env, ..Self::default() }
    }

    /// Reads a package.
    pub fn read(reader: &Reader, directory: &Path) -> Self {
        let manifest = Manifest::read(reader, directory);
        let env = EnvFiles::read(directory);
        let texts = texts(reader, directory);
        let all = scanned(&texts);
        let frameworks = used(&manifest);
        let known: Vec<Framework> = frameworks.iter().map(|found| found.value.framework).collect();
        let reads = Reads::find(&manifest, &all);
        let base =
            port::setting(reader, directory, "next.config", "basePath").filter(|_| known.contains(&Framework::Next));
        let sources = Sources { all, aliases: Aliases::read(reader, directory) };
        let routes = route::find(&sources, &known, &base.unwrap_or_default());
        let framework = meant(&frameworks, routes.first());
        let dev_port = port::find(reader, directory, &manifest, framework.as_ref(), &env, &sources.all);
        let usual = framework.as_ref().map(|found| found.with(found.value.framework.facts().env_file));
        let usual = named_env_file(&manifest, &sources.all).or(usual.map(|found| found.with(found.value.to_owned())));
        let usual = usual.unwrap_or_else(|| Found::new(ENV_FILE.to_owned(), "", 0));
        let env_file = env.choose(usual.with(usual.value.as_str()));
        let framework_known = framework.as_ref().map(|found| found.value.framework);
        let mut warnings = env.warnings(&reads);
        warnings.extend(
            manifest.broken.clone().map(|found| Warning {
                found,
                fix: "mend it; until then nothing is known of the framework".to_owned(),
            }),
        );
        warnings.extend(reads.public().map(|found| Warning {
            found: found.with(format!("the route reads `{}`, whose value is put into every page", found.value)),
            fix: format!("let it read `{}`", super::reads::NAME),
        }));
        Self {
            directory: directory.to_owned(),
            is_package: true,
            framework,
            dev_port,
            routes,
            env_file: Some(env_file).filter(|found| found.line > 0),
            secret_variable: reads.found().cloned(),
            start: start::command(&manifest, directory, framework_known),
            warnings,
            opened: reader.opened(),
            reads,
            env,
        }
    }

    /// The env file that a signing secret belongs into.
    pub fn env_path(&self) -> PathBuf {
        let chosen = self.env_file.clone().unwrap_or_else(|| self.env.choose(Found::new(ENV_FILE, "", 0)));
        self.directory.join(chosen.value)
    }

    /// The name that the signing secret has in an env file.
    pub fn variable_name(&self, file: &Variables) -> String {
        self.reads.name(file)
    }
}

/// The sources that are worth a closer look, and those that name one of these that verifies.
fn scanned(texts: &[(PathBuf, String)]) -> Vec<Source<'_>> {
    let worth = |text: &str| WORDS.iter().any(|word| text.contains(word));
    let (close, mut others): (Vec<_>, Vec<_>) = texts.iter().partition(|(_, text)| worth(text));
    let mut all: Vec<Source<'_>> = close.into_iter().map(|(file, text)| Source::of(file, text)).collect();
    let verifying = all.iter().filter(|source| verifier(source).is_some());
    let mut names: Vec<String> = verifying.filter_map(|source| name(source.file)).collect();
    for _ in 0..route::IMPORTS {
        let (naming, rest): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(_, text)| names.iter().any(|name| text.contains(name.as_str())));
        others = rest;
        let naming = naming.into_iter().take(NAMING);
        names = naming.clone().filter_map(|(file, _)| name(file)).collect();
        all.extend(naming.map(|(file, text)| Source::of(file, text)));
    }
    all
}

/// The name by which others import a file.
fn name(file: &Path) -> Option<String> {
    let stem = file.file_stem()?.to_str()?;
    let of_directory = matches!(stem, "index" | "mod" | "__init__" | "main");
    let name = if of_directory { file.parent()?.file_name()?.to_str()? } else { stem };
    Some(name.to_owned())
}

/// All sources, those first whose names tell of webhooks.
fn texts(reader: &Reader, directory: &Path) -> Vec<(PathBuf, String)> {
    let mut files = reader.sources(directory);
    let tells = |file: &PathBuf| {
        let inner = file.strip_prefix(directory).unwrap_or(file).to_string_lossy().to_ascii_lowercase();
        !["hook", "clerk", "svix"].iter().any(|word| inner.contains(word))
    };
    files.sort_by_cached_key(tells);
    let read = |file: PathBuf| {
        let text = reader.read(&file)?;
        Some((file.strip_prefix(directory).unwrap_or(&file).to_owned(), text))
    };
    files.into_iter().filter_map(read).collect()
}

/// The framework that is meant: the one that made the route; else one of the route's language; else the first.
fn meant(frameworks: &[Found<Used>], route: Option<&Found<Route>>) -> Option<Found<Used>> {
    let first = frameworks.first()?;
    let Some(route) = route else { return Some(first.clone()) };
    let made = frameworks.iter().find(|found| Some(found.value.framework) == route.value.framework);
    let speaks = |found: &&Found<Used>| language(found.value.framework) == ending(&route.file);
    let registers = |found: &&Found<Used>| speaks(found) && !found.value.framework.is_by_convention();
    Some(made.or(frameworks.iter().find(registers)).or(frameworks.iter().find(speaks)).unwrap_or(first).clone())
}

fn language(framework: Framework) -> &'static str {
    match framework {
        Framework::FastApi | Framework::Flask | Framework::Django => "py",
        Framework::Axum | Framework::Actix => "rs",
        Framework::Go => "go",
        Framework::Rails => "rb",
        _ => "",
    }
}

fn ending(file: &Path) -> &str {
    let ending = file.extension().and_then(|ending| ending.to_str());
    ending.filter(|ending| ["py", "rs", "go", "rb"].contains(ending)).unwrap_or("")
}

/// The env file that a script or a source names: `node --env-file=.env.local`, `config({ path: '.env.local' })`.
fn named_env_file(manifest: &Manifest, sources: &[Source<'_>]) -> Option<Found<String>> {
    let known = |name: &str| crate::dotenv::FILES.contains(&name).then(|| name.to_owned());
    let in_script = manifest.scripts.iter().find_map(|script| {
        let mut words = script.value.1.split_whitespace();
        let name = words
            .find_map(|word| word.strip_prefix("--env-file=").or_else(|| word.strip_prefix("--env-file-if-exists=")))?;
        Some(script.with(known(name)?))
    });
    let in_source = |source: &Source<'_>| {
        let tokens = &source.tokens;
        let at = (2..tokens.len()).find(|at| {
            tokens[at - 2].is_word("path")
                && tokens[at - 1].is_sign(":")
                && tokens[*at].literal().and_then(known).is_some()
        })?;
        Some(Found::new(tokens[at].text.to_owned(), source.file, tokens[at].line))
    };
    in_script.or_else(|| sources.iter().find_map(in_source))
}
