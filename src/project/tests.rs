//! Trees of files as people have them, and what is found in each.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::tree::{FILES, Reader};
use super::{Project, Search, find};
use crate::dotenv::{self, Variables};

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

#[test]
fn next_app_router() {
    says(
        r#"== package.json
{
  "scripts": { "dev": "next dev --turbopack" },
  "dependencies": {
    "@clerk/nextjs": "^7.9.0",
    "next": "16.4.0"
  }
}
== src/app/(backend)/api/webhooks/route.ts
import { verifyWebhook } from '@clerk/nextjs/webhooks'
import { NextRequest } from 'next/server'

// const evt = await verifyWebhook(req)
export async function POST(req: NextRequest) {
  const evt = await verifyWebhook(req)
  return new Response('ok')
}
"#,
        "next 16.4 | 3000 package.json:5 | /api/webhooks src/app/(backend)/api/webhooks/route.ts:6 | \
         .env.local package.json:5 | CLERK_WEBHOOK_SIGNING_SECRET src/app/(backend)/api/webhooks/route.ts:6",
    );
}

#[test]
fn next_with_a_base_path_a_port_and_a_variable_of_its_own() {
    says(
        r#"== package.json
{ "scripts": { "dev": "next dev -p 4000" },
  "dependencies": { "next": "latest", "svix": "^1.80.0" } }
== next.config.mjs
export default { basePath: '/docs' }
== app/hooks/clerk/route.ts
import { Webhook } from "svix"
export async function POST(req: Request) {
  const secret = process.env.CLERK_WEBHOOK_SECRET
  const wh = new Webhook(secret!)
  return new Response("" + wh)
}
"#,
        "next ? | 4000 package.json:1 | /docs/hooks/clerk app/hooks/clerk/route.ts:4 | .env.local package.json:2 | \
         CLERK_WEBHOOK_SECRET app/hooks/clerk/route.ts:3",
    );
}

#[test]
fn what_verifies_may_stand_behind_an_alias() {
    says(
        r#"== package.json
{ "dependencies": { "next": "15.1.0" } }
== tsconfig.json
{
  // Short names
  "compilerOptions": { "paths": { "@server/*": ["./src/server/*"], }, },
}
== src/server/clerk.ts
import { verifyWebhook } from '@clerk/nextjs/webhooks'
export async function receive(req) {
  return verifyWebhook(req, { signingSecret: process.env["CLERK_SIGNING_SECRET"] })
}
== src/app/api/clerk/route.ts
import { receive } from '@server/clerk'
export const POST = (req) => receive(req)
"#,
        "next 15.1 | 3000 package.json:1 | /api/clerk src/app/api/clerk/route.ts:2 | .env.local package.json:1 | \
         CLERK_SIGNING_SECRET src/server/clerk.ts:3",
    );
}

#[test]
fn next_pages_router() {
    says(
        r#"== package.json
{ "dependencies": { "next": "15.1.0", "@clerk/nextjs": "6" } }
== pages/api/webhooks.ts
import { verifyWebhook } from '@clerk/nextjs/webhooks'
export default async function handler(req, res) { await verifyWebhook(req) }
"#,
        "next 15.1 | 3000 package.json:1 | /api/webhooks pages/api/webhooks.ts:2 | .env.local package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET pages/api/webhooks.ts:2",
    );
}

#[test]
fn express() {
    says(
        r#"== package.json
{ "scripts": { "dev": "node --watch index.js" },
  "dependencies": { "express": "^5.3.0", "@clerk/express": "^2.1.0" } }
== index.js
import 'dotenv/config'
import express from 'express'
import { verifyWebhook } from '@clerk/express/webhooks'
const app = express()
app.get('/', (req, res) => res.send("app.post('/wrong')"))
app.post('/api/webhooks', express.raw({ type: 'application/json' }), async (req, res) => {
  const evt = await verifyWebhook(req)
  res.send(evt.type)
})
app.post('/other', (req, res) => res.end())
const port = process.env.PORT ?? 4100
app.listen(port)
"#,
        "express 5.3 | 4100 index.js:12 | /api/webhooks index.js:6 | .env package.json:2 | \
         CLERK_WEBHOOK_SIGNING_SECRET index.js:7",
    );
}

