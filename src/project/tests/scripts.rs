//! Frameworks that make a route of where a file stands.

use super::says;

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
