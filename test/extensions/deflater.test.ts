import { constants, createInflateRaw, inflateRawSync } from 'node:zlib'
import t from 'tap'
import { Deflater } from '../../src/extensions/deflater.ts'
import { ZlibHandle } from '../../src/extensions/zlib-handle.ts'
import { messages } from './messages.ts'

const TAIL = Buffer.from('0000ffff', 'hex')
const finishFlush = constants.Z_SYNC_FLUSH

function deflate(deflater: Deflater, data: Buffer): { data: Buffer; steps: number } {
  deflater.begin(data)
  for (let steps = 1; ; steps++) {
    const made = deflater.step()
    if (made === 'failed') throw new Error('zlib failed')
    if (made !== undefined) return { data: made, steps }
  }
}

const inflated = (data: Buffer, windowBits = 15): Buffer =>
  inflateRawSync(Buffer.concat([data, TAIL]), { finishFlush, windowBits })

t.test('zlib reads every message on its own, whatever the window and the level', async (t) => {
  for (const windowBits of [9, 10, 12, 15]) {
    for (const level of [1, 5, 9]) {
      const deflater = new Deflater({ level, windowBits, keepsContext: false })
      const wrong = messages(120).filter(
        (message) => !inflated(deflate(deflater, message).data, windowBits).equals(message),
      )
      t.equal(wrong.length, 0, `windowBits ${windowBits}, level ${level}`)
      deflater.close()
    }
  }
})

t.test('with the context kept, one stream reads all messages, and what was said before is short', async (t) => {
  const deflater = new Deflater({ level: 5, windowBits: 15, keepsContext: true })
  const stream = createInflateRaw()
  const received: Buffer[] = []
  stream.on('data', (part: Buffer) => received.push(part))
  const all = messages(200)
  for (const message of all) {
    const { data } = deflate(deflater, message)
    await new Promise<void>((resolve) => stream.write(Buffer.concat([data, TAIL]), () => resolve()))
  }
  t.ok(Buffer.concat(received).equals(Buffer.concat(all)))
  const text = Buffer.from('a sentence that nobody has said before, until now')
  t.ok(deflate(deflater, text).data.length > 2 * deflate(deflater, text).data.length)
  stream.close()
})

t.test('§7.2.3.6 an empty message is an empty block', async (t) => {
  const deflater = new Deflater({ level: 5, windowBits: 15, keepsContext: true })
  for (let i = 0; i < 3; i++) t.same(deflate(deflater, Buffer.alloc(0)).data, Buffer.of(0))
})

t.test('no step reads more than 64 KiB', async (t) => {
  const deflater = new Deflater({ level: 5, windowBits: 15, keepsContext: false })
  for (const [size, steps] of [
    [1, 1],
    [65_536, 1],
    [65_537, 2],
    [1_048_576, 16],
  ]) {
    const message = Buffer.alloc(size, 'sockroute')
    const outcome = deflate(deflater, message)
    t.equal(outcome.steps, steps, `${size} bytes`)
    t.ok(inflated(outcome.data).equals(message))
  }
})

t.test('a message that is given up leaves nothing behind', async (t) => {
  const deflater = new Deflater({ level: 5, windowBits: 15, keepsContext: false })
  deflater.begin(Buffer.alloc(200_000, 'given up'))
  t.equal(deflater.step(), undefined)
  deflater.abort()
  t.equal(inflated(deflate(deflater, Buffer.from('the next')).data).toString(), 'the next')
})

t.test('a state that is closed says so: Node would end the process', async (t) => {
  const deflater = new Deflater({ level: 5, windowBits: 15, keepsContext: false })
  deflater.close()
  deflater.close()
  t.throws(() => deflate(deflater, Buffer.from('late')), /closed/)
})

t.test('where zlib fails it says so, and the next message is as good as any', async (t) => {
  for (const keepsContext of [false, true]) {
    const deflater = new Deflater({ level: 5, windowBits: 15, keepsContext })
    const { write } = ZlibHandle.prototype
    for (const data of [Buffer.from('small'), Buffer.alloc(200_000, 'large')]) {
      ZlibHandle.prototype.write = () => false
      deflater.begin(data)
      t.equal(deflater.step(), 'failed')
      ZlibHandle.prototype.write = write
      t.equal(inflated(deflate(deflater, Buffer.from('next')).data).toString(), 'next')
    }
    deflater.close()
  }
})