#[test]
fn an_express_router_in_a_file_of_its_own() {
    says(
        r#"== package.json
{ "dependencies": { "express": "^5.3.0" } }
== .env
PORT=4200
== src/server.ts
import express from 'express'
import { router as hooks } from './routes/hooks.js'
const app = express()
const api = express.Router()
api.use('/hooks', hooks)
app.use('/api', api)
app.listen(process.env.PORT)
== src/routes/hooks.ts
import { Router } from 'express'
import { handle } from '../handlers/clerk'
export const router = Router()
router.post('/clerk', handle)
router.post('/stripe', (req, res) => res.end())
== src/handlers/clerk.ts
import { Webhook } from 'svix'
export async function handle(req, res) {
  new Webhook(process.env.CLERK_WEBHOOK_SIGNING_SECRET).verify(req.body, req.headers)
}
"#,
        "express 5.3 | 4200 .env:1 | /api/hooks/clerk src/routes/hooks.ts:4 | .env package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET src/handlers/clerk.ts:3",
    );
}

#[test]
fn fastify() {
    says(
        r#"== package.json
{ "dependencies": { "fastify": "5.12.0", "@clerk/fastify": "3.1.0" } }
== server.ts
import Fastify from 'fastify'
import hooks from './hooks'
const app = Fastify()
app.register(hooks, { prefix: '/webhooks' })
await app.listen({ host: '0.0.0.0', port: 4300 })
== hooks.ts
import { verifyWebhook } from '@clerk/fastify/webhooks'
export default async function (fastify) {
  fastify.post('/clerk', async (request, reply) => { await verifyWebhook(request) })
}
"#,
        "fastify 5.12 | 4300 server.ts:5 | /webhooks/clerk hooks.ts:3 | .env package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET hooks.ts:3",
    );
}

#[test]
fn hono() {
    says(
        r#"== package.json
{ "scripts": { "dev": "tsx watch --env-file=.env.development src/index.ts" },
  "dependencies": { "hono": "^4.13.0", "@clerk/hono": "^0.1.0" } }
== src/index.ts
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import webhooks from './webhooks'
const app = new Hono().basePath('/v1')
app.route('/webhooks', webhooks)
serve({ fetch: app.fetch, port: Number(process.env.PORT) || 8787 })
== src/webhooks.ts
import { Hono } from 'hono'
import { verifyWebhook } from '@clerk/hono/webhooks'
const app = new Hono<{ Bindings: Env }>()
app.post('/clerk', async (c) => c.json(await verifyWebhook(c)))
export default app
"#,
        "hono 4.13 | 8787 src/index.ts:6 | /v1/webhooks/clerk src/webhooks.ts:4 | .env.development package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET src/webhooks.ts:4",
    );
}

#[test]
fn nuxt() {
    says(
        r#"== package.json
{ "scripts": { "dev": "nuxt dev" },
  "dependencies": { "nuxt": "^4.5.0", "@clerk/nuxt": "^3.0.0" } }
== nuxt.config.ts
export default defineNuxtConfig({
  modules: ['@clerk/nuxt'],
  devServer: { host: 'localhost', port: 3400 },
})
== server/api/webhooks.post.ts
import { verifyWebhook } from '@clerk/nuxt/webhooks'
export default defineEventHandler(async (event) => { await verifyWebhook(event) })
"#,
        "nuxt 4.5 | 3400 nuxt.config.ts:3 | /api/webhooks server/api/webhooks.post.ts:2 | .env package.json:2 | \
         NUXT_CLERK_WEBHOOK_SIGNING_SECRET server/api/webhooks.post.ts:2",
    );
}

#[test]
fn astro() {
    says(
        r#"== package.json
{ "dependencies": { "astro": "^7.3.0", "@clerk/astro": "^4.0.0" } }
== astro.config.mjs
// server: { port: 1 }
export default defineConfig({ output: 'server', vite: { server: { allowedHosts: true } } })
== src/pages/api/webhooks.ts
import { verifyWebhook } from '@clerk/astro/webhooks'
export const POST = async ({ request }) => {
  await verifyWebhook(request, { signingSecret: import.meta.env.CLERK_WEBHOOK_SIGNING_SECRET })
}
"#,
        "astro 7.3 | 4321 package.json:1 | /api/webhooks src/pages/api/webhooks.ts:3 | .env package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET src/pages/api/webhooks.ts:3",
    );
}

