//! The expressions of a traffic policy as far as the edge reads them: CEL about `req.url.path` (ngrok docs,
//! traffic-policy/variables/req; the language's own strings, `matches`, `startsWith`, `==`, `!`, `&&`, `||`).

use regex_lite::Regex;

/// When a rule holds.
#[derive(Debug)]
pub(super) enum Expression {
    Is(String),
    StartsWith(String),
    Matches(Regex),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Expression {
    /// Reads a whole expression; none where it cannot be obeyed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let expression = reader.any()?;
        reader.rest.trim_start().is_empty().then_some(expression)
    }

    /// Whether it holds for a request to `path`, which stands as it came.
    pub(super) fn holds(&self, path: &str) -> bool {
        match self {
            Self::Is(wanted) => path == wanted,
            Self::StartsWith(prefix) => path.starts_with(prefix.as_str()),
            Self::Matches(pattern) => pattern.is_match(path),
            Self::Not(inner) => !inner.holds(path),
            Self::All(parts) => parts.iter().all(|part| part.holds(path)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(path)),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Takes a mark, with the space before it.
    fn take(&mut self, mark: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(mark)?;
        Some(())
    }

    fn any(&mut self) -> Option<Expression> {
        let mut parts = vec![self.all()?];
        while self.take("||").is_some() {
            parts.push(self.all()?);
        }
        Some(Expression::Any(parts))
    }

    fn all(&mut self) -> Option<Expression> {
        let mut parts = vec![self.one()?];
        while self.take("&&").is_some() {
            parts.push(self.one()?);
        }
        Some(Expression::All(parts))
    }

    fn one(&mut self) -> Option<Expression> {
        if self.take("!").is_some() {
            return Some(Expression::Not(Box::new(self.one()?)));
        }
        if self.take("(").is_some() {
            let inner = self.any()?;
            return self.take(")").map(|()| inner);
        }
        self.take("req.url.path")?;
        if self.take("==").is_some() {
            return self.string().map(Expression::Is);
        }
        let call = |reader: &mut Self, name: &str| {
            reader.take(name)?;
            let argument = reader.string()?;
            reader.take(")").map(|()| argument)
        };
        if self.rest.trim_start().starts_with(".matches(") {
            return Regex::new(&call(self, ".matches(")?).ok().map(Expression::Matches);
        }
        call(self, ".startsWith(").map(Expression::StartsWith)
    }

    /// A string in either quotes; of its escapes only those of backslash and quotes are read.
    fn string(&mut self) -> Option<String> {
        let text = self.rest.trim_start();
        let quote = text.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
        let (mut inner, mut characters) = (String::new(), text[1..].char_indices());
        while let Some((at, character)) = characters.next() {
            match character {
                _ if character == quote => {
                    self.rest = &text[1 + at + 1..];
                    return Some(inner);
                }
                '\\' => inner.push(characters.next().map(|(_, next)| next).filter(|next| "\\'\"".contains(*next))?),
                _ => inner.push(character),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(expression: &str, path: &str) -> bool {
        Expression::parse(expression).expect(expression).holds(path)
    }

    #[test]
    fn it_is_read_as_the_language_has_it() {
        for (expression, yes, no) in [
            ("req.url.path == '/it\\'s'", "/it's", "/its"),
            ("req.url.path.startsWith(\"/api/\")", "/api/x", "/ap"),
            ("req.url.path.matches('^/[a-z]+$')", "/abc", "/abC"),
            ("req.url.path.matches('(?i)/abc')", "/x/ABC/y", "/ab"),
            ("!req.url.path.matches('b') && req.url.path.matches('a')", "/a", "/ab"),
            ("req.url.path == '/a' || req.url.path == '/b'", "/b", "/c"),
            ("!(req.url.path == '/a' || req.url.path == '/b')", "/c", "/a"),
            ("req.url.path == '/a' || req.url.path == '/b' && req.url.path == '/c'", "/a", "/b"),
        ] {
            assert!(holds(expression, yes) && !holds(expression, no), "{expression}");
        }
    }

    #[test]
    fn what_it_does_not_know_it_refuses() {
        for text in [
            "",
            "true",
            "req.url.path",
            "req.url.path == /a",
            "req.url.path == '/a",
            "req.url.path == '/a' ||",
            "req.url.path == '\\n'",
            "req.url.path.matches('(')",
            "req.url.path.lowerAscii() == '/a'",
            "(req.url.path == '/a'",
            "req.url.path == '/a' req.url.path == '/b'",
        ] {
            assert!(Expression::parse(text).is_none(), "{text}");
        }
    }
}
