import { constants, deflateRawSync } from 'node:zlib'
import t from 'tap'
import type { Connection } from '../src/connection.ts'
import { COMPRESSION_DEFAULTS } from '../src/defaults.ts'
import { acceptDeflate, type DeflateAgreement } from '../src/extensions/deflate-offer.ts'
import { PermessageDeflate } from '../src/extensions/permessage-deflate.ts'
import { turns } from '../src/extensions/turns.ts'
import { clientFrame } from './protocol/wire.ts'
import { FakeClock } from './support/clock.ts'
import { open, record, settle } from './support/open.ts'

const begun = clientFrame(1, 'x'.repeat(100_000))

t.test('B12 F09 a message that drips has messageTimeoutMs for each KiB', async (t) => {
  const drips: [rule: string, chunks: Buffer[], fate: string][] = [
    ['silence in a frame', [begun.subarray(0, 500)], '1008'],
    ['silence in a header', [begun.subarray(0, 3)], '1008'],
    ['silence between two fragments', [clientFrame(1, 'a', { fin: false })], '1008'],
    ['a byte every 10 s in a frame', cut(begun, 1, 10), '1008'],
    ['a byte every 10 s, in a frame of fragments', cut(clientFrame(1, 'x'.repeat(300), { fin: false }), 1, 10), '1008'],
    ['512 bytes every 10 s', cut(begun, 512, 30), 'open'],
    ['a KiB every 10 s', cut(begun, 1_024, 30), 'open'],
    [
      'empty fragments',
      [clientFrame(1, '', { fin: false }), ...Array.from({ length: 8 }, () => clientFrame(0, '', { fin: false }))],
      '1008',
    ],
    [
      'pings instead of progress',
      [clientFrame(1, 'a', { fin: false }), ...Array.from({ length: 8 }, () => clientFrame(9, ''))],
      '1008',
    ],
    ['no message under way', [clientFrame(1, 'a')], 'open'],
    ['small messages, each in time', Array.from({ length: 20 }, () => clientFrame(1, 'a')), 'open'],
    ['messages that begin in the chunk in which another ends', overlapping(), 'open'],
  ]
  for (const [rule, chunks, fate] of drips) {
    t.test(rule, async (t) => {
      const { socket, peer, pass, closes } = open()
      record(socket)
      for (const chunk of chunks) {
        peer.raw(Buffer.from(chunk))
        await pass(10_000)
      }
      await pass(fate === 'open' ? 10_000 : 25_000)
      t.same(closes, fate === 'open' ? [] : ['1006'])
      t.match(peer.log.filter((line) => line.startsWith('close'))[0] ?? 'open', new RegExp(fate))
    })
  }
})

function cut(bytes: Buffer, size: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
}

/** Never idle at the end of a chunk, and never slow. */
function overlapping(): Buffer[] {
  const frame = clientFrame(1, 'abcdef')
  const chunk = Buffer.concat([frame.subarray(4), frame.subarray(0, 4)])
  return [frame.subarray(0, 4), ...Array.from({ length: 12 }, () => chunk)]
}

t.test('B12 not before its time', async (t) => {
  const { peer, pass } = open()
  peer.raw(Buffer.from(begun.subarray(0, 5)))
  await pass(29_000)
  t.same(peer.log, [])
  await pass(3_000)
  t.same(peer.log, ['close 1008 message not finished in time'])
})

t.test('no clock runs against a message while we do not read', async (t) => {
  const { socket, peer, pass, closes, transport } = open()
  socket.pause()
  const received = record(socket)
  peer.text('x'.repeat(70_000))
  await settle()
  t.equal(transport.isPaused(), true)
  peer.raw(Buffer.from(begun))
  await pass(120_000)
  t.same(closes, [])
  socket.resume()
  await settle(10)
  t.equal(received.length, 2)
  await pass(40_000)
  t.same(closes, [])
})

t.test('sendTimeoutMs: unsent bytes must make progress', async (t) => {
  const { socket, transport, pass, closes, clock } = open()
  transport.hold()
  for (let i = 0; i < 4; i++) socket.send(Buffer.alloc(1_310_720))
  for (let i = 0; i < 3; i++) {
    await pass(115_000, 5_000)
    transport.releaseOne()
    await settle()
  }
  t.same(closes, [], 'a write every 115 s is progress')
  await pass(118_000)
  t.same(closes, [])
  await pass(10_000)
  t.same(closes, ['1006'])
  t.equal(clock.timers, 0)
})

t.test('sendTimeoutMs does not run while nothing is unsent', async (t) => {
  const { socket, peer, pass, closes } = open()
  socket.send('a')
  await pass(100_000)
  socket.send('b')
  await pass(1_000)
  t.same([peer.log, closes], [['text a', 'text b'], []])
})

