/** How connections end: the closing handshake, and everything that may come in its place. RFC 6455 §7 */

import type { CloseResult, Connection, RouteOptions } from '../../src/index.ts'
import { clientFrame, hex } from '../protocol/wire.ts'
import type { AppSpec, Handler } from './host.ts'
import type { RawClient } from './raw-client.ts'
import { onEachHost, type Running } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))
const ABNORMAL: CloseResult = { code: 1006, reason: '', wasClean: false }

/** An app that keeps a record of what its connections tell. */
class Ends {
  readonly events: unknown[] = []
  readonly spec: AppSpec
  #last: Promise<CloseResult> | undefined

  constructor(options: RouteOptions, handler: Handler = () => undefined) {
    const recording: Handler = (socket, request) => {
      this.#last = socket.closed
      socket.on('message', (data) => this.events.push(`message ${data.toString()}`))
      socket.on('close', (code) => this.events.push(`close ${code}`))
      socket.on('error', (error) => this.events.push(error.message))
      return handler(socket, request)
    }
    this.spec = { routes: { '/ws': { options, handler: recording } } }
  }

  /** How the last connection ended, what it told, and that nothing of it is left. */
  async of(app: Running): Promise<[result: CloseResult | undefined, events: unknown[], left: number]> {
    const result = await this.#last
    await app.settled()
    return [result, this.events.splice(0), app.ws.connections.size]
  }
}

await onEachHost('§7.1.2 the server may close, with a code and a reason', async (t, begin) => {
  const ends = new Ends({}, (socket) => socket.close(4001, 'that was all'))
  const app = await begin(ends.spec)
  const client = await app.open()
  const { opcode, payload } = await client.readFrame()
  t.same([opcode, payload.readUInt16BE(), payload.toString('utf8', 2)], [8, 4001, 'that was all'])
  client.write(Buffer.concat([clientFrame(1, 'on its way'), clientFrame(8, hex('0fa1796573'))]))
  t.same(await client.readToEnd(), ['fin'], '§7.1.1 the server ends the connection first')
  client.end()
  const clean = { code: 4001, reason: 'yes', wasClean: true }
  t.same(await ends.of(app), [clean, ['message on its way', 'close 4001'], 0])
})

await onEachHost('B05 B06 a peer that breaks off has one close, 1006, and no part of a message', async (t, begin) => {
  const ways: [name: string, sent: Buffer, leave: (client: RawClient) => void][] = [
    ['FIN without a close', Buffer.alloc(0), (client) => client.end()],
    ['FIN inside a frame', clientFrame(1, 'part of a message').subarray(0, 12), (client) => client.end()],
    ['FIN inside a message', clientFrame(1, 'part', { fin: false }), (client) => client.end()],
    ['RST at once', Buffer.alloc(0), (client) => client.reset()],
    ['RST inside a header', hex('81'), (client) => client.reset()],
    ['RST inside a frame', clientFrame(1, 'part of a message').subarray(0, 12), (client) => client.reset()],
    ['RST behind a ping', clientFrame(9, ''), (client) => client.reset()],
  ]
  const ends = new Ends({})
  const app = await begin(ends.spec)
  for (const [name, sent, leave] of ways) {
    const client = await app.open({}, sent)
    leave(client)
    if (name.startsWith('FIN')) t.equal((await client.readToEnd()).at(-1), 'fin', `${name}: ours follows`)
    t.same(await ends.of(app), [ABNORMAL, ['close 1006'], 0], name)
  }
  for (const leave of ['reset', 'end', 'destroy'] as const) {
    const client = await app.send()
    client[leave]()
    await client.ended
    await app.settled()
    t.same(
      ends.events.splice(0).filter((event) => event !== 'close 1006'),
      [],
      `${leave} before the 101 is read`,
    )
  }
})

await onEachHost('B05 RST at every stage of the closing handshake', async (t, begin) => {
  const ends = new Ends({ closeTimeoutMs: 60_000 }, (socket, request) => {
    socket.once('ping', () => socket.close(1001))
    return request && undefined
  })
  const app = await begin(ends.spec)
  const silent = await app.open({}, clientFrame(9, ''))
  await silent.readFrame()
  await silent.readFrame()
  silent.reset()
  t.same(await ends.of(app), [ABNORMAL, ['close 1006'], 0], 'when our close frame waits for an answer')
  const answered = await app.open({}, BYE)
  t.same(await answered.readToEnd(), ['close 1000', 'fin'])
  answered.reset()
  t.match(await ends.of(app), [{ code: 1000, wasClean: true }, ['close 1000'], 0], 'when both have said good-bye')
  const wrong = await app.open({}, clientFrame(0, ''))
  t.same(await wrong.readToEnd(), ['close 1002', 'fin'])
  wrong.reset()
  t.match(await ends.of(app), [ABNORMAL, [/continuation/, 'close 1006'], 0], 'when it has broken the protocol')
})

