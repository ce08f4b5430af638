import t from 'tap'
import { ConnectionClosedError } from '../src/closed-error.ts'
import { Connection } from '../src/connection.ts'
import { prepare } from '../src/prepared.ts'
import { open, settle } from './support/open.ts'

const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const sent: [what: string, args: Parameters<Connection['send']>, frame: string][] = [
  ['a string as text', ['hello'], 'text hello'],
  ['an empty string', [''], 'text'],
  ['text beyond ASCII as UTF-8', ['€'], 'text e282ac'],
  ['half a surrogate pair as the replacement character', ['\ud83d'], 'text efbfbd'],
  ['a Buffer as binary', [Buffer.from('0102', 'hex')], 'binary 0102'],
  ['an empty Buffer', [Buffer.alloc(0)], 'binary'],
  ['an ArrayBuffer', [bytes.slice(0, 2).buffer], 'binary 0102'],
  ['a SharedArrayBuffer', [new SharedArrayBuffer(2) as never], 'binary 0000'],
  ['a view of a part', [bytes.subarray(2, 4)], 'binary 0304'],
  ['a DataView', [new DataView(bytes.buffer, 6)], 'binary 0708'],
  ['words', [new Uint16Array(bytes.buffer, 2, 1)], 'binary 0304'],
  ['floats', [new Float64Array(bytes.buffer)], 'binary 0102030405060708'],
  ['a string as binary', ['hi', { binary: true }], 'binary hi'],
  ['bytes as text', [Buffer.from('hi'), { binary: false }], 'text hi'],
  ['a prepared string', [prepare('hello')], 'text hello'],
  ['a prepared Buffer', [prepare(Buffer.of(1))], 'binary 01'],
  ['prepared bytes as text', [prepare(Buffer.from('hi'), { binary: false })], 'text hi'],
  ['125 bytes', ['x'.repeat(125)], 'text (125)'],
  ['126 bytes', ['x'.repeat(126)], 'text (126)'],
  ['64 KiB', [Buffer.alloc(65_536)], 'binary (65536)'],
]

t.test('send', async (t) => {
  for (const [what, args, frame] of sent) {
    t.test(what, async (t) => {
      const { socket, peer } = open()
      t.equal(socket.send(...args), true)
      await settle()
      t.same(peer.log, [frame])
    })
  }
})

t.test('send tells its callback when the message is out, in each form', async (t) => {
  const { socket, transport } = open()
  const told: string[] = []
  transport.hold()
  socket.send('a', () => told.push('a'))
  socket.send('b', {}, (error) => told.push(`b ${error}`))
  socket.send('c', undefined, () => told.push('c'))
  socket.ping('d', false, () => told.push('d'))
  socket.pong('e', () => told.push('e'))
  socket.ping(() => told.push('f'))
  await settle()
  t.same(told, [], 'not before')
  transport.release()
  await settle()
  t.same(told, ['a', 'b undefined', 'c', 'd', 'e', 'f'])
})

t.test('§5.5 ping and pong, as ws takes them', async (t) => {
  const { socket, peer } = open()
  socket.ping()
  socket.ping('', false, true)
  socket.ping(Buffer.from('a'), true)
  socket.pong('x'.repeat(125))
  await settle()
  t.same(peer.log, ['ping', 'ping', 'ping a', `pong (125)`])
})

