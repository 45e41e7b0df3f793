//! What of a language its comments and texts look like. The scanner knows nothing else of it.

use std::path::Path;

/// A kind of text: how it opens and closes.
#[derive(Debug)]
pub struct Quote {
    /// What opens it.
    pub open: &'static str,
    /// What closes it.
    pub close: &'static str,
    /// A backslash takes the meaning from what follows.
    pub escapes: bool,
    /// It may go over several lines.
    pub lines: bool,
    /// What begins an inserted value.
    pub inserts: Option<&'static str>,
}

/// Comments and texts of a language.
#[derive(Debug)]
pub struct Language {
    /// What begins a comment that ends with its line.
    pub line_comments: &'static [&'static str],
    /// What begins and ends the other kind.
    pub block_comment: Option<(&'static str, &'static str)>,
    /// Comments may stand in comments.
    pub nested: bool,
    /// The texts, the longest opening first.
    pub quotes: &'static [Quote],
    /// Letters that may stand before a text (`f"…"`).
    pub prefixes: &'static [&'static str],
    /// `'x'` is one letter, `'x` a name.
    pub letters: bool,
    /// `/…/` is a pattern where a value can stand.
    pub patterns: bool,
}

const fn line(open: &'static str) -> Quote {
    Quote { open, close: open, escapes: true, lines: false, inserts: None }
}

const fn lines(open: &'static str, close: &'static str, escapes: bool) -> Quote {
    Quote { open, close, escapes, lines: true, inserts: None }
}

/// JavaScript, TypeScript and JSON with comments.
pub static SCRIPT: Language = Language {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    nested: false,
    quotes: &[line("\""), line("'"), Quote { open: "`", close: "`", escapes: true, lines: true, inserts: Some("${") }],
    prefixes: &[],
    letters: false,
    patterns: true,
};

/// Python, TOML and lists of requirements.
pub static PYTHON: Language = Language {
    line_comments: &["#"],
    block_comment: None,
    nested: false,
    quotes: &[lines("\"\"\"", "\"\"\"", true), lines("'''", "'''", true), line("\""), line("'")],
    prefixes: &["r", "b", "f", "u", "br", "rb", "fr", "rf"],
    letters: false,
    patterns: false,
};

/// Rust.
pub static RUST: Language = Language {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    nested: true,
    quotes: &[
        lines("r##\"", "\"##", false),
        lines("br#\"", "\"#", false),
        lines("r#\"", "\"#", false),
        lines("br\"", "\"", false),
        lines("r\"", "\"", false),
        lines("\"", "\"", true),
    ],
    prefixes: &["b", "c"],
    letters: true,
    patterns: false,
};

/// Go.
pub static GO: Language = Language {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    nested: false,
    quotes: &[line("\""), lines("`", "`", false)],
    prefixes: &[],
    letters: true,
    patterns: false,
};

/// Ruby.
pub static RUBY: Language = Language {
    line_comments: &["#"],
    block_comment: Some(("=begin", "=end")),
    nested: false,
    quotes: &[Quote { open: "\"", close: "\"", escapes: true, lines: false, inserts: Some("#{") }, line("'")],
    prefixes: &[],
    letters: false,
    patterns: false,
};

/// The language of a source file; none where it is no source.
pub fn of(file: &Path) -> Option<&'static Language> {
    match file.extension()?.to_str()? {
        "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => Some(&SCRIPT),
        "py" => Some(&PYTHON),
        "rs" => Some(&RUST),
        "go" => Some(&GO),
        "rb" => Some(&RUBY),
        _ => None,
    }
}
