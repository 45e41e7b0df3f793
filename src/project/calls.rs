//! The calls of a source by which frameworks register routes, mount routers and name prefixes.

use super::scan::{Kind, Token};

/// A call: `app.post('/x', handler)`, `@app.post("/x")`, `.route("/x", post(handler))`.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// What it is called on.
    pub receiver: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// The variable that holds what it gives.
    pub assigned: Option<&'a str>,
    /// The first argument, where that is a text.
    pub first: Option<&'a str>,
    /// The literal behind `prefix` or `url_prefix`.
    pub prefix: Option<&'a str>,
    /// The names among its arguments.
    pub words: Vec<&'a str>,
    /// The texts among its arguments.
    pub texts: Vec<&'a str>,
    /// Whether it stands before a function as a decorator or an attribute.
    pub decorator: bool,
    /// Its name's token, and the one that closes it.
    pub span: (usize, usize),
    /// Where it stands.
    pub line: usize,
}

/// Names that make routes and routers; the others are of no interest.
const NAMES: [&str; 40] = [
    "post",
    "all",
    "route",
    "on",
    "use",
    "nest",
    "register",
    "include_router",
    "register_blueprint",
    "add_api_route",
    "path",
    "re_path",
    "include",
    "HandleFunc",
    "Handle",
    "POST",
    "Post",
    "Any",
    "Group",
    "APIRouter",
    "Blueprint",
    "basePath",
    "scope",
    "resource",
    "Mount",
    "api_route",
    "prefix",
    "createFileRoute",
    "createServerFileRoute",
    "createAPIFileRoute",
    "index",
    "layout",
    "add_url_rule",
    "service",
    "to",
    "FastAPI",
    "namespace",
    "mount",
    "Route",
    "put",
];

/// A call has fewer tokens; what lies beyond is not looked at.
const LONGEST: usize = 20_000;

/// All calls of interest, in their order.
pub fn calls<'a>(tokens: &[Token<'a>]) -> Vec<Call<'a>> {
    let closings = closings(tokens);
    let is_call = |index: &usize| {
        tokens[*index].word().is_some_and(|word| NAMES.contains(&word)) && opens(tokens, *index + 1).is_some()
    };
    (0..tokens.len()).filter(is_call).filter_map(|index| call(tokens, &closings, index)).collect()
}

/// The parenthesis that a name's arguments begin with: TypeScript may put types before it, Ruby leaves it out.
fn opens(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    match tokens.get(at)? {
        token if token.is_sign("(") => Some(at),
        token if token.is_sign("<") => {
            let close = tokens[at..].iter().take(40).position(|token| token.is_sign("("))?;
            tokens[at..at + close].last().is_some_and(|token| token.is_sign(">")).then_some(at + close)
        }
        _ => None,
    }
}

/// For each opening bracket the one that closes it.
fn closings(tokens: &[Token<'_>]) -> Vec<usize> {
    let (mut closings, mut open) = (vec![0; tokens.len()], Vec::new());
    for (index, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Sign) {
        match token.text {
            "(" | "[" | "{" => open.push(index),
            ")" | "]" | "}" => open.pop().into_iter().for_each(|start: usize| closings[start] = index),
            _ => {}
        }
    }
    closings
}

fn call<'a>(tokens: &[Token<'a>], closings: &[usize], index: usize) -> Option<Call<'a>> {
    let open = opens(tokens, index + 1)?;
    let close = Some(closings[open]).filter(|close| *close > open).unwrap_or(tokens.len().min(open + LONGEST) - 1);
    let before = |back: usize| index.checked_sub(back).map(|at| tokens[at]);
    let dotted = before(1).is_some_and(|token| token.is_sign("."));
    // `get().post(…)` is called on what the chain began with.
    let receiver = if dotted { receiver(tokens, closings, index - 1) } else { None };
    let arguments = &tokens[open + 1..close.max(open + 1)];
    let start = if receiver.is_some() { index.saturating_sub(2) } else { index };
    let decorator = start
        .checked_sub(1)
        .is_some_and(|at| tokens[at].is_sign("@") || tokens[at].is_sign("[") && at > 0 && tokens[at - 1].is_sign("#"));
    let named = |name: &str| {
        let at = arguments.iter().position(|token| token.is_word(name))?;
        let value = arguments.get(at + 1).filter(|token| token.is_sign(":") || token.is_sign("="));
        value.and_then(|_| arguments.get(at + 2)?.literal())
    };
    Some(Call {
        receiver,
        name: tokens[index].text,
        assigned: assigned(tokens, index),
        first: arguments.first().and_then(Token::literal),
        prefix: named("prefix").or_else(|| named("url_prefix")),
        words: arguments.iter().filter_map(Token::word).collect(),
        texts: arguments.iter().filter_map(Token::literal).collect(),
        decorator,
        span: (index, close),
        line: tokens[index].line,
    })
}

