import t from 'tap'
import { Utf8Check } from '../../src/protocol/utf8.ts'
import { hex } from './wire.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** A decoder puts U+FFFD for what is wrong, and then the bytes do not come back. Throwing would be too slow here. */
function isValid(bytes: Buffer): boolean {
  return Buffer.from(decoder.decode(bytes)).equals(bytes)
}

/** All that a cut can leave of a character: one to three bytes, in hexadecimal. */
const BEGINNINGS = new Set<string>()
for (let point = 0x80; point <= 0x10ffff; point++) {
  if (point >= 0xd800 && point <= 0xdfff) continue
  const bytes = Buffer.from(String.fromCodePoint(point)).toString('hex')
  for (let end = 2; end < bytes.length; end += 2) BEGINNINGS.add(bytes.slice(0, end))
}

/** Whether a valid text can begin with `bytes`: all of them are right, but for a character that is not complete. */
function isViable(bytes: Buffer): boolean {
  return [1, 2, 3].some((cut) => {
    const whole = bytes.length - cut
    return whole >= 0 && BEGINNINGS.has(bytes.toString('hex', whole)) && isValid(bytes.subarray(0, whole))
  })
}

/** Pushes `bytes` cut after each place that has its bit set in `cuts`. */
function check(bytes: Buffer, cuts: number): { viable: boolean; valid: boolean } {
  const utf8 = new Utf8Check()
  let from = 0
  for (let at = 1; at <= bytes.length; at++) {
    if (at < bytes.length && (cuts & (1 << (at - 1))) === 0) continue
    if (!utf8.push(bytes.subarray(from, at))) return { viable: false, valid: false }
    from = at
  }
  return { viable: true, valid: utf8.end() }
}

/** Compares with the decoder, in every way to cut. */
function wrongCuts(bytes: Buffer): string[] {
  const valid = isValid(bytes)
  const viable = valid || isViable(bytes)
  const wrong: string[] = []
  for (let cuts = 0; cuts < 1 << (bytes.length - 1); cuts++) {
    const seen = check(bytes, cuts)
    if (seen.valid !== valid || seen.viable !== viable) wrong.push(`${bytes.toString('hex')} cut ${cuts.toString(2)}`)
  }
  return wrong
}

function* sequences(alphabet: readonly number[], length: number): Generator<number[]> {
  if (length === 0) return yield []
  for (const rest of sequences(alphabet, length - 1)) for (const byte of alphabet) yield [byte, ...rest]
}

const EVERY = Array.from({ length: 256 }, (_, byte) => byte)
const BOUNDS = [...hex('00 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff')]
/** The same without the neighbours that differ in nothing any more: four bytes in eight cuts are many. */
const FEWER = [...hex('41 80 8f 90 9f a0 bf c1 c2 e0 e1 ed ef f0 f1 f4 f5')]

const spaces: [name: string, alphabet: readonly number[], length: number][] = [
  ['every single byte', EVERY, 1],
  ['every pair of bytes', EVERY, 2],
  ['every three bytes out of those where a rule begins or ends', BOUNDS, 3],
  ['every four bytes out of those where a rule begins or ends', FEWER, 4],
]

for (const [name, alphabet, length] of spaces) {
  t.test(`RFC 3629 §4 ${name}, in every way to cut: as TextDecoder, and refused as early as can be`, async (t) => {
    const wrong: string[] = []
    for (const bytes of sequences(alphabet, length)) wrong.push(...wrongCuts(Buffer.from(bytes)))
    t.same(wrong.slice(0, 5), [])
  })
}

const atOnce: [why: string, parts: string[]][] = [
  ['a byte that never occurs', ['ff']],
  ['an overlong form of two bytes', ['c0']],
  ['an overlong form of three bytes', ['e0 9f']],
  ['an overlong form of four bytes', ['f0', '8f']],
  ['a surrogate', ['ed a0']],
  ['a surrogate, cut', ['61 ed', 'a0']],
  ['a code point over U+10FFFF', ['f4 90']],
  ['a continuation byte on its own', ['61 80']],
  ['a sequence broken off by a letter', ['e2 82', '61']],
  ['a bad byte behind a cut sequence', ['e2 82', 'ac ff']],
]

for (const [why, parts] of atOnce) {
  t.test(`RFC 3629 §3 ${why} is refused in the part that brings it`, async (t) => {
    const utf8 = new Utf8Check()
    const answers = parts.map((part) => utf8.push(hex(part)))
    t.same(answers, [...parts.slice(1).map(() => true), false])
  })
}

t.test('empty parts change nothing', async (t) => {
  const utf8 = new Utf8Check()
  t.ok(utf8.push(hex('')))
  t.ok(utf8.end())
  t.ok(utf8.push(hex('e2')) && utf8.push(hex('')) && utf8.push(hex('82ac')))
  t.ok(utf8.end())
})

t.test('a long text is right in every split in two', async (t) => {
  const text = Buffer.from('κόσμε – 😀 ascii – 𝄞'.repeat(5))
  const wrong: number[] = []
  for (let at = 0; at <= text.length; at++) {
    const utf8 = new Utf8Check()
    if (!(utf8.push(text.subarray(0, at)) && utf8.push(text.subarray(at)) && utf8.end())) wrong.push(at)
  }
  t.same(wrong, [])
})