const misuses: [call: string, (socket: Connection<never>) => unknown, error: { name: string; message: RegExp }][] = [
  ['send()', (s) => s.send(undefined as never), { name: 'TypeError', message: /got undefined/ }],
  ['send(null)', (s) => s.send(null as never), { name: 'TypeError', message: /got null/ }],
  ['send(NaN)', (s) => s.send(NaN as never), { name: 'TypeError', message: /got a number. Write send\(String/ }],
  ['send(true)', (s) => s.send(true as never), { name: 'TypeError', message: /got a boolean. Write send\(String/ }],
  ['send({})', (s) => s.send({} as never), { name: 'TypeError', message: /instance of Object. Write send\(JSON/ }],
  ['send([])', (s) => s.send([] as never), { name: 'TypeError', message: /instance of Array. Write send\(JSON/ }],
  ['send(Blob)', (s) => s.send(new Blob(['a']) as never), { name: 'TypeError', message: /await blob.arrayBuffer/ }],
  ['send(a null-prototype object)', (s) => s.send(Object.create(null)), { name: 'TypeError', message: /Object/ }],
  ['send(no UTF-8 as text)', (s) => s.send(Buffer.of(255), { binary: false }), { name: 'TypeError', message: /UTF-8/ }],
  ['ping({})', (s) => s.ping({} as never), { name: 'TypeError', message: /^ping\(\) takes/ }],
  ['ping(5)', (s) => s.ping(5 as never), { name: 'TypeError', message: /got a number(?!.*send)/ }],
  ['ping(126 bytes)', (s) => s.ping('x'.repeat(126)), { name: 'RangeError', message: /125 bytes; got 126/ }],
  ['pong(126 bytes)', (s) => s.pong('x'.repeat(126)), { name: 'RangeError', message: /^pong/ }],
  ["close('1000')", (s) => s.close('1000' as never), { name: 'TypeError', message: /is a number; got a string/ }],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 9999, 65_536, 1000.5].map((code): (typeof misuses)[number] => [
    `close(${JSON.stringify(code)})`,
    (s) => s.close(code as number),
    { name: 'RangeError', message: /close code/ },
  ]),
  [
    'close(1000, 124 bytes)',
    (s) => s.close(1000, 'x'.repeat(124)),
    { name: 'RangeError', message: /123 bytes; got 124/ },
  ],
  ['close(1000, 42 euros)', (s) => s.close(1000, '€'.repeat(42)), { name: 'RangeError', message: /123 bytes/ }],
  ['close(1000, no UTF-8)', (s) => s.close(1000, Buffer.of(255)), { name: 'TypeError', message: /UTF-8/ }],
  [
    'close(1000, floats)',
    (s) => s.close(1000, new Float32Array(20) as never),
    { name: 'TypeError', message: /reason|^close\(\) takes/ },
  ],
  ['close(1000, null)', (s) => s.close(1000, null as never), { name: 'TypeError', message: /reason|^close\(\) takes/ }],
  ['binaryType = blob', (s) => (s.binaryType = 'blob' as never), { name: 'TypeError', message: /nodebuffer/ }],
]

t.test('misuse is thrown at the caller, before anything has changed', async (t) => {
  for (const [call, misuse, error] of misuses) {
    t.test(call, async (t) => {
      const { socket, peer } = open()
      t.throws(() => misuse(socket as Connection<never>), error)
      await settle()
      t.same(peer.log, [], 'no stray bytes')
      t.equal(socket.bufferedAmount, 0)
      t.equal(socket.readyState, Connection.OPEN)
      socket.send('still here')
      await settle()
      t.same(peer.log, ['text still here'])
    })
  }
})

t.test('sending when it is too late is no misuse: false, and an error for the callback', async (t) => {
  const states: [string, (o: ReturnType<typeof open>) => void][] = [
    ['after close()', ({ socket }) => socket.close()],
    ['after terminate()', ({ socket }) => socket.terminate()],
    ['after the peer has closed', ({ peer }) => peer.close(1000)],
    ['after the peer is gone', ({ peer }) => peer.end.reset()],
  ]
  for (const [when, end] of states) {
    t.test(when, async (t) => {
      const opened = open()
      end(opened)
      await settle()
      const { socket } = opened
      const told: unknown[] = []
      const note = (error?: unknown): void => void told.push(error)
      t.equal(socket.send('late', note), false)
      t.equal(socket.send(prepare('late'), note), false)
      socket.ping('', false, note)
      socket.pong('', note)
      socket.send('nobody asks')
      t.same(told, [], 'not while the caller still runs')
      await settle()
      t.equal(told.length, 4)
      for (const error of told) t.match(error, { name: 'ConnectionClosedError', code: 'WS_CLOSED' })
      await t.rejects(socket.drained(), ConnectionClosedError)
      t.equal(socket.bufferedAmount, 0, 'and is counted nowhere')
      t.doesNotThrow(() => socket.close(1000))
      t.doesNotThrow(() => socket.terminate())
    })
  }
})

t.test('§5.4 fragments', async (t) => {
  t.test('parts of one message', async (t) => {
    const { socket, peer } = open()
    socket.send('a', { fin: false })
    socket.ping('p')
    socket.send('b', { fin: false })
    socket.send('c')
    socket.send(Buffer.of(1), { fin: false })
    socket.send('', { fin: true })
    socket.send('d')
    await settle()
    t.same(peer.log, [
      'text a...',
      'ping p',
      'continuation b...',
      'continuation c',
      'binary 01...',
      'continuation',
      'text d',
    ])
  })

  t.test('§5.6 a part of a text may end inside a character', async (t) => {
    const { socket, peer } = open()
    socket.send(Buffer.of(0xe2, 0x82), { binary: false, fin: false })
    socket.send(Buffer.of(0xac))
    await settle()
    t.same(peer.log, ['text e282...', 'continuation ac'])
  })

  t.test('a prepared message waits until they have ended', async (t) => {
    const { socket, peer } = open()
    socket.send('a', { fin: false })
    t.equal(socket.send(prepare('news')), true)
    socket.send('b')
    socket.send('c')
    await settle()
    t.same(peer.log, ['text a...', 'continuation b', 'text news', 'text c'])
    socket.send('d', { fin: false })
    socket.terminate()
    t.equal(socket.send(prepare('late')), false, 'on a connection that is closing nothing is thrown')
  })

  t.test('close() may stand between them', async (t) => {
    const { socket, peer } = open()
    socket.send('a', { fin: false })
    socket.close(1000)
    await settle()
    t.same(peer.log, ['text a...', 'close 1000'])
  })
})

t.test('what small messages say is fixed when they are sent', async (t) => {
  const { socket, peer } = open()
  const data = Buffer.from('before')
  socket.send(data)
  data.write('after!')
  await settle()
  t.same(peer.log, ['binary before'])
})

t.test('what a connection says about itself', async (t) => {
  const { socket } = open({ protocol: 'chat.v2' })
  t.match(socket, { protocol: 'chat.v2', extensions: '', binaryType: 'nodebuffer', isPaused: false })
  t.match([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED], [0, 1, 2, 3])
  t.match([Connection.CONNECTING, Connection.OPEN, Connection.CLOSING, Connection.CLOSED], [0, 1, 2, 3])
  t.same(socket.data, {})
  t.equal(socket.rtt, undefined)
  socket.binaryType = 'arraybuffer'
  t.equal(socket.binaryType, 'arraybuffer')
})

t.test('data is what the application has put there, nothing included', async (t) => {
  const { socket } = open()
  socket.data.user = 'a'
  t.same(socket.data, { user: 'a' })
  const state: { data: unknown } = socket
  for (const data of [undefined, null, 0, 'text']) {
    state.data = data
    t.equal(socket.data, data)
  }
})

t.test('errors name the state they were made in', async (t) => {
  t.match(new ConnectionClosedError(), { message: 'the WebSocket is closing: nothing can be sent any more' })
  t.match(new ConnectionClosedError(1001), { message: /is closed \(1001\)/ })
})

t.test('whoever transfers an empty message detaches no memory of ours', async (t) => {
  const { socket, peer } = open()
  const errors: unknown[] = []
  const { port1, port2 } = new MessageChannel()
  socket.on('message', (data) => {
    try {
      port1.postMessage(data, [data.buffer as ArrayBuffer])
    } catch (error) {
      errors.push(error) // Node 20 copies instead
    }
  })
  peer.binary('')
  await settle()
  peer.send(9)
  await settle()
  t.same(peer.log, ['pong'])
  t.ok(errors.length <= 1)
  port1.close()
  port2.close()
})
