/** Frames as a hostile client sends them, beyond frames.test.ts: pieces, floods, and what comes back. RFC 6455 §5 */

import { setTimeout as delay } from 'node:timers/promises'
import { clientFrame, hex } from '../protocol/wire.ts'
import { echo, type Handler } from './host.ts'
import { handshake, type RawClient } from './raw-client.ts'
import { onEachHost } from './suite.ts'

const BYE = clientFrame(8, Buffer.of(3, 232))
const TURN = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

await onEachHost('F02 §5.1 no frame of the server’s is masked', async (t, begin) => {
  const say: Handler = (socket) => {
    socket.send('text')
    socket.send(Buffer.alloc(200))
    socket.send(Buffer.alloc(70_000))
    socket.send('part', { fin: false })
    socket.send('')
    socket.ping('p')
    socket.pong('q')
    socket.close(1000)
  }
  const app = await begin({ routes: { '/ws': say } })
  const client = await app.open({}, BYE)
  // The client throws at a mask.
  const seen = (await client.readToEnd()).map((one) => one.split(' ')[0])
  t.same(seen, ['text', 'binary', 'binary', 'part', 'continuation', 'ping', 'pong', 'close', 'fin'])
})

await onEachHost('F17 §8.1 a message of text may be cut anywhere, also inside its characters', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const client = await app.open()
  const text = Buffer.from('é€😀')
  for (let at = 0; at <= text.length; at++) {
    client.write(clientFrame(1, text.subarray(0, at), { fin: false }))
    client.write(clientFrame(0, text.subarray(at)))
    t.equal(await client.readText(), 'é€😀', `fragments cut at ${at}`)
  }
})

/** A conversation of every kind of frame. */
const SESSION = Buffer.concat([
  clientFrame(9, 'ping'),
  clientFrame(1, 'one'),
  clientFrame(1, 'tw', { fin: false }),
  clientFrame(9, ''),
  clientFrame(0, 'o'),
  clientFrame(2, 'three'),
  clientFrame(0, 'of nothing'),
])

await onEachHost('F27 a session in any two pieces, and byte by byte, is the same session', async (t, begin) => {
  let events: string[] = []
  const record: Handler = (socket, request) => {
    const own: string[] = []
    events = own
    socket.on('message', (data, isBinary) => own.push(`${isBinary} ${data.toString()}`))
    socket.on('ping', (data) => own.push(`ping ${data.toString()}`))
    socket.on('error', ({ message }) => own.push(message))
    socket.on('close', (code, reason) => own.push(`close ${code} ${reason.toString()}`))
    echo(socket, request)
  }
  const app = await begin({ routes: { '/ws': record } })
  const head = handshake()
  const bytes = Buffer.concat([head, SESSION])
  const run = async (pieces: Buffer[]): Promise<string> => {
    const client = await app.connect()
    for (const piece of pieces) {
      client.write(piece)
      await TURN()
    }
    const { status } = await client.readHead()
    const seen = await client.readToEnd()
    client.end()
    await app.settled()
    return JSON.stringify([status, seen, events])
  }
  const whole = await run([bytes])
  t.match(whole, /text one.*text two.*close 1002.*ping ping.*true three.*without a message/)
  t.equal(await run([...bytes].map((byte) => Buffer.of(byte))), whole, 'byte by byte')
  const differing: number[] = []
  for (let at = 1; at < bytes.length; at += at < head.length - 4 ? 16 : 2) {
    if ((await run([bytes.subarray(0, at), bytes.subarray(at)])) !== whole) differing.push(at)
  }
  t.same(differing, [], 'cut at each place')
})

/** Writes as fast as it is taken, until all is out or the connection is gone. */
async function flood(client: RawClient, bytes: Buffer, times: number): Promise<void> {
  for (let n = 0; n < times && !client.socket.destroyed; n++) if (!client.write(bytes)) await client.drained()
}

