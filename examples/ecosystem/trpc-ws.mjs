// trpc-ws.mjs
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { WebSocketServer } from 'sockroute/ws'
import { router } from './trpc-router.mjs'

const wss = new WebSocketServer({ port: Number(process.env.PORT ?? 3000) }, () => {
  console.log(`listening on ${wss.address().port}`)
})
applyWSSHandler({ wss, router })
