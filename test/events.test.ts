import { once } from 'node:events'
import t from 'tap'
import type { CloseEvent, ErrorEvent, MessageEvent } from '../src/browser-events.ts'
import { open, settle } from './support/open.ts'

t.test('onmessage, as in browsers: text as string, binary as binaryType says', async (t) => {
  const { socket, peer } = open()
  const events: MessageEvent[] = []
  t.equal(socket.onmessage, null)
  const listener = (event: MessageEvent): void => void events.push(event)
  socket.onmessage = listener
  t.equal(socket.onmessage, listener)
  peer.text('à')
  peer.binary(Buffer.of(1, 2))
  await settle()
  socket.binaryType = 'arraybuffer'
  peer.binary(Buffer.of(3))
  await settle()
  t.match(events, [{ type: 'message', data: 'à', target: socket }, { data: Buffer.of(1, 2) }, { type: 'message' }])
  t.ok(Buffer.isBuffer(events[1].data))
  const { data } = events[2]
  t.ok(data instanceof ArrayBuffer)
  t.same(data, Uint8Array.of(3).buffer, 'of its own, not the pool it came in')
})

t.test("binaryType says what on('message') gets, too; text is a Buffer there", async (t) => {
  const { socket, peer } = open()
  const seen: unknown[] = []
  socket.on('message', (data, isBinary) => void seen.push([data, isBinary]))
  socket.binaryType = 'arraybuffer'
  peer.text('a')
  peer.binary('b')
  await settle()
  t.same(seen, [
    [Buffer.from('a'), false],
    [Uint8Array.of(98).buffer, true],
  ])
})

t.test('assigning replaces, and null removes', async (t) => {
  const { socket, peer } = open()
  const seen: string[] = []
  socket.onmessage = () => void seen.push('first')
  socket.onmessage = () => void seen.push('second')
  peer.text('a')
  await settle()
  socket.onmessage = null
  t.equal(socket.onmessage, null)
  peer.text('b')
  await settle()
  t.same(seen, ['second'])
  socket.onmessage = () => void seen.push('third')
  await settle()
  t.same(seen, ['second', 'third'], 'what nobody listened to has waited')
  for (const name of ['onopen', 'onclose', 'onerror'] as const) {
    t.equal(socket[name], null)
    const listener = (): void => undefined
    socket[name] = listener
    t.equal(socket[name], listener)
    socket[name] = 'no function' as never
    t.equal(socket[name], null)
  }
})

t.test('addEventListener: once, handleEvent, removal, and no listener twice', async (t) => {
  const { socket, peer } = open()
  const seen: string[] = []
  const twice = (): void => void seen.push('twice?')
  const removed = (): void => void seen.push('removed?')
  const object = {
    name: 'object',
    handleEvent(this: { name: string }) {
      seen.push(this.name)
    },
  }
  socket.addEventListener('message', twice)
  socket.addEventListener('message', twice)
  socket.addEventListener('message', removed)
  socket.removeEventListener('message', removed)
  const stranger = (): void => undefined
  socket.removeEventListener('message', stranger)
  socket.addEventListener('message', () => void seen.push('once'), { once: true })
  socket.addEventListener('message', object)
  socket.onmessage = twice
  peer.text('a')
  peer.text('b')
  await settle()
  t.same(seen, ['twice?', 'once', 'object', 'twice?', 'twice?', 'object', 'twice?'])
  socket.removeEventListener('message', twice)
  socket.removeEventListener('message', object)
  t.equal(socket.listenerCount('message'), 1, 'the attribute stays')
  socket.addEventListener('message', twice)
  t.equal(socket.listenerCount('message'), 2, 'and what was removed can be added again')
})

t.test('a listener is a function or has handleEvent', async (t) => {
  const { socket } = open()
  for (const listener of [undefined, 1, 'f', {}]) {
    t.throws(() => socket.addEventListener('message', listener as never), { name: 'TypeError', message: /handleEvent/ })
  }
})

t.test('there are four kinds of browser events', async (t) => {
  const { socket } = open()
  t.throws(() => socket.addEventListener('ping' as never, () => undefined), TypeError)
})

