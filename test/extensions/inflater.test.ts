import { constants, createDeflateRaw, type DeflateRaw, deflateRawSync } from 'node:zlib'
import t from 'tap'
import { Inflater } from '../../src/extensions/inflater.ts'
import { ProtocolError } from '../../src/protocol/errors.ts'
import { messages } from './messages.ts'

const MIB = 1_048_576
const finishFlush = constants.Z_SYNC_FLUSH
const deflated = (data: string | Buffer): Buffer => deflateRawSync(data, { finishFlush }).subarray(0, -4)
const final = (data: string): Buffer => deflateRawSync(data) // its last block is a final one
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

interface Outcome {
  readonly data: Buffer | string
  readonly steps: number
}

/** The message, or the code of the error. */
function inflate(inflater: Inflater, data: Buffer, maxBytes = MIB): Outcome {
  inflater.begin(data, maxBytes)
  for (let steps = 1; ; steps++) {
    try {
      const made = inflater.step()
      if (made !== undefined) return { data: made, steps }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return { data: error.code, steps }
    }
  }
}

/** What `stream` makes of a message, which may refer to those before it. */
async function flushed(stream: DeflateRaw, message: string | Buffer): Promise<Buffer> {
  const parts: Buffer[] = []
  stream.on('data', (part: Buffer) => parts.push(part))
  stream.write(message)
  await new Promise<void>((resolve) => stream.flush(finishFlush, resolve))
  stream.removeAllListeners('data')
  return Buffer.concat(parts).subarray(0, -4)
}

t.test('whatever zlib has deflated comes back, one message after the other from one state', async (t) => {
  const inflater = new Inflater(false)
  const wrong = messages(800).filter((message) => !message.equals(inflate(inflater, deflated(message)).data as Buffer))
  t.equal(wrong.length, 0)
  t.equal(inflater.heldBytes, 0)
})

t.test('with the context kept, messages may refer to those before them', async (t) => {
  const stream = createDeflateRaw()
  const inflater = new Inflater(true)
  let wrong = 0
  for (const message of messages(200)) {
    if (message.length === 0) continue
    if (!message.equals(inflate(inflater, await flushed(stream, message)).data as Buffer)) wrong++
  }
  t.equal(wrong, 0)
  stream.close()
})

t.test('with the context kept, what follows a stream that ended in a message is referred to', async (t) => {
  const inflater = new Inflater(true)
  const stream = createDeflateRaw()
  const [first, second] = [await flushed(stream, text), await flushed(stream, text)]
  t.ok(second.length < first.length / 2, 'the second refers to the first')
  t.equal(inflate(inflater, Buffer.concat([final('before'), first])).data.toString(), `before${text}`)
  t.equal(inflate(inflater, second).data.toString(), text)
  stream.close()
})

const text = 'a message that is long enough to be compressed, and long enough to be compressed again'

const rows: [rule: string, section: string, data: Buffer, expected: string][] = [
  ['no payload', '7.2.3.6', Buffer.alloc(0), ''],
  ['an empty block', '7.2.3.6', hex('00'), ''],
  ['the example', '7.2.3.1', hex('f2 48 cd c9 c9 07 00'), 'Hello'],
  ['a block without compression', '7.2.3.3', hex('00 05 00 fa ff 48 65 6c 6c 6f 00'), 'Hello'],
  ['a final block', '7.2.3.4', hex('f3 48 cd c9 c9 07 00 00'), 'Hello'],
  ['a final block at the very end', '7.2.3.4', hex('f3 48 cd c9 c9 07 00'), 'Hello'],
  ['two blocks', '7.2.3.5', hex('f2 48 05 00 00 00 ff ff ca c9 c9 07 00'), 'Hello'],
  ['two streams', '7.2.3.4', Buffer.concat([final('Hel'), deflated('lo')]), 'Hello'],
  ['no deflate', '7.2.2', hex('ff ff ff'), 'WS_BAD_DEFLATE'],
  ['a distance too far back', '7.2.2', hex('03 62 00'), 'WS_BAD_DEFLATE'],
  ['rubbish behind a final block', '7.2.2', Buffer.concat([final('Hello'), hex('ff ff ff')]), 'WS_BAD_DEFLATE'],
]

