import t from 'tap'
import { ProtocolError } from '../../src/protocol/errors.ts'
import { FrameParser } from '../../src/protocol/frame-parser.ts'
import { EMPTY } from '../../src/protocol/growing-buffer.ts'
import { MessageAssembler, type MessageLimits } from '../../src/protocol/message-assembler.ts'
import { Opcode } from '../../src/protocol/opcode.ts'
import { MessageRecorder } from './message-recorder.ts'
import { clientFrame, everyCut, hex, MASK, session } from './wire.ts'

const { Text, Continuation, Ping } = Opcode
const LIMITS: MessageLimits = { maxMessageBytes: 65_536, maxFragments: 16 }
const UNLIMITED: MessageLimits = { maxMessageBytes: Number.POSITIVE_INFINITY, maxFragments: Number.POSITIVE_INFINITY }

interface Reading {
  readonly recorder: MessageRecorder
  readonly assembler: MessageAssembler
  readonly parser: FrameParser
}

function reading(limits: MessageLimits = LIMITS, rsv1Allowed = false): Reading {
  const recorder = new MessageRecorder()
  const assembler = new MessageAssembler(recorder, limits)
  return { recorder, assembler, parser: new FrameParser(assembler, { rsv1Allowed }) }
}

function read(chunks: Buffer[], limits: MessageLimits, rsv1Allowed: boolean): string[] {
  const { recorder, assembler, parser } = reading(limits, rsv1Allowed)
  try {
    for (const chunk of chunks) parser.push(chunk)
    if (parser.isIdle && assembler.isIdle && assembler.unfinishedBytes > 0) recorder.log.push('idle with bytes')
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    recorder.log.push(`${error.closeCode} ${error.code}`)
  }
  if (!recorder.isIntact) recorder.log.push('overwritten')
  return recorder.log
}

type Row = [rule: string, section: string, frames: string, expected: string[], limits?: MessageLimits]

const few: MessageLimits = { ...LIMITS, maxFragments: 2 }
const small: MessageLimits = { ...LIMITS, maxMessageBytes: 8 }

