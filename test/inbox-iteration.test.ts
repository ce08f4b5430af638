import t from 'tap'
import type { Connection } from '../src/connection.ts'
import { clientFrame } from './protocol/wire.ts'
import { type Opened, open, record, settle } from './support/open.ts'

type Message = string | Buffer

function collect(
  socket: Connection,
  until = Infinity,
): { readonly messages: Message[]; readonly ended: Promise<string> } {
  const messages: Message[] = []
  const run = async (): Promise<string> => {
    for await (const message of socket) {
      messages.push(message)
      if (messages.length === until) return 'broken off'
    }
    return 'ended'
  }
  return { messages, ended: run() }
}

t.test('for await: text as string, binary as Buffer, in order, until the connection ends', async (t) => {
  const { socket, peer, closes } = open({ head: clientFrame(1, 'head') })
  peer.text('early')
  await settle()
  const { messages, ended } = collect(socket)
  await settle()
  peer.text('late')
  peer.binary(Buffer.of(1))
  peer.text('')
  await settle()
  t.same(messages, ['head', 'early', 'late', Buffer.of(1), ''])
  t.ok(Buffer.isBuffer(messages[3]))
  peer.text('last')
  peer.close(1000)
  t.equal(await ended, 'ended')
  t.equal(messages.at(-1), 'last')
  await settle()
  t.same(closes, ['1000'])
})

const ends: [how: string, end: (opened: ReturnType<typeof open>) => void][] = [
  ['the peer closes', ({ peer }) => peer.close(1000)],
  ['the peer ends', ({ peer }) => peer.hangUp()],
  ['a reset', ({ peer }) => peer.end.reset()],
  ['close', ({ socket }) => socket.close(1000)],
  ['terminate', ({ socket }) => socket.terminate()],
  ['a broken protocol', ({ peer }) => peer.raw(Buffer.of(0x81, 0))],
]

for (const [how, end] of ends) {
  t.test(`a loop that waits ends without an error: ${how}`, async (t) => {
    const opened = open()
    const { ended } = collect(opened.socket)
    await settle()
    end(opened)
    t.equal(await ended, 'ended')
  })

  t.test(`a loop on a connection that has ended is over at once: ${how}`, async (t) => {
    const opened = open()
    end(opened)
    await settle(8)
    const { messages, ended } = collect(opened.socket)
    t.equal(await ended, 'ended')
    t.same(messages, [])
  })
}

t.test('a loop takes what came before the end', async (t) => {
  const { socket, peer } = open({ handler: () => new Promise(() => undefined) })
  peer.text('a')
  peer.text('b')
  peer.close(1000)
  await settle()
  const { messages, ended } = collect(socket)
  t.equal(await ended, 'ended')
  t.same(messages, ['a', 'b'])
})

const lastMessages: [how: string, messages: string[], end: (opened: Opened) => void][] = [
  ['it was asked for before the end', ['a'], ({ transport }) => transport.destroy()],
  ['after it', ['a', 'b'], ({ transport }) => transport.destroy()],
  ['after a closing handshake', ['a', 'b', 'c'], ({ peer }) => peer.close(1000)],
]

for (const [how, messages, end] of lastMessages) {
  t.test(`a loop has its last message before 'close' comes: ${how}`, async (t) => {
    const log: string[] = []
    const opened = open({
      handler: async (socket) => {
        socket.on('ping', () => end(opened))
        socket.on('close', () => void log.push('close'))
        for await (const message of socket) {
          log.push(String(message))
          await settle(3)
        }
      },
    })
    await settle()
    opened.peer.raw(Buffer.concat([...messages.map((message) => clientFrame(1, message)), clientFrame(9, '')]))
    await settle(20)
    t.same(log, [...messages, 'close'])
    t.same(opened.told, ['closed', 'settled'])
  })
}

t.test('break leaves the rest to the next loop, or to a listener', async (t) => {
  const { socket, peer } = open()
  for (const data of 'abcde') peer.text(data)
  await settle()
  const first = collect(socket, 2)
  t.equal(await first.ended, 'broken off')
  const second = collect(socket, 1)
  await second.ended
  const received = record(socket)
  await settle()
  t.same([first.messages, second.messages, received], [['a', 'b'], ['c'], ['d', 'e']])
})

t.test('two loops in a row, and the peer leaves in the first', async (t) => {
  const { socket, peer, errors } = open({
    handler: async (socket) => {
      await collect(socket).ended
      await collect(socket).ended
      socket.on('message', () => undefined)
    },
  })
  await settle()
  peer.close(1000)
  await settle(8)
  t.same([errors, socket.readyState], [[], socket.CLOSED])
})

