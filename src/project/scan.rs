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
