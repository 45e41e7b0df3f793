//! Other ways to write the webhook path that one router or another takes for it.

/// Each way as a target, without the path itself.
pub fn spellings(path: &str) -> Vec<String> {
    let name = path.trim_matches('/');
    let (before, last) = name.rsplit_once('/').map_or(("", name), |(before, last)| (before, last));
    let before = if before.is_empty() { String::new() } else { format!("/{before}") };
    let first = last.bytes().next().unwrap_or(b'/');
    let rest = last.get(1..).unwrap_or_default();
    let all = [
        format!("/{name}/"),
        format!("/{}", name.to_uppercase()),
        format!("//{name}"),
        format!("{before}//{last}"),
        format!("/./{name}"),
        format!("/x/../{name}"),
        format!("/x/%2e%2e/{name}"),
        format!("{before}/%{first:02x}{rest}"),
        format!("{before}/%25{first:02x}{rest}"),
        format!("{before}%2f{last}"),
        format!("{before}\\{last}"),
        format!("/{name};x=1"),
        format!("/{name}.json"),
        format!("//x.example/{name}"),
        format!("/{name}?x=1"),
    ];
    let begins = |target: &String| target.starts_with('/') && target != path;
    let mut kept: Vec<String> = Vec::new();
    for target in all.into_iter().filter(begins) {
        if !kept.contains(&target) {
            kept.push(target);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{OriginForm, could_mean};

    #[test]
    fn each_is_a_target_that_could_mean_the_path() {
        for path in ["/api/webhooks", "/hook", "/", "/a/b/c/", "/caf%C3%A9", "/1"] {
            let all = spellings(path);
            assert!(all.len() >= 9, "{all:?}");
            for spelling in all {
                let target: OriginForm = spelling.parse().expect(&spelling);
                assert!(could_mean(target.path(), path), "{path}: {spelling}");
            }
        }
        assert!(spellings("/api/webhooks").contains(&"/api\\webhooks".to_owned()));
    }
}
