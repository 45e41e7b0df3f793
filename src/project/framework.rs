//! The frameworks that are known: what shows that one is used, and where its dev server listens.

use super::Found;
use super::manifest::Manifest;

/// A framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names")]
pub enum Framework {
    Next,
    Nuxt,
    ReactRouter,
    TanStackStart,
    SvelteKit,
    Astro,
    Fastify,
    Hono,
    Express,
    Vite,
    FastApi,
    Flask,
    Django,
    Axum,
    Actix,
    Rails,
    Go,
}

/// What is known of one.
#[derive(Debug)]
pub struct Facts {
    /// Which.
    pub framework: Framework,
    /// Its name in JSON.
    pub id: &'static str,
    /// Its name for a person.
    pub name: &'static str,
    /// The dependency that shows it.
    pub package: &'static str,
    /// Where its dev server listens when nothing says otherwise.
    pub port: Option<u16>,
    /// The env file that its apps read.
    pub env_file: &'static str,
    /// `PORT` of the environment or an env file counts.
    pub reads_port: bool,
    /// Its config file, without the ending, and the object there that names the port.
    pub config: Option<(&'static str, &'static str)>,
}

const fn facts(framework: Framework, id: &'static str, name: &'static str, package: &'static str) -> Facts {
    Facts { framework, id, name, package, port: None, env_file: ".env", reads_port: false, config: None }
}

const fn by_habit(framework: Framework, id: &'static str, name: &'static str, package: &'static str) -> Facts {
    Facts { reads_port: true, ..facts(framework, id, name, package) }
}

const fn served(facts: Facts, port: u16, config: Option<(&'static str, &'static str)>) -> Facts {
    Facts { port: Some(port), config, ..facts }
}

/// All of them; of two in one package the first is meant, unless a route says otherwise.
pub static ALL: [Facts; 17] = [
    Facts { env_file: ".env.local", ..served(facts(Framework::Next, "next", "Next.js", "next"), 3000, None) },
    served(facts(Framework::Nuxt, "nuxt", "Nuxt", "nuxt"), 3000, Some(("nuxt.config", "devServer"))),
    served(
        facts(Framework::TanStackStart, "tanstack-start", "TanStack Start", "@tanstack/react-start"),
        3000,
        Some(("vite.config", "server")),
    ),
    served(
        facts(Framework::ReactRouter, "react-router", "React Router", "@react-router/dev"),
        5173,
        Some(("vite.config", "server")),
    ),
    served(
        facts(Framework::SvelteKit, "sveltekit", "SvelteKit", "@sveltejs/kit"),
        5173,
        Some(("vite.config", "server")),
    ),
    served(facts(Framework::Astro, "astro", "Astro", "astro"), 4321, Some(("astro.config", "server"))),
    by_habit(Framework::Fastify, "fastify", "Fastify", "fastify"),
    by_habit(Framework::Hono, "hono", "Hono", "hono"),
    by_habit(Framework::Express, "express", "Express", "express"),
    served(facts(Framework::Vite, "vite", "Vite", "vite"), 5173, Some(("vite.config", "server"))),
    served(facts(Framework::FastApi, "fastapi", "FastAPI", "fastapi"), 8000, None),
    served(facts(Framework::Flask, "flask", "Flask", "flask"), 5000, None),
    served(facts(Framework::Django, "django", "Django", "django"), 8000, None),
    by_habit(Framework::Axum, "axum", "axum", "axum"),
    by_habit(Framework::Actix, "actix", "Actix", "actix-web"),
    served(facts(Framework::Rails, "rails", "Rails", "rails"), 3000, None),
    by_habit(Framework::Go, "go", "Go", "svix-webhooks"),
];

impl Framework {
    /// Whether where a file stands makes its route, and no call.
    pub fn is_by_convention(self) -> bool {
        match self {
            Self::Next
            | Self::Nuxt
            | Self::ReactRouter
            | Self::TanStackStart
            | Self::SvelteKit
            | Self::Astro
            | Self::Vite => true,
            Self::Fastify
            | Self::Hono
            | Self::Express
            | Self::FastApi
            | Self::Flask
            | Self::Django
            | Self::Axum
            | Self::Actix
            | Self::Rails
            | Self::Go => false,
        }
    }

    /// When its running server knows what was written to an env file.
    pub fn reload(self) -> Reload {
        match self {
            Self::Next => Reload::AtOnce,
            Self::Nuxt | Self::ReactRouter | Self::TanStackStart | Self::SvelteKit | Self::Astro | Self::Vite => {
                Reload::ByItself
            }
            Self::Fastify
            | Self::Hono
            | Self::Express
            | Self::FastApi
            | Self::Flask
            | Self::Django
            | Self::Axum
            | Self::Actix
            | Self::Rails
            | Self::Go => Reload::ByHand,
        }
    }

    /// What is known of it.
    pub fn facts(self) -> &'static Facts {
        ALL.iter().find(|facts| facts.framework == self).unwrap_or(&ALL[0])
    }
}

/// When a running server knows what was written to an env file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// Without a restart (Next's dev server).
    AtOnce,
    /// Its dev server restarts because of it, and is away meanwhile (seen with Vite's).
    ByItself,
    /// When somebody restarts it.
    ByHand,
}

/// A framework and the version that the package asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Which.
    pub framework: Framework,
    /// `16.4`.
    pub version: Option<String>,
}

/// The frameworks of a package, the one that is most likely meant first.
pub fn used(manifest: &Manifest) -> Vec<Found<Used>> {
    let found = |facts: &Facts| {
        let dependency = manifest.depends_on(facts.package)?;
        let used = Used { framework: facts.framework, version: dependency.value.1.clone() };
        Some(Found { value: used, file: dependency.file.clone(), line: dependency.line })
    };
    ALL.iter().filter_map(found).collect()
}
