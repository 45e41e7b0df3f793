//! Source as words, texts and signs, comments left out: what stands in a comment or in a text is no code. One scanner for
//! all languages; it takes any text, and its time grows with the length alone.

use super::language::{Language, Quote};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a number.
    Word,
    /// The inside of a text that says what it is.
    Text,
    /// A text with a value inserted.
    Template,
    /// Anything else, one character.
    Sign,
}

/// A piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// As it stands, a text without its quotes.
    pub text: &'a str,
    /// Where it begins, from 1.
    pub line: usize,
}

impl<'a> Token<'a> {
    /// Whether it is this name or number.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    /// Whether it is this sign.
    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// The inside of a text.
    pub fn literal(&self) -> Option<&'a str> {
        (self.kind == Kind::Text).then_some(self.text)
    }

    /// The name.
    pub fn word(&self) -> Option<&'a str> {
        (self.kind == Kind::Word).then_some(self.text)
    }
}

/// The code of a source.
pub fn tokens<'a>(source: &'a str, language: &'static Language) -> Vec<Token<'a>> {
    let mut scanner = Scanner { source, language, at: 0, line: 1, tokens: Vec::new(), unclosed: (0, Vec::new()) };
    while scanner.at < source.len() {
        scanner.step();
    }
    scanner.tokens
}

struct Scanner<'a> {
    source: &'a str,
    language: &'static Language,
    at: usize,
    line: usize,
    tokens: Vec<Token<'a>>,
    /// What was opened in this line and not closed in it, so that it is not looked for again.
    unclosed: (usize, Vec<&'static str>),
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn advance(&mut self, bytes: usize) {
        let passed = &self.source[self.at..self.at + bytes];
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.at += bytes;
    }

    fn push(&mut self, kind: Kind, text: &'a str, bytes: usize) {
        self.tokens.push(Token { kind, text, line: self.line });
        self.advance(bytes);
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        if first.is_whitespace() {
            return self.advance(first.len_utf8());
        }
        if let Some(length) = self.comment(rest) {
            return self.advance(length);
        }
        if self.quoted(rest) {
            return;
        }
        if is_letter(first) {
            let length = word_length(rest);
            let prefix = self.language.prefixes.iter().any(|prefix| rest[..length].eq_ignore_ascii_case(prefix));
            if prefix && self.language.quotes.iter().any(|quote| rest[length..].starts_with(quote.open)) {
                let inserts = rest[..length].contains(['f', 'F']);
                self.advance(length);
                let before = self.tokens.len();
                if self.quoted(self.rest())
                    && let Some(token) = self.tokens.get_mut(before).filter(|token| inserts && token.text.contains('{'))
                {
                    token.kind = Kind::Template;
                }
                return;
            }
            return self.push(Kind::Word, &rest[..length], length);
        }
        let length = first.len_utf8();
        self.push(Kind::Sign, &rest[..length], length);
    }

    /// The length of the comment that begins here.
    fn comment(&self, rest: &str) -> Option<usize> {
        if self.language.line_comments.iter().any(|open| rest.starts_with(open)) {
            return Some(rest.find('\n').unwrap_or(rest.len()));
        }
        let (open, close) = self.language.block_comment?;
        // Ruby's begins a line.
        let begins_line = self.at == 0 || self.source[..self.at].ends_with('\n');
        if !rest.starts_with(open) || open.starts_with('=') && !begins_line {
            return None;
        }
        let (mut length, mut depth) = (open.len(), 1);
        // As in a compiler, one that is not closed goes to the end.
        while depth > 0 && length < rest.len() {
            let inner = &rest[length..];
            length += match inner.chars().next() {
                _ if inner.starts_with(close) => {
                    depth -= 1;
                    close.len()
                }
                _ if self.language.nested && inner.starts_with(open) => {
                    depth += 1;
                    open.len()
                }
                letter => letter.map_or(1, char::len_utf8),
            };
        }
        Some(length)
    }

    /// Takes the text, letter or pattern that begins here.
    fn quoted(&mut self, rest: &'a str) -> bool {
        if self.language.letters && rest.starts_with('\'') {
            let length = letter_length(rest);
            match length {
                1 => self.push(Kind::Sign, &rest[..1], 1),
                _ => self.push(Kind::Text, &rest[1..length - 1], length),
            }
            return true;
        }
        if self.language.patterns && rest.starts_with('/') && self.value_may_stand() && self.try_close("/") {
            if let Some(length) = pattern_length(rest) {
                self.push(Kind::Template, &rest[1..length - 1], length);
                return true;
            }
            self.unclosed.1.push("/");
        }
        let Some(quote) = self.language.quotes.iter().find(|quote| rest.starts_with(quote.open)) else { return false };
        if !quote.lines && !self.try_close(quote.open) {
            return false;
        }
        match inside(&rest[quote.open.len()..], quote) {
            Some((length, inserted)) => {
                let (start, end) = (quote.open.len(), quote.open.len() + length);
                let kind = if inserted { Kind::Template } else { Kind::Text };
                self.push(kind, &rest[start..end], end + quote.close.len());
            }
            // As in a compiler, it goes to the end.
            None if quote.lines => self.advance(rest.len()),
            None => {
                self.unclosed.1.push(quote.open);
                return false;
            }
        }
        true
    }

    /// Whether what is opened here was not looked for in vain in this line.
    fn try_close(&mut self, open: &'static str) -> bool {
        if self.unclosed.0 != self.line {
            self.unclosed = (self.line, Vec::new());
        }
        !self.unclosed.1.contains(&open)
    }

    /// Whether a value can stand here, so that a slash divides nothing.
    fn value_may_stand(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some(token) if token.kind == Kind::Sign => !matches!(token.text, ")" | "]" | "}" | "<"),
            Some(token) => ["return", "typeof", "case", "in", "of", "do", "else", "void", "await"]
                .iter()
                .any(|word| token.is_word(word)),
        }
    }
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// A name, or a number with its dots.
fn word_length(rest: &str) -> usize {
    let number = rest.starts_with(|letter: char| letter.is_ascii_digit());
    let mut letters = rest.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let dot = number && letter == '.' && letters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !is_letter(letter) && !dot {
            return at;
        }
    }
    rest.len()
}

