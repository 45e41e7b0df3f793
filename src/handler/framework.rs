//! The frameworks that clerkhook has words and a handler for, a row each.

use std::fmt;
use std::str::FromStr;

/// A framework that an app is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named after themselves; the table describes them")]
pub enum Framework {
    NextApp,
    NextPages,
    Express,
    Fastify,
    Hono,
    Nuxt,
    SvelteKit,
    Astro,
    ReactRouter,
    TanStackStart,
    FastApi,
    Flask,
    Django,
    Axum,
    Go,
}

/// What is known of a framework (run with the packages that `tests/frameworks` names, where it names them).
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Which.
    pub framework: Framework,
    /// As it is typed.
    pub name: &'static str,
    /// As people say it.
    pub title: &'static str,
    /// The handler.
    pub template: &'static str,
    /// Where the handler's file belongs, by convention.
    pub place: &'static str,
    /// Whether the file's place is the route's path.
    pub by_place: bool,
    /// What verifies, to be installed.
    pub install: &'static str,
    /// The variable that is read.
    pub variable: &'static str,
    /// What else has to be written for Clerk to reach the handler.
    pub mount: &'static str,
    /// Files that may guard every route, the first that exists is meant.
    pub guards: &'static [&'static str],
    /// What begins a name in `package.json`, `requirements.txt`, `Cargo.toml` or `go.mod`.
    pub dependency: &'static str,
}

const VARIABLE: &str = "CLERK_WEBHOOK_SIGNING_SECRET";

/// In the order in which a project is taken for one: what brings another comes before it.
pub const ALL: [Profile; 15] = [
    Profile {
        framework: Framework::NextApp,
        name: "next",
        title: "Next.js, app router",
        template: include_str!("templates/next-app.ts"),
        place: "app/api/webhooks/route.ts",
        by_place: true,
        install: "npm install @clerk/nextjs",
        variable: VARIABLE,
        mount: "in `proxy.ts` (`middleware.ts` before Next.js 16) make the route public: \
                `createRouteMatcher(['/api/webhooks(.*)'])`",
        guards: &["proxy.ts", "src/proxy.ts", "middleware.ts", "src/middleware.ts", "proxy.js", "middleware.js"],
        dependency: "next",
    },
    Profile {
        framework: Framework::NextPages,
        name: "next-pages",
        title: "Next.js, pages router",
        template: include_str!("templates/next-pages.ts"),
        place: "pages/api/webhooks.ts",
        by_place: true,
        install: "npm install @clerk/backend",
        variable: VARIABLE,
        mount: "in `proxy.ts` (`middleware.ts` before Next.js 16) make the route public: \
                `createRouteMatcher(['/api/webhooks(.*)'])`",
        guards: &["proxy.ts", "src/proxy.ts", "middleware.ts", "src/middleware.ts", "proxy.js", "middleware.js"],
        dependency: "next",
    },
    Profile {
        framework: Framework::Nuxt,
        name: "nuxt",
        title: "Nuxt",
        template: include_str!("templates/nuxt.ts"),
        place: "server/api/webhooks.post.ts",
        by_place: true,
        install: "npm install @clerk/nuxt",
        variable: "NUXT_CLERK_WEBHOOK_SIGNING_SECRET",
        mount: "where `server/middleware` guards routes, make this one public: `createRouteMatcher(['/api/webhooks(.*)'])`",
        guards: &["server/middleware/clerk.ts", "server/middleware/auth.ts"],
        dependency: "nuxt",
    },
    Profile {
        framework: Framework::SvelteKit,
        name: "sveltekit",
        title: "SvelteKit",
        template: include_str!("templates/sveltekit.ts"),
        place: "src/routes/api/webhooks/+server.ts",
        by_place: true,
        install: "npm install @clerk/backend",
        variable: VARIABLE,
        mount: "where `src/hooks.server` sends visitors away, let `/api/webhooks` pass",
        guards: &[],
        dependency: "@sveltejs/kit",
    },
    Profile {
        framework: Framework::Astro,
        name: "astro",
        title: "Astro",
        template: include_str!("templates/astro.ts"),
        place: "src/pages/api/webhooks.ts",
        by_place: true,
        install: "npm install @clerk/astro",
        variable: VARIABLE,
        mount: "a server adapter is needed (`npx astro add node`); where `src/middleware.ts` guards routes, make this one \
                public: `createRouteMatcher(['/api/webhooks(.*)'])`",
        guards: &["src/middleware.ts", "src/middleware.js"],
        dependency: "astro",
    },
    Profile {
        framework: Framework::TanStackStart,
        name: "tanstack-start",
        title: "TanStack Start",
        template: include_str!("templates/tanstack-start.ts"),
        place: "src/routes/api/webhooks.ts",
        by_place: true,
        install: "npm install @clerk/tanstack-react-start",
        variable: VARIABLE,
        mount: "where a middleware guards routes, let `/api/webhooks` pass",
        guards: &[],
        dependency: "@tanstack/react-start",
    },
    Profile {
        framework: Framework::ReactRouter,
        name: "react-router",
        title: "React Router",
        template: include_str!("templates/react-router.ts"),
        place: "app/routes/webhooks.ts",
        by_place: false,
        install: "npm install @clerk/react-router",
        variable: VARIABLE,
        mount: "in `app/routes.ts` name the route: `route('api/webhooks', 'routes/webhooks.ts')`",
        guards: &[],
        dependency: "@react-router/dev",
    },
    Profile {
        framework: Framework::Fastify,
        name: "fastify",
        title: "Fastify",
        template: include_str!("templates/fastify.js"),
        place: "webhooks.js",
        by_place: false,
        install: "npm install @clerk/backend",
        variable: VARIABLE,
        mount: "register it beside the plugins that guard, not inside: `fastify.register(webhooks)`",
        guards: &[],
        dependency: "fastify",
    },
    Profile {
        framework: Framework::Hono,
        name: "hono",
        title: "Hono",
        template: include_str!("templates/hono.js"),
        place: "webhooks.js",
        by_place: false,
        install: "npm install @clerk/hono",
        variable: VARIABLE,
        mount: "mount it before anything that guards: `app.route('/', webhooks)`",
        guards: &[],
        dependency: "hono",
    },
    Profile {
        framework: Framework::Express,
        name: "express",
        title: "Express",
        template: include_str!("templates/express.js"),
        place: "webhooks.js",
        by_place: false,
        install: "npm install @clerk/express",
        variable: VARIABLE,
        mount: "mount it before `express.json()` and before anything that guards: `app.use(webhooks)`",
        guards: &[],
        dependency: "express",
    },
    Profile {
        framework: Framework::FastApi,
        name: "fastapi",
        title: "FastAPI",
        template: include_str!("templates/fastapi.py"),
        place: "webhooks.py",
        by_place: false,
        install: "pip install svix",
        variable: VARIABLE,
        mount: "mount it without the dependencies that guard: `app.include_router(router)`",
        guards: &[],
        dependency: "fastapi",
    },
    Profile {
        framework: Framework::Flask,
        name: "flask",
        title: "Flask",
        template: include_str!("templates/flask.py"),
        place: "webhooks.py",
        by_place: false,
        install: "pip install svix",
        variable: VARIABLE,
        mount: "mount it, and let it pass where a `before_request` guards: `app.register_blueprint(webhooks)`",
        guards: &[],
        dependency: "flask",
    },
    Profile {
        framework: Framework::Django,
        name: "django",
        title: "Django",
        template: include_str!("templates/django.py"),
        place: "webhooks.py",
        by_place: false,
        install: "pip install svix",
        variable: VARIABLE,
        mount: "in `urls.py` name the route, without a slash at its end: `path(\"api/webhooks\", webhooks)`",
        guards: &[],
        dependency: "django",
    },
    Profile {
        framework: Framework::Axum,
        name: "axum",
        title: "axum",
        template: include_str!("templates/axum.rs.txt"),
        place: "src/webhooks.rs",
        by_place: false,
        install: "cargo add svix",
        variable: VARIABLE,
        mount: "merge it outside the layers that guard: `app.merge(webhooks::webhooks())`",
        guards: &[],
        dependency: "axum",
    },
    Profile {
        framework: Framework::Go,
        name: "go",
        title: "Go, net/http",
        template: include_str!("templates/go.go"),
        place: "webhooks/webhooks.go",
        by_place: false,
        install: "go get github.com/svix/svix-webhooks/go",
        variable: VARIABLE,
        mount: "mount it outside the middleware that guards: `http.HandleFunc(\"POST /api/webhooks\", webhooks.Handler)`",
        guards: &[],
        dependency: "module",
    },
];