t.test('an iterator is over for good after its return', async (t) => {
  const { socket, peer } = open()
  const old = socket[Symbol.asyncIterator]()
  peer.text('a')
  await settle()
  await old.return?.()
  const next = (): Promise<unknown> => Promise.race([old.next(), settle().then(() => 'waits')])
  t.same(await next(), { done: true, value: undefined }, 'it takes nothing')
  const { messages } = collect(socket)
  t.same(await next(), { done: true, value: undefined }, 'nor from another loop')
  peer.text('b')
  await settle()
  t.same(messages, ['a', 'b'])
})

t.test('several next() at once are served in order', async (t) => {
  const { socket, peer } = open()
  const iterator = socket[Symbol.asyncIterator]()
  t.equal(iterator[Symbol.asyncIterator](), iterator)
  const all = Promise.all([iterator.next(), iterator.next(), iterator.next()])
  peer.text('a')
  peer.text('b')
  peer.close()
  t.same(await all, [
    { done: false, value: 'a' },
    { done: false, value: 'b' },
    { done: true, value: undefined },
  ])
})

t.test('a second loop is refused', async (t) => {
  const { socket } = open()
  const { ended } = collect(socket)
  t.throws(() => socket[Symbol.asyncIterator](), /iterated already/)
  await t.rejects(collect(socket).ended, /iterated already/)
  socket.terminate()
  t.equal(await ended, 'ended')
})

t.test('a loop beside a listener is refused', async (t) => {
  const { socket } = open()
  record(socket)
  t.throws(() => socket[Symbol.asyncIterator](), /'message' listeners/)
})

t.test('a listener beside a loop is refused', async (t) => {
  const { socket } = open()
  const { ended } = collect(socket)
  t.throws(() => socket.on('message', () => undefined), Error)
  t.throws(() => {
    socket.onmessage = () => undefined
  }, Error)
  socket.terminate()
  t.equal(await ended, 'ended')
})

t.test('a slow loop slows its peer down', async (t) => {
  const { socket, peer, transport } = open()
  const iterator = socket[Symbol.asyncIterator]()
  for (let i = 0; i < 50; i++) peer.binary(Buffer.alloc(16_384))
  await settle(20)
  t.ok(transport.isPaused())
  t.ok(peer.end.writableLength > 500_000)
  for (let i = 0; i < 50; i++) t.notOk((await iterator.next()).done)
  t.notOk(transport.isPaused())
})

t.test('pause holds a loop, too, and so do too many unsent bytes', async (t) => {
  const { socket, peer, transport } = open({ settings: { maxBufferedBytes: 1_000 } })
  const { messages } = collect(socket)
  socket.pause()
  peer.text('a')
  await settle()
  t.same(messages, [])
  socket.resume()
  await settle()
  transport.hold()
  socket.send(Buffer.alloc(2_000))
  peer.text('b')
  await settle()
  t.same(messages, ['a'])
  transport.release()
  await settle()
  t.same(messages, ['a', 'b'])
  socket.terminate()
})

t.test('who iterates owns the connection', async (t) => {
  const rows: [handler: string, handler: (socket: Connection) => unknown, expected: string[]][] = [
    ['a loop that was broken off', async (socket) => collect(socket, 1).ended, ['close 1000']],
    [
      'a loop, and then a reply',
      async (socket) => {
        await collect(socket, 1).ended
        socket.send('bye')
      },
      ['text bye', 'close 1000'],
    ],
    [
      'a loop, and a close of its own',
      async (socket) => {
        await collect(socket, 1).ended
        socket.close(4000)
      },
      ['close 4000'],
    ],
    ['no loop', async () => undefined, []],
    ['no promise', () => undefined, []],
    ['a loop that the handler does not await', (socket) => void collect(socket, 1), []],
    ['listeners', async (socket) => record(socket), []],
  ]
  for (const [what, handler, expected] of rows) {
    t.test(what, async (t) => {
      const { peer, closes, errors } = open({ handler })
      peer.text('a')
      peer.text('b')
      await settle(8)
      t.same(peer.log, expected)
      t.equal(closes.length, expected.length > 0 ? 1 : 0)
      t.same(errors, [])
    })
  }

  t.test('a loop that throws is no normal end, even where the app leaves the connection open', async (t) => {
    const { peer, errors } = open({
      handler: async (socket) => {
        await collect(socket, 1).ended
        throw new Error('failed')
      },
    })
    peer.text('a')
    await settle(8)
    t.match(errors, [{ message: 'failed' }])
    t.notMatch(peer.log, ['close 1000'])
  })
})
