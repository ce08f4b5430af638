// vite.mjs
import { createServer as createHttpServer } from 'node:http'
import express from 'express'
import { attach, websockets } from 'sockroute/express'
import { createServer } from 'vite'

const isVite = ({ headers }) => /^vite-(hmr|ping)$/.test(headers['sec-websocket-protocol'])
const app = websockets(express(), { passUpgrades: isVite })
const server = attach(createHttpServer(app), app)

const vite = await createServer({ root: process.env.ROOT, server: { middlewareMode: true, hmr: { server } } })

app.ws('/chat', async (socket) => {
  for await (const message of socket) socket.send(`here: ${message.toString()}`)
})
app.use(vite.middlewares)

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`listening on ${server.address().port}`)
})