#[test]
fn react_router_with_its_table() {
    says(
        r#"== package.json
{ "devDependencies": { "@react-router/dev": "8.5.0", "vite": "8.3.0" },
  "dependencies": { "@clerk/react-router": "3.6.0" } }
== vite.config.ts
export default defineConfig({ server: { proxy: { port: 1 }, port: 5200 } })
== app/routes.ts
import { index, prefix, route } from "@react-router/dev/routes"
export default [index("routes/home.tsx"), ...prefix("api", [route("hooks/clerk", "routes/webhooks.ts")])]
== app/routes/webhooks.ts
import { verifyWebhook } from '@clerk/react-router/webhooks'
export const action = async ({ request }) => { await verifyWebhook(request) }
"#,
        "react-router 8.5 | 5200 vite.config.ts:1 | /api/hooks/clerk app/routes/webhooks.ts:2 | .env package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET app/routes/webhooks.ts:2",
    );
}

#[test]
fn sveltekit() {
    says(
        r#"== package.json
{ "devDependencies": { "@sveltejs/kit": "^2.70.0", "vite": "^8" }, "dependencies": { "svelte-clerk": "1.2.0", "@clerk/backend": "3" } }
== src/routes/(api)/api/webhooks/+server.ts
import { CLERK_HOOK_SIGNING_SECRET } from '$env/static/private'
import { verifyWebhook } from '@clerk/backend/webhooks'
export const POST = async ({ request }) => {
  await verifyWebhook(request, { signingSecret: CLERK_HOOK_SIGNING_SECRET })
}
"#,
        "sveltekit 2.70 | 5173 package.json:1 | /api/webhooks src/routes/(api)/api/webhooks/+server.ts:4 | \
         .env package.json:1 | CLERK_HOOK_SIGNING_SECRET src/routes/(api)/api/webhooks/+server.ts:1",
    );
}

#[test]
fn tanstack_start() {
    says(
        r#"== package.json
{ "scripts": { "dev": "vite dev --port 3000" }, "dependencies": { "@tanstack/react-start": "1.140.0" } }
== src/routes/api/webhooks.ts
import { verifyWebhook } from '@clerk/tanstack-react-start/webhooks'
export const Route = createFileRoute('/api/webhooks')({
  server: { handlers: { POST: async ({ request }) => { await verifyWebhook(request) } } },
})
"#,
        "tanstack-start 1.140 | 3000 package.json:1 | /api/webhooks src/routes/api/webhooks.ts:3 | .env package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET src/routes/api/webhooks.ts:3",
    );
}

#[test]
fn vite_before_an_api_means_the_api() {
    says(
        r#"== package.json
{ "scripts": { "dev": "concurrently npm:dev:web npm:dev:api", "dev:web": "vite", "dev:api": "tsx watch server/index.ts" },
  "dependencies": { "express": "5.3.0", "react": "19" }, "devDependencies": { "vite": "8.3.0" } }
== server/index.ts
import { verifyWebhook } from '@clerk/express/webhooks'
const app = express()
app.post('/webhooks/clerk', async (req, res) => { await verifyWebhook(req) })
app.listen(8081, () => console.log("http://localhost:9999"))
"#,
        "express 5.3 | 8081 server/index.ts:4 | /webhooks/clerk server/index.ts:3 | .env package.json:2 | \
         CLERK_WEBHOOK_SIGNING_SECRET server/index.ts:3",
    );
}

#[test]
fn fastapi() {
    says(
        r#"== requirements.txt
# the server
fastapi==0.165.0
svix>=2.9
== app/main.py
from fastapi import FastAPI
from app.routers import webhooks, users
app = FastAPI()
app.include_router(users.router, prefix="/users")
app.include_router(webhooks.router, prefix="/api")
if __name__ == "__main__":
    uvicorn.run("app.main:app", host="0.0.0.0", port=8123)
== app/routers/webhooks.py
"""Clerk's webhooks: @router.post("/wrong")"""
import os
from fastapi import APIRouter, Request
from svix.webhooks import Webhook

router = APIRouter(prefix="/webhooks")
SECRET = os.getenv("CLERK_WEBHOOK_SIGNING_SECRET", "")

# @router.post("/old")
@router.post("/clerk")
async def clerk(request: Request):
    Webhook(SECRET).verify(await request.body(), dict(request.headers))
"#,
        "fastapi 0.165 | 8123 app/main.py:7 | /api/webhooks/clerk app/routers/webhooks.py:10 | .env requirements.txt:2 | \
         CLERK_WEBHOOK_SIGNING_SECRET app/routers/webhooks.py:7",
    );
}

