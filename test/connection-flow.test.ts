import t from 'tap'
import { Budget } from '../src/budget.ts'
import { ConnectionClosedError } from '../src/closed-error.ts'
import { prepare } from '../src/prepared.ts'
import { open, settle } from './support/open.ts'

const settings = { maxBufferedBytes: 10_000 }

t.test('bufferedAmount counts what is not written, headers included', async (t) => {
  const { socket, transport } = open()
  t.equal(socket.bufferedAmount, 0)
  socket.send('hello')
  t.equal(socket.bufferedAmount, 7)
  await settle()
  t.equal(socket.bufferedAmount, 0)
  transport.hold()
  socket.send(Buffer.alloc(1_000))
  socket.send(prepare('x'.repeat(70_000)))
  await settle()
  t.equal(socket.bufferedAmount, 1_004 + 70_010)
  transport.releaseOne()
  await settle()
  t.equal(socket.bufferedAmount, 0)
  socket.send('dropped')
  socket.terminate()
  await settle()
  t.equal(socket.bufferedAmount, 0, 'what was dropped waits for nobody')
})

t.test("send returns false above the mark, 'drain' follows at half of it", async (t) => {
  const { socket, transport } = open({ settings })
  let drains = 0
  socket.on('drain', () => void drains++)
  transport.hold()
  t.equal(socket.send(Buffer.alloc(9_990)), true)
  t.equal(socket.send('12345678'), false, '10,004 bytes')
  t.equal(socket.send(''), false)
  await settle()
  transport.hold()
  transport.releaseOne()
  await settle()
  transport.release()
  await settle()
  t.equal(drains, 1, 'once')
  t.equal(socket.send('a'), true)
  await settle()
  t.equal(drains, 1, 'and only where send had returned false')
})

t.test('drain comes once per congestion, even where its listener sends again', async (t) => {
  const { socket, transport, peer } = open({ settings })
  let left = 3
  socket.on('drain', () => {
    if (left-- > 0) t.equal(socket.send(Buffer.alloc(20_000)), false)
  })
  transport.hold()
  t.equal(socket.send(Buffer.alloc(20_000)), false)
  await settle()
  transport.release()
  await settle(20)
  t.equal(left, -1)
  t.equal(peer.frames.length, 4)
})

t.test('drained', async (t) => {
  t.test('fulfils at once where there is room', async () => {
    await open().socket.drained()
  })

  t.test('fulfils for all who wait when there is room again', async (t) => {
    const { socket, transport } = open({ settings })
    transport.hold()
    socket.send(Buffer.alloc(20_000))
    let count = 0
    const all = [1, 2, 3].map(() => socket.drained().then(() => void count++))
    await settle()
    t.equal(count, 0)
    transport.release()
    await Promise.all(all)
    t.equal(count, 3)
  })

  t.test('rejects when the connection ends before', async (t) => {
    const { socket, transport, peer } = open({ settings })
    transport.hold()
    socket.send(Buffer.alloc(20_000))
    const waiting = socket.drained()
    void socket.drained() // nobody looks at this one: no unhandled rejection
    peer.end.reset()
    await t.rejects(waiting, { name: 'ConnectionClosedError', message: /closed \(1006\)/ })
    await t.rejects(socket.drained(), ConnectionClosedError)
  })

  t.test('a loop of send and drained keeps memory bounded', async (t) => {
    const { socket, peer } = open({ settings })
    let most = 0
    for (let i = 0; i < 200; i++) {
      if (!socket.send(Buffer.alloc(3_000))) await socket.drained()
      most = Math.max(most, socket.bufferedAmount)
    }
    await settle(20)
    t.equal(peer.frames.length, 200)
    t.ok(most < 14_000, `${most}`)
  })
})

t.test('callbacks come in order, each when its own message is out', async (t) => {
  const { socket, transport } = open()
  transport.hold()
  const told: number[] = []
  const size = 1_310_720
  for (let i = 0; i < 4; i++) socket.send(Buffer.alloc(size), () => void told.push(i))
  socket.send('small', () => void told.push(4))
  await settle()
  for (let i = 0; i < 4; i++) {
    const before = told.length
    transport.releaseOne()
    await settle()
    t.ok(told.length >= before)
    t.ok(told.every((at) => socket.bufferedAmount <= (4 - at) * (size + 10) + 7))
  }
  transport.release()
  await settle()
  t.same(told, [0, 1, 2, 3, 4])
})

