import 'dotenv/config'
import { clerkMiddleware, getAuth } from '@clerk/hono'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { webhooks } from './webhooks.js'

const app = new Hono()
app.route('/', webhooks)
app.use(clerkMiddleware())
app.get('/', (c) => c.text('Hello'))
app.get('/me', (c) => (getAuth(c).userId ? c.text('me') : c.text('Unauthorized', 401)))

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) })
