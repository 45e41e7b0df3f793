// Clerk's events come here: POST /api/webhooks
import { env } from '$env/dynamic/private'
import { verifyWebhook } from '@clerk/backend/webhooks'
import type { RequestHandler } from './$types'

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
const handled = new Set<string>()

export const POST: RequestHandler = async ({ request }) => {
  let event
  try {
    // Reads the raw body.
    event = await verifyWebhook(request, { signingSecret: env.CLERK_WEBHOOK_SIGNING_SECRET })
  } catch (error) {
    return new Response(String(error), { status: 400 })
  }

  const id = request.headers.get('svix-id') ?? ''
  if (handled.has(id)) return new Response('handled before')
  handled.add(id)
  try {
    // Your code. Keep it to one quick write: what takes longer goes into a queue.
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
  return new Response('ok')
}