const rows: Row[] = [
  ['text', '5.6', '81 "κόσμε"', ['text "κόσμε"']],
  ['binary, which is not checked', '5.6', '82 fffefd', ['binary "fffefd"']],
  ['binary in fragments, which is not checked', '5.6', '02 fffe | 80 fd', ['binary "fffefd"']],
  ['empty messages', '5.6', '81 | 82', ['text ""', 'binary ""']],
  ['fragments, empty ones among them', '5.4', '01 | 00 "a" | 00 | 80 "b"', ['text "ab"']],
  ['an empty message in fragments', '5.4', '02 | 80', ['binary ""']],
  [
    'one message behind the other',
    '5.4',
    '01 "a" | 80 "b" | 02 63 | 80 64 | 81 "e"',
    ['text "ab"', 'binary "6364"', 'text "e"'],
  ],
  [
    'control frames between fragments',
    '5.4',
    '01 "a" | 89 "1" | 8a "2" | 80 "b"',
    ['ping "1"', 'pong "2"', 'text "ab"'],
  ],
  ['pings of 0 and of 125 bytes', '5.5.2', '89 | 89 "x"*125', ['ping ""', 'ping 125 bytes']],
  ['a ping inside a text is no text', '5.5.2', '01 "b" | 89 ff | 80 "c"', ['ping "\ufffd"', 'text "bc"']],

  ['a message of the largest size', '10.4', '82 00*65536', ['binary 65536 bytes']],
  ['a byte more', '10.4', '82 00*65537', ['1009 WS_TOO_BIG']],
  ['fragments of the largest size together', '10.4', '02 00*40000 | 80 00*25536', ['binary 65536 bytes']],
  ['fragments too large together', '10.4', '02 00*40000 | 80 00*30000', ['1009 WS_TOO_BIG']],
  [
    'messages are not counted together',
    '10.4',
    '81 "a"*8 | 01 "b"*4 | 80 "c"*4',
    ['text "aaaaaaaa"', 'text "bbbbcccc"'],
    small,
  ],
  [
    'control frames are not counted',
    '10.4',
    '01 "a"*4 | 89 "x"*9 | 80 "b"*4',
    ['ping "xxxxxxxxx"', 'text "aaaabbbb"'],
    small,
  ],
  ['as many fragments as allowed', '10.4', '01 "a" | 80 "b" | 01 "c" | 80 "d"', ['text "ab"', 'text "cd"'], few],
  ['one more, empty', '10.4', '01 | 00 | 00', ['1008 WS_TOO_MANY_FRAGMENTS'], few],
  ['control frames are no fragments', '10.4', '01 "a" | 89 | 89 | 80 "b"', ['ping ""', 'ping ""', 'text "ab"'], few],
  ['no limit', '10.4', `02 00*70000 |${'00|'.repeat(20)} 80`, ['binary 70000 bytes'], UNLIMITED],

  ['a character cut between fragments', '8.1', '01 e282 | 80 ac', ['text "€"']],
  [
    'cut more often, and a ping inside',
    '8.1',
    '01 61f0 | 00 9f | 89 | 00 | 00 98 | 80 8062',
    ['ping ""', 'text "a😀b"'],
  ],
  ['a long text', '8.1', '81 "€"*100', ['text 300 bytes']],
  ['a long text in fragments', '8.1', '01 "€"*30 e2 | 80 82ac "€"*30', ['text 183 bytes']],
  ...['fffe', 'c080', 'eda080', 'f4908080', 'e282', '61ff62'].flatMap((bad): Row[] => [
    [`bad UTF-8, ${bad}`, '8.1', `81 ${bad}`, ['1007 WS_BAD_UTF8']],
    [`bad UTF-8 in a first fragment, ${bad}`, '8.1', `01 ${bad} | 80`, ['1007 WS_BAD_UTF8']],
    [`bad UTF-8 in the last fragment, ${bad}`, '8.1', `01 "a" | 80 ${bad}`, ['1007 WS_BAD_UTF8']],
  ]),
  ['the next text has its own beginning', '8.1', '01 "a" | 80 c3a9 | 81 a9', ['text "aé"', '1007 WS_BAD_UTF8']],

  [
    'compressed messages, as they are',
    '7692 6',
    'c1 ff | c2 | 81 "a"',
    ['compressed text "ff"', 'compressed binary ""', 'text "a"'],
  ],
  [
    'a compressed message in fragments',
    '7692 6',
    '41 ff | 89 | 80 fe | 81 "a"',
    ['ping ""', 'compressed text "fffe"', 'text "a"'],
  ],
  ['bad UTF-8 behind a compressed message', '7692 6', 'c1 ff | 81 ff', ['compressed text "ff"', '1007 WS_BAD_UTF8']],
  ['deflate may add to what it cannot compress', '7692 6', 'c2 00*73', ['compressed binary 73 bytes'], small],
  ['but not more than that', '7692 6', 'c2 00*74', ['1009 WS_TOO_BIG'], small],
  ['nor in fragments', '7692 6', '42 00*73 | 80 00', ['1009 WS_TOO_BIG'], small],
  ['a plain message has the plain limit', '7692 6', 'c2 | 82 00*9', ['compressed binary ""', '1009 WS_TOO_BIG'], small],

  ['a close frame without a code', '7.1.5', '88', ['close 1005 ""']],
  ['a close frame of one byte', '5.5.1', '88 03', ['1002 WS_BAD_CLOSE_LENGTH']],
  ['a code and a reason', '5.5.1', '88 03e9 "bye é"', ['close 1001 "bye é"']],
  ['the longest reason', '5.5.1', '88 0bb8 "x"*123', ['close 3000 123 bytes']],
  ['a close frame inside a message, which is not delivered', '5.4', '01 "a" | 88 03e8 | 00 "b"', ['close 1000 ""']],
  ['a reason that is not UTF-8', '5.5.1', '88 03e8 ff', ['1007 WS_BAD_CLOSE_REASON']],
  ['a reason cut inside a character', '5.5.1', '88 03e8 e282', ['1007 WS_BAD_CLOSE_REASON']],
  ['a bad code before a bad reason', '7.4', '88 0000 ff', ['1002 WS_BAD_CLOSE_CODE']],
]

