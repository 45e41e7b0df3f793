//! How each framework says what a fix asks for. Each was tried on it: `tests/frameworks`.

use super::Framework;

/// What the fixes are made of; `{path}` is the route.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary {
    /// How a verifier gets the bytes.
    pub raw: &'static str,
    /// How the route is made public.
    pub public: &'static str,
    /// How the route takes POST.
    pub post: &'static str,
    /// Where the route is declared.
    pub route: &'static str,
    /// How a larger body is taken.
    pub limit: &'static str,
    /// How the tunnel's host is let in.
    pub hosts: &'static str,
}

/// For an app of which nothing is known.
const ANY: Vocabulary = Vocabulary {
    raw: "verify the raw body (in Express `express.raw({ type: 'application/json' })` on this route, before any \
          `express.json()`; elsewhere no parsed body and no `JSON.stringify`)",
    public: "make `{path}` a public route of the app's auth middleware (in Next.js `'{path}(.*)'` in the \
             `createRouteMatcher` of `proxy.ts`)",
    post: "have the route take POST",
    route: "check the name of its route file",
    limit: "raise the limit of the body parser for this route",
    hosts: "add the tunnel's host to the allowed hosts of the dev server (in Vite `server.allowedHosts`)",
};

const NEXT: Vocabulary = Vocabulary {
    raw: "hand the request itself to `await verifyWebhook(request)`, with no `request.json()` before it",
    public: "make the route public in `proxy.ts` (`middleware.ts` before Next.js 16): `'{path}(.*)'` in the \
             `createRouteMatcher` of the public routes",
    post: "export `async function POST` from the route's `route.ts`",
    route: "put the handler into `app{path}/route.ts` (or under `src`), as the file must have this name",
    limit: ANY.limit,
    hosts: "add the tunnel's host to `allowedDevOrigins` in `next.config`",
};

const NEXT_PAGES: Vocabulary = Vocabulary {
    raw: "export `config = { api: { bodyParser: false } }` from the route, and verify the bytes that are read from `req`",
    post: "have the route's handler take POST",
    route: "put the handler into `pages{path}.ts` (or under `src`)",
    ..NEXT
};

const EXPRESS: Vocabulary = Vocabulary {
    raw: "mount `express.raw({ type: 'application/json', limit: '1mb' })` on this route, before any `express.json()`",
    public: "mount the route before what guards: `app.post('{path}', …)` stands above `requireAuth()`",
    post: "declare the route with `app.post('{path}', …)`",
    route: "look for its path in `app.post('…')`, and for the prefix of its router in `app.use('…')`",
    limit: "raise it on this route: `express.raw({ type: 'application/json', limit: '1mb' })`",
    hosts: ANY.hosts,
};

const FASTIFY: Vocabulary = Vocabulary {
    raw: "keep the body as text (`addContentTypeParser('application/json', { parseAs: 'string' }, …)`) and verify it with \
          `@clerk/backend/webhooks`; the helper of `@clerk/fastify` wants the parsed body instead",
    public: "register the route outside the plugin whose hook guards, or let `{path}` pass in that hook",
    post: "declare the route with `fastify.post('{path}', …)`",
    route: "look for its path in `fastify.post('…')`, and for the `prefix` with which its plugin is registered",
    limit: "raise it on this route: `fastify.post('{path}', { bodyLimit: 1048576 }, …)`",
    hosts: ANY.hosts,
};

const HONO: Vocabulary = Vocabulary {
    raw: "hand the context itself to `await verifyWebhook(c)`, with no `c.req.json()` written as text again",
    public: "mount the route before what guards: `app.post('{path}', …)` stands above that `app.use(…)`",
    post: "declare the route with `app.post('{path}', …)`",
    route: "look for its path in `app.post('…')`, and for the prefix in `app.route('…', …)`",
    limit: "raise it for this route: `bodyLimit({ maxSize: 1024 * 1024 })`",
    hosts: ANY.hosts,
};

const NUXT: Vocabulary = Vocabulary {
    raw: "hand the event itself to `await verifyWebhook(event)`, with no `readBody(event)` written as text again",
    public: "let `{path}` pass in `server/middleware`",
    post: "end the file's name with `.post.ts`",
    route: "put the handler into `server{path}.post.ts`",
    limit: ANY.limit,
    hosts: "add the tunnel's host to `nuxt.config`: `vite: { server: { allowedHosts: ['.ngrok-free.dev'] } }`",
};

const SVELTEKIT: Vocabulary = Vocabulary {
    raw: "hand the request itself to `await verifyWebhook(request, …)`, with no `request.json()` before it",
    public: "let `{path}` pass in `src/hooks.server`",
    post: "export `POST` from `src/routes{path}/+server.ts`",
    route: "put the handler into `src/routes{path}/+server.ts`",
    limit: "raise it with the variable `BODY_SIZE_LIMIT` (of the Node adapter)",
    hosts: "add the tunnel's host to `vite.config`: `server: { allowedHosts: ['.ngrok-free.dev'] }`",
};

