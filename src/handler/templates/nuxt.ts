// Clerk's events come here: POST /api/webhooks
import { verifyWebhook } from '@clerk/nuxt/webhooks'

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
const handled = new Set<string>()

export default defineEventHandler(async (event) => {
  let clerk
  try {
    // Reads the raw body, and NUXT_CLERK_WEBHOOK_SIGNING_SECRET.
    clerk = await verifyWebhook(event)
  } catch (error) {
    setResponseStatus(event, 400)
    return String(error)
  }

  const id = getHeader(event, 'svix-id') ?? ''
  if (handled.has(id)) return 'handled before'
  handled.add(id)
  try {
    // Your code. Keep it to one quick write: what takes longer goes into `event.waitUntil`, behind the answer.
    switch (clerk.type) {
      case 'user.created':
      case 'user.updated':
        // One upsert for both, as an update may come first: clerk.data.id, clerk.data.email_addresses, …
        break
      case 'user.deleted':
        // A user who is not there is deleted already: clerk.data.id
        break
    }
  } catch (error) {
    // Svix sends it again.
    handled.delete(id)
    throw error
  }
  return 'ok'
})