/// The length of `'x'` or `'\n'`; 1 where the quote begins a name.
fn letter_length(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => {
            let close = letters.skip(1).take(12).find(|(_, letter)| matches!(letter, '\'' | '\n'));
            close.filter(|(_, letter)| *letter == '\'').map_or(1, |(at, _)| at + 1)
        }
        Some((_, letter)) if letter != '\'' && letter != '\n' => match letters.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        _ => 1,
    }
}

/// The length of `/…/` within its line.
fn pattern_length(rest: &str) -> Option<usize> {
    let (mut class, mut escaped) = (false, false);
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '/' if !class => return (at > 1).then_some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a text up to what closes it, and whether a value is inserted.
fn inside(rest: &str, quote: &Quote) -> Option<(usize, bool)> {
    // What is open within: an inserted value with its braces, or a text in it.
    let mut open: Vec<usize> = Vec::new();
    let (mut at, mut inserted) = (0, false);
    while at < rest.len() {
        let here = &rest[at..];
        let letter = here.chars().next()?;
        let in_text = open.len().is_multiple_of(2);
        let inserts = quote.inserts.filter(|inserts| in_text && here.starts_with(inserts));
        match letter {
            '\n' if !quote.lines => return None,
            '\\' if quote.escapes => at += here.chars().nth(1).filter(|next| *next != '\n').map_or(0, char::len_utf8),
            _ if inserts.is_some() => {
                inserted = true;
                open.push(0);
                at += inserts.map_or(0, str::len) - letter.len_utf8();
            }
            _ if in_text && here.starts_with(quote.close) && open.is_empty() => return Some((at, inserted)),
            _ if in_text && here.starts_with(quote.close) => drop(open.pop()),
            _ if !in_text && here.starts_with(quote.open) => open.push(0),
            '{' if !in_text => open.iter_mut().next_back().into_iter().for_each(|braces| *braces += 1),
            '}' if !in_text => match open.last_mut() {
                Some(braces) if *braces > 0 => *braces -= 1,
                _ => drop(open.pop()),
            },
            _ => {}
        }
        at += letter.len_utf8();
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::language::{self, GO, PYTHON, RUBY, RUST, SCRIPT};
    use super::*;

    fn shown(source: &str, language: &'static Language) -> Vec<String> {
        let show = |token: &Token<'_>| match token.kind {
            Kind::Word | Kind::Sign => token.text.to_owned(),
            Kind::Text => format!("<{}>", token.text),
            Kind::Template => format!("<<{}>>", token.text),
        };
        tokens(source, language).iter().map(show).collect()
    }

    #[test]
    fn what_is_code_in_each_language() {
        for (language, source, expected) in [
            (&SCRIPT, "a /* b */ // c\nd 'e // f' \"g\\\"h\"", "a d <e // f> <g\\\"h>"),
            (&SCRIPT, "x = `a${b + `c${d}` + \"}\"}e` + 1", "x = <<a${b + `c${d}` + \"}\"}e>> + 1"),
            (&SCRIPT, "f(/['\"`]/g) / 2 / 3", "f ( <<['\"`]>> g ) / 2 / 3"),
            (&SCRIPT, "<p>Don't</p>\nx('y')", "< p > Don ' t < / p > x ( <y> )"),
            (&SCRIPT, "a; /* never closed\nb", "a ;"),
            (&PYTHON, "x = f\"a{b}\" # c\ny = r'd' '''e\nf''' 3.14", "x = <<a{b}>> y = <d> <e\nf> 3.14"),
            (
                &RUST,
                "fn f<'a>(c: 'b') { r#\"x\"y\"# } /* a /* b */ c */ '\\n' \"p\\\"q\"",
                "fn f < ' a > ( c : <b> ) { <x\"y> } <\\n> <p\\\"q>",
            ),
            (&GO, "a := `raw\n// no` + 'x' // y", "a : = <raw\n// no> + <x>"),
            (&RUBY, "=begin\npost 'x'\n=end\npost \"a#{b}\" # c", "post <<a#{b}>>"),
        ] {
            assert_eq!(shown(source, language).join(" "), expected, "{source}");
        }
    }

    #[test]
    fn a_token_knows_its_line() {
        let lines: Vec<usize> = tokens("a\n/* b\n\n*/ c `d\ne` f", &SCRIPT).iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 4, 4, 5]);
    }

    /// A piece of a source, and what the scanner has to say of it.
    fn piece() -> impl Strategy<Value = (String, Vec<String>)> {
        let inner = "[a-z(){}/*#.,;'\" ]{0,12}";
        prop_oneof![
            "[a-z_][a-z0-9_]{0,6}".prop_map(|word| (word.clone(), vec![word])),
            "[0-9]{1,4}".prop_map(|number| (number.clone(), vec![number])),
            inner.prop_map(|text| (format!("// {text}\n"), Vec::new())),
            inner.prop_map(|text| (format!("/*{}*/", text.replace('*', "")), Vec::new())),
            inner.prop_map(|text| {
                let text = text.replace('\'', "");
                (format!("'{text}'"), vec![format!("<{text}>")])
            }),
            inner.prop_map(|text| {
                let text = text.replace('"', "");
                (format!("\"{text}\""), vec![format!("<{text}>")])
            }),
            inner.prop_map(|text| (format!("`{text}`"), vec![format!("<{text}>")])),
            "[(){};,.=]".prop_map(|sign| (sign.clone(), vec![sign])),
        ]
    }

    proptest! {
        #[test]
        fn nothing_of_a_comment_or_a_text_is_code(pieces in prop::collection::vec(piece(), 0..40)) {
            let source: String = pieces.iter().map(|(source, _)| format!("{source} ")).collect();
            let expected: Vec<String> = pieces.into_iter().flat_map(|(_, tokens)| tokens).collect();
            prop_assert_eq!(shown(&source, &SCRIPT), expected);
        }

        #[test]
        fn any_text_is_taken_and_lines_never_go_back(source in "(?s)[-a-z'\"`/*#${}\\[\\]\\\\r\n ü]{0,200}") {
            for language in [&SCRIPT, &PYTHON, &RUST, &GO, &RUBY] {
                let tokens = tokens(&source, language);
                prop_assert!(tokens.is_sorted_by_key(|token| token.line));
                prop_assert!(tokens.iter().all(|token| token.line <= source.matches('\n').count() + 1));
            }
        }
    }

    #[test]
    fn what_is_hostile_takes_time_by_its_length_alone() {
        // Each of these opens again and again what nothing closes; a scanner that looked for each end would not return.
        for part in ["`${", "'", "/* ", "\\'", "/[", "/*", "\"\\\"", "r#\"", "{`", "'''"] {
            let source = part.repeat(200_000 / part.len());
            for language in [&SCRIPT, &PYTHON, &RUST, &GO, &RUBY] {
                let before = std::time::Instant::now();
                let _ = tokens(&source, language);
                assert!(before.elapsed().as_secs() < 20, "{part}");
            }
        }
        assert!(language::of(std::path::Path::new("a.txt")).is_none());
    }
}
