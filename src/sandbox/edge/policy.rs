//! The traffic policy as far as the edge obeys it: `verify-webhook` on paths (ngrok docs, traffic-policy/actions).

use serde::Deserialize;
use serde_json::Value;

use super::expression::Expression;
use super::refusal::Refusal;
use crate::signature::{Signed, SigningSecret, verify};

/// Rules that hold before a public URL. The default has none.
#[derive(Debug, Default)]
pub(super) struct Policy {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    expressions: Vec<Expression>,
    checks: Vec<Check>,
}

/// One `verify-webhook` action.
#[derive(Debug)]
struct Check {
    secret: SigningSecret,
    enforce: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    on_http_request: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    #[serde(rename = "name")]
    _name: Option<String>,
    #[serde(default)]
    expressions: Vec<String>,
    actions: Vec<Action>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    config: Value,
}

fn refused(number: u32, why: impl Into<String>) -> Refusal {
    Refusal::Policy { number, why: why.into() }
}

impl Policy {
    /// Reads a policy in JSON; what the edge could not obey is refused, never ignored.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, Refusal> {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(Self::default()) };
        let document: Document = serde_json::from_str(text).map_err(|error| refused(2202, error.to_string()))?;
        let rules = document.on_http_request.into_iter().map(rule).collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Whether a request to `path` has to be looked at with its body.
    pub(super) fn concerns(&self, path: &str) -> bool {
        self.checks(path).next().is_some()
    }

    /// Whether a request may pass; `now` is in Unix seconds.
    pub(super) fn admits(&self, path: &str, signed: &Signed<'_>, body: &[u8], now: i64) -> bool {
        let passes = |check: &Check| verify(std::slice::from_ref(&check.secret), signed, body, now).is_ok();
        self.checks(path).all(|check| passes(check) || !check.enforce)
    }

    fn checks<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Check> {
        let applies = |rule: &&Rule| rule.expressions.iter().all(|expression| expression.holds(path));
        self.rules.iter().filter(applies).flat_map(|rule| &rule.checks)
    }
}

fn rule(text: RuleText) -> Result<Rule, Refusal> {
    let unreadable = |text: &String| refused(2200, format!("cannot read the expression `{text}`"));
    let read = |text: &String| Expression::parse(text).ok_or_else(|| unreadable(text));
    let expressions = text.expressions.iter().map(read).collect::<Result<_, _>>()?;
    let checks = text.actions.into_iter().map(check).collect::<Result<_, _>>()?;
    Ok(Rule { expressions, checks })
}

fn check(action: Action) -> Result<Check, Refusal> {
    if action.kind != "verify-webhook" {
        return Err(refused(2201, format!("unknown action type '{}'", action.kind)));
    }
    let known = ["provider", "secret", "enforce"];
    let config = action.config.as_object().cloned().unwrap_or_default();
    if let Some(key) = config.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(refused(2203, format!("unknown field '{key}' in the config of 'verify-webhook'")));
    }
    match config.get("provider").and_then(Value::as_str) {
        Some("clerk" | "svix") => {}
        provider => return Err(refused(7030, format!("webhook provider {provider:?} is not supported"))),
    }
    let secret = config.get("secret").and_then(Value::as_str).unwrap_or_default();
    let secret = SigningSecret::parse(secret).map_err(|fault| refused(7027, format!("webhook secret: {fault}")))?;
    let enforce = match config.get("enforce") {
        None => true,
        Some(Value::Bool(enforce)) => *enforce,
        Some(other) => return Err(refused(2203, format!("'enforce' is {other}, not true or false"))),
    };
    Ok(Check { secret, enforce })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::sign;

    const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    fn policy(expressions: &str, config: &str) -> Result<Policy, Refusal> {
        let text = format!(
            r#"{{"on_http_request":[{{"expressions":{expressions},"actions":[{{"type":"verify-webhook","config":{config}}}]}}]}}"#
        );
        Policy::parse(Some(&text))
    }

    fn config(rest: &str) -> String {
        format!(r#"{{"provider":"clerk","secret":"{SECRET}"{rest}}}"#)
    }

    #[test]
    fn forged_is_held_back_and_genuine_passes() {
        let policy = policy("[]", &config("")).expect("a policy");
        let signature = sign(&[SigningSecret::parse(SECRET).expect("a secret")], "msg_1", 100, b"{}");
        let signed = Signed { id: Some("msg_1"), timestamp: Some("100"), signature: Some(&signature) };
        assert!(policy.concerns("/anything"));
        assert!(policy.admits("/anything", &signed, b"{}", 100));
        assert!(!policy.admits("/anything", &signed, b"{} ", 100));
        assert!(!policy.admits("/anything", &Signed::default(), b"{}", 100));
    }

    #[test]
    fn what_is_not_enforced_passes() {
        let policy = policy("[]", &config(r#","enforce":false"#)).expect("a policy");
        assert!(policy.admits("/", &Signed::default(), b"", 0));
    }

    #[test]
    fn expressions_limit_the_paths() {
        let one = policy(r#"["req.url.path == '/hook'"]"#, &config("")).expect("a policy");
        assert!(one.concerns("/hook") && !one.concerns("/hook/2") && !one.concerns("/"));
        let many = policy(r#"["req.url.path.startsWith(\"/api/\")"]"#, &config("")).expect("a policy");
        assert!(many.concerns("/api/x") && !many.concerns("/ap"));
        assert!(!many.admits("/api/x", &Signed::default(), b"", 0) && many.admits("/", &Signed::default(), b"", 0));
    }

    #[test]
    fn what_cannot_be_obeyed_is_refused() {
        let number = |policy: Result<Policy, Refusal>| policy.err().map(|refusal| refusal.number());
        assert_eq!(number(Policy::parse(Some("on_http_request: []"))), Some(2202));
        assert_eq!(number(Policy::parse(Some(r#"{"on_tcp_connect":[]}"#))), Some(2202));
        assert_eq!(number(Policy::parse(Some(r#"{"on_http_request":[{"actions":[{"type":"deny"}]}]}"#))), Some(2201));
        assert_eq!(number(policy(r#"["req.method == 'POST'"]"#, &config(""))), Some(2200));
        assert_eq!(number(policy(r#"["req.url.path == '/a' || true"]"#, &config(""))), Some(2200));
        assert_eq!(number(policy("[]", r#"{"provider":"github","secret":"x"}"#)), Some(7030));
        assert_eq!(number(policy("[]", r#"{"provider":"clerk"}"#)), Some(7027));
        assert_eq!(number(policy("[]", &config(r#","other":1"#))), Some(2203));
        assert!(number(Policy::parse(None)).is_none());
    }
}