const ASTRO: Vocabulary = Vocabulary {
    public: "let `{path}` pass in `src/middleware.ts`",
    post: "export `POST` from `src/pages{path}.ts`, and `prerender = false`",
    route: "put the handler into `src/pages{path}.ts`, with a server adapter",
    limit: ANY.limit,
    hosts: "add the tunnel's host to `astro.config`: `vite: { server: { allowedHosts: ['.ngrok-free.dev'] } }`",
    ..SVELTEKIT
};

const REACT_ROUTER: Vocabulary = Vocabulary {
    public: "let `{path}` pass in the middleware and loaders that guard",
    post: "export `action` from the route's file; a `loader` alone takes no POST",
    route: "name it in `app/routes.ts`: `route('{path}', …)`",
    limit: ANY.limit,
    ..SVELTEKIT
};

const TANSTACK: Vocabulary = Vocabulary {
    post: "name `POST` in the `server.handlers` of its route",
    route: "put the handler into `src/routes{path}.ts`",
    ..REACT_ROUTER
};

const FASTAPI: Vocabulary = Vocabulary {
    raw: "verify `await request.body()` as it is, without a model in the signature and without `json.dumps`",
    public: "mount the route without the dependency that guards: `app.include_router(router)`",
    post: "declare the route with `@app.post(\"{path}\")`",
    route: "look for its path in `@app.post(\"…\")`, and for `prefix=` where its router is made and included",
    limit: ANY.limit,
    hosts: "add the tunnel's host to `TrustedHostMiddleware`",
};

const FLASK: Vocabulary = Vocabulary {
    raw: "verify `request.get_data()` as it is, without `json.dumps`",
    public: "let `{path}` pass in the `before_request` that guards",
    post: "declare the route with `@app.post(\"{path}\")`; `@app.route` alone takes GET",
    route: "look for its path in `@app.post(\"…\")`, and for `url_prefix=` where its blueprint is registered",
    limit: "raise `MAX_CONTENT_LENGTH`",
    hosts: "add the tunnel's host to `TRUSTED_HOSTS`",
};

const DJANGO: Vocabulary = Vocabulary {
    raw: "verify `request.body` as it is, without `json.dumps`",
    public: "let `{path}` pass in the middleware that guards (`login_not_required` on the view with Django's own)",
    post: "take POST in the view (`@require_POST` in place of `@require_GET`)",
    route: "look for its path in `urls.py`, and for the prefix in `include(…)`",
    limit: "raise `DATA_UPLOAD_MAX_MEMORY_SIZE`",
    hosts: "add the tunnel's host to `ALLOWED_HOSTS` in the settings: `\".ngrok-free.dev\"`",
};

const AXUM: Vocabulary = Vocabulary {
    raw: "take `body: Bytes` and verify it as it is, without `Json`",
    public: "merge the route outside the layers that guard",
    post: "declare the route with `.route(\"{path}\", post(…))`",
    route: "look for its path in `.route(\"…\", …)`, and for the prefix in `.nest(\"…\", …)`",
    limit: "raise it on this route: `DefaultBodyLimit::max(1024 * 1024)`",
    hosts: ANY.hosts,
};

const GO: Vocabulary = Vocabulary {
    raw: "read the body with `io.ReadAll` and verify it as it is, before any decoder",
    public: "mount the route outside the middleware that guards",
    post: "mount the route with `\"POST {path}\"`",
    route: "look for its path in `HandleFunc(\"…\")`, and for the prefix of its router",
    limit: "raise it where the body is read: `http.MaxBytesReader`",
    hosts: ANY.hosts,
};

/// The words of a framework; of none in particular where it is not known.
pub fn vocabulary(framework: Option<Framework>) -> &'static Vocabulary {
    let Some(framework) = framework else { return &ANY };
    match framework {
        Framework::NextApp => &NEXT,
        Framework::NextPages => &NEXT_PAGES,
        Framework::Express => &EXPRESS,
        Framework::Fastify => &FASTIFY,
        Framework::Hono => &HONO,
        Framework::Nuxt => &NUXT,
        Framework::SvelteKit => &SVELTEKIT,
        Framework::Astro => &ASTRO,
        Framework::ReactRouter => &REACT_ROUTER,
        Framework::TanStackStart => &TANSTACK,
        Framework::FastApi => &FASTAPI,
        Framework::Flask => &FLASK,
        Framework::Django => &DJANGO,
        Framework::Axum => &AXUM,
        Framework::Go => &GO,
    }
}
