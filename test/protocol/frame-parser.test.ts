import t from 'tap'
import { ProtocolError } from '../../src/protocol/errors.ts'
import { FrameParser, type FrameParserOptions } from '../../src/protocol/frame-parser.ts'
import { EMPTY } from '../../src/protocol/growing-buffer.ts'
import { Opcode } from '../../src/protocol/opcode.ts'
import { FrameRecorder } from './frame-recorder.ts'
import { clientFrame, everyCut, hex, MASK, session } from './wire.ts'

const SERVER: FrameParserOptions = { rsv1Allowed: false }
const DEFLATE: FrameParserOptions = { rsv1Allowed: true }
const CLIENT: FrameParserOptions = { rsv1Allowed: false, masked: false }

function read(chunks: Buffer[], options: FrameParserOptions, isLent = false): string[] {
  const recorder = new FrameRecorder()
  const parser = new FrameParser(recorder, options)
  try {
    for (const chunk of chunks) {
      parser.push(chunk, isLent)
      if (isLent) chunk.fill(0xee)
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    recorder.log.push(`${error.closeCode} ${error.code}`)
  }
  if (!recorder.payloads.every((payload, at) => payload.equals(recorder.copies[at]))) recorder.log.push('overwritten')
  return recorder.log
}

type Row = [rule: string, section: string, wire: Buffer | string, expected: string[], options?: FrameParserOptions]

const { Text, Binary, Ping, Close } = Opcode

const accepted: Row[] = [
  ['a masked text frame', '5.7', '81 85 37fa213d 7f9f4d5158', ['fin text "Hello"']],
  ['nothing at all', '5.2', '', []],
  ['an empty frame', '5.2', `82 80 ${MASK}`, ['fin binary ""']],
  ['a key of zeros', '5.3', '81 82 00000000 6869', ['fin text "hi"']],
  ['fragments', '5.4', session('01 "a" | 00 | 80 "b"'), ['text "a"', 'continuation ""', 'fin continuation "b"']],
  [
    'control frames between fragments',
    '5.4',
    session('01 "a" | 89 "p" | 88 | 80 "b" | 82 "c"'),
    ['text "a"', 'fin ping "p"', 'fin close ""', 'fin continuation "b"', 'fin binary "c"'],
  ],
  ['the longest control frame', '5.5', session('8a "x"*125'), ['fin pong 125 bytes']],
  ...[125, 126, 127, 65535, 65536].map(
    (length): Row => [`${length} bytes`, '5.2', session(`82 00*${length}`), [`fin binary ${length} bytes`]],
  ),
  [
    'compressed messages among others',
    '7692 6',
    session('41 "a" | 80 "b" | c2 "c" | 81 "d"'),
    ['rsv1 text "a"', 'fin continuation "b"', 'fin rsv1 binary "c"', 'fin text "d"'],
    DEFLATE,
  ],
  [
    'the frames of a server',
    '5.7',
    '81 05 48656c6c6f 01 03 48656c 80 02 6c6f 89 00',
    ['fin text "Hello"', 'text "Hel"', 'fin continuation "lo"', 'fin ping ""'],
    CLIENT,
  ],
]

/** The last byte is the one at which it fails; the list is what came before. */
const refused: Row[] = [
  ['an unmasked frame', '5.1', '81 02', ['1002 WS_UNMASKED']],
  ['a masked frame of a server', '5.1', '81 82', ['1002 WS_MASKED'], CLIENT],
  ['RSV1 without an extension', '5.2', 'c1', ['1002 WS_RESERVED_BIT']],
  ['RSV2', '5.2', 'a1', ['1002 WS_RESERVED_BIT']],
  ['RSV3', '5.2', '91', ['1002 WS_RESERVED_BIT']],
  ['all three', '5.2', 'f1', ['1002 WS_RESERVED_BIT']],
  ['RSV2 with an extension that has RSV1', '5.2', 'e1', ['1002 WS_RESERVED_BIT'], DEFLATE],
  ['RSV1 on a continuation', '7692 6', `41 80 ${MASK} c0`, ['rsv1 text ""', '1002 WS_RESERVED_BIT'], DEFLATE],
  [
    'RSV1 on a continuation of a plain message',
    '7692 6',
    `01 80 ${MASK} c0`,
    ['text ""', '1002 WS_RESERVED_BIT'],
    DEFLATE,
  ],
  ...['c8', 'c9', 'ca'].map(
    (first): Row => [`RSV1 on a control frame, ${first}`, '7692 6', first, ['1002 WS_RESERVED_BIT'], DEFLATE],
  ),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode): Row[] => [
    [`opcode ${opcode}`, '5.2', Buffer.of(0x80 | opcode), ['1002 WS_UNKNOWN_OPCODE']],
    [`opcode ${opcode} without FIN`, '5.2', Buffer.of(opcode), ['1002 WS_UNKNOWN_OPCODE']],
  ]),
  ['5 bytes in 16 bits', '5.2', '81 fe 00 05', ['1002 WS_LENGTH_NOT_MINIMAL']],
  ['125 bytes in 16 bits', '5.2', '82 fe 00 7d', ['1002 WS_LENGTH_NOT_MINIMAL']],
  ['5 bytes in 64 bits', '5.2', '81 ff 000000000000', ['1002 WS_LENGTH_NOT_MINIMAL']],
  ['the highest bit of the length', '5.2', '82 ff 80', ['1002 WS_LENGTH_TOO_LARGE']],
  ['ping, pong and close without FIN: ping', '5.5', '09', ['1002 WS_CONTROL_FRAGMENTED']],
  ['ping, pong and close without FIN: pong', '5.5', '0a', ['1002 WS_CONTROL_FRAGMENTED']],
  ['ping, pong and close without FIN: close', '5.5', '08', ['1002 WS_CONTROL_FRAGMENTED']],
  ['a ping of 126 bytes or more', '5.5', '89 fe', ['1002 WS_CONTROL_TOO_LONG']],
  ['a close of 65536 bytes or more', '5.5', '88 ff', ['1002 WS_CONTROL_TOO_LONG']],
  ['a continuation of nothing', '5.4', '80', ['1002 WS_UNEXPECTED_CONTINUATION']],
  [
    'a continuation of a finished message',
    '5.4',
    `81 80 ${MASK} 00`,
    ['fin text ""', '1002 WS_UNEXPECTED_CONTINUATION'],
  ],
  ['text inside an unfinished text', '5.4', `01 80 ${MASK} 81`, ['text ""', '1002 WS_EXPECTED_CONTINUATION']],
  ['binary inside an unfinished text', '5.4', `01 80 ${MASK} 02`, ['text ""', '1002 WS_EXPECTED_CONTINUATION']],
  [
    'the same behind a ping',
    '5.4',
    `01 80 ${MASK} 89 80 ${MASK} 01`,
    ['text ""', 'fin ping ""', '1002 WS_EXPECTED_CONTINUATION'],
  ],
  ['HTTP instead of frames', '5.2', Buffer.from('G'), ['1002 WS_UNKNOWN_OPCODE']],
  ['a ClientHello of TLS', '5.2', '16', ['1002 WS_RESERVED_BIT']],
  ['only ones', '5.2', 'ff', ['1002 WS_RESERVED_BIT']],
]