t.test("'unlimited': no clock runs", async (t) => {
  const settings = { messageTimeoutMs: Infinity, sendTimeoutMs: Infinity, maxUnsentBytes: Infinity }
  const { socket, peer, transport, pass, closes } = open({ settings })
  peer.raw(Buffer.from(begun.subarray(0, 5)))
  transport.hold()
  socket.send('stuck')
  await pass(200_000, 10_000)
  t.same(closes, [])
})

t.test('maxUnsentBytes ends a connection whose peer takes nothing', async (t) => {
  const settings = { maxUnsentBytes: 100_000, maxBufferedBytes: 10_000 }
  const { socket, transport, closes, clock } = open({ settings })
  transport.hold()
  t.equal(socket.send(Buffer.alloc(1_000_000)), false, 'one message of any size can go out')
  t.equal(socket.readyState, socket.OPEN)
  const told: unknown[] = []
  t.equal(
    socket.send('one more', (error) => void told.push(error)),
    false,
  )
  await settle()
  t.match(told, [{ code: 'WS_CLOSED' }])
  t.same([closes, socket.bufferedAmount, clock.timers], [['1006'], 0, 0])
})

t.test('the heartbeat', async (t) => {
  const settings = { pingIntervalMs: 25_000, pongTimeoutMs: 20_000 }

  t.test('§5.5.2 pings after silence, and measures the round trip', async (t) => {
    const { socket, peer, pass, closes, clock } = open({ settings })
    t.equal(socket.rtt, undefined)
    peer.answersPings = false
    await pass(27_000)
    t.match(peer.log, [/^ping /])
    clock.advance(40)
    peer.send(10, peer.frames[0].payload)
    await settle()
    t.ok(socket.rtt !== undefined && socket.rtt >= 40 && socket.rtt < 15_000, `${socket.rtt}`)
    peer.send(10, peer.frames[0].payload)
    peer.send(10, Buffer.of(0, 0, 0, 9))
    await settle()
    t.same(closes, [])
  })

  t.test('B04 a peer that is silent is terminated', async (t) => {
    const { peer, pass, closes, clock } = open({ settings })
    peer.answersPings = false
    peer.endsToo = false
    await pass(48_000)
    t.same(closes, ['1006'])
    t.ok(peer.log.length <= 2 && peer.log.every((frame) => frame.startsWith('ping')), 'pings, and no close frame')
    t.equal(clock.timers, 0)
  })

  t.test('a peer that answers lives for ever', async (t) => {
    const { peer, pass, closes } = open({ settings })
    await pass(600_000, 5_000)
    t.same(closes, [])
    t.ok(peer.log.length >= 20, `${peer.log.length} pings`)
  })

  t.test('any byte is life, and spares the ping', async (t) => {
    const { socket, peer, pass, closes } = open({ settings })
    record(socket)
    peer.answersPings = false
    const drip = clientFrame(1, 'x'.repeat(60))
    for (const byte of drip) {
      peer.raw(Buffer.of(byte))
      await pass(400)
    }
    t.same([peer.log, closes], [[], []])
    await pass(27_000)
    t.equal(peer.log.length, 1)
    peer.raw(Buffer.of(0x81))
    await pass(19_000)
    t.same(closes, [], 'half a header is an answer too')
  })

  t.test('no clock runs while we do not read: the pong may lie unread', async (t) => {
    const { socket, peer, pass, closes } = open({ settings })
    socket.pause()
    record(socket)
    peer.text('x'.repeat(70_000))
    await pass(300_000, 5_000)
    t.same(closes, [])
    t.ok(peer.log.length > 3, 'pings go out all the same: writing shows when a transport is gone')
    socket.resume()
    await pass(100_000, 5_000)
    t.same(closes, [])
  })

  t.test('nor while our own bytes lie in front of the ping', async (t) => {
    const { socket, transport, peer, pass, closes } = open({ settings: { ...settings, sendTimeoutMs: Infinity } })
    transport.hold()
    socket.send('stuck')
    await pass(200_000, 5_000)
    t.same(closes, [])
    transport.release()
    await pass(100_000, 5_000)
    t.same(closes, [])
    t.equal(peer.log[0], 'text stuck')
    t.match(peer.log[1], /^ping/)
  })

  t.test("a pong of the application's own ping is no round trip", async (t) => {
    const { socket, peer, pass } = open({ settings: { pingIntervalMs: 60_000 } })
    socket.ping('mine')
    await pass(2_000)
    t.same([peer.log, socket.rtt], [['ping mine'], undefined])
  })

  t.test('short deadlines are met within a tenth, from the first connection on', async (t) => {
    const { peer, pass, closes } = open({ settings: { pingIntervalMs: 100, pongTimeoutMs: 100 } })
    peer.answersPings = false
    await pass(130, 5)
    t.equal(peer.log.length, 1, 'the ping')
    await pass(120, 5)
    t.same(closes, ['1006'])
  })

  t.test('also for a message, and for a close', async (t) => {
    const drip = open({ settings: { messageTimeoutMs: 200 } })
    drip.peer.raw(Buffer.of(0x81))
    await drip.pass(260, 5)
    t.equal(drip.peer.log.length, 1)
    const silent = open({ settings: { closeTimeoutMs: 200 } })
    silent.peer.answersClose = false
    silent.socket.close()
    await silent.pass(260, 5)
    t.same(silent.closes, ['1006'])
  })

  t.test('R04 a blocked event loop ends nobody', async (t) => {
    for (const blockMs of [5_000, 60_000, 3_600_000]) {
      const { socket, peer, clock, closes, transport, pass } = open({ settings })
      record(socket)
      peer.answersPings = false
      await pass(27_000)
      t.equal(peer.log.length, 1, 'a ping is out')
      peer.send(10, peer.frames[0].payload)
      peer.raw(Buffer.from(begun.subarray(0, 1_000)))
      transport.hold()
      socket.send('x')
      clock.block(blockMs)
      await settle()
      transport.release()
      await pass(10_000)
      t.same(closes, [], `${blockMs} ms`)
      t.equal(socket.readyState, socket.OPEN)
    }
  })
})

