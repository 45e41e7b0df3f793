//! Under which name the app reads the signing secret: what its sources name, what its SDK reads by itself.

use super::Found;
use super::env::{is_clerks, is_public};
use super::manifest::Manifest;
use super::scan::{Kind, Token};
use super::source::Source;
use super::verifier::verifier;
use crate::dotenv::Variables;
use crate::secret::SIGNING_SECRET_NAMES;

/// The name that Clerk's `verifyWebhook` reads.
pub const NAME: &str = SIGNING_SECRET_NAMES[0];

/// The same in Nuxt, whose runtime configuration wants the prefix.
pub const NUXT_NAME: &str = SIGNING_SECRET_NAMES[1];

/// Packages of Clerk's whose helper verifies on a server.
const SDKS: [&str; 12] = [
    "@clerk/nuxt",
    "@clerk/nextjs",
    "@clerk/express",
    "@clerk/fastify",
    "@clerk/hono",
    "@clerk/astro",
    "@clerk/react-router",
    "@clerk/tanstack-react-start",
    "@clerk/remix",
    "@clerk/backend",
    "@clerk/clerk-sdk-node",
    "svelte-clerk",
];

/// What holds the environment's variables as members.
const HOLDERS: [&str; 8] = ["env", "settings", "config", "secrets", "environ", "ENV", "Env", "get_settings"];

/// Modules that give variables as names.
const MODULES: [&str; 3] = ["$env/static/private", "astro:env/server", "$env/static/public"];

/// Which names the app reads.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// In what verifies, the likeliest first.
    route: Vec<Found<String>>,
    /// Anywhere in the sources.
    anywhere: Vec<String>,
    /// By Clerk's SDK.
    sdk: Option<Found<String>>,
    /// Where nothing says more.
    usual: &'static str,
}

impl Reads {
    /// Looks through manifest and sources.
    pub fn find(manifest: &Manifest, sources: &[Source<'_>]) -> Self {
        let mut reads = Self { usual: NAME, ..Self::default() };
        if manifest.depends_on("nuxt").is_some() {
            reads.usual = NUXT_NAME;
        }
        let sdk = SDKS.iter().find_map(|name| manifest.depends_on(name));
        reads.sdk = sdk.map(|found| found.with(reads.usual.to_owned()));
        for source in sources {
            let named = names(source);
            if let Some(verifier) = verifier(source).filter(|verifier| verifier.clerks) {
                reads.route.extend(named.clone());
                // The helper reads its own name where no other is given to it.
                if verifier.helper {
                    let line = source.tokens[verifier.at].line;
                    reads.sdk = Some(Found::new(reads.usual.to_owned(), source.file, line));
                }
            }
            reads.anywhere.extend(named.into_iter().map(|found| found.value));
        }
        reads.route.sort_by_key(|found| rank(&found.value));
        reads
    }

    /// Whether something says what is read.
    pub fn sure(&self) -> bool {
        self.sdk.is_some() || self.route.iter().any(|found| !is_public(&found.value))
    }

    /// Whether a source names a variable.
    pub fn mentions(&self, name: &str) -> bool {
        self.anywhere.iter().any(|known| known == name)
    }

    /// A public variable that the route reads.
    pub fn public(&self) -> Option<&Found<String>> {
        self.route.iter().find(|found| is_public(&found.value))
    }

    /// What is read, where something says so.
    pub fn found(&self) -> Option<&Found<String>> {
        self.route.iter().find(|found| !is_public(&found.value)).or(self.sdk.as_ref())
    }

    /// The name for the secret in an env file: what is read; else the one that is there; else the usual one.
    pub fn name(&self, file: &Variables) -> String {
        let present = |name: &&str| file.get(name).is_some_and(|value| is_clerks(name, value.expose()));
        if let Some(found) = self.route.iter().find(|found| !is_public(&found.value)) {
            return found.value.clone();
        }
        let names = || std::iter::once(self.usual).chain(SIGNING_SECRET_NAMES).filter(present);
        let there = match &self.sdk {
            // What no source names, the SDK does not read either.
            Some(sdk) => names().find(|name| *name == sdk.value || self.mentions(name)),
            None => names().next(),
        };
        there.unwrap_or(self.usual).to_owned()
    }
}

/// The variables that a source reads and that are about signing.
fn names(source: &Source<'_>) -> Vec<Found<String>> {
    let tokens = &source.tokens;
    let python = source.file.extension().is_some_and(|kind| kind == "py");
    let read = |at: usize| {
        let token = tokens[at];
        let before = |back: usize| at.checked_sub(back).map(|at| tokens[at]);
        let opened = before(1).is_some_and(|sign| sign.is_sign("(") || sign.is_sign("["));
        let member = before(1).is_some_and(|sign| sign.is_sign("."))
            && before(2).is_some_and(|holder| HOLDERS.iter().any(|name| holder.is_word(name)));
        let name = match token.kind {
            Kind::Text if opened => token.text.to_owned(),
            Kind::Word if member && python => token.text.to_ascii_uppercase(),
            Kind::Word if member => token.text.to_owned(),
            _ => return None,
        };
        is_signing(&name).then(|| Found::new(name, source.file, token.line))
    };
    let mut found: Vec<Found<String>> = (0..tokens.len()).filter_map(read).collect();
    for (names, module) in source.imports.iter().filter(|(_, module)| MODULES.contains(&module.as_str())) {
        let line =
            |name: &str| tokens.iter().find(|token| token.is_word(name)).map_or(1, |token: &Token<'_>| token.line);
        let signing = names.iter().filter(|name| is_signing(name) || module.ends_with("public"));
        found.extend(
            signing.filter(|name| is_signing(name)).map(|name| Found::new((*name).to_owned(), source.file, line(name))),
        );
    }
    found
}

/// Whether a variable's name says that it holds what signs webhooks.
fn is_signing(name: &str) -> bool {
    let shouted = name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    let about = ["WEBHOOK", "SIGNING", "SVIX"].iter().any(|word| name.contains(word));
    let secret = ["SECRET", "KEY", "SIGNING", "TOKEN"].iter().any(|word| name.contains(word));
    shouted && about && secret && name.len() > 6
}

/// Clerk's before the usual ones before any other.
fn rank(name: &str) -> u8 {
    match name {
        _ if name.contains("CLERK") => 0,
        _ if SIGNING_SECRET_NAMES.contains(&name) => 1,
        _ => 2,
    }
}
