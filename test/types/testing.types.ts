/** What TypeScript knows of tests with `inject`. Checked by tsc alone; nothing here runs. */

import { createServer } from 'node:http'
import { createServer as createHttp2Server, createSecureServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import express from 'express'
import Fastify from 'fastify'
import { websockets } from '../../adapters/express.ts'
import { inject, TestClock, type TestSocket } from '../../adapters/testing.ts'
import { type Clock, type Connection, createWebSockets } from '../../src/index.ts'
import { type Equal, expectType } from './expect.ts'

for (const app of [
  websockets(express()),
  Fastify(),
  Fastify({ logger: true }),
  Fastify({ https: {} }),
  createServer(),
  createHttpsServer(),
  Fastify({ http2: true }),
  createHttp2Server(),
  createSecureServer(),
]) {
  expectType<Equal<ReturnType<typeof inject>, Promise<TestSocket>>>(true)
  void inject(app, '/chat', { headers: { cookie: 'sid=1' }, protocols: 'chat.v2', compression: { level: 3 } })
}

// @ts-expect-error: it has no ws method
void inject(express(), '/chat')
// @ts-expect-error: it has no server
void inject(createWebSockets(), '/chat')
// @ts-expect-error: a client in memory has no URL
void inject(createServer(), new URL('ws://localhost/chat'))
// @ts-expect-error: a misspelt option
void inject(createServer(), '/chat', { remoteAdress: '127.0.0.1' })

const socket = await inject(createServer(), '/chat')
expectType<Equal<Awaited<ReturnType<typeof socket.next>>, string | Buffer>>(true)
expectType<Equal<typeof socket.response.headers extends { 'set-cookie'?: string[] } ? true : false, true>>(true)
const connection: Connection = socket
void connection

const clock: Clock = new TestClock()
void websockets(express(), { clock })
// @ts-expect-error: a clock is the app's
void websockets(express.Router(), { clock })
// @ts-expect-error: Node's module is none
void createWebSockets({ clock: await import('node:timers') })