for (const [rule, section, frames, expected, limits = LIMITS] of rows) {
  t.test(`§${section} ${rule}`, async (t) => {
    for (const [name, chunks] of everyCut(session(frames)))
      t.same(read(chunks, limits, section.startsWith('7692')), expected, name)
  })
}

const good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
const bad = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]

t.test('§7.4 close codes that may be sent, and those that may not', async (t) => {
  const answer = (code: number): string[] => read([session(`88 ${code.toString(16).padStart(4, '0')}`)], LIMITS, false)
  for (const code of good) t.same(answer(code), [`close ${code} ""`])
  for (const code of bad) t.same(answer(code), ['1002 WS_BAD_CLOSE_CODE'], `${code}`)
})

/** The last byte given is the one at which it fails. */
const early: [rule: string, section: string, wire: string, expected: string][] = [
  ['the first byte of an unfinished fragment', '8.1', '01 85 00000000 ff', 'WS_BAD_UTF8'],
  ['the first byte of an unfinished text', '8.1', '81 85 00000000 c0', 'WS_BAD_UTF8'],
  ['the byte that makes a surrogate', '8.1', '81 85 00000000 61 eda0', 'WS_BAD_UTF8'],
  ['the end of an unfinished message', '8.1', '01 81 00000000 ff', 'WS_BAD_UTF8'],
  ['a continuation that does not continue a character', '8.1', '01 81 00000000 e2 00 85 00000000 61', 'WS_BAD_UTF8'],
  ['a length over the limit, before its mask', '10.4', '82 ff 0000000000010001', 'WS_TOO_BIG'],
  [
    'a length over the limit together with the fragments before',
    '10.4',
    `02 81 ${MASK} 00 00 ff 0000000000010000`,
    'WS_TOO_BIG',
  ],
  ['half a close code, before it has come', '5.5.1', '88 81', 'WS_BAD_CLOSE_LENGTH'],
  ['the largest length there is', '10.4', '82 ff 7fffffffffffffff', 'WS_TOO_BIG'],
]

for (const [rule, section, wire, expected] of early) {
  t.test(`§${section} ${rule} fails at once`, async (t) => {
    const bytes = hex(wire)
    t.same(read([Buffer.from(bytes.subarray(0, -1))], LIMITS, false), [], 'not before')
    for (const [name, chunks] of everyCut(bytes)) t.match(read(chunks, LIMITS, false), [new RegExp(expected)], name)
  })
}

t.test('§8.1 what was checked of one text is not taken for checked in the next', async (t) => {
  const [first, second] = [session('81 "ab"'), session('01 ff')]
  for (let at = 0; at <= first.length; at++) {
    const chunks = [first.subarray(0, at), first.subarray(at), second].map((bytes) => Buffer.from(bytes))
    t.same(read(chunks, LIMITS, false), ['text "ab"', '1007 WS_BAD_UTF8'], `cut at ${at}`)
  }
})

t.test('§10.4 without a limit a length is still one that a buffer can have', async (t) => {
  t.same(read([hex('82 ff 0020000000000000')], UNLIMITED, true), ['1009 WS_TOO_BIG'])
  t.same(read([hex('c2 ff 0020000000000000')], UNLIMITED, true), ['1009 WS_TOO_BIG'], 'compressed too')
})

t.test('§10.4 the header of the largest message allocates nothing', async (t) => {
  const { parser, assembler } = reading({ ...LIMITS, maxMessageBytes: 2 ** 30 })
  const before = process.memoryUsage().arrayBuffers
  for (let fragment = 0; fragment < 2; fragment++) parser.push(hex(`${fragment === 0 ? '02' : '00'} 80 ${MASK}`))
  parser.push(hex(`80 ff 0000000040000000 ${MASK}`))
  t.ok(process.memoryUsage().arrayBuffers - before < 65_536)
  t.equal(parser.unfinishedBytes + assembler.unfinishedBytes, 0)
})

