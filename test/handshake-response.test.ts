import t from 'tap'
import { prepare, seal } from '../src/handshake-response.ts'
import type { Upgrade } from '../src/upgrade.ts'
import { upgrades } from '../src/upgrades.ts'
import { settle } from './support/open.ts'
import { respond } from './support/respond.ts'

t.test('after the 101 whoever writes to the response is told so, and nothing reaches the wire', async (t) => {
  const { response, received } = respond()
  response.statusCode = 101
  response.end()
  await settle()
  const before = received()
  t.match(before, /^HTTP\/1.1 101 Switching Protocols\r\n/)
  seal(response)
  const clear: [string, () => unknown][] = [
    ['write', () => response.write('a')],
    ['end', () => response.end()],
    ['setHeader', () => response.setHeader('a', 'b')],
  ]
  for (const [name, call] of clear) t.throws(call, { message: /has become a WebSocket.*socket\.send/ }, name)
  const others: [string, () => unknown][] = [
    ['writeHead', () => response.writeHead(200)],
    ['appendHeader', () => response.appendHeader('a', 'b')],
    ['removeHeader', () => response.removeHeader('a')],
  ]
  for (const [name, call] of others) t.throws(call, Error, name)
  response.flushHeaders()
  await settle()
  t.equal(received(), before)
})

/** A prepared response, and what is noted of it. */
function prepared(): ReturnType<typeof respond> & { notes: unknown[] } {
  const notes: unknown[] = []
  const made = respond()
  const onReply = (): void => void notes.push('reply')
  const onHead = (status: number): [string, string][] => {
    notes.push(status)
    if (status !== 101) return []
    return [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
    ]
  }
  upgrades.set(made.response.req, { onReply, onHead } as unknown as Upgrade)
  prepare(made.response)
  return { ...made, notes }
}

t.test('only a 101 has the handshake’s headers, and no body; all else ends the connection', async (t) => {
  const accepted = prepared()
  accepted.response.setHeader('Content-Length', 0)
  accepted.response.writeHead(101).end()
  await settle()
  t.match(accepted.received(), /^HTTP\/1.1 101 [\s\S]*Upgrade: websocket\r\nConnection: Upgrade\r\n/)
  t.notMatch(accepted.received(), /content-length|transfer-encoding/i)
  const refused = prepared()
  refused.response.setHeader('Connection', 'keep-alive')
  refused.response.writeHead(403).end('no')
  await settle()
  t.match(refused.received(), /^Connection: close\r$/m)
  t.same(
    [accepted.notes, refused.notes],
    [
      [101, 'reply'],
      [403, 'reply'],
    ],
  )
})

const KEEP_ALIVE: [form: string, ...args: unknown[]][] = [
  ['an object', { connection: 'keep-alive', 'X-A': 'b' }],
  ['an object, behind a reason', 'No', { Connection: ['keep-alive', 'x'], 'X-A': 'b' }],
  ['names and values by turns', ['X-A', 'b', 'Connection', 'keep-alive', 'Set-Cookie', 'c=1', 'Set-Cookie', 'd=2']],
  [
    'pairs',
    [
      ['Connection', 'keep-alive'],
      ['X-A', 'b'],
    ],
  ],
]

t.test('a refusal ends the connection, whatever is given to writeHead', async (t) => {
  for (const [form, ...args] of KEEP_ALIVE) {
    for (const before of [undefined, 'keep-alive']) {
      const { response, received } = prepared()
      if (before !== undefined && form !== 'pairs') response.setHeader('Connection', before)
      Reflect.apply(response.writeHead, response, [401, ...args])
      response.end('no')
      await settle()
      t.match(received(), /^Connection: close\r$/m, form)
      t.match(received(), /^X-A: b\r$/m, form)
      t.notMatch(received(), /keep-alive/i, form)
      if (form.startsWith('names') && before === undefined)
        t.match(received(), /^Set-Cookie: c=1\r\nSet-Cookie: d=2\r$/m)
    }
  }
  const both = prepared()
  both.response.writeHead(426, { Connection: 'close, Upgrade' }).end()
  await settle()
  t.match(both.received(), /^Connection: close, Upgrade\r$/m)
})

t.test('a reply is noted when it is given, however many hold it up', async (t) => {
  const { response, received, notes } = prepared()
  const held: (() => unknown)[] = []
  for (const name of ['write', 'end', 'end'] as const) {
    const inner = response[name] as (...args: unknown[]) => unknown
    Object.assign(response, { [name]: (...args: unknown[]) => held.push(() => Reflect.apply(inner, response, args)) })
  }
  t.same(notes, [], 'wrapping is no reply')
  response.end('at last')
  t.same(notes, ['reply'])
  t.equal(received(), '')
  for (const one of held) one()
  await settle()
  t.match(received(), /at last$/)
  t.equal(response.end, response.end)
})