#[test]
fn flask() {
    says(
        r#"== pyproject.toml
[project]
dependencies = [
  "flask>=3.1",
  "svix",
]
== app.py
from flask import Flask, request
from svix.webhooks import Webhook
from settings import settings
app = Flask(__name__)

@app.route("/")
def index():
    return f"{app}"

@app.route("/webhooks/clerk", methods=["POST"])
def clerk():
    Webhook(settings.clerk_webhook_signing_secret).verify(request.get_data(), request.headers)

app.run(debug=True, port=5050)
"#,
        "flask 3.1 | 5050 app.py:14 | /webhooks/clerk app.py:10 | .env pyproject.toml:3 | \
         CLERK_WEBHOOK_SIGNING_SECRET app.py:12",
    );
}

#[test]
fn django() {
    says(
        r#"== manage.py
#!/usr/bin/env python
== requirements.txt
Django~=5.2
svix
== site/urls.py
from django.urls import include, path
urlpatterns = [path("admin/", admin.site.urls), path("api/", include("hooks.urls"))]
== hooks/urls.py
from django.urls import path
from . import views
urlpatterns = [
    path("other/", views.other),
    path("webhooks/clerk/", views.clerk),
]
== hooks/views.py
import os
from django.views.decorators.csrf import csrf_exempt
from svix.webhooks import Webhook

def other(request):
    pass

@csrf_exempt
def clerk(request):
    Webhook(os.environ["CLERK_WEBHOOK_SIGNING_SECRET"]).verify(request.body, request.headers)
"#,
        "django 5.2 | 8000 requirements.txt:1 | /api/webhooks/clerk/ hooks/urls.py:5 | .env requirements.txt:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET hooks/views.py:10",
    );
}

#[test]
fn axum() {
    says(
        r##"== Cargo.toml
[package]
name = "shop"
[dependencies]
axum = { version = "0.8.4", features = ["macros"] }
svix = "1"
== src/main.rs
mod webhooks;
/* .route("/wrong", post(webhooks::clerk)) /* nested */ */
#[tokio::main]
async fn main() {
    let text = r#".route("/text", post(webhooks::clerk))"#;
    let app = Router::new().route("/", get(root)).nest("/api", hooks());
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8090").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
fn hooks() -> Router {
    Router::new().route("/webhooks/clerk", post(webhooks::clerk))
}
== src/webhooks.rs
use svix::webhooks::Webhook;
pub async fn clerk<'a>(headers: HeaderMap, body: Bytes) -> StatusCode {
    let secret = std::env::var("CLERK_WEBHOOK_SIGNING_SECRET").unwrap();
    let webhook = Webhook::new(&secret).unwrap();
    StatusCode::OK
}
"##,
        "axum 0.8 | 8090 src/main.rs:7 | /api/webhooks/clerk src/main.rs:11 | .env Cargo.toml:4 | \
         CLERK_WEBHOOK_SIGNING_SECRET src/webhooks.rs:3",
    );
}

#[test]
fn actix_go_and_rails() {
    says(
        r#"== Cargo.toml
[dependencies]
actix-web = "4.9"
== src/main.rs
use svix::webhooks::Webhook;
#[post("/webhooks/clerk")]
async fn clerk(body: Bytes) -> impl Responder { Webhook::new("x") }
fn main() { HttpServer::new(app).bind(("127.0.0.1", 8080)); }
"#,
        "actix 4.9 | 8080 src/main.rs:4 | /webhooks/clerk src/main.rs:2 | .env Cargo.toml:2 | -",
    );
    says(
        r#"== go.mod
module shop
require github.com/svix/svix-webhooks v1.80.0
== main.go
package main
import svix "github.com/svix/svix-webhooks/go"
func clerk(w http.ResponseWriter, r *http.Request) {
	wh, _ := svix.NewWebhook(os.Getenv("CLERK_WEBHOOK_SIGNING_SECRET"))
}
func main() {
	http.HandleFunc("POST /hooks/clerk", clerk)
	http.ListenAndServe(":8085", nil)
}
"#,
        "go ? | 8085 main.go:8 | /hooks/clerk main.go:7 | .env go.mod:2 | CLERK_WEBHOOK_SIGNING_SECRET main.go:4",
    );
    says(
        r#"== Gemfile
gem "rails", "~> 8.1"
gem 'svix'
== config/routes.rb
Rails.application.routes.draw do
  # post "old/clerk", to: "webhooks#clerk"
  post "webhooks/clerk", to: "webhooks#clerk"
end
== app/controllers/webhooks_controller.rb
class WebhooksController < ApplicationController
  def clerk
    Svix::Webhook.new(ENV.fetch("CLERK_WEBHOOK_SIGNING_SECRET")).verify(request.raw_post, request.headers)
  end
end
"#,
        "rails 8.1 | 3000 Gemfile:1 | /webhooks/clerk config/routes.rb:3 | .env Gemfile:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET app/controllers/webhooks_controller.rb:3",
    );
}

