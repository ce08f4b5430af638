/** A wire in the client's role: what it sends, what it takes, and how it ends. */
import t from 'tap'
import { Budget } from '../../src/budget.ts'
import { CLIENT } from '../../src/client/client-role.ts'
import { Connecting } from '../../src/client/connecting.ts'
import { offerDeflate, readDeflateAnswer } from '../../src/client/deflate-answer.ts'
import { type CloseResult, Connection } from '../../src/connection.ts'
import { COMPRESSION_DEFAULTS } from '../../src/defaults.ts'
import { acceptDeflate, type DeflateWishes } from '../../src/extensions/deflate-offer.ts'
import { PermessageDeflate } from '../../src/extensions/permessage-deflate.ts'
import { prepare } from '../../src/prepared.ts'
import { clientFrame } from '../protocol/wire.ts'
import { type Opened, open, QUIET, record, settle } from '../support/open.ts'

t.test('§5.1 everything goes out masked: messages, parts, control frames, prepared ones, and the close', async (t) => {
  const { socket, peer } = open({ role: CLIENT })
  peer.endsFirst = false
  socket.send('text')
  socket.send(Buffer.from('bytes'))
  socket.send('pa', { fin: false })
  socket.send(prepare('prepared'))
  socket.send('rt')
  socket.ping('ping')
  peer.send(9, 'asked')
  await settle()
  socket.close(1000, 'bye')
  await settle()
  t.same(peer.log, [
    'text text',
    'binary bytes',
    'text pa...',
    'continuation rt',
    'text prepared',
    'ping ping',
    'pong asked',
    'close 1000 bye',
  ])
  t.notOk(peer.frames.some(({ key }) => key === undefined))
  t.equal(new Set(peer.frames.map(({ key }) => key?.toString('hex'))).size, peer.frames.length)
})

t.test('§5.1 a masked frame of the server fails the connection', async (t) => {
  const opened = open({ role: CLIENT })
  const messages = record(opened.socket)
  opened.peer.raw(clientFrame(1, 'masked'))
  await settle()
  t.same([messages, opened.peer.log, opened.closes], [[], ['close 1002 server frames must not be masked'], ['1006']])
})

type Row = [rule: string, steps: (opened: Opened) => void, log: string[], result: CloseResult]
const result = (code: number, reason = '', wasClean = code !== 1006): CloseResult => ({ code, reason, wasClean })

const rows: Row[] = [
  ['we close and the server answers', ({ socket }) => socket.close(1000), ['close 1000'], result(1000)],
  ['the server closes', ({ peer }) => peer.close(4000, 'bye'), ['close 4000'], result(4000, 'bye')],
  ['the server closes without a code', ({ peer }) => peer.close(), ['close'], result(1005)],
  [
    'both at once',
    ({ socket, peer }) => {
      socket.close(1001)
      peer.close(4000)
    },
    ['close 1001'],
    result(4000),
  ],
  ['the server ends without a close frame', ({ peer }) => peer.hangUp(), [], result(1006)],
  ['the server vanishes', ({ peer }) => peer.end.reset(), [], result(1006)],
  ['terminated', ({ socket }) => socket.terminate(), [], result(1006)],
]

for (const [rule, steps, log, expected] of rows) {
  t.test(`§7.1.1 ${rule}`, async (t) => {
    const opened = open({ role: CLIENT })
    steps(opened)
    await settle(8)
    t.same(opened.peer.log, log)
    t.same(await opened.socket.closed, expected)
    t.equal(opened.socket.readyState, 3)
    t.ok(opened.transport.destroyed)
    t.equal(opened.clock.timers, 0, 'no timer is left')
  })
}

t.test('§7.1.1 both have closed: the server ends the transport, or we do when its time is over', async (t) => {
  const { socket, peer, transport, closes, pass } = open({ role: CLIENT, settings: { closeTimeoutMs: 5_000 } })
  peer.endsFirst = false
  peer.close(1000)
  await settle()
  t.same([peer.log, peer.sawEnd, socket.readyState, transport.destroyed], [['close 1000'], false, 2, false])
  await pass(7_000)
  t.same([transport.destroyed, closes], [true, ['1000']])
})

const WISHES: [name: string, DeflateWishes][] = [
  ['messages that stand alone', { contextTakeover: false, windowBits: 15 }],
  ['with context takeover', { contextTakeover: true, windowBits: 15 }],
  ['with small windows', { contextTakeover: true, windowBits: 9 }],
]

for (const [name, wishes] of WISHES) {
  t.test(`RFC 7692 compressed both ways: ${name}`, async (t) => {
    const accepted = acceptDeflate([offerDeflate(wishes)], wishes)
    const agreed = accepted && readDeflateAnswer(accepted.response, wishes)
    if (accepted === undefined || typeof agreed !== 'object') throw new Error('no agreement')
    const settings = { ...COMPRESSION_DEFAULTS, thresholdBytes: 0 }
    const client = open({ role: CLIENT, extension: new PermessageDeflate(agreed, settings) })
    const server = open({ extension: new PermessageDeflate(accepted, settings) })
    client.peer.end.removeAllListeners('data')
    server.peer.end.removeAllListeners('data')
    client.peer.end.on('data', (chunk: Buffer) => server.peer.end.write(chunk))
    server.peer.end.on('data', (chunk: Buffer) => client.peer.end.write(chunk))
    server.socket.on('message', (data, isBinary) => server.socket.send(data, { binary: isBinary }))
    const messages = record(client.socket)
    const sent = [
      'once',
      'once',
      'x'.repeat(200_000),
      JSON.stringify(Array.from({ length: 3_000 }, (_, id) => ({ id }))),
    ]
    for (const text of sent) client.socket.send(text)
    client.socket.send(prepare('prepared'))
    for (let left = 100; left > 0 && messages.length < 5; left--) await settle()
    t.same(messages, [...sent, 'prepared'])
  })
}

