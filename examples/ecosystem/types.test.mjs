/** The types of libraries that take a socket or a server of ours; all declarations are checked, ours with the newest of Node. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

const PROGRAM = `
import { initTRPC } from '@trpc/server'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { setupWSConnection } from '@y/websocket-server/utils'
import express from 'express'
import fastify from 'fastify'
import { buildSchema } from 'graphql'
import { createClient } from 'graphql-ws'
import { makeHandler } from 'graphql-ws/use/@fastify/websocket'
import { useServer } from 'graphql-ws/use/ws'
import { createWebSockets } from 'sockroute'
import { WebSocket, connect, reconnecting } from 'sockroute/client'
import fastifyWebsocket from 'sockroute/compat/fastify-websocket'
import { websockets } from 'sockroute/express'
import wsPlugin from 'sockroute/fastify'
import { inject, TestClock } from 'sockroute/testing'
import { WebSocketServer } from 'sockroute/ws'

const schema = buildSchema('type Query { hello: String }')
const wss = new WebSocketServer({ noServer: true })
useServer({ schema }, wss)
applyWSSHandler({ wss, router: initTRPC.create().router({}) })
createClient({ url: 'ws://localhost', webSocketImpl: WebSocket })

const app = fastify()
await app.register(fastifyWebsocket)
app.get('/graphql', { websocket: true }, makeHandler({ schema }))
app.get('/yjs', { websocket: true }, (socket, request) => setupWSConnection(socket, request.raw))
websockets(express()).ws('/yjs/:room', (socket, request) => {
  setupWSConnection(socket as never, request, { docName: request.params.room })
})
export { connect, createWebSockets, inject, reconnecting, TestClock, wsPlugin }
`

test('a program with their types and ours compiles', async (t) => {
  const file = `${folder}types-program.ts`
  writeFileSync(file, PROGRAM)
  t.after(() => rmSync(file))
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node']
  const lines = (await tsc([...flags, file])).split('\n')
  // What is wrong in theirs is not ours to mend; and here the drop-in stands beside what it replaces, so both declare the same.
  const ours = lines.filter((line) => /^(types-program|node_modules\/sockroute\/)/.test(line))
  const wrong = ours.filter((line) => !/fastify-websocket-types.*'(websocketServer|injectWS)'/.test(line))
  assert.deepEqual(wrong, [])
})

function tsc(args) {
  const program = `${folder}node_modules/typescript/bin/tsc`
  return new Promise((resolve) =>
    execFile(process.execPath, [program, ...args], { cwd: folder }, (_, out) => resolve(out)),
  )
}
