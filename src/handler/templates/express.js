// Clerk's events come here: POST /api/webhooks
import express from 'express'
import { verifyWebhook } from '@clerk/express/webhooks'

export const webhooks = express.Router()

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
const handled = new Set()

// The signature is over the bytes: nothing may parse the body before. Events may be larger than the usual 100 kB.
const raw = express.raw({ type: 'application/json', limit: '1mb' })

webhooks.post('/api/webhooks', raw, async (req, res) => {
  let event
  try {
    // Reads CLERK_WEBHOOK_SIGNING_SECRET.
    event = await verifyWebhook(req)
  } catch (error) {
    res.status(400).send(String(error))
    return
  }

  const id = req.get('svix-id')
  if (handled.has(id)) {
    res.send('handled before')
    return
  }
  handled.add(id)
  try {
    // Your code. Keep it to one quick write: what takes longer goes into a queue, or behind the answer.
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
  res.send('ok')
})