t.test('fragments stay under twice their bytes in memory', async (t) => {
  const { parser, recorder } = reading(UNLIMITED)
  parser.push(session('02 "x"'))
  for (let sent = 1; sent < 1000; sent++) parser.push(session('00 "x"'))
  parser.push(session('80 "x"'))
  t.equal(recorder.given[0].length, 1001)
  t.ok(recorder.given[0].buffer.byteLength < 2002)
})

t.test('a message in one frame is handed over where it lies', async (t) => {
  const { parser, recorder } = reading()
  const wire = session('81 "a"')
  parser.push(wire)
  t.equal(recorder.given[0].buffer, wire.buffer)
})

t.test('an empty close frame allocates no reason', async (t) => {
  const { parser, recorder } = reading()
  parser.push(session('88'))
  t.equal(recorder.given[0], EMPTY)
})

t.test('what is unfinished is known, and messages are counted before they are handed over', async (t) => {
  const { parser, assembler, recorder } = reading()
  const state = (): string => `${assembler.messages} ${assembler.unfinishedBytes} ${assembler.isIdle ? 'idle' : 'busy'}`
  const seen: string[] = []
  const onMessage = recorder.onMessage.bind(recorder)
  recorder.onMessage = (...message) => {
    onMessage(...message)
    seen.push(`in ${state()}`)
  }
  for (const frame of [session('01 "abc"'), session('89 "p"'), session('80 "d"')]) {
    parser.push(frame)
    seen.push(state())
  }
  parser.push(session('82 "x"').subarray(0, 6))
  seen.push(state())
  t.same(seen, ['0 3 busy', '0 3 busy', 'in 1 0 idle', '1 0 idle', '1 0 busy'])
})

t.test('§5.4 random sessions read the same however they are cut', async (t) => {
  for (let round = 0; round < 50; round++) {
    const wire = Buffer.concat(Array.from({ length: 10 }, randomMessage).flat())
    const expected = read([Buffer.from(wire)], LIMITS, false)
    t.equal(expected.length >= 10, true)
    for (let again = 0; again < 5; again++)
      t.same(read(randomCuts(wire), LIMITS, false), expected, wire.toString('hex'))
  }
})

function random(below: number): number {
  return Math.floor(Math.random() * below)
}

/** A message in up to four fragments, with pings between them. */
function randomMessage(): Buffer[] {
  const data = Buffer.from('aé€😀'.repeat(random(random(2) === 0 ? 4 : 100)))
  const cuts = [
    0,
    ...Array.from({ length: random(4) }, () => random(data.length + 1)).sort((a, b) => a - b),
    data.length,
  ]
  return cuts.slice(1).flatMap((to, at) => {
    const fields = { fin: at === cuts.length - 2, key: Buffer.from(Array.from({ length: 4 }, () => random(256))) }
    const frame = clientFrame(at === 0 ? Text : Continuation, data.subarray(cuts[at], to), fields)
    return random(3) === 0 ? [frame, clientFrame(Ping, `${at}`)] : [frame]
  })
}

function randomCuts(wire: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < wire.length; ) {
    const to = at + 1 + random(random(2) === 0 ? 4 : 200)
    chunks.push(Buffer.from(wire.subarray(at, to)))
    at = to
  }
  return chunks
}

t.test('stopped, it keeps nothing of a message that was begun', async (t) => {
  const { assembler, parser } = reading()
  parser.push(
    Buffer.concat([
      clientFrame(Text, 'begun', { fin: false }),
      clientFrame(Continuation, '€'.slice(0, 1), { fin: false }),
    ]),
  )
  t.notOk(assembler.isIdle)
  assembler.stop()
  t.same([assembler.isIdle, assembler.unfinishedBytes], [true, 0])
})

t.test('another sink is given what is complete from then on, of a message that was begun before, too', async (t) => {
  const { recorder, assembler, parser } = reading()
  const second = new MessageRecorder()
  parser.push(Buffer.concat([clientFrame(Text, 'first'), clientFrame(Text, 'be', { fin: false })]))
  assembler.redirect(second)
  parser.push(clientFrame(Continuation, 'gun'))
  t.same([recorder.log, second.log], [['text "first"'], ['text "begun"']])
})
