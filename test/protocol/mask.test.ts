import t from 'tap'
import { Chunk } from '../../src/protocol/chunk.ts'
import { unmask, unmaskedCopy, unmaskTo } from '../../src/protocol/mask.ts'
import { hex, naiveMask } from './wire.ts'

const GUARD = 16

/** Unmasks `length` bytes inside a chunk, and says what differs from byte-by-byte masking, outside the range too. */
function differs(length: number, offset: number, phase: number, key: Buffer, chunkBytes: number): boolean {
  const memory = Buffer.from(new ArrayBuffer(offset + Math.max(chunkBytes, length + 2 * GUARD)))
  for (let at = 0; at < memory.length; at++) memory[at] = (at * 31 + 7) & 0xff
  const start = offset + GUARD
  const range = memory.subarray(start, start + length)
  const turned = Buffer.from([0, 1, 2, 3].map((at) => key[(at + phase) % 4]))
  const after = memory.subarray(start + length)
  const expected = Buffer.concat([memory.subarray(0, start), naiveMask(range, turned), after])
  unmask(new Chunk(memory.subarray(offset)), GUARD, GUARD + length, key.readInt32LE(), phase)
  return !memory.equals(expected)
}

const KEYS = ['00000000', 'ffffffff', '37fa213d', '00000001', '01000000', '80000000', '0000ff00'].map(hex)
for (let more = 0; more < 4; more++) KEYS.push(Buffer.from(Array.from({ length: 4 }, () => Math.random() * 256)))

const lengths: [name: string, from: number, to: number, chunkBytes: number][] = [
  ['0 to 40 bytes in a chunk of their own', 0, 40, 0],
  ['0 to 40 bytes in a long chunk', 0, 40, 1024],
  ['around the length from which words are used', 41, 100, 0],
  ['several turns of eight words, and a rest', 500, 570, 0],
  ['around the length from which vectors are used', 1_020, 1_030, 0],
  ['around the size of their memory', 65_530, 65_540, 0],
]

for (const [name, from, to, chunkBytes] of lengths) {
  const isLong = to > 1_000
  t.test(`§5.3 ${name}: equal to byte-by-byte masking, at every alignment and phase`, async (t) => {
    const wrong: string[] = []
    for (let length = from; length <= to; length++)
      for (let offset = 0; offset < 8; offset += isLong ? 3 : 1)
        for (let phase = 0; phase < 5; phase++)
          for (const key of isLong ? KEYS.slice(-1) : KEYS)
            if (differs(length, offset, phase, key, chunkBytes))
              wrong.push(`${length} bytes at ${offset}, phase ${phase}, key ${key.toString('hex')}`)
    t.same(wrong.slice(0, 5), [])
  })
}

t.test('§5.3 into another place: the source stays as it was', async (t) => {
  for (const length of [0, 1, 31, 32, 100, 1_023, 1_024, 70_001]) {
    const source = Buffer.from(Array.from({ length: length + 9 }, (_, at) => at & 0xff))
    const before = Buffer.from(source)
    for (const [key, phase] of [
      [hex('37fa213d'), 0],
      [hex('37fa213d'), 3],
      [hex('00000000'), 1],
    ] as const) {
      const target = Buffer.alloc(length)
      unmaskTo(target, source, 5, 5 + length, key.readInt32LE(), phase)
      const turned = Buffer.from([0, 1, 2, 3].map((at) => key[(at + phase) % 4]))
      t.ok(target.equals(naiveMask(source.subarray(5, 5 + length), turned)), `${length} bytes, phase ${phase}`)
    }
    t.ok(source.equals(before))
  }
})

t.test('§5.3 a copy out of a lent chunk: memory of its own', async (t) => {
  const key = hex('37fa213d')
  for (const length of [1, 31, 32, 100, 1_023, 1_024, 70_001]) {
    const source = Buffer.from(Array.from({ length: length + 9 }, (_, at) => at & 0xff))
    const expected = naiveMask(source.subarray(5, 5 + length), key)
    const copy = unmaskedCopy(new Chunk(source, true), 5, 5 + length, key.readInt32LE())
    source.fill(0xee)
    t.ok(copy.equals(expected), `${length} bytes`)
  }
})