await onEachHost('B07 B08 §7.1.1 a peer that does not do its part of closing is dropped in time', async (t, begin) => {
  const ways: [name: string, handler: Handler, sent: Buffer, CloseResult, seen: string[]][] = [
    ['no answer to our close', (socket) => socket.close(1001), Buffer.alloc(0), ABNORMAL, ['close 1001']],
    ['no FIN after its close', () => undefined, BYE, { code: 1000, reason: '', wasClean: true }, ['close 1000', 'fin']],
    ['no FIN after its fault', () => undefined, hex('ffff'), ABNORMAL, ['close 1002', 'fin']],
  ]
  for (const [name, handler, sent, result, seen] of ways) {
    const ends = new Ends({ closeTimeoutMs: 200 }, handler)
    const app = await begin(ends.spec)
    const start = performance.now() // the server's time may begin before the client knows that it is open
    const client = await app.open({}, sent)
    t.match(await client.readToEnd(), seen, name)
    const [actual] = await ends.of(app)
    const took = performance.now() - start
    t.same(actual, result, name)
    t.ok(took > 150, `${name}: not before its time`)
  }
})

await onEachHost(
  'B04 §5.5.2 a peer that is not heard is pinged, then terminated; any byte is life',
  async (t, begin) => {
    let rtt: number | undefined
    const ends = new Ends({ pingIntervalMs: 50, pongTimeoutMs: 50 }, (socket: Connection) => {
      socket.on('pong', () => {
        rtt = socket.rtt
      })
    })
    const app = await begin(ends.spec)
    const silent = await app.open()
    t.equal((await silent.readFrame()).opcode, 9)
    t.match((await silent.readToEnd()).at(-1), /fin|rst/)
    t.same(await ends.of(app), [ABNORMAL, ['close 1006'], 0])

    const lively = await app.open()
    for (let n = 0; n < 4; n++) {
      const ping = await lively.readFrame()
      lively.write(n % 2 === 0 ? clientFrame(10, ping.payload) : clientFrame(1, 'any byte'))
    }
    t.type(rtt, 'number')
    lively.write(BYE)
    lively.end()
    t.match(await ends.of(app), [{ code: 1000 }, ['message any byte', 'message any byte', 'close 1000'], 0])
  },
)

await onEachHost('F09 a message that was begun must go on', async (t, begin) => {
  const ends = new Ends({ messageTimeoutMs: 100 })
  const app = await begin(ends.spec)
  for (const begun of [hex('81'), hex('82ff000000000010000001020304'), clientFrame(1, 'a', { fin: false })]) {
    const client = await app.open({}, begun)
    t.same(await client.readToEnd(), ['close 1008', 'fin'], begun.toString('hex'))
    client.end()
    t.match(await ends.of(app), [ABNORMAL, ['message not finished in time', 'close 1006'], 0])
  }
})

await onEachHost('B09 terminate ends a connection at once', async (t, begin) => {
  const ends = new Ends({}, (socket) => {
    socket.on('message', () => {
      socket.terminate()
      socket.close()
    })
  })
  const app = await begin(ends.spec)
  const client = await app.open({}, clientFrame(1, 'a'), clientFrame(1, 'b'))
  await client.ended
  t.same(await ends.of(app), [ABNORMAL, ['message a', 'close 1006'], 0])
})

await onEachHost('A11 many that come and go leave nothing behind', async (t, begin) => {
  const warnings: Error[] = []
  const record = (warning: Error): void => void warnings.push(warning)
  process.on('warning', record)
  const ends = new Ends({})
  const app = await begin(ends.spec)
  const ways: ((client: RawClient) => unknown)[] = [
    (client) => client.reset(),
    (client) => client.destroy(),
    (client) => client.end(),
    (client) => client.write(BYE),
    (client) => client.write(hex('ffff')),
  ]
  for (let round = 0; round < 3; round++) {
    const clients = await Promise.all(Array.from({ length: 60 }, () => app.open()))
    for (const [at, client] of clients.entries()) ways[at % ways.length](client)
    await Promise.all(clients.map(({ ended }) => ended))
    for (const client of clients) client.end()
  }
  await app.settled()
  t.same([app.ws.connections.size, ends.events.filter((event) => String(event).startsWith('close')).length], [0, 180])
  process.off('warning', record)
  t.same(warnings, [])
})
