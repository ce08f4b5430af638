/** Published weaknesses of other packages, replayed where no server is needed: time that grows with the square, and leaks. */

import t from 'tap'
import { parseExtensions } from '../src/protocol/extension-header.ts'
import { includesToken, parseTokens } from '../src/protocol/token-list.ts'
import { open, settle } from './support/open.ts'

/** Longer than any header: read in linear time it takes milliseconds; in quadratic time, longer than a test may. */
const LONG = 1_000_000

const headers: [advisories: string, behaviour: string, read: () => unknown][] = [
  ['CVE-2021-32640 (ws)', 'spaces between subprotocols', () => parseTokens(`b${' '.repeat(LONG)}x`, 32)],
  ['CVE-2021-32640 (ws)', 'spaces before a subprotocol', () => parseTokens(`${' '.repeat(LONG)},`, 32)],
  ['CVE-2020-7662 (websocket-extensions)', 'backslashes', () => parseExtensions(`a; b="${'\\c'.repeat(LONG)}`)],
  [
    'CVE-2020-7662 (websocket-extensions)',
    'a string that does not end',
    () => parseExtensions(`a; b="${'c'.repeat(LONG)}`),
  ],
  ['CVE-2020-7662 (websocket-extensions)', 'spaces', () => parseExtensions(`a${' '.repeat(LONG)}x`)],
  ['CVE-2020-7662 (websocket-extensions)', 'spaces after a semicolon', () => parseExtensions(`a;${' '.repeat(LONG)}=`)],
  ['CVE-2020-7662 (websocket-extensions)', 'offers', () => parseExtensions('a,'.repeat(LONG))],
  ['CVE-2020-7662 (websocket-extensions)', 'parameters', () => parseExtensions(`a${';b'.repeat(LONG)}`)],
  [
    'CVE-2023-43669 (tungstenite)',
    'elements of Connection',
    () => includesToken(' ,'.repeat(LONG), 'upgrade') || undefined,
  ],
]

for (const [advisories, behaviour, read] of headers) {
  t.test(`${advisories}: a header of a million ${behaviour} is refused in linear time`, async (t) => {
    t.equal(read(), undefined)
  })
}

/** What types forbid, and JavaScript does not. */
const wrong = (value: unknown): never => value as never
const { socket, peer } = open()

const calls: [advisory: string, behaviour: string, call: () => void][] = [
  ['CVE-2016-10518 (ws)', 'a number as the data of a ping is no length of memory', () => socket.ping(wrong(100))],
  ['CVE-2016-10518 (ws)', 'a number as the data of a pong', () => socket.pong(wrong(100))],
  ['CVE-2016-10518 (ws)', 'a number as a message', () => void socket.send(wrong(100))],
  ['CVE-2016-10518 (ws)', 'an object with a length as a message', () => void socket.send(wrong({ length: 100 }))],
  ['CVE-2026-45736 (ws)', 'words as the reason of a close', () => socket.close(1000, wrong(new Float32Array(20)))],
  ['CVE-2026-45736 (ws)', 'a number as the reason of a close', () => socket.close(1000, wrong(100))],
]

for (const [advisory, behaviour, call] of calls) {
  t.test(`${advisory}: ${behaviour} is refused, and nothing goes out`, async (t) => {
    t.throws(call, { name: 'TypeError' })
    await settle()
    t.same(peer.log, [])
    t.equal(socket.readyState, socket.OPEN)
  })
}