#[test]
fn two_frameworks_in_one_package_and_the_route_says_which() {
    let package = r#"== package.json
{ "dependencies": { "next": "16.4.0", "express": "5.3.0", "@clerk/backend": "3" } }
"#;
    let api = format!(
        "{package}== server.js
const {{ verifyWebhook }} = require('@clerk/backend/webhooks')
app.post('/hook', (req) => verifyWebhook(req))
app.listen(4400)
"
    );
    says(
        &api,
        "express 5.3 | 4400 server.js:3 | /hook server.js:2 | .env package.json:1 | CLERK_WEBHOOK_SIGNING_SECRET server.js:2",
    );
    let page = format!(
        "{package}== app/hook/route.js
import {{ verifyWebhook }} from '@clerk/backend/webhooks'
export const POST = (req) => verifyWebhook(req)
"
    );
    says(
        &page,
        "next 16.4 | 3000 package.json:1 | /hook app/hook/route.js:2 | .env.local package.json:1 | \
         CLERK_WEBHOOK_SIGNING_SECRET app/hook/route.js:2",
    );
}

#[test]
fn what_is_no_route_is_not_told_as_one() {
    for (what, source) in [
        ("a comment", "// import '@clerk/backend/webhooks'\n/* app.post('/x', (r) => verifyWebhook(r)) */"),
        (
            "a text",
            "const help = `import { verifyWebhook } from '@clerk/backend/webhooks'; app.post('/x', verifyWebhook(r))`",
        ),
        (
            "another provider's",
            "import p from 'paddle'\nclass P { async verifyWebhook(raw) {} }\napp.post('/x', (r) => p.verifyWebhook(r))",
        ),
        ("a definition", "import { t } from '@clerk/types'\nasync function verifyWebhook(r) {}"),
        (
            "a path that holds a value",
            "import { verifyWebhook } from '@clerk/backend/webhooks'\napp.post('/x/:tenant', (r) => verifyWebhook(r))",
        ),
        ("an expression that holds a quote", "const odd = /['\"`]/\n// '@clerk/backend'\nconst s = 'app.post(\"/x\")'"),
    ] {
        let text = format!("== package.json\n{{ \"dependencies\": {{ \"express\": \"5\" }} }}\n== hook.js\n{source}\n");
        assert_eq!(found(tree(&text).path()).routes, [], "{what}");
    }
    let test = "== package.json\n{}\n== hook.test.js\nimport { verifyWebhook } from '@clerk/backend/webhooks'\napp.post('/x', (r) => verifyWebhook(r))\n";
    assert_eq!(found(tree(test).path()).routes, [], "a test");
    let made = "== package.json\n{}\n== .next/server/hook.js\nimport { verifyWebhook } from '@clerk/backend/webhooks'\napp.post('/x', (r) => verifyWebhook(r))\n";
    assert_eq!(found(tree(made).path()).routes, [], "made by a tool");
}

#[test]
fn several_routes_are_all_found_and_another_services_is_left_out() {
    let text = r#"== package.json
{ "dependencies": { "express": "5" } }
== resend.js
import { Webhook } from 'svix'
app.post('/resend', (req) => new Webhook(process.env.RESEND_WEBHOOK_SECRET).verify(req.body))
== clerk.js
import { verifyWebhook } from '@clerk/backend/webhooks'
app.post('/one', (req) => verifyWebhook(req))
== other.js
import { verifyWebhook } from '@clerk/backend/webhooks'
app.post('/two', (req) => verifyWebhook(req))
"#;
    let directory = tree(text);
    let paths: Vec<String> = found(directory.path()).routes.into_iter().map(|route| route.value.path).collect();
    assert_eq!(paths, ["/one", "/two"]);
}