t.test('this is the connection', async (t) => {
  const { socket, peer } = open()
  const seen: unknown[] = []
  socket.on('message', function (this: unknown) {
    seen.push(this)
  })
  socket.onmessage = function (this: unknown) {
    seen.push(this)
  }
  socket.addEventListener('message', function (this: unknown) {
    seen.push(this)
  })
  peer.text('a')
  await settle()
  t.equal(seen.length, 3)
  for (const self of seen) t.equal(self, socket)
})

t.test("'close' and 'error' as in browsers", async (t) => {
  const { socket, peer } = open()
  const events: (CloseEvent | ErrorEvent)[] = []
  socket.onclose = (event) => void events.push(event)
  socket.addEventListener('error', (event) => void events.push(event))
  peer.raw(Buffer.of(0x81, 0))
  await settle()
  t.match(events, [
    { type: 'error', message: 'client frames must be masked', error: { code: 'WS_UNMASKED' }, target: socket },
    { type: 'close', code: 1006, reason: '', wasClean: false, target: socket },
  ])
  const clean = open()
  clean.socket.addEventListener('close', (event) => void events.push(event))
  clean.peer.close(4000, 'bye')
  await settle()
  t.match(events[2], { type: 'close', code: 4000, reason: 'bye', wasClean: true })
})

t.test("'open' was before: its listener is never called", async (t) => {
  const { socket, peer } = open()
  let count = 0
  socket.onopen = () => void count++
  socket.addEventListener('open', () => void count++)
  peer.text('a')
  peer.close()
  await settle()
  t.equal(count, 0)
})

t.test("a late 'close' listener is called, once, after the caller", async (t) => {
  const { socket, peer, closes } = open()
  peer.close(4000, 'bye')
  await settle()
  const told: string[] = []
  const note = (name: string) => (code: number, reason: Buffer) =>
    void told.push(`${name} ${code} ${reason.toString()}`)
  socket.on('close', note('on'))
  socket.once('close', note('once'))
  socket.prependListener('close', note('prepend'))
  socket.addEventListener('close', ({ code, reason }) => void told.push(`event ${code} ${reason}`))
  socket.onclose = ({ code }) => void told.push(`onclose ${code}`)
  t.same(told, [])
  await settle()
  t.same(told, ['on 4000 bye', 'once 4000 bye', 'prepend 4000 bye', 'event 4000 bye', 'onclose 4000'])
  t.same(closes, ['4000 bye'], 'the earlier one is not called again')
})

t.test("a 'close' listener that is added by a 'close' listener is called once", async (t) => {
  const { socket } = open()
  let count = 0
  socket.on('close', () => socket.on('close', () => void count++))
  socket.terminate()
  await settle()
  t.equal(count, 1)
})

t.test("node's once() waits for an event", async (t) => {
  const { socket, peer } = open()
  setImmediate(() => peer.text('a'))
  t.same(await once(socket, 'message'), [Buffer.from('a'), false])
  setImmediate(() => peer.raw(Buffer.of(0x81, 0)))
  await t.rejects(once(socket, 'message'), { code: 'WS_UNMASKED' })
  t.match(await once(socket, 'close'), [1006])
})

t.test('listeners are taken off as they were put on', async (t) => {
  const { socket, peer } = open()
  let count = 0
  const listener = (): void => void count++
  socket.on('ping', listener)
  socket.off('ping', listener)
  socket.once('ping', listener)
  socket.removeListener('ping', listener)
  peer.send(9)
  await settle()
  t.same([count, socket.listenerCount('ping')], [0, 0])
})

t.test('removeAllListeners takes all off, and nothing else', async (t) => {
  const { socket, peer } = open()
  const { closed } = socket
  let count = 0
  const listener = (): void => void count++
  socket.addEventListener('message', listener)
  socket.onmessage = listener
  socket.removeAllListeners()
  t.equal(socket.onmessage, null)
  socket.addEventListener('message', listener)
  peer.text('a')
  peer.close(1000)
  await settle()
  t.equal(count, 1, 'the same listener can be added again')
  t.match(await Promise.race([closed, settle()]), { code: 1000 }, 'socket.closed is no listener of the user')
})
