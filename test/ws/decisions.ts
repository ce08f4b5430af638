/** Who is let in, who is not, and what is agreed on. */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { type Scenario, settled, shown } from './stage.ts'

export const DECISIONS: Record<string, Scenario> = {
  async 'verifyClient, at once'(stage) {
    const server = await stage.listen({
      verifyClient(info: { origin: string; secure: boolean; req: IncomingMessage }) {
        stage.log(info.origin, info.secure, info.req.url)
        return info.req.url === '/yes'
      },
    })
    stage.log(shown(await stage.answer(server, { path: '/yes', headers: { origin: 'https://a.example' } }), 'upgrade'))
    const refused = await stage.answer(server, { path: '/no' })
    stage.log(shown(refused, 'connection', 'content-length'), refused.body)
  },

  async 'verifyClient, later'(stage) {
    const server = await stage.listen({
      verifyClient({ req }, callback) {
        const answers: Record<string, () => void> = {
          '/yes': () => callback(true),
          '/no': () => callback(false),
          '/why': () => callback(false, 403, 'go away', { 'X-Reason': 'mood', 'Content-Type': 'text/own' }),
        }
        setImmediate(answers[String(req.url)])
      },
    })
    stage.log(shown(await stage.answer(server, { path: '/yes' }), 'upgrade'))
    for (const path of ['/no', '/why']) {
      const refused = await stage.answer(server, { path })
      stage.log(shown(refused, 'x-reason', 'content-length'), refused.body)
    }
    stage.log((await stage.answer(server, { path: '/why' })).headers['content-type'])
  },

  async 'verifyClient is a promise'(stage) {
    const server = await stage.listen({ verifyClient: (async () => false) as never })
    stage.log((await stage.answer(server)).status)
  },

  async 'a handshake that is wrong'(stage) {
    const server = await stage.listen()
    const wrong = [
      { headers: { 'sec-websocket-key': 'short' } },
      { headers: { 'sec-websocket-key': undefined } },
      { headers: { 'sec-websocket-version': '7' } },
      { headers: { 'sec-websocket-version': '8' } },
      { headers: { upgrade: 'h2c' } },
      { method: 'POST' },
    ]
    for (const changes of wrong) {
      const answer = await stage.answer(server, changes)
      stage.log(JSON.stringify(changes), shown(answer, 'sec-websocket-version', 'connection'))
    }
  },

  async "wsClientError: the socket is the listener's"(stage) {
    const server = await stage.listen()
    server.on('wsClientError', (error, socket, request) => {
      stage.log(error instanceof Error, request.url, socket.writable, socket.destroyed)
      socket.end('HTTP/1.1 418 I am a teapot\r\nContent-Length: 5\r\nConnection: close\r\n\r\nshort')
    })
    const answer = await stage.answer(server, { path: '/tea', headers: { 'sec-websocket-key': 'bad' } })
    stage.log(answer.status, answer.body)
    stage.log(shown(await stage.answer(server), 'upgrade'))
  },

  async 'a client that leaves while verifyClient is at work'(stage) {
    let decide: (accepted: boolean) => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      void stage
        .listen({
          verifyClient(_info, callback) {
            decide = callback
            resolve()
          },
        })
        .then(async (server) => {
          server.on('connection', () => stage.log('connected'))
          const client = await stage.raw(server, { path: '/' })
          await asked
          client.reset()
          await settled(20)
          decide(true)
          await settled()
          left()
        })
    })
    let left: () => void = () => undefined
    await new Promise<void>((resolve) => {
      left = resolve
    })
    stage.log('still here')
  },

  async "a class of one's own for the sockets"(stage) {
    const { library } = stage
    class Own extends library.WebSocket {
      user = 'nobody'
      greet(): void {
        this.send(`hello ${this.user}`)
      }
    }
    const server = await stage.listen({ WebSocket: Own as typeof WebSocket })
    server.on('connection', (socket) => {
      stage.log(socket instanceof Own, (socket as unknown as Own).user)
      ;(socket as unknown as Own).greet()
    })
    const [data] = await once(stage.client(server), 'message')
    stage.log(data)
  },

  async 'permessage-deflate: what is agreed on'(stage) {
    const offers = [
      'permessage-deflate',
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
      'permessage-deflate; server_max_window_bits=10',
      'x-other, permessage-deflate',
      'x-other',
    ]
    for (const perMessageDeflate of [false, true, { threshold: 10 }]) {
      const server = await stage.listen({ perMessageDeflate })
      for (const offer of offers) {
        const answer = await stage.answer(server, { headers: { 'sec-websocket-extensions': offer } })
        stage.log(JSON.stringify(perMessageDeflate), offer, '->', answer.headers['sec-websocket-extensions'])
      }
    }
  },

  async 'permessage-deflate: no context is kept where the server says so'(stage) {
    const perMessageDeflate = { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 12 }
    const server = await stage.listen({ perMessageDeflate })
    const offer = 'permessage-deflate; client_max_window_bits'
    const { headers } = await stage.answer(server, { headers: { 'sec-websocket-extensions': offer } })
    const params = headers['sec-websocket-extensions'].split('; ').sort()
    stage.log(params.filter((param) => !param.startsWith('client_max')).join())
  },
}
