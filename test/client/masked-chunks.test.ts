import t from 'tap'
import { MaskedChunks } from '../../src/client/masked-chunks.ts'
import { Outbox } from '../../src/outbox.ts'
import { PreparedMessage } from '../../src/prepared.ts'
import { FIN, frame } from '../../src/protocol/frame-writer.ts'
import { Opcode } from '../../src/protocol/opcode.ts'
import { settle } from '../support/open.ts'
import { pair } from '../support/pair.ts'
import { type Frame, FrameReader } from '../support/peer.ts'

interface Setup {
  readonly outbox: Outbox
  /** What has arrived. */
  frames(): Promise<Frame[]>
  bytes(): number
}

function setUp(): Setup {
  const [transport, far] = pair()
  const received: Buffer[] = []
  far.on('data', (chunk: Buffer) => received.push(chunk))
  const owner = { onSent: () => undefined, onUnsent: () => undefined, onLooked: () => undefined }
  return {
    outbox: new Outbox(transport, owner, new MaskedChunks(transport)),
    async frames() {
      await settle()
      return new FrameReader().read(Buffer.concat(received))
    },
    bytes: () => received.reduce((sum, { length }) => sum + length, 0),
  }
}

/** Every form of the length, both ways of masking, and what is copied behind its header or not. */
const SIZES = [0, 1, 3, 125, 126, 127, 1_023, 1_024, 1_025, 8_192, 8_193, 65_535, 65_536, 1_048_577]

const WAYS: [name: string, add: (outbox: Outbox, payload: Buffer) => void][] = [
  ['bytes', (outbox, payload) => outbox.addFrame(FIN, Opcode.Text, payload)],
  ['text', (outbox, payload) => outbox.addText(FIN, Opcode.Text, payload.toString())],
  ['a frame made before', (outbox, payload) => outbox.addRaw(new PreparedMessage(Opcode.Text, payload, true).frame)],
  [
    'a frame in a place that was kept',
    (outbox, payload) => outbox.fill(outbox.reserve(7), frame(Opcode.Text, payload)),
  ],
]

for (const [name, add] of WAYS) {
  for (const size of SIZES) {
    t.test(`§5.3 ${name}: ${size} bytes go out masked`, async (t) => {
      const setup = setUp()
      const payload = Buffer.alloc(size, 'abcdefg')
      add(setup.outbox, payload)
      t.ok(payload.equals(Buffer.alloc(size, 'abcdefg')), 'what the user gave is as it was')
      const [{ fin, rsv1, opcode, payload: sent, key }] = await setup.frames()
      t.same([fin, rsv1, opcode, key?.length], [true, false, Opcode.Text, 4])
      t.ok(sent.equals(payload))
      t.equal(setup.outbox.unsentBytes, 0, 'every byte is accounted for')
      t.equal(setup.outbox.writtenBytes, setup.bytes())
    })
  }
}

t.test('§10.3 each frame has a key of its own', async (t) => {
  const { outbox, frames } = setUp()
  for (let i = 0; i < 5_000; i++) outbox.addText(FIN, Opcode.Text, 'x')
  const keys = new Set((await frames()).map(({ key }) => key?.toString('hex')))
  t.ok(keys.size > 4_990, `${keys.size} of 5,000: two may be equal by chance`)
})

t.test('§10.3 so has each client that is sent the same message', async (t) => {
  const setups = [setUp(), setUp()]
  const message = new PreparedMessage(Opcode.Text, Buffer.from('news'), true)
  for (const { outbox } of setups) outbox.addRaw(message.frame)
  const [[one], [other]] = await Promise.all(setups.map(({ frames }) => frames()))
  t.same([one.payload.toString(), other.payload.toString()], ['news', 'news'])
  t.notSame(one.key, other.key)
  t.same(message.frame, frame(Opcode.Text, Buffer.from('news')), 'and the message is as it was')
})

t.test('order is kept around a place that is filled late', async (t) => {
  const { outbox, frames } = setUp()
  outbox.addText(FIN, Opcode.Text, 'first')
  const slot = outbox.reserve(10)
  outbox.addText(FIN, Opcode.Text, 'third')
  t.same((await frames()).length, 1)
  outbox.fill(slot, frame(Opcode.Text, Buffer.from('second')))
  t.same(
    (await frames()).map(({ payload }) => payload.toString()),
    ['first', 'second', 'third'],
  )
  t.equal(outbox.unsentBytes, 0)
})

t.test('many small frames over several slabs', async (t) => {
  const { outbox, frames } = setUp()
  const sent = Array.from({ length: 3_000 }, (_, at) => `message ${at} ${'x'.repeat(at % 90)}`)
  for (const text of sent) outbox.addText(FIN, Opcode.Text, text)
  t.same(
    (await frames()).map(({ payload }) => payload.toString()),
    sent,
  )
})
