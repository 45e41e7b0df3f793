//! A source of the package, and which other one it means by an import.

use std::path::{Component, Path, PathBuf};

use super::calls::{Call, calls, imports};
use super::language::{self, SCRIPT};
use super::scan::{Token, tokens};
use super::tree::Reader;

/// A source file, read.
#[derive(Debug)]
pub struct Source<'a> {
    /// As it stands in the package.
    pub file: &'a Path,
    /// Its code.
    pub tokens: Vec<Token<'a>>,
    /// Its calls of interest.
    pub calls: Vec<Call<'a>>,
    /// Names with the module that they are of.
    pub imports: Vec<(Vec<&'a str>, String)>,
}

impl<'a> Source<'a> {
    /// Scans a text.
    pub fn of(file: &'a Path, text: &'a str) -> Self {
        let tokens = tokens(text, language::of(file).unwrap_or(&SCRIPT));
        let (calls, imports) = (calls(&tokens), imports(&tokens));
        Self { file, tokens, calls, imports }
    }

    /// Whether a text names this module, or one below it.
    pub fn names_module(&self, start: &str) -> bool {
        self.tokens
            .iter()
            .filter_map(Token::literal)
            .any(|text| text == start || text.starts_with(&format!("{start}/")))
    }

    /// Where a name is used, behind the imports.
    pub fn uses(&self, names: &[&str]) -> impl Iterator<Item = usize> {
        let imported = |at: usize| {
            let line = self.tokens[at].line;
            let first = self.tokens[..at].iter().rev().take_while(|token| token.line == line).last();
            first
                .unwrap_or(&self.tokens[at])
                .word()
                .is_some_and(|word| matches!(word, "import" | "from" | "mod" | "use"))
        };
        (0..self.tokens.len())
            .filter(move |at| self.tokens[*at].word().is_some_and(|word| names.contains(&word)) && !imported(*at))
    }
}

/// Short names of directories, as TypeScript's `paths` gives them: `@lib/` for `src/lib/`.
#[derive(Debug, Default)]
pub struct Aliases(Vec<(String, String)>);

impl Aliases {
    /// Reads them from `tsconfig.json` or `jsconfig.json`, which may hold comments.
    pub fn read(reader: &Reader, package: &Path) -> Self {
        let text = ["tsconfig.json", "jsconfig.json"].iter().find_map(|name| reader.read(&package.join(name)));
        let text = text.unwrap_or_default();
        let tokens = tokens(&text, &SCRIPT);
        let pair = |index: usize| {
            let short = tokens[index].literal()?.strip_suffix('*')?;
            let list = tokens.get(index + 1)?.is_sign(":") && tokens.get(index + 2)?.is_sign("[");
            let long = tokens.get(index + 3)?.literal()?.strip_suffix('*')?;
            list.then(|| (short.to_owned(), long.trim_start_matches("./").to_owned()))
        };
        Self((0..tokens.len()).filter_map(pair).collect())
    }
}

/// Whether `module`, imported in `from`, is `file`; `name` is what is taken of it, which in Python may be a module itself.
pub fn is_module(aliases: &Aliases, from: &Path, module: &str, name: &str, file: &Path) -> bool {
    let wanted = bare(file);
    let below = |path: &str| if name.is_empty() { path.to_owned() } else { format!("{path}/{name}") };
    if module.starts_with('.') || module.starts_with('/') {
        // Each dot of Python's beyond the first goes one up; they came as slashes.
        let relative = module.strip_prefix('/').map_or_else(
            || module.to_owned(),
            |rest| {
                format!(
                    "{}{}",
                    "../".repeat(rest.len() - rest.trim_start_matches('/').len()),
                    rest.trim_start_matches('/')
                )
            },
        );
        let Some(path) = normal(&from.parent().unwrap_or(Path::new("")).join(relative)) else { return false };
        return bare(Path::new(&path)) == wanted || below(&path) == wanted;
    }
    let long =
        aliases.0.iter().find_map(|(short, long)| Some(format!("{long}{}", module.strip_prefix(short.as_str())?)));
    if let Some(path) = long.and_then(|path| normal(Path::new(&path))) {
        return bare(Path::new(&path)) == wanted;
    }
    let rest = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")).unwrap_or(module);
    let ends = |path: &str| !path.is_empty() && (wanted == path || wanted.ends_with(&format!("/{path}")));
    let script = rest.len() == module.len() && file.extension().is_some_and(|kind| kind != "py" && kind != "rs");
    // A bare name in JavaScript is somebody else's package.
    !script && (ends(&bare(Path::new(rest))) || ends(&below(rest)))
}

/// A path without ending, and without the name that stands for its directory.
fn bare(path: &Path) -> String {
    let shown = path.to_string_lossy().replace('\\', "/");
    let endings = [".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".py", ".rs", ".go", ".rb"];
    let stem = endings.iter().find_map(|ending| shown.strip_suffix(ending)).unwrap_or(&shown);
    ["/index", "/__init__", "/mod"].iter().find_map(|name| stem.strip_suffix(name)).unwrap_or(stem).to_owned()
}

/// A path with its `.` and `..` taken; none where it leaves the package.
fn normal(path: &Path) -> Option<String> {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => parts.pop().then_some(())?,
            part => parts.push(part),
        }
    }
    Some(parts.to_string_lossy().replace('\\', "/"))
}
