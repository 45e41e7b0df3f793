import 'dotenv/config'
import { clerkPlugin } from '@clerk/fastify'
import Fastify from 'fastify'
import webhooks from './webhooks.js'

const fastify = Fastify()
fastify.register(webhooks)
fastify.register(async (app) => {
  app.register(clerkPlugin)
  app.get('/', async () => 'Hello')
})

await fastify.listen({ port: Number(process.env.PORT ?? 3000) })
