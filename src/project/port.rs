//! The port of the dev server: its script, the framework's config, the env files, the source, the framework's default.

use std::path::Path;

use super::Found;
use super::env::EnvFiles;
use super::framework::{Framework, Used};
use super::language::SCRIPT;
use super::manifest::Manifest;
use super::scan::{Token, tokens};
use super::script::{self, Port, number};
use super::source::Source;
use super::tree::Reader;

/// Endings of config files.
const ENDINGS: [&str; 6] = ["ts", "js", "mts", "mjs", "cts", "cjs"];

/// Calls that listen, with the literal port among their arguments.
const LISTENERS: [&str; 8] = ["listen", "serve", "run", "bind", "ListenAndServe", "Run", "Start", "createServer"];

/// Finds the port.
pub fn find(
    reader: &Reader,
    package: &Path,
    manifest: &Manifest,
    used: Option<&Found<Used>>,
    env: &EnvFiles,
    sources: &[Source<'_>],
) -> Option<Found<u16>> {
    if let Some(found) = script::port(manifest) {
        let (file, line) = (found.file, found.line);
        let of_variable = |name: &str| env.get(name).and_then(|found| Some(found.with(number(&found.value.1)?)));
        match found.value {
            Port::Number(port) => return Some(Found { value: port, file, line }),
            Port::Variable(name, usual) => {
                let named = of_variable(&name).or_else(|| Some(Found { value: usual?, file, line }));
                if named.is_some() {
                    return named;
                }
            }
        }
    }
    let facts = used.map(|used| used.value.framework.facts());
    if let Some((name, object)) = facts.and_then(|facts| facts.config)
        && let Some(found) = configured(reader, package, name, object)
    {
        return Some(found);
    }
    let own =
        facts.is_none_or(|facts| facts.reads_port || matches!(facts.framework, Framework::Flask | Framework::FastApi));
    if own {
        let reads = facts.is_some_and(|facts| facts.reads_port);
        let in_env = env.get("PORT").filter(|_| reads).and_then(|found| Some(found.with(number(&found.value.1)?)));
        if let Some(found) = in_env.or_else(|| sources.iter().find_map(listening)) {
            return Some(found);
        }
    }
    let used = used?;
    Some(used.with(used.value.framework.facts().port?))
}

/// The port that a framework's config file names, where it is a number.
fn configured(reader: &Reader, package: &Path, name: &str, object: &str) -> Option<Found<u16>> {
    let read =
        |ending: &&str| Some((format!("{name}.{ending}"), reader.read(&package.join(format!("{name}.{ending}")))?));
    let (file, text) = ENDINGS.iter().find_map(read)?;
    let tokens = tokens(&text, &SCRIPT);
    let start = (0..tokens.len()).find(|at| {
        tokens[*at].is_word(object)
            && tokens.get(at + 1).is_some_and(|token| token.is_sign(":"))
            && tokens.get(at + 2).is_some_and(|token| token.is_sign("{"))
    })?;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start + 2) {
        depth += usize::from(token.is_sign("{"));
        if token.is_sign("}") {
            depth -= 1;
        }
        if depth == 0 {
            return None;
        }
        if depth == 1 && token.is_word("port") && tokens.get(at + 1).is_some_and(|token| token.is_sign(":")) {
            let port = tokens.get(at + 2).and_then(Token::word).and_then(number)?;
            return Some(Found::new(port, file, tokens[at + 2].line));
        }
    }
    None
}

/// A text of a config file behind a key: Next's `basePath`.
pub fn setting(reader: &Reader, package: &Path, name: &str, key: &str) -> Option<String> {
    let text = ENDINGS.iter().find_map(|ending| reader.read(&package.join(format!("{name}.{ending}"))))?;
    let tokens = tokens(&text, &SCRIPT);
    let at = (0..tokens.len())
        .find(|at| tokens[*at].is_word(key) && tokens.get(at + 1).is_some_and(|it| it.is_sign(":")))?;
    tokens.get(at + 2)?.literal().map(str::to_owned)
}

/// The port that a source listens on, where a number says it.
fn listening(source: &Source<'_>) -> Option<Found<u16>> {
    let tokens = &source.tokens;
    let is_listener = |at: &usize| {
        tokens[*at].word().is_some_and(|word| LISTENERS.contains(&word))
            && tokens.get(at + 1).is_some_and(|it| it.is_sign("("))
    };
    (0..tokens.len()).filter(is_listener).find_map(|at| {
        let mut depth = 0_usize;
        let end = tokens[at + 1..].iter().take(120).position(|token| {
            depth += usize::from(token.is_sign("("));
            depth -= usize::from(token.is_sign(")"));
            depth == 0
        })?;
        let arguments = &tokens[at + 2..at + 1 + end];
        let named = arguments
            .iter()
            .position(|token| token.is_word("port"))
            .filter(|at| arguments.get(at + 1).is_some_and(|sign| sign.is_sign(":") || sign.is_sign("=")));
        let value = match named {
            Some(at) => &arguments[at + 2..],
            None => arguments,
        };
        let port = literal(value).or_else(|| value.iter().take(3).find_map(|token| constant(tokens, token.word()?)));
        Some(Found::new(port?, source.file, tokens[at].line))
    })
}

/// The number of `3001`, `process.env.PORT || 3001`, `":8080"`, `("127.0.0.1", 8080)`.
fn literal(value: &[Token<'_>]) -> Option<u16> {
    let of_text =
        |text: &str| number(text.rsplit_once(':').map_or(text, |(_, port)| port)).filter(|_| text.contains(':'));
    value.iter().take(24).find_map(|token| match token.literal() {
        Some(text) => of_text(text),
        None => token.word().and_then(number).filter(|port| *port > 255),
    })
}

/// The number that a name stands for: `const port = process.env.PORT ?? 4000`.
fn constant(tokens: &[Token<'_>], name: &str) -> Option<u16> {
    let at = (0..tokens.len())
        .find(|at| tokens[*at].is_word(name) && tokens.get(at + 1).is_some_and(|it| it.is_sign("=")))?;
    let line = tokens[at].line;
    let value: Vec<Token<'_>> = tokens[at + 2..].iter().take_while(|token| token.line == line).copied().collect();
    literal(&value)
}
