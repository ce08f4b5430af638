import t from 'tap'
import type { Connection } from '../src/connection.ts'
import { type Opened, open, record, settle } from './support/open.ts'

const fault = new Error('fault')
const throwing = (): never => {
  throw fault
}
const rejecting = async (): Promise<never> => {
  await settle(1)
  throw fault
}

/** Each way in which code of the application is called: how to put it there, and what then calls it. */
const places: [place: string, install: (socket: Connection, task: () => unknown) => void, act: (o: Opened) => void][] =
  [
    ["on('message')", (socket, task) => socket.on('message', task), ({ peer }) => peer.text('a')],
    ["once('message')", (socket, task) => socket.once('message', task), ({ peer }) => peer.text('a')],
    ['onmessage', (socket, task) => (socket.onmessage = task), ({ peer }) => peer.text('a')],
    ['addEventListener', (socket, task) => socket.addEventListener('message', task), ({ peer }) => peer.text('a')],
    [
      'handleEvent',
      (socket, handleEvent) => socket.addEventListener('message', { handleEvent }),
      ({ peer }) => peer.text(''),
    ],
    ["on('ping')", (socket, task) => socket.on('ping', task), ({ peer }) => peer.send(9)],
    ["on('pong')", (socket, task) => socket.on('pong', task), ({ peer }) => peer.send(10)],
    ["on('error')", (socket, task) => socket.on('error', task), ({ peer }) => peer.raw(Buffer.of(0x81, 0))],
    ['onerror', (socket, task) => (socket.onerror = task), ({ peer }) => peer.raw(Buffer.of(0x81, 0))],
    ["on('close')", (socket, task) => socket.on('close', task), ({ peer }) => peer.close()],
    ['onclose', (socket, task) => (socket.onclose = task), ({ socket }) => socket.terminate()],
    [
      "on('drain')",
      (socket, task) => socket.on('drain', task),
      ({ socket, transport }) => {
        transport.hold()
        socket.send(Buffer.alloc(2_000_000))
        setImmediate(() => transport.release())
      },
    ],
    ['the callback of send', (socket, task) => socket.send('a', task), () => undefined],
    ['the callback of ping', (socket, task) => socket.ping('a', false, task), () => undefined],
    [
      'the callback of a send that came too late',
      (socket, task) => {
        socket.close()
        socket.send('a', task)
      },
      () => undefined,
    ],
    [
      'the callback of a send that was dropped',
      (socket, task) => socket.send(Buffer.alloc(1_000_000), task),
      ({ socket }) => socket.terminate(),
    ],
  ]

for (const [place, install, act] of places) {
  for (const [how, task] of [
    ['throws', throwing],
    ['rejects', rejecting],
  ] as const) {
    t.test(`A02 A03 A04 what ${place} ${how} is reported once, and hurts nobody`, async (t) => {
      const opened = open()
      const { socket, peer, errors, clock } = opened
      install(socket, task)
      act(opened)
      await settle(12)
      t.same(errors, [fault])
      if (socket.readyState === socket.OPEN) {
        peer.send(9, 'still there?')
        await settle()
        t.equal(peer.log.at(-1), 'pong still there?')
      }
      socket.terminate()
      await settle()
      t.equal(clock.timers, 0)
    })
  }
}

t.test('A02 after the first failure the app may close with 1011', async (t) => {
  const { socket, peer, errors } = open({ onError: (_, socket) => socket.close(1011) })
  socket.on('message', throwing)
  peer.text('a')
  await settle()
  t.same([peer.log, errors], [['close 1011'], [fault]])
})

for (const [how, handler] of [
  ['throws', throwing],
  ['rejects', rejecting],
] as const) {
  t.test(`A01 a handler that ${how} is reported once`, async (t) => {
    const { peer, errors, closes } = open({ handler, onError: (_, socket) => socket.close(1011) })
    await settle(8)
    t.same([errors, peer.log, closes], [[fault], ['close 1011'], ['1011']])
  })
}

