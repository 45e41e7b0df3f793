//! The project: found before the settings are settled, told, and compared with what really listens.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Context;
use super::app::{self, Wish};
use crate::config::{Findings, Source, Sourced, Upstream};
use crate::dotenv;
use crate::error::{Error, Result};
use crate::handler::listens;
use crate::process::{self, Listener};
use crate::project::{Found, Project, Route, Search, find};
use crate::report::{self, Report, Step};
use crate::shutdown::Shutdown;
use crate::ui::{Offer, Question, Ui};

/// A dev server whose port is taken tries the next ones.
const NEXT_ONES: u16 = 10;

/// Programs that listen in a project and are not its app.
const NOT_APPS: [&str; 2] = ["ngrok", "clerkhook"];

/// Where to look, and what must be known.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where paths are told from.
    pub working_directory: PathBuf,
    /// Where to begin.
    pub start: PathBuf,
    /// The person's own directory, which is no project.
    pub home: Option<PathBuf>,
    /// One package must be meant.
    pub one_project: bool,
    /// One route must be meant.
    pub one_route: bool,
}

/// Finds the project; a person says which one where several have a route, and which of its routes.
///
/// # Errors
/// `SeveralProjects` and `SeveralRoutes` where nobody can be asked; those of questions.
pub async fn locate(place: &Place, ui: &Arc<Ui>, shutdown: &Shutdown) -> Result<Project> {
    let mut project = match find(&place.start, place.home.as_deref()) {
        Search::One(project) => *project,
        Search::Several(_) if !place.one_project => Project::plain(&place.start),
        Search::Several(mut projects) => {
            let name = |project: &Project| shown(&place.working_directory, &project.directory);
            let names: Vec<String> = projects.iter().map(name).collect();
            if !ui.interactive() {
                return Err(Error::SeveralProjects { names });
            }
            let offer = |(name, project): (&String, &Project)| Offer::Named(name.clone(), words(project));
            let offered = names.iter().zip(&projects).map(offer).collect();
            projects.swap_remove(ui.pick(Question::WhichProject, offered, shutdown.wait()).await?)
        }
    };
    if place.one_route && project.routes.len() > 1 {
        let paths: Vec<String> = project.routes.iter().map(|route| route.value.path.clone()).collect();
        if !ui.interactive() {
            return Err(Error::SeveralRoutes { paths });
        }
        let offer = |route: &Found<Route>| Offer::Named(route.value.path.clone(), route.place());
        let offered = project.routes.iter().map(offer).collect();
        let picked = ui.pick(Question::WhichRoute, offered, shutdown.wait()).await?;
        project.routes = vec![project.routes.swap_remove(picked)];
    }
    Ok(project)
}