const slowHandlers: [name: string, handle: (socket: Connection, work: (text: string) => Promise<void>) => unknown][] = [
  ['a listener', (socket, work) => void socket.on('message', (data) => work(data.toString()))],
  [
    'a loop',
    async (socket, work) => {
      for await (const message of socket) await work(String(message))
    },
  ],
]

for (const [name, handle] of slowHandlers) {
  t.test(`what came before a peer left is taken, however slow ${name} is`, async (t) => {
    const clock = new FakeClock()
    const seen: string[] = []
    const work = async (text: string): Promise<void> => {
      seen.push(text)
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 60_000))
    }
    const { peer, closes, pass, lost } = open({ clock, handler: (socket) => handle(socket, work) })
    for (const text of ['a', 'b', 'c']) peer.text(text)
    peer.close(1000)
    peer.hangUp()
    await pass(200_000)
    t.same([seen, closes, lost], [['a', 'b', 'c'], ['1000'], []])
    t.equal(clock.timers, 0)
  })

  t.test(
    `where ${name} is never done with a message, 'close' comes all the same, and the app is told what is lost`,
    async (t) => {
      const never = new Promise<void>(() => undefined)
      const { peer, closes, pass, lost } = open({ handler: (socket) => handle(socket, () => never) })
      for (const text of ['a', 'b', 'c']) peer.text(text)
      peer.close(1000)
      peer.hangUp()
      await pass(290_000, 5_000)
      t.same([closes, lost], [[], []])
      await pass(20_000)
      t.same([closes, lost], [['1000'], [2]])
    },
  )
}

t.test('whoever waits for our inflater is not pinged to death meanwhile', async (t) => {
  const agreement = acceptDeflate([{ name: 'permessage-deflate', params: [] }], {
    contextTakeover: false,
    windowBits: 15,
  }) as DeflateAgreement
  const extension = new PermessageDeflate(agreement, COMPRESSION_DEFAULTS)
  const settings = { pingIntervalMs: 1_000, pongTimeoutMs: 1_000 }
  let isOver = false
  for (let i = 0; i < 1_000; i++) turns.add(() => isOver) // of other connections
  const { socket, peer, closes, pass } = open({ extension, settings })
  const messages = record(socket)
  const bytes = deflateRawSync(Buffer.alloc(1_048_576), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  peer.raw(clientFrame(2, bytes, { rsv1: true }))
  await pass(20_000)
  t.same([closes, messages], [[], []])
  isOver = true
  await settle(1_100)
  t.same([closes, messages.length], [[], 1])
  peer.answersPings = false
  await pass(5_000)
  t.same(closes, ['1006'], 'with nothing left to inflate it is')
})

t.test('an idle connection is left alone until its next ping, and no clock is late for that', async (t) => {
  const clocks: [name: string, setIn: (opened: ReturnType<typeof open>) => void, ms: number][] = [
    ['messageTimeoutMs', ({ peer }) => peer.raw(Buffer.of(0x81)), 30_000],
    [
      'sendTimeoutMs',
      ({ transport, socket }) => {
        transport.hold()
        socket.send('stuck')
      },
      120_000,
    ],
    [
      'closeTimeoutMs',
      ({ peer, socket }) => {
        peer.answersClose = false
        socket.close()
      },
      10_000,
    ],
  ]
  for (const [name, setIn, ms] of clocks) {
    t.test(name, async (t) => {
      const opened = open({ settings: { [name]: ms } })
      await opened.pass(45_000)
      setIn(opened)
      await opened.pass(ms - 1_000)
      t.same(opened.closes, [], 'not before its time')
      await opened.pass(3_000)
      t.same(opened.closes, ['1006'])
    })
  }
  t.test('maxLifetimeMs', async (t) => {
    const { peer, pass } = open({ settings: { maxLifetimeMs: 200_000 } })
    await pass(179_000)
    t.same(peer.log, [])
    await pass(23_000)
    t.match(peer.log, [/^close 1001/])
  })
})