/** A connection that was made before its wire, as a client's is. */
function beforehand(errors: unknown[] = []): { socket: Connection; standIn: Connecting } {
  const standIns: Connecting[] = []
  const socket = new Connection((connection) => {
    standIns.push(new Connecting(connection, QUIET, (error) => void errors.push(error)))
    return standIns[0]
  })
  return { socket, standIn: standIns[0] }
}

t.test('before there is a wire, nothing can be sent, and everything else waits', async (t) => {
  const { socket } = beforehand()
  t.same([socket.readyState, socket.protocol, socket.extensions, socket.bufferedAmount], [0, '', '', 0])
  const early = { message: /WebSocket is not open: readyState 0 \(CONNECTING\)/ }
  t.throws(() => socket.send('x'), early)
  t.throws(() => socket.send('x', { fin: false }), early)
  t.throws(() => socket.send(prepare('x')), early)
  t.throws(() => socket.ping(), early)
  t.throws(() => socket.pong(), early)
  await t.rejects(socket.drained(), early)
  t.throws(() => socket.subscribe('topic'), /for a server's sockets/)
  t.throws(() => socket.publish('topic', 'x'), /for a server's sockets/)
  t.throws(() => socket.reauthenticate(), /for a server's sockets/)
  t.equal(socket.rtt, undefined)
})

t.test('listeners that were there before the wire hear all that comes', async (t) => {
  const { socket } = beforehand()
  const messages = record(socket)
  const closed = socket.closed
  const { peer } = open({ role: CLIENT, connection: socket })
  t.equal(socket.readyState, 1)
  peer.text('hello')
  await settle()
  socket.send('to you, too')
  await settle()
  t.same([messages, peer.log], [['hello'], ['text to you, too']])
  peer.close(4000, 'bye')
  t.same(await closed, { code: 4000, reason: 'bye', wasClean: true })
})

t.test('an iteration that began before goes on', async (t) => {
  const { socket } = beforehand()
  const messages: unknown[] = []
  const done = (async () => {
    for await (const message of socket) messages.push(message)
  })()
  await settle()
  const { peer, told } = open({ role: CLIENT, connection: socket })
  peer.text('one')
  peer.text('two')
  await settle()
  t.same([messages, socket.readyState, told], [['one', 'two'], 1, []])
  peer.close(1000)
  await done
})

t.test('a pause is still one', async (t) => {
  const { socket } = beforehand()
  const messages = record(socket)
  socket.pause()
  const { peer } = open({ role: CLIENT, connection: socket })
  peer.text('later')
  await settle()
  t.same([socket.isPaused, messages], [true, []])
  socket.resume()
  await settle()
  t.same(messages, ['later'])
})

for (const method of ['close', 'terminate'] as const) {
  t.test(`${method}() cancels the attempt`, async (t) => {
    const { socket, standIn } = beforehand()
    const told: string[] = []
    standIn.onCancelled = () => void told.push('cancelled')
    socket.on('error', ({ message }) => void told.push(message))
    socket.on('close', (code) => void told.push(`close ${code}`))
    socket[method]()
    socket[method]()
    t.equal(socket.readyState, 2)
    t.equal(socket.send('x'), false, 'too late is no mistake')
    await settle()
    t.same(told, ['cancelled', 'the WebSocket was closed before it was open', 'close 1006'])
    t.equal(socket.readyState, 3)
    t.same(await socket.closed, { code: 1006, reason: '', wasClean: false })
  })
}

t.test('an attempt that failed: error, close, and the end of every wait', async (t) => {
  const errors: unknown[] = []
  const { socket, standIn } = beforehand(errors)
  const loop = (async () => {
    for await (const message of socket) t.fail(String(message))
  })()
  const { closed } = socket
  const told: unknown[] = []
  socket.on('error', () => {
    throw new Error('from a listener')
  })
  socket.on('close', (code, reason) => void told.push(code, reason.length))
  standIn.fail(new Error('refused'))
  standIn.fail(new Error('twice'))
  t.same([told, errors], [[1006, 0], [new Error('from a listener')]])
  await loop
  t.same(await closed, { code: 1006, reason: '', wasClean: false })
  const late: unknown[] = []
  socket.on('close', (code) => void late.push(code))
  await new Promise<void>((resolve) => {
    socket.send('x', (error) => {
      t.match(error, { code: 'WS_CLOSED' })
      resolve()
    })
  })
  t.same(late, [1006])
})

const LATE: [name: string, take: (socket: Connection) => Promise<unknown[]>][] = [
  [
    'a loop',
    async (socket) => {
      const taken: unknown[] = []
      for await (const message of socket) taken.push(message)
      return taken
    },
  ],
  [
    'a listener',
    async (socket) => {
      const taken = record(socket)
      await settle()
      return taken
    },
  ],
]

for (const [name, take] of LATE) {
  t.test(`what nobody has listened for is there after the end, for ${name}, and is charged to nobody`, async (t) => {
    const budget = new Budget(Infinity, [])
    const { socket, peer, closes } = open({ role: CLIENT, budget })
    peer.text('a')
    peer.text('b')
    peer.close(1000)
    await settle()
    t.same([closes, budget.heldBytes], [['1000'], 0])
    t.same(await take(socket), ['a', 'b'])
    t.equal(budget.heldBytes, 0)
  })
}

t.test('whoever closes wants no more messages', async (t) => {
  const { socket, peer } = open({ role: CLIENT })
  peer.text('a')
  await settle()
  socket.close(1000)
  await socket.closed
  const messages = record(socket)
  await settle()
  t.same(messages, [])
})
