// Clerk's events come here: POST /api/webhooks
import { verifyWebhook } from '@clerk/tanstack-react-start/webhooks'
import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/api/webhooks')({
  server: { handlers: { POST: ({ request }) => receive(request) } },
})

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
const handled = new Set<string>()

async function receive(request: Request) {
  let event
  try {
    // Reads the raw body, and CLERK_WEBHOOK_SIGNING_SECRET.
    event = await verifyWebhook(request)
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
