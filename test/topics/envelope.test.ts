import t from 'tap'
import { decodeEnvelope, type Envelope, encodeEnvelope, HEADER_BYTES } from '../../src/topics/envelope.ts'

const NODE = Buffer.from('00ff80c328a0e21f', 'hex').toString('latin1')
const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const envelope = (changes: Partial<Envelope> = {}): Envelope => ({
  node: NODE,
  sequence: 1,
  isFirst: false,
  isBinary: true,
  compress: false,
  isOrder: false,
  data: Buffer.alloc(0),
  ...changes,
})

t.test('the bytes', async (t) => {
  const bytes = encodeEnvelope(envelope({ sequence: 0x1_0000_0203, data: Buffer.from('hi'), compress: true }))
  t.equal(bytes.toString('hex'), '13 00ff80c328a0e21f 0000000100000203 6869'.replaceAll(' ', ''))
})

t.test('what goes in comes out', async (t) => {
  for (const sequence of [0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    for (let flags = 0; flags < 16; flags++) {
      const [isFirst, isBinary, compress, isOrder] = [1, 2, 4, 8].map((bit) => (flags & bit) !== 0)
      for (const data of [Buffer.alloc(0), Buffer.from('naïve €'), ...(isBinary ? [ALL_BYTES] : [])]) {
        const one = envelope({ sequence, isFirst, isBinary, compress, isOrder, data })
        const padded = Buffer.concat([Buffer.of(1, 2, 3), encodeEnvelope(one), Buffer.of(4)])
        t.same(decodeEnvelope(new Uint8Array(padded.buffer, padded.byteOffset + 3, padded.length - 4)), one)
      }
    }
  }
})

t.test('what is no envelope', async (t) => {
  const right = encodeEnvelope(envelope())
  const changed = (at: number, byte: number): Buffer => {
    const bytes = Buffer.from(right)
    bytes[at] = byte
    return bytes
  }
  const wrong: [what: string, bytes: Uint8Array][] = [
    ['nothing', new Uint8Array()],
    ['too short', right.subarray(0, HEADER_BYTES - 1)],
    ['text', Buffer.from('{"type":"message","data":"hello"}')],
    ['another version', changed(0, 0x20)],
    ['a number that is none here', changed(9, 0xff)],
    ['text that is no UTF-8', encodeEnvelope(envelope({ isBinary: false, data: Buffer.of(0xff) }))],
  ]
  t.ok(decodeEnvelope(right))
  for (const [what, bytes] of wrong) t.equal(decodeEnvelope(bytes), undefined, what)
})
