// Clerk's events come here: POST /api/webhooks
import type { NextApiRequest, NextApiResponse } from 'next'
import { verifyWebhook } from '@clerk/backend/webhooks'

// The signature is over the bytes: nothing may parse the body before.
export const config = { api: { bodyParser: false } }

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
const handled = new Set<string>()

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  if (req.method !== 'POST') return res.setHeader('allow', 'POST').status(405).end()
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  let event
  try {
    // Reads CLERK_WEBHOOK_SIGNING_SECRET.
    const headers = new Headers(req.headers as Record<string, string>)
    const body = Buffer.concat(chunks)
    event = await verifyWebhook(new Request('http://localhost/api/webhooks', { method: 'POST', headers, body }))
  } catch (error) {
    return res.status(400).send(String(error))
  }

  const id = String(req.headers['svix-id'])
  if (handled.has(id)) return res.send('handled before')
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
  return res.send('ok')
}