const CLERK_ROUTE: &str =
    "import { verifyWebhook } from '@clerk/nextjs/webhooks'\nexport const POST = (req) => verifyWebhook(req)\n";

#[test]
fn from_a_monorepos_root_the_package_with_the_route_is_taken() {
    for (name, root) in [
        ("npm", "== package.json\n{ \"workspaces\": [\"apps/*\"] }\n"),
        ("yarn", "== package.json\n{ \"workspaces\": { \"packages\": [\"./apps/**\"] } }\n"),
        (
            "pnpm",
            "== package.json\n{}\n== pnpm-workspace.yaml\npackages:\n  # the apps\n  - 'apps/*'\n  - \"!apps/old\"\n",
        ),
        ("none", "== .git/HEAD\nref: refs/heads/main\n"),
    ] {
        let route = "apps/web/src/app/api/webhooks/route.ts";
        let text = format!(
            "{root}== apps/web/package.json\n{{ \"dependencies\": {{ \"next\": \"16\" }} }}\n== {route}\n{CLERK_ROUTE}\
             == apps/docs/package.json\n{{ \"dependencies\": {{ \"astro\": \"7\" }} }}\n"
        );
        let directory = tree(&text);
        assert_eq!(found(directory.path()).directory, directory.path().join("apps/web"), "{name}");
        let below = directory.path().join("apps/web/src/app");
        assert_eq!(found(&below).directory, directory.path().join("apps/web"), "{name}, from below");
        fs::create_dir_all(directory.path().join("apps/admin/app/hook")).expect("made");
        fs::write(directory.path().join("apps/admin/package.json"), "{ \"dependencies\": { \"next\": \"16\" } }")
            .expect("written");
        fs::write(directory.path().join("apps/admin/app/hook/route.ts"), CLERK_ROUTE).expect("written");
        let Search::Several(projects) = find(directory.path(), None) else { panic!("{name}: several") };
        assert_eq!(projects.len(), 2, "{name}");
    }
}

#[test]
fn nothing_is_a_project_where_there_is_none() {
    let empty = tempfile::tempdir().expect("a directory");
    let project = found(empty.path());
    assert!(!project.is_package && project.framework.is_none());
    assert_eq!(project.env_path(), empty.path().join(".env.local"));
    // What lies above a repository, at home, or where everybody may write, is not looked at.
    let above = tree("== package.json\n{}\n== inner/.git/HEAD\nx\n== inner/deep/file\nx\n== home/file\nx\n");
    assert!(!found(&above.path().join("inner/deep")).is_package);
    let at_home = find(&above.path().join("home"), Some(above.path()));
    assert!(matches!(at_home, Search::One(project) if !project.is_package));
}

#[test]
fn a_broken_manifest_is_told_and_the_rest_is_found() {
    let text = format!(
        "== package.json\n{{\n  \"dependencies\": {{,\n}}\n== .env\nCLERK_SECRET_KEY=sk_test_x\n== hook.js\n{CLERK_ROUTE}"
    );
    assert_eq!(warned(&text), ["package.json:2 it is no JSON"]);
    assert_eq!(told(tree(&text).path()), "unknown | - | - | .env .env:1 | CLERK_WEBHOOK_SIGNING_SECRET hook.js:2");
}

