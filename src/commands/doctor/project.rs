//! What the project's files say, each with its place, and what in them should be mended.

use super::Finding;
use crate::project::{Project, Warning};
use crate::steps::Context;

/// Framework, route and warnings; nothing where the directory is no package.
pub fn check(context: &Context) -> Vec<(&'static str, Finding)> {
    let project = &*context.project;
    if !project.is_package {
        return Vec::new();
    }
    let mut findings = vec![("project", framework(project)), ("route", route(project))];
    findings.extend(project.warnings.iter().map(|warning| ("project", warned(warning))));
    findings
}

fn framework(project: &Project) -> Finding {
    match &project.framework {
        Some(found) => {
            let version = found.value.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
            Finding::ok(format!("{}{version} ({})", found.value.framework.facts().name, found.place()))
        }
        None => Finding::ok("no framework that is known"),
    }
}

fn route(project: &Project) -> Finding {
    match &project.routes[..] {
        [] => Finding::warn(
            "no file of the project verifies a webhook",
            "where the route stands elsewhere, name it: `clerkhook up --path PATH`",
        ),
        [only] => Finding::ok(format!("{} ({})", only.value.path, only.place())),
        several => {
            let each = several.iter().map(|route| format!("{} ({})", route.value.path, route.place()));
            let first = &several[0].value.path;
            Finding::warn(
                format!("several: {}", each.collect::<Vec<_>>().join(", ")),
                format!("name the one that is meant: `clerkhook up --path {first}`"),
            )
        }
    }
}

fn warned(warning: &Warning) -> Finding {
    Finding::warn(format!("{}: {}", warning.found.place(), warning.found.value), warning.fix.clone())
}
