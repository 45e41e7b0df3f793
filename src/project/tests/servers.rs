//! Frameworks whose routes are calls.

use super::says;

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
