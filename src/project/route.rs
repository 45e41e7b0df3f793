//! The webhook routes of a package: what verifies, and the path by which it is reached.

use super::Found;
use super::calls::{Call, defined, enclosing};
use super::convention;
use super::framework::Framework;
use super::prefix::{Sources, joined};
use super::scan::Token;
use super::verifier::verifier;

/// A route that takes webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// As a request names it.
    pub path: String,
    /// The framework that makes a path of it.
    pub framework: Option<Framework>,
    /// Its file names Clerk; svix signs for others too.
    pub clerks: bool,
}

/// Calls that register a route which takes a POST.
const POSTS: [&str; 9] = ["post", "all", "POST", "Post", "Any", "HandleFunc", "Handle", "add_api_route", "on"];

/// How far the way from what verifies to a route may lead over imports.
pub const IMPORTS: usize = 3;

/// Finds the routes; those that are Clerk's for sure before the others.
pub fn find(sources: &Sources<'_>, frameworks: &[Framework], base: &str) -> Vec<Found<Route>> {
    let mut found: Vec<Found<Route>> = Vec::new();
    let search = Search { sources, frameworks, base };
    for (index, source) in sources.all.iter().enumerate() {
        let Some(verifier) = verifier(source) else { continue };
        for place in search.places(index, verifier.at, IMPORTS) {
            let route = Route { path: place.path, framework: place.framework, clerks: verifier.clerks };
            if !found.iter().any(|known| known.value.path == route.path) {
                found.push(Found { value: route, file: sources.all[place.source].file.to_owned(), line: place.line });
            }
        }
    }
    if found.iter().any(|route| route.value.clerks) {
        found.retain(|route| route.value.clerks);
    }
    found
}

struct Search<'a> {
    sources: &'a Sources<'a>,
    frameworks: &'a [Framework],
    base: &'a str,
}

struct Place {
    path: String,
    framework: Option<Framework>,
    source: usize,
    line: usize,
}

