// graphql-express.mjs
import express from 'express'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { websockets } from 'sockroute/express'
import { WebSocketServer } from 'sockroute/ws'
import { roots, schema } from './graphql-schema.mjs'

const app = websockets(express())
const wss = new WebSocketServer({ noServer: true })
useServer({ schema, roots }, wss)

const requireKey = (request, response, next) => (request.query.key === 'secret' ? next() : response.sendStatus(401))
const options = { protocols: [GRAPHQL_TRANSPORT_WS_PROTOCOL], delivery: 'at-once' }

app.ws('/graphql', options, requireKey, (socket, request) => {
  wss.emit('connection', socket, request)
})

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on ${server.address().port}`)
})
