//! What the app's directory says of the app.

use serde::Serialize;

/// The webhook route.
#[derive(Clone, Debug, Serialize)]
pub struct Route {
    /// As a request names it.
    pub path: String,
    /// As it stands in the project.
    pub file: String,
}

/// The project.
#[derive(Clone, Debug, Serialize)]
pub struct Project {
    /// `next`, `express`, `fastapi`, …; absent where it is not known.
    pub framework: Option<&'static str>,
    /// `16.4`, as the project asks for it.
    pub version: Option<String>,
    /// From the working directory.
    pub directory: String,
    /// Where the dev server listens by the project's files.
    pub dev_port: Option<u16>,
    /// Absent where no route was found.
    pub route: Option<Route>,
    /// In the project's directory.
    pub env_file: String,
    /// The name of the signing secret.
    pub secret_variable: String,
    /// What should be mended, each with its place.
    pub warnings: Vec<String>,
    /// The framework's name for a person.
    #[serde(skip)]
    pub name: Option<String>,
}