function bytesOf(wire: Buffer | string): Buffer {
  return typeof wire === 'string' ? hex(wire) : wire
}

for (const [rule, section, wire, expected, options = SERVER] of accepted) {
  t.test(`§${section} ${rule}`, async (t) => {
    for (const [name, chunks] of everyCut(bytesOf(wire))) t.same(read(chunks, options), expected, name)
    for (const [name, chunks] of everyCut(bytesOf(wire))) t.same(read(chunks, options, true), expected, `${name}, lent`)
  })
}

for (const [rule, section, wire, expected, options = SERVER] of refused) {
  t.test(`§${section} ${rule} is refused, at once`, async (t) => {
    const bytes = bytesOf(wire)
    t.same(
      read([Buffer.from(bytes.subarray(0, -1))], options),
      expected.slice(0, -1),
      'not before the byte that is wrong',
    )
    const more = Buffer.concat([bytes, Buffer.alloc(20, 0x81)])
    for (const wire of [bytes, more])
      for (const [name, chunks] of everyCut(wire)) t.same(read(chunks, options), expected, name)
  })
}

const declared: [length: string, expected: number][] = [
  ['0000000000010000', 65536],
  ['0000000080000000', 2 ** 31],
  ['0000000100000000', 2 ** 32],
  ['0000000100000005', 2 ** 32 + 5],
  ['001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['0020000000000000', Number.MAX_SAFE_INTEGER],
  ['7fffffffffffffff', Number.MAX_SAFE_INTEGER],
]

for (const [length, expected] of declared) {
  t.test(`§5.2 length ${length} is announced before its mask and payload, and costs nothing`, async (t) => {
    for (const [name, chunks] of everyCut(hex(`82 ff ${length}`))) {
      const recorder = new FrameRecorder()
      const parser = new FrameParser(recorder, SERVER)
      for (const chunk of chunks) parser.push(chunk)
      t.same(recorder.lengths, [expected], name)
      const before = process.memoryUsage().arrayBuffers
      parser.push(hex(`${MASK} 00`))
      t.ok(process.memoryUsage().arrayBuffers - before < 65_536)
      t.equal(parser.unfinishedBytes, 1)
    }
  })
}

t.test('§5.2 what a limit throws in onHeader ends the parser before any payload', async (t) => {
  const recorder = new FrameRecorder()
  recorder.onHeader = () => {
    throw new ProtocolError('WS_TOO_BIG')
  }
  for (const [name, chunks] of everyCut(clientFrame(Binary, 'a'))) {
    const parser = new FrameParser(recorder, SERVER)
    t.throws(
      () => {
        for (const chunk of chunks) parser.push(chunk)
      },
      { code: 'WS_TOO_BIG' },
      name,
    )
    t.ok(parser.isIdle)
    parser.push(clientFrame(Binary, 'b'))
  }
  t.same(recorder.log, [])
})

t.test('a cut frame holds less than twice the bytes received, and ends in a buffer of its size', async (t) => {
  const wire = clientFrame(Binary, Buffer.alloc(100_000, 'x'))
  const recorder = new FrameRecorder()
  const parser = new FrameParser(recorder, SERVER)
  let received = 0
  recorder.onPayload = (part) => {
    received += part.length
    if (part.buffer.byteLength >= 2 * received) t.fail(`${part.buffer.byteLength} bytes for ${received}`)
  }
  for (const byte of wire) parser.push(Buffer.of(byte))
  t.equal(received, 99_999)
  t.equal(recorder.payloads[0].buffer.byteLength, 100_000)
  t.ok(recorder.payloads[0].equals(Buffer.alloc(100_000, 'x')))
})

t.test('§5.3 a whole frame is unmasked where it lies, and an empty one costs nothing', async (t) => {
  const recorder = new FrameRecorder()
  const chunk = Buffer.concat([clientFrame(Text, 'ab'), clientFrame(Text, ''), clientFrame(Text, 'c'.repeat(300))])
  new FrameParser(recorder, SERVER).push(chunk)
  t.equal(recorder.payloads[0].buffer, chunk.buffer)
  t.equal(recorder.payloads[1], EMPTY)
  t.equal(recorder.payloads[2].byteOffset, chunk.byteOffset + chunk.length - 300)
  t.equal(chunk.toString('latin1', 6, 8), 'ab')
})

t.test('what is unfinished is counted byte by byte', async (t) => {
  const parser = new FrameParser(new FrameRecorder(), SERVER)
  const seen: string[] = []
  for (const byte of Buffer.concat([clientFrame(Text, 'abc'), clientFrame(Ping, '')])) {
    parser.push(Buffer.of(byte))
    parser.push(EMPTY)
    seen.push(`${parser.unfinishedBytes}${parser.isIdle ? ' idle' : ''}`)
  }
  t.same(seen, ['1', '2', '3', '4', '5', '0', '1', '2', '0 idle', '1', '2', '3', '4', '5', '0 idle'])
})

t.test('stopped from inside a frame, it leaves the rest of the chunk alone', async (t) => {
  const wire = Buffer.concat([clientFrame(Close, ''), clientFrame(Text, 'late'), hex('ff')])
  for (const [name, chunks] of everyCut(wire)) {
    const recorder = new FrameRecorder()
    const parser = new FrameParser(recorder, SERVER)
    const onFrame = recorder.onFrame.bind(recorder)
    recorder.onFrame = (...frame) => {
      onFrame(...frame)
      parser.stop()
    }
    for (const chunk of chunks) parser.push(chunk)
    t.same(recorder.log, ['fin close ""'], name)
  }
})

t.test('held after a frame, it says how much it has taken, and goes on with the rest', async (t) => {
  const wire = Buffer.concat([clientFrame(Text, 'a'), clientFrame(Text, 'b'), clientFrame(Text, 'c')])
  const recorder = new FrameRecorder()
  const parser = new FrameParser(recorder, SERVER)
  const onFrame = recorder.onFrame.bind(recorder)
  recorder.onFrame = (...frame) => {
    onFrame(...frame)
    parser.hold()
  }
  let at = 0
  for (let pushes = 1; at < wire.length; pushes++) {
    at += parser.push(wire.subarray(at))
    t.equal(recorder.log.length, pushes, 'a frame at a time')
  }
  t.equal(at, wire.length)
  t.ok(parser.isIdle)
})

t.test('it takes as many frames as it is told, and counts them', async (t) => {
  const wire = Buffer.concat(['a', 'b', 'c', 'd', 'e'].map((text) => clientFrame(Text, text)))
  const size = wire.length / 5
  const recorder = new FrameRecorder()
  const parser = new FrameParser(recorder, SERVER)
  t.same([parser.frames, parser.isIdle], [0, true])
  t.equal(parser.push(wire.subarray(0), false, 2), 2 * size)
  t.equal(parser.frames, 2)
  t.equal(parser.push(wire.subarray(2 * size), false, 0), 0, 'none at all')
  t.equal(parser.push(wire.subarray(2 * size), false, 1), size)
  t.equal(parser.push(wire.subarray(3 * size), false, 9), 2 * size)
  t.equal(parser.frames, 5)
  t.equal(recorder.log.length, 5)
})

const stops: [where: string, method: 'onHeader' | 'onPayload'][] = [
  ['on a header', 'onHeader'],
  ['on a part', 'onPayload'],
]

for (const [where, method] of stops) {
  t.test(`stopped ${where}, it holds nothing any more`, async (t) => {
    for (const [name, chunks] of everyCut(clientFrame(Text, 'abcdef'))) {
      const recorder = new FrameRecorder()
      const parser = new FrameParser(recorder, SERVER)
      recorder[method] = () => parser.stop()
      if (method === 'onPayload' && chunks.length === 1) continue
      for (const chunk of chunks) parser.push(chunk)
      if (method === 'onHeader') t.same(recorder.log, [], name)
      t.ok(parser.isIdle, name)
      t.equal(parser.unfinishedBytes, 0, name)
    }
  })
}

t.test('stopped in the middle of a frame, it drops what it held', async (t) => {
  const parser = new FrameParser(new FrameRecorder(), SERVER)
  parser.push(clientFrame(Text, 'abc').subarray(0, 8))
  t.equal(parser.unfinishedBytes, 2)
  parser.stop()
  t.equal(parser.unfinishedBytes, 0)
  t.ok(parser.isIdle)
})

t.test('what a sink throws passes through, and ends the parser', async (t) => {
  const recorder = new FrameRecorder()
  recorder.onFrame = () => {
    throw new Error('of the sink')
  }
  const parser = new FrameParser(recorder, SERVER)
  t.throws(() => parser.push(clientFrame(Text, 'a')), /of the sink/)
  parser.push(hex('ff'))
  t.equal(parser.unfinishedBytes, 0)
})

t.test('a chunk may be a part of a larger memory, at any offset', async (t) => {
  const wire = Buffer.concat([clientFrame(Text, 'a'.repeat(200)), clientFrame(Binary, 'bcd')])
  for (let offset = 0; offset < 8; offset++) {
    const memory = Buffer.alloc(wire.length + 16, 0xee)
    wire.copy(memory, offset)
    t.same(read([memory.subarray(offset, offset + wire.length)], SERVER), ['fin text 200 bytes', 'fin binary "bcd"'])
    t.ok(memory.subarray(offset + wire.length).every((byte) => byte === 0xee))
  }
})

t.test('another sink is given the frames that follow', async (t) => {
  const [first, second] = [new FrameRecorder(), new FrameRecorder()]
  const parser = new FrameParser(first, SERVER)
  parser.push(clientFrame(Text, 'a'))
  parser.redirect(second)
  parser.push(clientFrame(Binary, 'b'))
  t.same([first.log, second.log], [['fin text "a"'], ['fin binary "b"']])
})