#[test]
fn what_may_not_be_read_is_passed_over() {
    let directory =
        tree("== package.json\n{ \"dependencies\": { \"express\": \"5\" } }\n== a/hook.js\nx\n== b.js\nx\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for name in ["a", "b.js"] {
            let path = directory.path().join(name);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("mode");
        }
    }
    assert!(told(directory.path()).starts_with("express 5 | - | -"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(directory.path().join("a"), fs::Permissions::from_mode(0o700)).expect("mode");
    }
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_and_no_ring_is_walked() {
    use std::os::unix::fs::symlink;
    let outside = tree(
        "== app/hook/route.ts\nimport { verifyWebhook } from '@clerk/nextjs/webhooks'\nexport const POST = (r) => verifyWebhook(r)\n== .env\nCLERK_WEBHOOK_SIGNING_SECRET=whsec_x\n",
    );
    let directory = tree("== package.json\n{ \"dependencies\": { \"next\": \"16\" } }\n");
    symlink(outside.path().join("app"), directory.path().join("app")).expect("a link");
    symlink(directory.path(), directory.path().join("ring")).expect("a link");
    let project = found(directory.path());
    assert_eq!(project.routes, []);
    // An env file may be one, which is told.
    symlink(outside.path().join(".env"), directory.path().join(".env")).expect("a link");
    let project = found(directory.path());
    assert_eq!(project.env_file.as_ref().map(|found| found.value.as_str()), Some(".env"));
    assert!(project.warnings[0].found.value.starts_with("it is a link to"), "{:?}", project.warnings);
}

#[test]
fn a_variable_that_nobody_reads_or_everybody_sees_is_warned_of() {
    let next = format!(
        "== package.json\n{{ \"dependencies\": {{ \"next\": \"16\", \"@clerk/nextjs\": \"7\" }} }}\n== app/hook/route.ts\n{CLERK_ROUTE}"
    );
    let stale = format!("{next}== .env.local\n# old\nWEBHOOK_SECRET=whsec_AAAA\n");
    assert_eq!(
        warned(&stale),
        [".env.local:2 `WEBHOOK_SECRET` is read by nobody: the app reads `CLERK_WEBHOOK_SIGNING_SECRET`"]
    );
    let other = format!("{next}== .env.local\nWEBHOOK_SECRET=of-github\nCLERK_WEBHOOK_SIGNING_SECRET=whsec_AAAA\n");
    assert_eq!(warned(&other), Vec::<String>::new());
    let public = format!(
        "{next}== .env\nNEXT_PUBLIC_CLERK_WEBHOOK_SIGNING_SECRET=whsec_AAAA\nNEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_x\n"
    );
    assert_eq!(
        warned(&public),
        [".env:1 `NEXT_PUBLIC_CLERK_WEBHOOK_SIGNING_SECRET` holds a secret, and its value is put into every page"]
    );
    let reads = "== package.json\n{ \"dependencies\": { \"next\": \"16\" } }\n== app/hook/route.ts\nimport { Webhook } from 'svix' // clerk\nimport clerk from 'clerk'\nexport const POST = () => new Webhook(process.env.NEXT_PUBLIC_WEBHOOK_SECRET)\n";
    assert_eq!(
        warned(reads),
        ["app/hook/route.ts:3 the route reads `NEXT_PUBLIC_WEBHOOK_SECRET`, whose value is put into every page"]
    );
    // It is never the one that is written.
    let directory = tree(reads);
    assert_eq!(found(directory.path()).variable_name(&Variables::parse("")), "CLERK_WEBHOOK_SIGNING_SECRET");
    let elsewhere = format!(
        "{next}== lib/env.ts\nexport const old = process.env.WEBHOOK_SECRET\n== .env\nWEBHOOK_SECRET=whsec_AAAA\n"
    );
    assert_eq!(warned(&elsewhere), Vec::<String>::new());
}

const NEXT: &str = "== package.json\n{\"dependencies\":{\"next\":\"16.0.0\",\"react\":\"19.2.0\"}}\n";
const NUXT: &str = "== package.json\n{\"devDependencies\":{\"nuxt\":\"4.2.0\"}}\n";

#[test]
fn the_env_file_that_holds_the_secret_comes_first_then_one_with_a_key_then_the_frameworks() {
    for (files, expected) in [
        (format!("{NEXT}== .env\nCLERK_SECRET_KEY=sk_test_x"), ".env"),
        (format!("{NUXT}== .env\n\n== .env.local\nNUXT_CLERK_SECRET_KEY=sk_test_x"), ".env.local"),
        ("== .env.development\nVITE_CLERK_PUBLISHABLE_KEY=pk_test_x\n== .env\n".to_owned(), ".env.development"),
        ("== .env\nCLERK_WEBHOOK_SIGNING_SECRET=\n== .env.local\nCLERK_SECRET_KEY=x\n".to_owned(), ".env"),
        (
            "== .env\nWEBHOOK_SECRET=github\n== .env.development.local\nWEBHOOK_SECRET=whsec_x\n".to_owned(),
            ".env.development.local",
        ),
        (String::new(), ".env.local"),
        (format!("{NEXT}== .env\nPORT=3000\n"), ".env.local"),
        (NUXT.to_owned(), ".env"),
        ("== package.json\n{\"dependencies\":{\"astro\":\"5\",\"react\":\"19\"}}\n".to_owned(), ".env"),
        ("== package.json\n{\"dependencies\":{\"nuxt\":\"4\",\"next\":\"16\"}}\n".to_owned(), ".env.local"),
        ("== package.json\n[]\n== .env\n".to_owned(), ".env.local"),
        ("== package.json\n{broken\n".to_owned(), ".env.local"),
        ("== package.json\n{\"dependencies\":{\"express\":\"5\"}}\n== a.js\nconfig({ path: '.env.local' }); app.use(1)\n".to_owned(), ".env.local"),
    ] {
        let directory = tree(&files);
        assert_eq!(found(directory.path()).env_path(), directory.path().join(expected), "{files}");
    }
}

#[test]
fn a_name_that_is_there_is_kept_unless_something_says_what_is_read() {
    let clerk = "== package.json\n{\"dependencies\":{\"next\":\"16\",\"@clerk/nextjs\":\"7\"}}\n";
    let nuxt = "== package.json\n{\"dependencies\":{\"nuxt\":\"4\",\"@clerk/nuxt\":\"3\"}}\n";
    for (files, file, expected) in [
        ("", "", "CLERK_WEBHOOK_SIGNING_SECRET"),
        (NUXT, "", "NUXT_CLERK_WEBHOOK_SIGNING_SECRET"),
        ("", "CLERK_WEBHOOK_SECRET=", "CLERK_WEBHOOK_SECRET"),
        ("", "WEBHOOK_SECRET=whsec_x\nSIGNING_SECRET=''", "SIGNING_SECRET"),
        ("", "WEBHOOK_SECRET=of-github", "CLERK_WEBHOOK_SIGNING_SECRET"),
        (
            NUXT,
            "CLERK_WEBHOOK_SIGNING_SECRET=a\nNUXT_CLERK_WEBHOOK_SIGNING_SECRET=b",
            "NUXT_CLERK_WEBHOOK_SIGNING_SECRET",
        ),
        (NUXT, "CLERK_WEBHOOK_SIGNING_SECRET=a", "CLERK_WEBHOOK_SIGNING_SECRET"),
        ("", "#CLERK_WEBHOOK_SECRET=x", "CLERK_WEBHOOK_SIGNING_SECRET"),
        (clerk, "WEBHOOK_SECRET=whsec_x\nCLERK_WEBHOOK_SECRET=whsec_y", "CLERK_WEBHOOK_SIGNING_SECRET"),
        (nuxt, "CLERK_WEBHOOK_SIGNING_SECRET=whsec_x", "NUXT_CLERK_WEBHOOK_SIGNING_SECRET"),
    ] {
        let directory = tree(files);
        assert_eq!(found(directory.path()).variable_name(&Variables::parse(file)), expected, "{files} {file}");
    }
    assert_eq!(dotenv::FILES.len(), 4);
}

/// A package of `count` sources in directories of a hundred.
fn large(count: usize) -> TempDir {
    let directory =
        tree("== package.json\n{ \"dependencies\": { \"next\": \"16\" } }\n== node_modules/a/index.js\nx\n");
    for folder in 0..count / 100 {
        let folder = directory.path().join(format!("lib/part{folder}"));
        fs::create_dir_all(&folder).expect("made");
        (0..100).for_each(|file| {
            fs::write(folder.join(format!("file{file}.ts")), "export const a = 1\n").expect("written")
        });
    }
    fs::create_dir_all(directory.path().join("app/api/webhooks")).expect("made");
    fs::write(directory.path().join("app/api/webhooks/route.ts"), CLERK_ROUTE).expect("written");
    directory
}

#[test]
fn so_many_files_are_opened_and_no_more() {
    let directory = large(2_000);
    let project = found(directory.path());
    assert_eq!(project.routes[0].value.path, "/api/webhooks");
    assert_eq!(project.opened, FILES);
    let reader = Reader::within(directory.path());
    assert!(reader.sources(directory.path()).iter().all(|file| !file.to_string_lossy().contains("node_modules")));
    assert_eq!(reader.opened(), 0);
}

/// The times of a usual and of a large project, for the one who asks: `cargo test --lib project -- --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
#[allow(clippy::print_stderr, reason = "its figures are what it is for")]
fn times() {
    for count in [300, 100_000] {
        let directory = large(count);
        let took: Vec<_> = (0..5)
            .map(|_| {
                let before = std::time::Instant::now();
                found(directory.path());
                before.elapsed()
            })
            .collect();
        eprintln!("{count} files: {took:?}");
    }
}
