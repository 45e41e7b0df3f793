//! Where a source verifies a webhook: with a helper of Clerk's, or with svix.

use super::scan::Token;
use super::source::Source;

/// A place that verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verifier {
    /// The token.
    pub at: usize,
    /// Clerk's own helper, which reads a variable of its own accord.
    pub helper: bool,
    /// Clerk is named in the file; svix signs for others too.
    pub clerks: bool,
}

/// What imports Clerk's helpers.
const HELPERS: [&str; 2] = ["@clerk", "svelte-clerk"];

/// The first place of a source that verifies.
pub fn verifier(source: &Source<'_>) -> Option<Verifier> {
    let tokens = &source.tokens;
    let helper = HELPERS.iter().any(|start| source.names_module(start));
    let svix = tokens.iter().any(|token| {
        let text = token.text;
        text == "svix"
            || text == "standardwebhooks"
            || text.starts_with("svix/")
            || text.contains("svix-webhooks")
            || text == "Svix"
    });
    let clerks = helper
        || tokens.iter().any(|token| token.text.to_ascii_lowercase().contains("clerk"))
        || source.file.to_string_lossy().to_ascii_lowercase().contains("clerk");
    let at = (0..tokens.len()).find(|at| {
        let is_helper = helper && is_call(tokens, *at, "verifyWebhook");
        is_helper || svix && constructs(tokens, *at)
    })?;
    Some(Verifier { at, helper: tokens[at].text == "verifyWebhook", clerks })
}

/// A call of this name, and not where it is defined.
fn is_call(tokens: &[Token<'_>], at: usize, name: &str) -> bool {
    let defined = at.checked_sub(1).is_some_and(|before| {
        let before = tokens[before];
        ["function", "async", "def", "fn", "func"].iter().any(|word| before.is_word(word))
    });
    tokens[at].is_word(name) && !defined && opens(tokens, at + 1)
}

fn opens(tokens: &[Token<'_>], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.is_sign("("))
}

/// `new Webhook(`, `Webhook(`, `Webhook::new(`, `svix.NewWebhook(`, `Svix::Webhook.new(`.
fn constructs(tokens: &[Token<'_>], at: usize) -> bool {
    if tokens[at].is_word("NewWebhook") {
        return opens(tokens, at + 1);
    }
    if !tokens[at].is_word("Webhook") {
        return false;
    }
    let class = at.checked_sub(1).is_some_and(|before| tokens[before].is_word("class"));
    let after = &tokens[at + 1..];
    let signs = after.iter().take_while(|token| token.is_sign(":") || token.is_sign(".")).count();
    let made = signs > 0 && after.get(signs).is_some_and(|token| token.is_word("new")) && opens(after, signs + 1);
    !class && (opens(after, 0) || made)
}
