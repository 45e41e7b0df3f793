//! From a directory to the package that holds the app: upwards, and from a monorepo's root to the one with a route.

use std::path::{Path, PathBuf};

use super::manifest::{Manifest, members};
use super::package::Project;
use super::tree::{MANIFESTS, Reader};

/// A monorepo with more packages is not looked through to its end.
const MEMBERS: usize = 200;

/// What a repository without a package of its own holds.
const BELOW: [&str; 2] = ["*", "*/*"];

/// What was found.
#[derive(Clone, Debug)]
pub enum Search {
    /// The app's package, or the directory itself where there is none.
    One(Box<Project>),
    /// Packages that each have a webhook route.
    Several(Vec<Project>),
}

/// Looks from a directory upwards; the home directory and what everybody may write to are nobody's project.
pub fn find(directory: &Path, home: Option<&Path>) -> Search {
    let one = |project| Search::One(Box::new(project));
    match above(directory, home) {
        Some(package) => {
            let reader = Reader::within(&repository(&package));
            let patterns = Manifest::read(&reader, &package).members;
            let inner = members(&reader, &package, &patterns);
            choose(&reader, &inner, Some(&package))
        }
        None if directory.join(".git").exists() => {
            let reader = Reader::within(directory);
            let inner = members(&reader, directory, &BELOW.map(str::to_owned));
            choose(&reader, &inner, None).or_plain(directory)
        }
        None => one(Project::plain(directory)),
    }
}

impl Search {
    /// The directory itself where nothing below it has a route.
    fn or_plain(self, directory: &Path) -> Self {
        match self {
            Self::One(project) if !project.is_package => Self::One(Box::new(Project::plain(directory))),
            found => found,
        }
    }
}

/// The packages that have a route; without one the root.
fn choose(reader: &Reader, inner: &[PathBuf], root: Option<&Path>) -> Search {
    let own = root.map(|root| Project::read(reader, root));
    let others = inner.iter().filter(|package| Some(package.as_path()) != root).take(MEMBERS);
    let mut with_route: Vec<Project> = others.map(|package| Project::read(reader, package)).collect();
    with_route.extend(own.clone());
    with_route.retain(|project| !project.routes.is_empty());
    match with_route.len() {
        0 => Search::One(Box::new(own.unwrap_or_default())),
        1 => Search::One(Box::new(with_route.remove(0))),
        _ => Search::Several(with_route),
    }
}

/// The nearest directory that is a package.
fn above(directory: &Path, home: Option<&Path>) -> Option<PathBuf> {
    for here in directory.ancestors() {
        if here != directory && (Some(here) == home || everybodys(here)) {
            return None;
        }
        if MANIFESTS.iter().any(|name| here.join(name).is_file()) {
            return Some(here.to_owned());
        }
        if here.join(".git").exists() {
            return None;
        }
    }
    None
}

/// The repository that a package stands in; the package itself where it stands in none.
fn repository(package: &Path) -> PathBuf {
    package.ancestors().find(|here| here.join(".git").exists()).unwrap_or(package).to_owned()
}

/// Whether others may put files there. A drive of Windows looks as if they might, and is its user's own.
#[cfg(unix)]
fn everybodys(directory: &Path) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    std::fs::metadata(directory).is_ok_and(|metadata| {
        let mode = metadata.permissions().mode();
        let foreign = metadata.uid() != nix::unistd::geteuid().as_raw();
        mode & 0o002 != 0 && (foreign || mode & 0o1000 != 0)
    })
}

#[cfg(not(unix))]
fn everybodys(_directory: &Path) -> bool {
    false
}
