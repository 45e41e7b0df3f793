//! Wishes for event types, as every command takes them: names, groups such as `user.*`, `all`.

use crate::catalogue;

/// Every event type of the catalogue.
const ALL: &str = "all";

/// What one word of a list stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wished(Vec<String>);

/// All that a list stands for, each type once.
pub fn listed(wishes: Vec<Wished>) -> Vec<String> {
    let mut listed: Vec<String> = Vec::new();
    for name in wishes.into_iter().flat_map(|wished| wished.0) {
        if !listed.contains(&name) {
            listed.push(name);
        }
    }
    listed
}

/// A word for an endpoint's filter. Clerk may know types that the catalogue does not yet, so one that is well formed is
/// taken.
pub fn any(text: &str) -> Result<Wished, String> {
    match group(text)? {
        Some(wished) => Ok(wished),
        None => name(text).map(|name| Wished(vec![name])),
    }
}

/// A word for events that are made up here, so that the catalogue must know their types.
pub fn known(text: &str) -> Result<Wished, String> {
    if let Some(wished) = group(text)? {
        return Ok(wished);
    }
    let name = text.trim();
    if catalogue::types().contains(&name) {
        return Ok(Wished(vec![name.to_owned()]));
    }
    let meant = catalogue::nearest(name).map(|meant| format!("; did you mean `{meant}`?"));
    Err(format!("Clerk documents no such event type{}", meant.unwrap_or_default()))
}

/// `user.created`; Svix's names hold nothing else.
pub fn name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match text.trim() {
        name if !name.is_empty() && name.chars().all(allowed) => Ok(name.to_owned()),
        _ => Err("expected an event such as `user.created`, a group such as `user.*`, or `all`".to_owned()),
    }
}

/// `all`, or a group of the catalogue.
fn group(text: &str) -> Result<Option<Wished>, String> {
    let of = |fits: &dyn Fn(&str) -> bool| {
        catalogue::types().iter().filter(|name| fits(name)).map(|name| (*name).to_owned()).collect::<Vec<_>>()
    };
    let text = text.trim();
    if text == ALL {
        return Ok(Some(Wished(of(&|_| true))));
    }
    let Some(group) = text.strip_suffix(".*") else { return Ok(None) };
    match of(&|name| name.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'))) {
        types if types.is_empty() => {
            let groups: Vec<&str> = catalogue::groups().collect();
            Err(format!("Clerk documents no such group of events; there are {}", groups.join(", ")))
        }
        types => Ok(Some(Wished(types))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_types() {
        let names = |text: &str| any(text).map(|wished| wished.0);
        assert_eq!(names("user.*"), Ok(["user.created", "user.deleted", "user.updated"].map(str::to_owned).to_vec()));
        assert_eq!(names("all").map(|all| all.len()), Ok(catalogue::types().len()));
        assert_eq!(names(" user.banned "), Ok(vec!["user.banned".to_owned()]));
        assert!(known("user.banned").is_err() && known("role.*").is_ok());
        for wrong in ["", ".*", "*", "users.*", "user.cre*", "user created"] {
            assert!(any(wrong).is_err() && known(wrong).is_err(), "{wrong}");
        }
        let wishes = [any("user.created"), any("user.*")].map(Result::unwrap).to_vec();
        assert_eq!(listed(wishes), ["user.created", "user.deleted", "user.updated"]);
    }
}
