// Clerk's events come here: POST /api/webhooks
import { verifyWebhook } from '@clerk/backend/webhooks'

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
const handled = new Set()

export default async function webhooks(fastify) {
  // The signature is over the bytes: in this plugin, and nowhere else, a JSON body stays text.
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => done(null, body))

  fastify.post('/api/webhooks', async (request, reply) => {
    let event
    try {
      // Reads CLERK_WEBHOOK_SIGNING_SECRET. The helper of `@clerk/fastify` would write a parsed body anew.
      const { headers, body } = request
      event = await verifyWebhook(new Request('http://localhost/api/webhooks', { method: 'POST', headers, body }))
    } catch (error) {
      return reply.code(400).send(String(error))
    }

    const id = request.headers['svix-id']
    if (handled.has(id)) return 'handled before'
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
    return 'ok'
  })
}