for (const keepsContext of [false, true]) {
  t.test(`keepsContext: ${keepsContext}`, async (t) => {
    for (const [rule, section, data, expected] of rows) {
      const inflater = new Inflater(keepsContext)
      t.equal(inflate(inflater, data).data.toString(), expected, `§${section} ${rule}`)
      t.equal(inflate(inflater, deflated(text)).data.toString(), text, 'and the next message is what it is')
      inflater.close()
    }
  })
}

t.test('§7.2.2 a message that is cut off anywhere is broken', async (t) => {
  const inflater = new Inflater(false)
  const data = deflated(text)
  const passed: number[] = []
  for (let end = 1; end < data.length; end++) {
    if (inflate(inflater, data.subarray(0, end)).data !== 'WS_BAD_DEFLATE') passed.push(end)
  }
  t.same(passed, [])
})

t.test('§7.1.1.2 without the context nothing may be referred to', async (t) => {
  const refers = deflateRawSync(text, { finishFlush, dictionary: Buffer.from(text) }).subarray(0, -4)
  const inflater = new Inflater(false)
  inflate(inflater, deflated(text))
  t.equal(inflate(inflater, refers).data, 'WS_BAD_DEFLATE')
})

t.test('the limit: met exactly, and one byte past it, in one step and in many', async (t) => {
  const inflater = new Inflater(false)
  for (const size of [1, 100, 65_536, 65_537, MIB - 1, MIB, MIB + 1, 5 * MIB]) {
    const data = deflated(Buffer.alloc(size, 'x'))
    t.equal(inflate(inflater, data, size).data.length, size, `${size} bytes`)
    t.equal(inflate(inflater, data, size - 1).data, 'WS_TOO_BIG', `${size} bytes are one too many`)
  }
  t.equal(inflate(inflater, deflated(Buffer.alloc(3 * MIB)), Infinity).data.length, 3 * MIB, 'no limit')
})

t.test('C08 a bomb ends at the limit, before memory is spent on it', async (t) => {
  const inflater = new Inflater(false)
  const bomb = deflated(Buffer.alloc(100_000_000))
  const before = process.memoryUsage().arrayBuffers
  t.same(inflate(inflater, bomb), { data: 'WS_TOO_BIG', steps: 2 })
  t.ok(process.memoryUsage().arrayBuffers - before < 4 * MIB)
  t.equal(inflater.heldBytes, 0)
})

t.test('no step does more than its share, also of work that makes nothing', async (t) => {
  const inflater = new Inflater(false)
  const many: [what: string, data: Buffer, least: number][] = [
    ['empty blocks', Buffer.alloc(5 * 209_715, hex('000000ffff')), 32],
    ['streams that end at once', Buffer.alloc(200_000, hex('0300')), 100],
    ['much output', deflated(Buffer.alloc(10 * MIB)), 10],
  ]
  for (const [what, data, least] of many) {
    const { steps } = inflate(inflater, data, 16 * MIB)
    t.ok(steps >= least, `${what}: ${steps} steps`)
  }
  t.equal(inflate(inflater, deflated(text)).data.toString(), text)
})

t.test('a message that is given up leaves nothing behind', async (t) => {
  for (const keepsContext of [false, true]) {
    const inflater = new Inflater(keepsContext)
    inflater.begin(deflated(Buffer.alloc(5 * MIB)), 16 * MIB)
    t.equal(inflater.step(), undefined)
    t.ok(inflater.heldBytes > MIB)
    inflater.abort()
    t.equal(inflater.heldBytes, 0)
    t.equal(inflate(inflater, deflated(text)).data.toString(), text)
  }
})
