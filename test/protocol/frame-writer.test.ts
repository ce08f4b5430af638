import t from 'tap'
import { closePayload, FIN, frame, headerLength, RSV1, writeHeader } from '../../src/protocol/frame-writer.ts'
import { EMPTY } from '../../src/protocol/growing-buffer.ts'
import { Opcode } from '../../src/protocol/opcode.ts'
import { hex } from './wire.ts'

const headers: [rule: string, flags: number, opcode: number, payloadLength: number, expected: string][] = [
  ['no payload', FIN, Opcode.Text, 0, '81 00'],
  ['the longest in seven bits', FIN, Opcode.Binary, 125, '82 7d'],
  ['the shortest in 16 bits', FIN, Opcode.Binary, 126, '82 7e 007e'],
  ['the longest in 16 bits', FIN, Opcode.Binary, 65535, '82 7e ffff'],
  ['the shortest in 64 bits', FIN, Opcode.Binary, 65536, '82 7f 0000000000010000'],
  ['more than 32 bits', FIN, Opcode.Binary, 2 ** 32 + 5, '82 7f 0000000100000005'],
  ['a first fragment', 0, Opcode.Text, 1, '01 01'],
  ['a last fragment', FIN, Opcode.Continuation, 1, '80 01'],
  ['a compressed message', FIN | RSV1, Opcode.Text, 1, 'c1 01'],
  ['the first fragment of one', RSV1, Opcode.Binary, 1, '42 01'],
]

for (const [rule, flags, opcode, payloadLength, expected] of headers) {
  t.test(`§5.2 ${rule}`, async (t) => {
    const out = Buffer.alloc(32, 0xee)
    const size = writeHeader(out, flags, opcode, payloadLength)
    t.same(out.subarray(0, size), hex(expected))
    t.equal(headerLength(payloadLength), size)
    t.ok(
      out.subarray(size).every((byte) => byte === 0xee),
      'nothing is written behind it',
    )
    t.equal(out[1] & 0x80, 0, 'a server does not mask (§5.1)')

    const shifted = Buffer.alloc(32, 0xee)
    t.equal(writeHeader(shifted, flags, opcode, payloadLength, 7), size, 'the size does not count the offset')
    t.same(shifted, Buffer.concat([Buffer.alloc(7, 0xee), out.subarray(0, 25)]), 'at an offset')
  })
}

t.test('§5.7 the examples of the RFC', async (t) => {
  const hello = Buffer.from('Hello')
  t.same(frame(Opcode.Text, hello), hex('81 05 48656c6c6f'))
  t.same(frame(Opcode.Text, hello.subarray(0, 3), 0), hex('01 03 48656c'))
  t.same(frame(Opcode.Continuation, hello.subarray(3)), hex('80 02 6c6f'))
  t.same(frame(Opcode.Ping, hello), hex('89 05 48656c6c6f'))
  t.same(frame(Opcode.Binary, Buffer.alloc(256)), Buffer.concat([hex('82 7e 0100'), Buffer.alloc(256)]))
  t.same(frame(Opcode.Binary, Buffer.alloc(65536)), Buffer.concat([hex('82 7f 0000000000010000'), Buffer.alloc(65536)]))
})

t.test('a frame is a copy: the payload stays as it was, and may change', async (t) => {
  const payload = Buffer.from('abc')
  const sent = frame(Opcode.Binary, payload)
  payload.fill(0)
  t.same(sent, hex('82 03 616263'))
})

const closes: [rule: string, code: number | undefined, reason: string | Buffer, expected: string][] = [
  ['neither code nor reason', undefined, '', ''],
  ['a code', 1000, '', '03e8'],
  ['a code and a reason', 1001, 'bye', '03e9 627965'],
  ['a reason in bytes', 4999, Buffer.from('é'), '1387 c3a9'],
  ['a reason without a code gets 1000', undefined, 'bye', '03e8 627965'],
  ['the longest reason', 3000, 'x'.repeat(123), `0bb8 ${'78'.repeat(123)}`],
  ['half a surrogate pair becomes U+FFFD', 1000, '\ud800', '03e8 efbfbd'],
]

for (const [rule, code, reason, expected] of closes) {
  t.test(`§5.5.1 the payload of a close frame: ${rule}`, async (t) => t.same(closePayload(code, reason), hex(expected)))
}

t.test('§5.5.1 an empty close payload is not allocated', async (t) => t.equal(closePayload(undefined, ''), EMPTY))

t.test('§7.4 what may not be sent is refused', async (t) => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65536 + 1000, Number.NaN])
    t.throws(() => closePayload(code, ''), RangeError, `${code}`)
  for (const code of ['1000', 1000n, {}, true]) {
    const error = {
      name: 'TypeError',
      message: `a close code is a number; got a ${typeof code}. Write close(1000, 'reason')`,
    }
    t.throws(() => closePayload(code as never, ''), error)
  }
  t.throws(() => closePayload(1000, 'x'.repeat(124)), RangeError, '§5.5 a reason too long for a control frame')
  t.throws(() => closePayload(1000, 'é'.repeat(62)), RangeError, 'counted in bytes')
  t.throws(() => closePayload(1000, hex('ff')), TypeError, '§5.5.1 a reason that is not UTF-8')
})
