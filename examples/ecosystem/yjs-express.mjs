// yjs-express.mjs
import { setupWSConnection } from '@y/websocket-server/utils'
import express from 'express'
import { websockets } from 'sockroute/express'

const app = websockets(express())

app.ws('/yjs/:room', (socket, request) => {
  setupWSConnection(socket, request, { docName: request.params.room })
})

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on ${server.address().port}`)
})