fn words(project: &Project) -> String {
    let name = project.framework.as_ref().map(|found| found.value.framework.facts().name);
    let route = project.routes.first().map(|route| route.value.path.as_str());
    [name, route].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the project says, for the settings. Of several routes none counts.
pub fn findings(project: &Project, working_directory: &Path) -> Findings {
    fn sourced<T, U>(project: &Project, from_here: &Path, found: &Found<T>, value: U) -> Sourced<U> {
        let file = from(from_here, &project.directory.join(&found.file)).to_owned();
        Sourced::new(value, Source::Project { file, line: found.line })
    }
    let env_file = project.env_file.as_ref();
    let variable = project.secret_variable.as_ref();
    let port = project.dev_port.as_ref();
    let route = project.routes.first().filter(|_| project.routes.len() == 1);
    Findings {
        app: port.map(|found| sourced(project, working_directory, found, Upstream::local(found.value))),
        path: route.map(|found| sourced(project, working_directory, found, found.value.path.clone())),
        env_file: env_file
            .map(|found| sourced(project, working_directory, found, project.directory.join(&found.value))),
        secret_variable: variable.map(|found| sourced(project, working_directory, found, found.value.clone())),
    }
}

/// A path as one types it in a directory: what lies in it without it, what lies above with dots.
pub fn from(directory: &Path, path: &Path) -> PathBuf {
    for (ups, above) in directory.ancestors().enumerate().take_while(|(_, above)| above.parent().is_some()) {
        if let Ok(rest) = path.strip_prefix(above) {
            let shown: PathBuf = std::iter::repeat_n("..", ups).map(PathBuf::from).chain([rest.to_owned()]).collect();
            return if shown.as_os_str().is_empty() { PathBuf::from(".") } else { shown };
        }
        // Further away the whole path says more.
        if ups == 3 {
            break;
        }
    }
    path.to_owned()
}

fn shown(directory: &Path, path: &Path) -> String {
    from(directory, path).display().to_string().trim_end_matches('/').to_owned()
}

/// Tells what was found; nothing where the directory is no package.
pub fn tell(context: &Context) {
    let project = &context.project;
    if !project.is_package {
        return;
    }
    let used = project.framework.as_ref().map(|found| &found.value);
    let env_file = project.env_path();
    let variables = dotenv::read(&env_file).ok().flatten().unwrap_or_default();
    // Before 1.0 the second number says what the first one does later.
    let major = |version: &String| {
        let numbers = if version.starts_with("0.") { 2 } else { 1 };
        version.split('.').take(numbers).collect::<Vec<_>>().join(".")
    };
    let route = project.routes.first().filter(|_| project.routes.len() == 1);
    context.ui.emit(&Report::Project(report::Project {
        framework: used.map(|used| used.framework.facts().id),
        version: used.and_then(|used| used.version.clone()),
        directory: shown(&context.settings.working_directory, &project.directory),
        dev_port: project.dev_port.as_ref().map(|found| found.value),
        route: route
            .map(|found| report::Route { path: found.value.path.clone(), file: found.file.display().to_string() }),
        env_file: shown(&project.directory, &env_file),
        secret_variable: project.variable_name(&variables),
        warnings: project
            .warnings
            .iter()
            .map(|warning| format!("{}: {}", warning.found.place(), warning.found.value))
            .collect(),
        name: used.map(|used| {
            let version = used.version.as_ref().map(major).map(|major| format!(" {major}"));
            format!("{}{}", used.framework.facts().name, version.unwrap_or_default())
        }),
    }));
}

/// The app that is wished for. Where nobody named one, it is what really listens: the project's port, or that of the
/// process that runs in the project.
///
/// # Errors
/// `AppForeign` when a program that runs elsewhere holds the project's port.
pub async fn app(context: &Context, wish: &Wish) -> Result<Wish> {
    let settings = &context.settings;
    let named = settings.app.as_ref().filter(|app| !app.is_found());
    if wish.upstream.is_some() || wish.serve && named.is_none() {
        return Ok(wish.clone());
    }
    let usual = app::usual(context);
    let chosen = |upstream| Ok(Wish { upstream: Some(upstream), ..wish.clone() });
    if named.is_some() || !context.project.is_package {
        return if named.is_some() { chosen(usual) } else { Ok(wish.clone()) };
    }
    let directory = context.project.directory.clone();
    let found = tokio::task::spawn_blocking(process::listeners).await.unwrap_or_default();
    let (own, others): (Vec<Listener>, Vec<Listener>) =
        found.into_iter().filter(is_app).partition(|listener| listener.directory.starts_with(&directory));
    let port = usual.port();
    if own.iter().any(|listener| listener.port == port) {
        return chosen(usual);
    }
    if let Some(port) = instead(&own, port) {
        return chosen(Upstream::local(port));
    }
    let stranger = others.into_iter().find(|other| other.port == port && !directory.starts_with(&other.directory));
    match stranger {
        Some(Listener { port, program, pid, directory, .. }) if listens(&usual).await.is_ok() => {
            let project = context.project.directory.clone();
            let foreign = Error::AppForeign { port, program, pid, directory, project };
            Err(context.begin(Step::App, format!("looking at {usual}")).fail(foreign))
        }
        _ => chosen(usual),
    }
}

fn is_app(listener: &Listener) -> bool {
    !NOT_APPS.contains(&listener.program.as_str()) && listener.pid != std::process::id()
}

/// The port that the project's app listens on in place of the one that its files name: one of the next, or the only one.
fn instead(own: &[Listener], port: u16) -> Option<u16> {
    let next = own.iter().find(|listener| listener.port > port && listener.port - port <= NEXT_ONES);
    let only = own.first().filter(|first| own.iter().all(|other| other.port == first.port));
    next.or(only).map(|listener| listener.port)
}
