// graphql-ws.mjs
import { createServer } from 'node:http'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'sockroute/ws'
import { roots, schema } from './graphql-schema.mjs'

const server = createServer()
useServer({ schema, roots }, new WebSocketServer({ server, path: '/graphql' }))

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on ${server.address().port}`)
})