t.test('a handler that only finds out that the peer has left is at no fault', async (t) => {
  const { errors, peer } = open({
    handler: async (socket) => {
      await settle(6)
      await socket.drained()
    },
  })
  peer.end.reset()
  await settle(12)
  t.same(errors, [])
})

t.test('the end of another connection is no excuse', async (t) => {
  const other = open()
  other.socket.terminate()
  await settle()
  const { socket, peer, errors } = open()
  socket.on('message', () => other.socket.drained())
  peer.text('to be passed on')
  await settle()
  t.match(errors, [{ code: 'WS_CLOSED' }])
})

t.test('A04 a listener that throws keeps no other from being called', async (t) => {
  for (const event of ['ping', 'error', 'close'] as const) {
    const { socket, peer, errors } = open()
    let count = 0
    socket.on(event, throwing)
    socket.on(event, () => void count++)
    const { closed } = socket
    if (event === 'error') peer.raw(Buffer.of(0x81, 0))
    else peer.send(event === 'ping' ? 9 : 8)
    await settle(8)
    t.same([count, errors], [1, [fault]], event)
    socket.terminate()
    await settle()
    t.match(await Promise.race([closed, settle()]), { wasClean: event === 'close' }, 'socket.closed fulfils')
  }
})

t.test("'close' waits for the messages that came before it", async (t) => {
  const steps: string[] = []
  const note = (socket: Connection): void => {
    socket.on('close', () => void steps.push('close'))
    socket.on('message', async (data) => {
      await settle(3)
      steps.push(data.toString())
    })
  }

  t.test('while a listener takes them', async (t) => {
    const { socket, peer } = open()
    note(socket)
    for (const data of 'abc') peer.text(data)
    peer.end.end()
    await settle(30)
    t.same(steps, ['a', 'b', 'close', 'c'], 'the last was taken, though it is not finished')
  })

  t.test('while a handler may still begin to', async (t) => {
    const { socket, peer, closes } = open({
      handler: async (socket) => {
        await settle(10)
        record(socket)
      },
    })
    peer.text('a')
    peer.end.reset()
    await settle(2)
    t.same([closes, socket.readyState], [[], socket.CLOSED])
    t.equal(socket.send('too late'), false)
    await settle(20)
    t.same(closes, ['1006'])
  })

  t.test('not when nobody does', async (t) => {
    const { peer, closes, clock } = open()
    peer.text('a')
    await settle()
    peer.end.reset()
    await settle()
    t.same([closes, clock.timers], [['1006'], 0])
  })

  t.test('not longer than closeTimeoutMs without one being taken', async (t) => {
    const { socket, peer, closes, pass, clock } = open({ handler: () => new Promise(() => undefined) })
    const received = record(socket)
    socket.pause()
    for (const data of 'abcdef') peer.text(data)
    await settle()
    peer.end.reset()
    for (let i = 0; i < 4; i++) {
      await pass(8_000)
      socket.once('message', () => socket.pause())
      socket.resume()
    }
    await settle()
    t.same([received, closes], [['a', 'b', 'c', 'd'], []])
    await pass(12_000)
    t.same(closes, ['1006'])
    socket.resume()
    await settle()
    t.same([received.length, closes, clock.timers], [4, ['1006'], 0], 'nothing follows it')
  })

  t.test('not after terminate', async (t) => {
    const { socket, peer, closes, clock } = open()
    record(socket)
    socket.pause()
    peer.text('a')
    await settle()
    peer.end.reset()
    await settle()
    t.same(closes, [])
    socket.terminate()
    await settle()
    t.same([closes, clock.timers], [['1006'], 0])
  })
})

t.test('a handler that is still pending at the close learns of it', async (t) => {
  const seen: string[] = []
  const { peer } = open({
    handler: async (socket) => {
      await settle(8)
      socket.on('close', (code) => void seen.push(`close ${code}`))
      seen.push(`${(await socket.closed).code}`)
    },
  })
  peer.close(4000)
  await settle(16)
  t.same(seen.toSorted(), ['4000', 'close 4000'])
})
