//! What stands before a router's paths: its own prefix, and where others mount it.

use super::calls::{Call, enclosing};
use super::source::{Aliases, Source, is_module};

/// Calls that put a router under a path.
const MOUNTS: [&str; 10] =
    ["use", "route", "nest", "register", "include_router", "register_blueprint", "include", "Mount", "mount", "path"];

/// Calls that make a router with a prefix of its own.
const MAKERS: [&str; 5] = ["APIRouter", "Blueprint", "basePath", "Group", "FastAPI"];

/// Routers mount routers; nobody does so deeper.
const DEPTH: usize = 4;

/// The sources, and how they name each other.
pub struct Sources<'a> {
    /// All of them.
    pub all: Vec<Source<'a>>,
    /// Short names of directories.
    pub aliases: Aliases,
}

impl Sources<'_> {
    /// The names by which source `other` has what source `this` exports; none where it imports nothing of it.
    pub fn imported(&self, other: usize, this: usize) -> Vec<&str> {
        let (from, file) = (self.all[other].file, self.all[this].file);
        if other == this {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (names, module) in &self.all[other].imports {
            if is_module(&self.aliases, from, module, "", file) {
                found.extend(names);
            }
            found.extend(names.iter().filter(|name| is_module(&self.aliases, from, module, name, file)));
        }
        found
    }

    /// The paths of a call that registers a route, each prefix before it.
    pub fn paths(&self, source: usize, call: &Call<'_>, path: &str) -> Vec<String> {
        let prefixes = match call.receiver {
            Some(router) => self.prefixes(source, router, call, DEPTH),
            None => self.mounted(source, None, call, DEPTH),
        };
        // Python's routers keep the slash that the others drop.
        let slash = path == "/" && self.all[source].file.extension().is_some_and(|kind| kind == "py");
        let whole = |prefix: String| {
            let whole = joined(&prefix, path);
            if slash && !whole.ends_with('/') { whole + "/" } else { whole }
        };
        prefixes.into_iter().map(whole).collect()
    }

    fn prefixes(&self, source: usize, router: &str, of: &Call<'_>, depth: usize) -> Vec<String> {
        let made = self.all[source]
            .calls
            .iter()
            .filter(|call| MAKERS.contains(&call.name) && call.assigned == Some(router) && call.span != of.span);
        let mut own = vec![String::new()];
        for call in made {
            let text =
                call.prefix.or(call.first.filter(|_| matches!(call.name, "basePath" | "Group"))).unwrap_or_default();
            let outer = match (call.name, call.receiver) {
                ("Group", Some(outer)) if outer != router && depth > 0 => self.prefixes(source, outer, call, depth - 1),
                _ => vec![String::new()],
            };
            own = outer.iter().map(|outer| joined(outer, text)).collect();
        }
        let outer = self.mounted(source, Some(router), of, depth);
        outer.iter().flat_map(|outer| own.iter().map(|own| joined(outer, own))).collect()
    }

    /// Under what a router, or a file as a whole, is mounted; nothing where nobody mounts it.
    fn mounted(&self, source: usize, router: Option<&str>, of: &Call<'_>, depth: usize) -> Vec<String> {
        if depth == 0 {
            return vec![String::new()];
        }
        let mut found = Vec::new();
        for (index, other) in self.all.iter().enumerate() {
            let names = match index == source {
                // A router that a function gives is mounted by that function's name.
                true => router.into_iter().chain(enclosing(&other.tokens, of.span.0)).collect(),
                false => self.imported(index, source),
            };
            let named = |call: &&Call<'_>| {
                let in_text = self.includes(call, source);
                let around = index == source && call.span.0 <= of.span.0 && of.span.1 <= call.span.1;
                // A router does not mount itself, whatever its handlers do with it.
                let itself = |name: &&str| index == source && Some(*name) == router && call.receiver == router;
                let mounts = names.iter().any(|name| call.words.contains(name) && !itself(name));
                MOUNTS.contains(&call.name) && !around && (in_text || mounts)
            };
            for call in other.calls.iter().filter(named) {
                let Some(text) = call.prefix.or(call.first) else { continue };
                if call.name == "path" && !call.words.contains(&"include") {
                    continue;
                }
                let outer = match call.receiver {
                    Some(outer) => self.prefixes(index, outer, call, depth - 1),
                    None => vec![String::new()],
                };
                found.extend(outer.iter().map(|outer| joined(outer, text)));
            }
        }
        found.sort();
        found.dedup();
        if found.is_empty() { vec![String::new()] } else { found }
    }

    /// Django's `include("hooks.urls")` names a module in a text.
    fn includes(&self, call: &Call<'_>, source: usize) -> bool {
        let file = self.all[source].file;
        call.words.contains(&"include")
            && call.texts.iter().any(|text| {
                let path = text.replace('.', "/");
                path.contains('/') && file.to_string_lossy().trim_end_matches(".py").ends_with(&path)
            })
    }
}

/// One path behind the other, with one slash between.
pub fn joined(before: &str, after: &str) -> String {
    let before = before.trim_matches('/');
    let rest = after.trim_start_matches('/');
    match (before.is_empty(), rest.is_empty()) {
        (true, _) => format!("/{rest}"),
        (false, true) => format!("/{before}"),
        (false, false) => format!("/{before}/{rest}"),
    }
}
