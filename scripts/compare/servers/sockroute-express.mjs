import { once } from 'node:events'
import express from 'express'
import { websockets } from 'sockroute/express'
import { HANDLERS } from './handlers.mjs'
import { announce } from './settings.mjs'
import { OPTIONS } from './sockroute-options.mjs'

const app = websockets(express(), OPTIONS)
app.get('/http', (_request, response) => response.send('over http'))
for (const [path, handler] of Object.entries(HANDLERS)) app.ws(path, (socket) => handler(socket))
app.ws('/denied', (_request, response) => response.status(401).end(), HANDLERS['/ws'])
app.ws('/hangs', () => {}, HANDLERS['/ws'])
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
announce(server)