/// The name that a chain of calls begins with, from the dot before its last one.
fn receiver<'a>(tokens: &[Token<'a>], closings: &[usize], dot: usize) -> Option<&'a str> {
    let mut at = dot.checked_sub(1)?;
    for _ in 0..64 {
        if tokens[at].is_sign(")") {
            let open = (0..at).rev().take(LONGEST).find(|open| closings[*open] == at)?;
            at = open.checked_sub(1)?;
            continue;
        }
        let word = tokens[at].word()?;
        match at.checked_sub(1) {
            Some(sign) if tokens[sign].is_sign(".") => at = sign.checked_sub(1)?,
            _ => return Some(word),
        }
    }
    None
}

/// The variable that a statement gives its value to: the last one before `=` on the way back to its beginning.
fn assigned<'a>(tokens: &[Token<'a>], index: usize) -> Option<&'a str> {
    for at in (index.saturating_sub(40)..index).rev() {
        let token = tokens[at];
        if token.kind == Kind::Sign && matches!(token.text, ";" | "{" | "}" | ",") {
            return None;
        }
        let compares = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().any(|next| {
            tokens
                .get(next)
                .is_some_and(|token| matches!(token.text, "=" | "!" | "<" | ">") && token.kind == Kind::Sign)
        });
        if token.is_sign("=") && !compares {
            let typed = tokens[..at].iter().rev().take(8).position(|token| token.is_sign(":"));
            let name = typed.map_or(at, |back| at - 1 - back).checked_sub(1)?;
            return tokens[name].word();
        }
    }
    None
}

/// Where a name is defined before a place: `function NAME`, `const NAME =`, `def NAME`, `fn NAME`, `func NAME`.
pub fn defined(tokens: &[Token<'_>], name: &str, before: usize) -> Option<usize> {
    const OPENERS: [&str; 7] = ["function", "const", "let", "var", "def", "fn", "func"];
    (1..before.min(tokens.len()))
        .rev()
        .find(|at| tokens[*at].is_word(name) && tokens[at - 1].word().is_some_and(|word| OPENERS.contains(&word)))
}

/// The name of the function that a token stands in.
pub fn enclosing<'a>(tokens: &[Token<'a>], at: usize) -> Option<&'a str> {
    (1..at).rev().find_map(|index| {
        let name = tokens[index].word()?;
        let opener = tokens[index - 1].word()?;
        let is_function = matches!(opener, "def" | "fn" | "func" | "function");
        let is_value = matches!(opener, "const" | "let" | "var") && tokens.get(index + 1)?.is_sign("=") && {
            let value = tokens.get(index + 2)?;
            value.is_word("async") || value.is_word("function") || value.is_sign("(")
        };
        (is_function || is_value).then_some(name)
    })
}

/// What a source imports: names with the module that they are of.
pub fn imports<'a>(tokens: &[Token<'a>]) -> Vec<(Vec<&'a str>, String)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.is_word("import") || token.is_word("require") || token.is_word("export") {
            let rest = &tokens[at + 1..tokens.len().min(at + 200)];
            let end =
                rest.iter().position(|token| token.kind == Kind::Text || token.is_sign(";") || token.is_sign("="));
            if let Some(end) = end
                && let Some(module) = rest[end].literal()
            {
                let mut names: Vec<&str> = rest[..end].iter().filter_map(Token::word).collect();
                if token.is_word("require") {
                    names.extend(assigned(tokens, at));
                }
                found.push((names, module.to_owned()));
            }
        }
        // Python: `from .hooks import router as hooks`, `import app.hooks`.
        let begins_line = at == 0 || tokens[at - 1].line < token.line;
        if begins_line && (token.is_word("from") || token.is_word("import")) {
            found.extend(python(tokens, at));
        }
        if token.is_word("mod")
            && let Some(name) = tokens.get(at + 1).and_then(Token::word)
        {
            found.push((vec![name], format!("./{name}")));
        }
    }
    found
}

fn python<'a>(tokens: &[Token<'a>], at: usize) -> Option<(Vec<&'a str>, String)> {
    let line = tokens[at].line;
    let mut open = 0_usize;
    let statement: Vec<&Token<'a>> = tokens[at + 1..]
        .iter()
        .take(100)
        .take_while(|token| {
            open += usize::from(token.is_sign("("));
            token.line == line || open > 0
        })
        .collect();
    let end = statement.iter().position(|token| token.is_word("import")).unwrap_or(statement.len());
    let module: String = statement[..end]
        .iter()
        .take_while(|token| token.kind != Kind::Text && !token.is_word("as"))
        .map(|token| token.text)
        .collect();
    let names: Vec<&str> =
        statement[end..].iter().filter_map(|token| token.word()).filter(|word| *word != "import").collect();
    let path = module.replace('.', "/");
    (!path.is_empty()).then(|| (if names.is_empty() { vec![module_name(&statement)] } else { names }, path))
}

fn module_name<'a>(statement: &[&Token<'a>]) -> &'a str {
    statement.iter().rev().find_map(|token| token.word()).unwrap_or_default()
}