t.test('callbacks of what could not go out get an error, the one under way included', async (t) => {
  for (const how of ['terminate', 'reset'] as const) {
    const { socket, transport, peer } = open()
    transport.hold()
    const told: unknown[] = []
    socket.send(Buffer.alloc(100_000), (error) => void told.push(error))
    socket.ping('a', false, (error: unknown) => void told.push(error))
    await settle()
    socket.send('not yet handed to the transport', (error) => void told.push(error))
    if (how === 'terminate') socket.terminate()
    else peer.end.reset()
    await settle()
    t.equal(told.length, 3, how)
    for (const error of told) t.ok(error instanceof ConnectionClosedError, `${how}: ${String(error)}`)
    t.equal(socket.bufferedAmount, 0)
  }
})

t.test('all who wait when a connection ends share one error: half a million may', async (t) => {
  const { socket, transport } = open({ settings })
  transport.hold()
  const errors = new Set<unknown>()
  const take = (error: unknown): void => void errors.add(error)
  while (socket.send('', take));
  const waiting = [socket.drained(), socket.drained()].map((drained) => drained.catch(take))
  socket.terminate()
  await settle()
  await Promise.all(waiting)
  t.equal(errors.size, 1)
})

t.test('callbacks that wait are charged: a peer cannot have half a million of them held for it', async (t) => {
  const budget = new Budget(Infinity, [])
  const { socket, transport, peer } = open({ settings, budget })
  socket.on('message', (data) => socket.send(data, () => undefined))
  transport.hold()
  for (let i = 0; i < 100; i++) peer.text('')
  await settle()
  t.notOk(socket.send(''), 'it is congested')
  t.ok(transport.isPaused(), 'and not read')
  t.ok(socket.bufferedAmount < 210, `${socket.bufferedAmount} bytes are unsent`)
  t.ok(budget.heldBytes > 10_000, `${budget.heldBytes}`)
  transport.release()
  await settle(8)
  t.same([peer.frames.length, budget.heldBytes], [101, 0])
  t.ok(socket.send(''), 'and it goes on')
})

t.test('B01 what a peer does not take stops us from reading it, and goes on afterwards', async (t) => {
  const { socket, peer, transport } = open({ settings })
  socket.on('message', (data) => socket.send(data))
  transport.hold()
  for (let i = 0; i < 100; i++) peer.binary(Buffer.alloc(16_384))
  await settle(20)
  t.ok(transport.isPaused())
  t.ok(socket.bufferedAmount < 150_000, `${socket.bufferedAmount}`)
  t.ok(peer.end.writableLength > 1_000_000)
  transport.release()
  await settle(200)
  t.equal(peer.frames.length, 100)
  t.equal(socket.bufferedAmount, 0)
})

t.test('what waits for the end of a fragmented message holds up nobody', async (t) => {
  const { socket, peer } = open({ settings })
  const news = prepare('x'.repeat(4_000))
  socket.send('a', { fin: false })
  await settle()
  const told: unknown[] = []
  const may = Array.from({ length: 5 }, () => socket.send(news, (error) => void told.push(error)))
  t.same(may, Array(5).fill(true), 'whoever waited for its end might be who has to send the last part')
  t.ok(socket.bufferedAmount > 20_000, 'it counts as unsent')
  await settle()
  t.same(peer.log, ['text a...'])
  const goesOn = Promise.race([socket.drained().then(() => 'goes on'), settle(20).then(() => 'waits for ever')])
  t.equal(await goesOn, 'goes on', 'the sender of the fragments is not held up by what waits for it')
  peer.send(9, 'p')
  await settle()
  t.same(peer.log, ['text a...', 'pong p'], 'nor is the peer')
  socket.send('b')
  await settle()
  t.same(peer.log.slice(2), ['continuation b', ...Array.from({ length: 5 }, () => 'text (4000)')])
  t.same(
    told,
    Array.from({ length: 5 }, () => undefined),
  )
  t.equal(socket.bufferedAmount, 0)
})

t.test('what still waits for the end of a fragmented message when the connection ends is told so', async (t) => {
  const { socket, peer, clock } = open()
  const told: unknown[] = []
  socket.send('a', { fin: false })
  socket.send(prepare('b'), (error) => void told.push(error))
  socket.close(1000)
  await settle(8)
  t.same(peer.log, ['text a...', 'close 1000'])
  t.match(told, [{ code: 'WS_CLOSED' }])
  t.same([socket.bufferedAmount, clock.timers], [0, 0])
})
