// Clerk's events come here: POST /api/webhooks
import { Hono } from 'hono'
import { verifyWebhook } from '@clerk/hono/webhooks'

export const webhooks = new Hono()

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
const handled = new Set()

webhooks.post('/api/webhooks', async (c) => {
  let event
  try {
    // Reads the raw body, and CLERK_WEBHOOK_SIGNING_SECRET.
    event = await verifyWebhook(c)
  } catch (error) {
    return c.text(String(error), 400)
  }

  const id = c.req.header('svix-id')
  if (handled.has(id)) return c.text('handled before')
  handled.add(id)
  try {
    // Your code. Keep it to one quick write: what takes longer goes into a queue, or into `waitUntil`.
    switch (event.type) {
      case 'user.created':
      case 'user.updated':
        // One upsert for both, as an update may come first: event.data.id, event.data.email_addresses, …
        break
      case 'user.deleted':
        // A user who is not there is deleted already: event.data.id
        break
    }
  } catch (error) {
    // Svix sends it again.
    handled.delete(id)
    throw error
  }
  return c.text('ok')
})