await onEachHost('F28 a flood of the smallest frames takes turns with everybody else', async (t, begin) => {
  let messages = 0
  const count: Handler = (socket) => void socket.on('message', () => messages++)
  const app = await begin({ routes: { '/count': count, '/ws': echo } })
  const [honest, hostile] = [await app.open(), await app.open({ path: '/count' })]
  const block = Buffer.concat(Array<Buffer>(10_000).fill(clientFrame(1, 'x')))
  const flooded = flood(hostile, block, 40)
  const meanwhile: number[] = []
  while (messages < 200_000) {
    const before = messages
    honest.write(clientFrame(9, 'there?'))
    await honest.readFrame()
    meanwhile.push(messages - before)
  }
  t.ok(meanwhile.length > 3, `${meanwhile.length} round trips meanwhile`)
  t.ok(Math.max(...meanwhile) < 20_000, `at most ${Math.max(...meanwhile)} of its messages between ping and pong`)
  await flooded
  hostile.write(BYE)
  await hostile.readFrame()
  t.equal(messages, 400_000, 'and none is lost')
})

await onEachHost('F28 R03 a flood that is over messageRate is closed with 1008, or waits', async (t, begin) => {
  let messages = 0
  const count: Handler = (socket) => void socket.on('message', () => messages++)
  const rate = (atLimit: 'close' | 'pause') => ({
    options: { messageRate: { messagesPerSecond: 100, atLimit } },
    handler: count,
  })
  const app = await begin({ routes: { '/close': rate('close'), '/pause': rate('pause') } })
  const block = Buffer.concat(Array<Buffer>(10_000).fill(clientFrame(1, 'x')))
  const closed = await app.open({ path: '/close' }, block)
  t.same(await closed.readToEnd(), ['close 1008', 'fin'])
  closed.end()
  await app.settled()
  t.ok(messages < 1_000, `${messages} of 10,000 were delivered`)
  messages = 0
  const paused = await app.open({ path: '/pause' }, block)
  while (app.ws.limitsHit.messageRate < 2) await TURN()
  t.ok(messages < 1_000, `${messages} of 10,000 while the rest waits`)
  t.equal(app.ws.connections.size, 1, 'and it is not closed')
  paused.destroy()
})

await onEachHost('F29 §5.3 masks of any kind, lengths and places in memory', async (t, begin) => {
  const app = await begin({ routes: { '/ws': echo } })
  const client = await app.open()
  const keys = ['00000000', 'ffffffff', '01020304', '80000000', '00000001', 'deadbeef'].map(hex)
  for (const key of keys) {
    for (let shift = 0; shift < 8; shift++) {
      const payloads = Array.from({ length: 41 }, (_, size) =>
        Buffer.from(Array.from({ length: size }, (_, at) => at * 37)),
      )
      const frames = payloads.map((payload) => clientFrame(2, payload, { key }))
      client.write(Buffer.concat([clientFrame(2, Buffer.alloc(shift)), ...frames]))
      const echoed = [await client.readFrame()]
      while (echoed.length <= payloads.length) echoed.push(await client.readFrame())
      const wrong = payloads.filter((payload, at) => !payload.equals(echoed[at + 1].payload))
      if (wrong.length > 0) t.fail(`${key.toString('hex')} behind ${shift} bytes: ${wrong.length} differ`)
    }
  }
  t.pass('all came back as they were')
})

await onEachHost('B12 a message that drips is closed in its time, however long it goes on', async (t, begin) => {
  const app = await begin({ options: { messageTimeoutMs: 150 }, routes: { '/ws': echo } })
  for (const begun of [hex('82fe100001020304'), clientFrame(1, '', { fin: false })]) {
    const client = await app.open({}, begun)
    const drip = setInterval(() => client.write(begun[0] === 1 ? clientFrame(0, '', { fin: false }) : 'x'), 10)
    t.same(await client.readToEnd(), ['close 1008', 'fin'], begun.toString('hex'))
    clearInterval(drip)
    client.destroy()
  }
  t.equal(app.ws.limitsHit.messageTimeoutMs, 2)
  const steady = await app.open({}, hex('82fe100001020304'))
  for (let part = 0; part < 4; part++) {
    await delay(60)
    steady.write(Buffer.alloc(1_024))
  }
  t.equal((await steady.readFrame()).payload.length, 4_096, 'a KiB in each stretch is progress')
})
