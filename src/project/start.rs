//! The command that starts the app, as a person types it.

use std::path::Path;

use super::framework::Framework;
use super::manifest::Manifest;

/// Lock files and the package managers that write them.
const MANAGERS: [(&str, &str); 4] =
    [("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun")];

/// Above a package, so many directories may hold the lock file of its workspace.
const ABOVE: usize = 4;

/// `npm run dev`, where the package has such a script; else what its framework is started with.
pub fn command(manifest: &Manifest, directory: &Path, framework: Option<Framework>) -> Option<String> {
    if manifest.script("dev").is_some() {
        return Some(format!("{} run dev", manager(directory)));
    }
    if manifest.script("start").is_some() {
        return Some(format!("{} start", manager(directory)));
    }
    let usual = match framework? {
        Framework::FastApi => "fastapi dev",
        Framework::Flask => "flask run",
        Framework::Django => "python manage.py runserver",
        Framework::Axum | Framework::Actix => "cargo run",
        Framework::Go => "go run .",
        Framework::Rails => "bin/rails server",
        _ => return None,
    };
    Some(usual.to_owned())
}

fn manager(directory: &Path) -> &'static str {
    let written = |above: &Path| MANAGERS.into_iter().find(|(lock, _)| above.join(lock).is_file());
    directory.ancestors().take(ABOVE).find_map(written).map_or("npm", |(_, manager)| manager)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tree::Reader;
    use super::*;

    fn of(files: &[(&str, &str)], framework: Option<Framework>) -> Option<String> {
        let home = tempfile::tempdir().expect("a directory");
        files.iter().for_each(|(name, text)| fs::write(home.path().join(name), text).expect("written"));
        let reader = Reader::default();
        command(&Manifest::read(&reader, home.path()), home.path(), framework)
    }

    #[test]
    fn what_starts_an_app_is_what_its_people_type() {
        let dev = ("package.json", r#"{"scripts": {"dev": "next dev", "start": "next start"}}"#);
        let start = ("package.json", r#"{"scripts": {"start": "node server.js"}}"#);
        assert_eq!(of(&[dev], None).as_deref(), Some("npm run dev"));
        assert_eq!(of(&[dev, ("pnpm-lock.yaml", "")], None).as_deref(), Some("pnpm run dev"));
        assert_eq!(of(&[start, ("yarn.lock", "")], None).as_deref(), Some("yarn start"));
        assert_eq!(of(&[], Some(Framework::Django)).as_deref(), Some("python manage.py runserver"));
        assert_eq!((of(&[], Some(Framework::Express)), of(&[], None)), (None, None));
    }
}