impl Framework {
    /// What is known of it.
    pub fn profile(self) -> &'static Profile {
        ALL.iter().find(|profile| profile.framework == self).expect("the table has each; a test counts them")
    }

    /// The framework that put its name into an answer's headers (seen in Next 16, Nuxt 4, Express 5, Flask 3, uvicorn).
    pub fn of_answer<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let powered = header("x-powered-by").unwrap_or_default();
        let server = header("server").unwrap_or_default();
        [
            (powered, "Next.js", Self::NextApp),
            (powered, "Nuxt", Self::Nuxt),
            (powered, "Express", Self::Express),
            (server, "Werkzeug", Self::Flask),
            (server, "WSGIServer", Self::Django),
            (server, "uvicorn", Self::FastApi),
        ]
        .into_iter()
        .find_map(|(value, begin, framework)| value.starts_with(begin).then_some(framework))
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.profile().name)
    }
}

impl FromStr for Framework {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '_', '.', ' '], "");
        let typed = match plain(text).as_str() {
            "nextjs" | "nextapp" => "next".to_owned(),
            "svelte" => "sveltekit".to_owned(),
            "remix" => "reactrouter".to_owned(),
            typed => typed.to_owned(),
        };
        let found = ALL.iter().find(|profile| plain(profile.name) == typed);
        found.map(|profile| profile.framework).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|profile| profile.name).collect();
            format!("there is a handler for {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_row_and_its_own_name() {
        for profile in &ALL {
            assert_eq!(profile.framework.profile().name, profile.name);
            assert_eq!(profile.framework.to_string().parse(), Ok(profile.framework));
            assert!(profile.template.contains("/api/webhooks"), "{}", profile.name);
            assert!(profile.template.contains("svix-id") && profile.template.contains(profile.variable));
            for event in ["user.created", "user.updated", "user.deleted"] {
                assert!(profile.template.contains(event), "{} has no {event}", profile.name);
            }
        }
        assert_eq!("Next.js".parse(), Ok(Framework::NextApp));
        assert!("rails".parse::<Framework>().expect_err("no row").contains("express"));
    }
}
