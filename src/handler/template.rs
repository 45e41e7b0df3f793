//! The handler that fits a project: its text for the route, and where its file belongs.

use std::path::{Path, PathBuf};

use super::framework::{Framework, Profile};

/// The route of the official guide, as the templates have it.
const ROUTE: &str = "/api/webhooks";

/// A handler for a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file's text.
    pub text: String,
    /// Its place below the project's directory.
    pub place: PathBuf,
    /// What has to be done beside, each a sentence.
    pub beside: Vec<String>,
}

/// Writes the handler for a route.
pub fn handler(framework: Framework, directory: &Path, path: &str) -> Written {
    let profile = framework.profile();
    let filled = |text: &str| text.replace(ROUTE, path);
    let plain = path.trim_start_matches('/');
    let mount = filled(profile.mount).replace(&format!("'{}'", &ROUTE[1..]), &format!("'{plain}'"));
    let mount = mount.replace(&format!("\"{}\"", &ROUTE[1..]), &format!("\"{plain}\""));
    let variable = profile.variable;
    Written {
        text: filled(profile.template),
        place: place(profile, directory, path),
        beside: vec![
            format!("`{}`, where it is not there yet", profile.install),
            mount,
            format!("it reads `{variable}`: `clerkhook secret write` puts it into the env file"),
        ],
    }
}

fn place(profile: &Profile, directory: &Path, path: &str) -> PathBuf {
    let usual = PathBuf::from(profile.place);
    let first = usual.components().next().map(|first| PathBuf::from(first.as_os_str())).unwrap_or_default();
    // Next.js takes its routers from `src` where one is there.
    let in_source = !directory.join(&first).is_dir() && directory.join("src").join(&first).is_dir();
    let names = |part: &&str| !part.is_empty() && *part != "." && *part != "..";
    let route = path.split('/').filter(names).collect::<Vec<_>>().join("/");
    let place = match profile.by_place {
        true if route.is_empty() => {
            profile.place.replace(&format!("{}/", &ROUTE[1..]), "").replace(&ROUTE[1..], "index")
        }
        true => profile.place.replace(&ROUTE[1..], &route),
        false => profile.place.to_owned(),
    };
    if in_source { Path::new("src").join(place) } else { PathBuf::from(place) }
}

/// A file that guards routes, with the route among those that are public.
pub fn opened(text: &str, path: &str) -> Option<String> {
    let call = "createRouteMatcher([";
    let start = text.find(call)? + call.len();
    let end = start + text[start..].find(']')?;
    let (before, list) = (&text[..start], &text[start..end]);
    let name = before[..before.len() - call.len()].trim_end().trim_end_matches('=').trim_end();
    let name = name.rsplit([' ', '\n']).next().unwrap_or_default();
    // A list of what is protected is not one to be added to.
    let public = name.to_ascii_lowercase().contains("public") || text.contains(&format!("!{name}("));
    if !public || covers(list, path) {
        return None;
    }
    let quote = if list.contains('"') { '"' } else { '\'' };
    let entry = format!("{quote}{path}(.*){quote}");
    let kept = list.trim_end();
    let comma = if kept.is_empty() || kept.ends_with(',') { "" } else { "," };
    let list = match list.contains('\n') {
        true => {
            let last = kept.lines().last().unwrap_or_default();
            let indent = &last[..last.len() - last.trim_start().len()];
            format!("{kept}{comma}\n{indent}{entry},{}", &list[kept.len()..])
        }
        false if kept.is_empty() => entry,
        false => format!("{}, {entry}", kept.trim_end_matches(',')),
    };
    Some(format!("{before}{list}{}", &text[end..]))
}

/// Whether a list of patterns has one for the path.
fn covers(list: &str, path: &str) -> bool {
    let patterns = list.split(['\'', '"', '`']).skip(1).step_by(2);
    patterns.into_iter().any(|pattern| match pattern.strip_suffix("(.*)") {
        Some(begin) => path.starts_with(begin),
        None => pattern == path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::framework::ALL;

    #[test]
    fn the_route_is_written_everywhere() {
        let directory = tempfile::tempdir().expect("a directory");
        for profile in &ALL {
            let made = handler(profile.framework, directory.path(), "/hooks/clerk");
            assert!(made.text.contains("/hooks/clerk") && !made.text.contains(ROUTE), "{}", profile.name);
            let place = made.place.to_str().expect("a place");
            assert_eq!(profile.by_place, place.contains("hooks/clerk"), "{place}");
            assert!(made.beside.iter().all(|line| !line.contains("api/webhooks")), "{:?}", made.beside);
        }
        std::fs::create_dir_all(directory.path().join("src/app")).expect("made");
        let made = handler(Framework::NextApp, directory.path(), "/../x");
        assert_eq!(made.place, Path::new("src/app/x/route.ts"));
    }

    #[test]
    fn a_list_of_public_routes_gets_one_more_and_nothing_else_changes() {
        for (before, after) in [
            (
                "const isPublicRoute = createRouteMatcher(['/b(.*)'])\n",
                Some("const isPublicRoute = createRouteMatcher(['/b(.*)', '/api/webhooks(.*)'])\n"),
            ),
            (
                "const isPublic = createRouteMatcher([])",
                Some("const isPublic = createRouteMatcher(['/api/webhooks(.*)'])"),
            ),
            (
                "const open = createRouteMatcher([\n  \"/a\",\n  \"/b\",\n])\nif (!open(r)) x",
                Some(
                    "const open = createRouteMatcher([\n  \"/a\",\n  \"/b\",\n  \"/api/webhooks(.*)\",\n])\nif (!open(r)) x",
                ),
            ),
            ("const isProtected = createRouteMatcher(['/a'])\nif (isProtected(r)) x", None),
            ("const isPublic = createRouteMatcher(['/api(.*)'])", None),
            ("export default clerkMiddleware()", None),
            ("createRouteMatcher([", None),
        ] {
            assert_eq!(opened(before, "/api/webhooks").as_deref(), after, "{before}");
        }
    }
}
