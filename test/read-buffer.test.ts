/** Reading into one buffer for all, over real sockets: what is switched over, and what is not. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { sharedReader } from '../src/read-buffer.ts'
import { proveReadBuffer } from '../src/read-buffer-proof.ts'
import { isReadBufferKnown } from './support/read-buffer.ts'

/** Both ends of a connection over loopback, which end with the test. */
async function socketPair(t: Test): Promise<{ accepted: Socket; client: Socket }> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true })
  const [accepted] = (await once(server, 'connection')) as [Socket]
  t.teardown(() => {
    client.destroy()
    accepted.destroy()
    server.close()
  })
  return { accepted, client }
}

/** What was received, and in what memory. */
class Reader {
  readonly memories = new Set<ArrayBufferLike>()
  readonly received: Buffer[] = []
  lent = 0

  constructor(socket: Socket) {
    const readIntoShared = sharedReader((chunk, isLent) => {
      this.memories.add(chunk.buffer)
      if (isLent) this.lent++
      this.received.push(Buffer.from(chunk))
    })
    readIntoShared(socket)
  }

  get bytes(): Buffer {
    return Buffer.concat(this.received)
  }
}

t.test('it is proved on every line of Node that is known, and not used before', async (t) => {
  const { accepted } = await socketPair(t)
  accepted.on('data', () => undefined)
  const early = new Reader(accepted)
  t.equal(await proveReadBuffer(), isReadBufferKnown)
  t.equal(await proveReadBuffer(), isReadBufferKnown, 'once')
  t.same(early.received, [])
})

t.test('bytes come in order, large ones in one memory for all sockets', async (t) => {
  if (!(await proveReadBuffer())) return t.pass('not on this Node')
  const pairs = [await socketPair(t), await socketPair(t)]
  const readers = pairs.map(({ accepted }) => new Reader(accepted.on('data', t.fail)))
  const message = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7 + (at >> 8)) & 0xff))
  for (const { accepted, client } of pairs) {
    accepted.resume()
    client.end(message)
  }
  await Promise.all(pairs.map(({ accepted }) => once(accepted, 'end')))
  for (const { bytes } of readers) t.ok(bytes.equals(message))
  t.ok(readers.every(({ lent }) => lent > 0))
  const lentMemories = readers.map(({ memories }) => [...memories].filter(({ byteLength }) => byteLength === 65_536))
  t.same(
    lentMemories.map(({ length }) => length),
    [1, 1],
  )
  t.equal(lentMemories[0][0], lentMemories[1][0])
})

t.test('what was read before comes by data, and what comes later behind it', async (t) => {
  if (!(await proveReadBuffer())) return t.pass('not on this Node')
  const { accepted, client } = await socketPair(t)
  client.write('early ')
  await once(accepted, 'readable')
  accepted.removeAllListeners('readable')
  const seen: string[] = []
  accepted.on('data', (chunk: Buffer) => seen.push(chunk.toString()))
  sharedReader((chunk) => seen.push(chunk.toString()))(accepted)
  client.end('late')
  accepted.resume()
  await once(accepted, 'end')
  t.same(seen, ['early ', 'late'])
})

t.test('a paused socket reads nothing, and its end comes all the same', async (t) => {
  if (!(await proveReadBuffer())) return t.pass('not on this Node')
  const { accepted, client } = await socketPair(t)
  const reader = new Reader(accepted.on('data', t.fail))
  accepted.resume()
  client.write('a')
  while (reader.received.length === 0) await nextTurn()
  accepted.pause()
  client.end('b')
  for (let turns = 0; turns < 20; turns++) await nextTurn()
  t.equal(reader.bytes.toString(), 'a')
  accepted.resume()
  await once(accepted, 'end')
  t.equal(reader.bytes.toString(), 'ab')
  t.equal(accepted.bytesRead, 2)
})

t.test('any other stream is left as it is, and so is a socket with other readers', async (t) => {
  await proveReadBuffer()
  const readIntoShared = sharedReader(() => t.fail('read past the stream'))
  const stream = new PassThrough()
  readIntoShared(stream)
  stream.end('a')
  t.equal(String(await once(stream, 'data')), 'a')
  const { accepted, client } = await socketPair(t)
  const seen: string[] = []
  for (const _ of 'ab') accepted.on('data', (chunk: Buffer) => seen.push(chunk.toString()))
  readIntoShared(accepted)
  client.end('x')
  await once(accepted, 'end')
  t.same(seen, ['x', 'x'])
  const other = await socketPair(t)
  other.accepted.setEncoding('utf8').on('data', (chunk: string) => seen.push(chunk))
  readIntoShared(other.accepted)
  other.client.end('y')
  await once(other.accepted, 'end')
  t.same(seen.slice(2), ['y'])
})
