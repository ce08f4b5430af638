import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { memoryPair, type PairOptions } from '../../adapters/testing-transport.ts'
import { settle } from '../support/open.ts'

const OPTIONS: PairOptions = { remoteAddress: '203.0.113.7', encrypted: false }

function collect(socket: NodeJS.ReadableStream): { bytes(): Buffer; reads: number[] } {
  const chunks: Buffer[] = []
  const reads: number[] = []
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    reads.push(chunk.length)
  })
  return { bytes: () => Buffer.concat(chunks), reads }
}

t.test('bytes arrive in order, in a later turn, in both directions', async (t) => {
  const { client, server } = memoryPair(OPTIONS)
  const [up, down] = [collect(server), collect(client)]
  client.write('a')
  client.write('b')
  server.write('c')
  t.equal(up.bytes().length, 0, 'as with a real socket, nobody is called from inside of write()')
  await settle()
  t.equal(up.bytes().toString(), 'ab')
  t.equal(down.bytes().toString(), 'c')
})

t.test('what was written may be changed once it is reported as written', async (t) => {
  const { client, server } = memoryPair(OPTIONS)
  const up = collect(server)
  const memory = Buffer.from('before')
  client.write(memory, () => memory.fill('x'))
  await settle()
  t.equal(up.bytes().toString(), 'before')
})

t.test('large writes arrive in reads of 64 KiB, whole', async (t) => {
  const { client, server } = memoryPair(OPTIONS)
  const up = collect(server)
  const large = Buffer.alloc(1_000_000, 'abcdefg')
  client.end(large)
  await once(server, 'end')
  t.ok(up.bytes().equals(large))
  t.ok(up.reads.every((bytes) => bytes <= 65_536))
})

t.test('who is not read is held up, after so much as a system takes', async (t) => {
  const { client, server } = memoryPair(OPTIONS)
  let written = 0
  for (let i = 0; i < 100; i++) client.write(Buffer.alloc(10_000), () => written++)
  await settle(20)
  t.ok(written > 5 && written < 25, `${written} of 100 writes are done`)
  t.equal(client.writableNeedDrain, true)
  const up = collect(server)
  await once(client, 'drain')
  await settle(40)
  t.equal(written, 100)
  t.equal(up.bytes().length, 1_000_000)
})

t.test('while it is held nothing arrives, and a little is taken', async (t) => {
  const { client, server, up } = memoryPair(OPTIONS)
  const received = collect(server)
  up.hold()
  let written = 0
  client.write('small', () => written++)
  await settle()
  t.equal(written, 1)
  client.write(Buffer.alloc(100_000), () => written++)
  client.end()
  await settle()
  t.equal(written, 1)
  t.equal(received.bytes().length, 0)
  up.release()
  await once(server, 'end')
  t.equal(written, 2)
  t.equal(received.bytes().length, 100_005)
})

t.test('each side ends by itself', async (t) => {
  const { client, server } = memoryPair(OPTIONS)
  const [up, down] = [collect(server), collect(client)]
  client.end('last')
  await once(server, 'end')
  t.equal(up.bytes().toString(), 'last')
  server.end('answer')
  await Promise.all([once(client, 'close'), once(server, 'close')])
  t.equal(down.bytes().toString(), 'answer')
})

t.test('one that is destroyed is the end for the other, and nobody can write to it', async (t) => {
  const { client, server } = memoryPair(OPTIONS)
  const down = collect(client)
  server.write('a')
  server.destroy()
  await once(client, 'end')
  t.equal(down.bytes().toString(), 'a')
  client.write('b')
  const [error] = await once(client, 'error')
  t.equal(error.code, 'EPIPE')
  await turn()
  t.ok(client.destroyed)
})

t.test('a write that waits for room ends with its socket', async (t) => {
  for (const side of ['own', 'other'] as const) {
    const { client, server } = memoryPair(OPTIONS)
    client.write(Buffer.alloc(200_000))
    await settle()
    const end = side === 'own' ? client : server
    end.destroy()
    client.on('error', () => undefined)
    await settle()
    t.ok(end.destroyed, side)
  }
})

t.test('a reset is an error at the other end, and what was on its way is lost', async (t) => {
  const { client, server } = memoryPair(OPTIONS)
  const up = collect(server)
  client.write('never seen')
  client.resetAndDestroy()
  const [error] = await once(server, 'error')
  t.equal(error.code, 'ECONNRESET')
  await settle()
  t.ok(client.destroyed && server.destroyed)
  t.equal(up.bytes().length, 0)
})

t.test('what was read and written is counted', async (t) => {
  const { client, server } = memoryPair(OPTIONS)
  collect(server)
  client.write('four')
  client.end('teen bytes')
  await once(server, 'end')
  t.match(client, { bytesRead: 0, bytesWritten: 14 })
  t.match(server, { bytesRead: 14, bytesWritten: 0 })
})

t.test('addresses, as frameworks read them', async (t) => {
  t.match(memoryPair(OPTIONS).server, { remoteAddress: '203.0.113.7', remoteFamily: 'IPv4', localPort: 80 })
  t.match(memoryPair({ remoteAddress: '2001:db8::1', encrypted: true }).server, {
    remoteAddress: '2001:db8::1',
    remoteFamily: 'IPv6',
    localAddress: '::1',
    localPort: 443,
    encrypted: true,
  })
  t.notOk('encrypted' in memoryPair(OPTIONS).server)
})
