import 'dotenv/config'
import { clerkMiddleware, requireAuth } from '@clerk/express'
import express from 'express'
import { webhooks } from './webhooks.js'

const app = express()
app.use(webhooks)
app.use(express.json())
app.use(clerkMiddleware())
app.get('/', (req, res) => res.send('Hello'))
app.get('/me', requireAuth(), (req, res) => res.json({ me: req.auth }))

app.listen(process.env.PORT ?? 3000)
