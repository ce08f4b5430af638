// Its packages are in the folder that is the argument.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { HANDLERS } from './handlers.mjs'
import { announce, MAX_BYTES } from './settings.mjs'

const require = createRequire(process.argv[2])
const wsOptions = { maxPayload: MAX_BYTES, perMessageDeflate: true }
const { app } = require('express-ws')(require('express')(), undefined, { wsOptions })
app.get('/http', (_request, response) => response.send('over http'))
for (const [path, handler] of Object.entries(HANDLERS)) app.ws(path, (socket) => handler(socket))
app.use('/denied', (_request, response) => response.status(401).end())
app.ws('/denied', HANDLERS['/ws'])
app.ws('/hangs', () => {}, HANDLERS['/ws'])
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
announce(server)
