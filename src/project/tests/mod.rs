//! Trees of files as people have them, and what is found in each.

mod places;
mod routes;
mod scanner;
mod scripts;
mod secrets;
mod servers;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Project, Search, find};

/// A directory with these files: each begins with a line `== PATH`.
fn tree(text: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for file in format!("\n{text}").split("\n== ").skip(1) {
        let (name, content) = file.split_once('\n').expect("a name and a text");
        let path = directory.path().join(name.trim());
        fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        fs::write(path, content).expect("written");
    }
    directory
}

fn found(directory: &Path) -> Project {
    match find(directory, None) {
        Search::One(project) => *project,
        Search::Several(projects) => panic!("{} projects", projects.len()),
    }
}

/// `next 16.4 | 3000 package.json:3 | /api/webhooks app/api/webhooks/route.ts:4 | .env.local package.json:3 | NAME file:4`
fn told(directory: &Path) -> String {
    let project = found(directory);
    let framework = project.framework.as_ref().map_or("unknown".to_owned(), |found| {
        format!("{} {}", found.value.framework.facts().id, found.value.version.as_deref().unwrap_or("?"))
    });
    let port = project.dev_port.as_ref().map_or("-".to_owned(), |found| format!("{} {}", found.value, found.place()));
    let routes: Vec<String> =
        project.routes.iter().map(|found| format!("{} {}", found.value.path, found.place())).collect();
    let routes = if routes.is_empty() { "-".to_owned() } else { routes.join(", ") };
    let file = project.env_file.as_ref().map_or("-".to_owned(), |found| format!("{} {}", found.value, found.place()));
    let variable = project.secret_variable.as_ref();
    let variable = variable.map_or("-".to_owned(), |found| format!("{} {}", found.value, found.place()));
    format!("{framework} | {port} | {routes} | {file} | {variable}")
}

#[track_caller]
fn says(text: &str, expected: &str) {
    assert_eq!(told(tree(text).path()), expected, "{text}");
}

/// The warnings, each with its place.
fn warned(text: &str) -> Vec<String> {
    let directory = tree(text);
    let warnings = found(directory.path()).warnings;
    warnings.iter().map(|warning| format!("{} {}", warning.found.place(), warning.found.value)).collect()
}

const CLERK_ROUTE: &str =
    "import { verifyWebhook } from '@clerk/nextjs/webhooks'\nexport const POST = (req) => verifyWebhook(req)\n";
