/** `delivery: 'at-once'`: for handlers that were written for ws, whose listeners are called for each message as it comes. */

import t from 'tap'
import { clientFrame } from './protocol/wire.ts'
import { open, record, settle } from './support/open.ts'

const AT_ONCE = { delivery: 'at-once' } as const
const texts = (...all: string[]): Buffer => Buffer.concat(all.map((data) => clientFrame(1, data)))
const never = new Promise<void>(() => undefined)

t.test('a listener is called for the next message though its last promise has not settled', async (t) => {
  const { socket, peer } = open({ settings: AT_ONCE })
  const begun: string[] = []
  socket.on('message', (data) => {
    begun.push(data.toString())
    return never
  })
  peer.raw(texts('subscribe', 'complete'))
  await settle()
  t.same(begun, ['subscribe', 'complete'])
})

t.test('what it rejects with is handled as everywhere', async (t) => {
  const { socket, peer, errors } = open({ settings: AT_ONCE })
  socket.on('message', async (data) => {
    await settle(1)
    throw new Error(data.toString())
  })
  peer.raw(texts('a', 'b'))
  await settle()
  t.same(
    errors.map((error) => (error as Error).message),
    ['a', 'b'],
  )
})

t.test(`'close' and the end of the app wait for no such promise`, async (t) => {
  const { socket, peer, transport, closes, told } = open({ settings: AT_ONCE })
  socket.on('message', () => never)
  peer.raw(texts('subscribe'))
  await settle()
  peer.raw(clientFrame(8, Buffer.from([0x03, 0xe8])))
  await settle()
  transport.destroy()
  await settle()
  t.same(closes, ['1000'])
  t.same(told, ['closed', 'settled'])
})

t.test('messages still wait for a listener that comes late', async (t) => {
  const { socket, peer } = open({ settings: AT_ONCE })
  peer.raw(texts('early'))
  await settle()
  const received = record(socket)
  await settle()
  t.same(received, ['early'])
})

const KIB_20 = 'x'.repeat(20_480)

t.test('a handler that never listens hears pings and the close, however much it is sent', async (t) => {
  const { peer, transport, closes, socket } = open({ settings: AT_ONCE })
  const pings: string[] = []
  socket.on('ping', (data) => void pings.push(data.toString()))
  for (let round = 0; round < 10; round++) {
    peer.raw(texts(KIB_20))
    await settle()
  }
  peer.raw(clientFrame(9, 'still there?'))
  await settle()
  t.same(pings, ['still there?'])
  peer.raw(clientFrame(8, Buffer.from([0x03, 0xe8])))
  await settle()
  transport.destroy()
  await settle()
  t.same(closes, ['1000'])
})

t.test('while the handler has not returned it may yet listen: what waits is kept, and no more is read', async (t) => {
  const { promise, resolve } = withResolvers()
  const { peer, transport, socket } = open({ settings: AT_ONCE, handler: () => promise })
  for (let round = 0; round < 10; round++) {
    peer.raw(texts(`${round}${KIB_20}`))
    await settle()
  }
  t.ok(transport.readableLength > 0, 'not all of it was read')
  const received = record(socket)
  await settle(20)
  t.same(
    received.map((text) => text[0]),
    '0123456789'.split(''),
  )
  resolve()
})

t.test('a handler that returns without a listener lets go of what waited', async (t) => {
  const { promise, resolve } = withResolvers()
  const { peer, socket } = open({ settings: AT_ONCE, handler: () => promise })
  const pings: string[] = []
  socket.on('ping', (data) => void pings.push(data.toString()))
  for (let round = 0; round < 4; round++) peer.raw(texts(KIB_20))
  await settle()
  peer.raw(clientFrame(9, 'p'))
  await settle()
  t.same(pings, [], 'nothing is read while it is full')
  resolve()
  await settle()
  t.same(pings, ['p'])
})

t.test('paused is not unheard', async (t) => {
  const { socket, peer } = open({ settings: AT_ONCE, handler: (socket) => socket.pause() })
  for (let round = 0; round < 5; round++) peer.raw(texts(`${round}${KIB_20}`))
  await settle()
  const received = record(socket)
  socket.resume()
  await settle(20)
  t.equal(received.length, 5)
})

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}
