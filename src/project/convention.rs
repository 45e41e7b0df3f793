//! Paths that follow from where a file stands.

use std::path::Path;

use super::framework::Framework;

/// What a file of Nuxt's server may end with, for one method alone (Nuxt docs, server directory).
const METHODS: [&str; 7] = [".post", ".get", ".put", ".patch", ".delete", ".head", ".options"];

/// The path of the route in `file` (as it stands in the package), where the framework makes one of it.
pub fn path(framework: Framework, file: &Path) -> Option<String> {
    let shown = file.to_str()?.replace('\\', "/");
    let inner = shown.strip_prefix("src/").unwrap_or(&shown);
    let stem = |path: &str| path.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    match framework {
        Framework::Next => match inner.strip_prefix("app/") {
            Some(below) => joined(stem(below)?.strip_suffix("route")?),
            None => {
                inner.strip_prefix("pages/").filter(|below| below.starts_with("api/")).and_then(|it| joined(&stem(it)?))
            }
        },
        Framework::Nuxt => {
            let below = shown.strip_prefix("server/")?;
            let below = below.strip_prefix("routes/").or_else(|| below.starts_with("api/").then_some(below))?;
            let stem = stem(below)?;
            joined(METHODS.iter().find_map(|method| stem.strip_suffix(method)).unwrap_or(&stem))
        }
        Framework::SvelteKit => joined(stem(shown.strip_prefix("src/routes/")?)?.strip_suffix("+server")?),
        Framework::Astro => joined(&stem(shown.strip_prefix("src/pages/")?)?),
        Framework::ReactRouter => {
            let stem = stem(shown.strip_prefix("app/routes/")?)?;
            dotted(stem.strip_suffix("/route").unwrap_or(&stem))
        }
        Framework::TanStackStart => {
            dotted(&stem(inner.strip_prefix("routes/").or_else(|| inner.strip_prefix("app/routes/"))?)?)
        }
        _ => None,
    }
}

/// Segments as they stand; groups drop out, and one that stands for any value names no path.
fn joined(below: &str) -> Option<String> {
    let mut path = String::new();
    for segment in below.split('/').filter(|segment| !segment.is_empty() && *segment != "index") {
        let group = segment.starts_with('(') && segment.ends_with(')') || segment.starts_with('@');
        if segment.contains(['[', '$']) {
            return None;
        }
        if !group {
            path.push('/');
            path.push_str(segment);
        }
    }
    Some(if path.is_empty() { "/".to_owned() } else { path })
}

/// The same where a dot stands for a slash; a segment that begins with `_` is a layout's, and one that ends with it has none.
fn dotted(below: &str) -> Option<String> {
    let segments: Vec<&str> = below.split(['/', '.']).filter(|segment| !segment.starts_with('_')).collect();
    let segments: Vec<&str> = segments.iter().map(|segment| segment.trim_end_matches('_')).collect();
    joined(&segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_file_stands_is_its_path() {
        for (framework, file, expected) in [
            (Framework::Next, "app/api/webhooks/route.ts", Some("/api/webhooks")),
            (Framework::Next, "src/app/(backend)/api/webhooks/clerk/route.js", Some("/api/webhooks/clerk")),
            (Framework::Next, "app/[locale]/hook/route.ts", None),
            (Framework::Next, "app/api/webhooks/page.tsx", None),
            (Framework::Next, "src/pages/api/webhooks/index.ts", Some("/api/webhooks")),
            (Framework::Next, "pages/webhooks.ts", None),
            (Framework::Nuxt, "server/api/webhooks/clerk.post.ts", Some("/api/webhooks/clerk")),
            (Framework::Nuxt, "server/api/webhooks.get.ts", Some("/api/webhooks")),
            (Framework::Nuxt, "server/routes/hooks.ts", Some("/hooks")),
            (Framework::Nuxt, "server/utils/hooks.ts", None),
            (Framework::SvelteKit, "src/routes/(app)/api/webhooks/+server.ts", Some("/api/webhooks")),
            (Framework::SvelteKit, "src/routes/+page.server.ts", None),
            (Framework::Astro, "src/pages/api/webhooks.ts", Some("/api/webhooks")),
            (Framework::ReactRouter, "app/routes/api.webhooks.ts", Some("/api/webhooks")),
            (Framework::ReactRouter, "app/routes/_public.webhooks_.clerk/route.ts", Some("/webhooks/clerk")),
            (Framework::TanStackStart, "src/routes/api/webhooks.ts", Some("/api/webhooks")),
            (Framework::TanStackStart, "src/routes/api.webhooks.ts", Some("/api/webhooks")),
            (Framework::Express, "src/routes/webhooks.ts", None),
        ] {
            assert_eq!(path(framework, Path::new(file)).as_deref(), expected, "{file}");
        }
    }
}