impl Search<'_> {
    /// The paths that lead to a token of a source.
    fn places(&self, source: usize, at: usize, imports: usize) -> Vec<Place> {
        let this = &self.sources.all[source];
        let line = this.tokens[at].line;
        let place = |path, framework| Place { path, framework, source, line };
        if let Some(path) = self.table(source) {
            return vec![place(path, Some(Framework::ReactRouter))];
        }
        let by_convention = self.frameworks.iter().find_map(|framework| {
            let literal =
                this.calls.iter().find(|call| call.name.starts_with("create") && call.name.ends_with("FileRoute"));
            match framework {
                Framework::TanStackStart if literal.is_some() => Some((literal?.first?.to_owned(), *framework)),
                Framework::Next => Some((joined(self.base, &convention::path(*framework, this.file)?), *framework)),
                _ => Some((convention::path(*framework, this.file)?, *framework)),
            }
        });
        if let Some((path, framework)) = by_convention {
            return vec![place(path, Some(framework))];
        }
        let chosen = self.chosen(source, at);
        if !chosen.is_empty() || imports == 0 {
            return chosen;
        }
        let enclosing = enclosing(&this.tokens, at);
        let mut found = Vec::new();
        for other in (0..self.sources.all.len()).filter(|other| *other != source) {
            let names = self.sources.imported(other, source);
            if names.is_empty() {
                continue;
            }
            let wanted: Vec<&str> = match enclosing {
                Some(name) if self.sources.all[other].uses(&[name]).next().is_some() => vec![name],
                _ => names,
            };
            let used = self.sources.all[other].uses(&wanted).last();
            found.extend(used.into_iter().flat_map(|used| self.places(other, used, imports - 1)));
        }
        if found.is_empty() { self.controller(source) } else { found }
    }

    /// The calls of a source that register what stands at a token.
    fn chosen(&self, source: usize, at: usize) -> Vec<Place> {
        let this = &self.sources.all[source];
        let routes: Vec<(&Call<'_>, &str)> = this
            .calls
            .iter()
            .filter(|call| takes_posts(call))
            .filter_map(|call| Some((call, path_of(call, &this.calls)?)))
            .collect();
        let within = routes.iter().rfind(|(call, _)| call.span.0 < at && at < call.span.1);
        let defines = |token: &Token<'_>| ["def", "fn", "function"].iter().any(|word| token.is_word(word));
        let decorated = routes.iter().rfind(|(call, _)| call.decorator && call.span.1 < at);
        let decorated = decorated
            .filter(|(call, _)| this.tokens[call.span.1..at].iter().filter(|token| defines(token)).count() == 1);
        let named =
            |(call, _): &&(&Call<'_>, &str)| call.words.iter().filter_map(|word| defined(&this.tokens, word, at)).max();
        let by_name = routes.iter().filter(|route| named(route).is_some()).max_by_key(named);
        let hooks = |(_, path): &&(&Call<'_>, &str)| path.contains("hook") || path.contains("clerk");
        let only = match &routes[..] {
            [only] => Some(only),
            several => Some(several.iter().filter(hooks).collect::<Vec<_>>())
                .filter(|them| them.len() == 1)
                .map(|them| them[0]),
        };
        let chosen = within.or(decorated).or(by_name).or(only);
        chosen.into_iter().flat_map(|(call, path)| self.registered(source, call, path)).collect()
    }

    fn registered(&self, source: usize, call: &Call<'_>, path: &str) -> Vec<Place> {
        let paths = self.sources.paths(source, call, path).into_iter();
        // What stands for any value names no path.
        let plain = paths.filter(|path| !path.contains([':', '{', '<', '*', '[']));
        plain.map(|path| Place { path, framework: None, source, line: call.line }).collect()
    }

    /// React Router's table: `route("api/webhooks", "routes/webhooks.ts")`, in a `prefix` or in another route.
    fn table(&self, source: usize) -> Option<String> {
        if !self.frameworks.contains(&Framework::ReactRouter) {
            return None;
        }
        let file = self.sources.all[source].file.to_string_lossy().replace('\\', "/");
        let table = self
            .sources
            .all
            .iter()
            .find(|other| other.file.ends_with("app/routes.ts") || other.file.ends_with("app/routes.js"))?;
        let listed = |call: &&Call<'_>| {
            call.name == "route"
                && call.texts.get(1).is_some_and(|text| file == format!("app/{}", text.trim_start_matches("./")))
        };
        let call = table.calls.iter().find(listed)?;
        let around = table.calls.iter().filter(|outer| {
            matches!(outer.name, "route" | "prefix") && outer.span.0 <= call.span.0 && call.span.1 <= outer.span.1
        });
        let path = around.fold(String::new(), |path, outer| joined(&path, outer.first.unwrap_or_default()));
        (!path.contains([':', '*'])).then_some(path)
    }

    /// Rails: `post "webhooks/clerk", to: "webhooks#clerk"` for what stands in `webhooks_controller.rb`.
    fn controller(&self, source: usize) -> Vec<Place> {
        let name = self.sources.all[source].file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix("_controller") else { return Vec::new() };
        let mut found = Vec::new();
        for (index, other) in
            self.sources.all.iter().enumerate().filter(|(_, other)| other.file.ends_with("config/routes.rb"))
        {
            for (at, token) in other.tokens.iter().enumerate().filter(|(_, token)| token.is_word("post")) {
                let rest = other.tokens[at + 1..].iter().take_while(|next| next.line == token.line);
                let texts: Vec<&str> = rest.filter_map(Token::literal).collect();
                if let Some((path, _)) = texts.split_first().filter(|(_, rest)| {
                    rest.iter().any(|text| text.split_once('#').is_some_and(|(controller, _)| controller == name))
                }) {
                    let framework = Some(Framework::Rails);
                    found.push(Place { path: joined("", path), framework, source: index, line: token.line });
                }
            }
        }
        found
    }
}

/// Whether a call registers a route for a POST.
fn takes_posts(call: &Call<'_>) -> bool {
    let allows =
        call.words.iter().any(|word| matches!(*word, "post" | "any" | "service_fn")) || call.texts.contains(&"POST");
    match call.name {
        "on" => allows,
        "route" | "api_route" | "resource" | "add_url_rule" => allows,
        "path" => call.receiver.is_none() && !call.words.contains(&"include"),
        name => POSTS.contains(&name),
    }
}

/// The path that a call names; `router.route('/x').post(…)` names it before, `{ url: '/x' }` within.
fn path_of<'a>(call: &Call<'a>, calls: &[Call<'a>]) -> Option<&'a str> {
    let text = match call.name {
        "on" => call.texts.get(1).copied(),
        _ => call.first,
    };
    // Go's patterns begin with the method.
    let bare = text.map(|text| text.strip_prefix("POST ").unwrap_or(text));
    let before = || calls.iter().find(|other| other.name == "route" && other.span.1 + 2 == call.span.0)?.first;
    let within = || call.texts.iter().copied().find(|text| text.starts_with('/')).filter(|_| call.name == "route");
    bare.or_else(before).or_else(within)
}
