import t from 'tap'
import { Chunk } from '../../src/protocol/chunk.ts'
import { unmask } from '../../src/protocol/mask.ts'
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

const KEYS = ['00000000', 'ffffffff', '37fa213d', '00000001', '80000000', '0000ff00'].map(hex)
for (let more = 0; more < 4; more++) KEYS.push(Buffer.from(Array.from({ length: 4 }, () => Math.random() * 256)))

const lengths: [name: string, from: number, to: number, chunkBytes: number][] = [
  ['0 to 40 bytes in a chunk of their own', 0, 40, 0],
  ['0 to 40 bytes in a long chunk', 0, 40, 1024],
  ['around the length from which words are used', 41, 100, 0],
  ['several turns of eight words, and a rest', 500, 570, 0],
]

for (const [name, from, to, chunkBytes] of lengths) {
  t.test(`§5.3 ${name}: equal to byte-by-byte masking, at every alignment and phase`, async (t) => {
    const wrong: string[] = []
    for (let length = from; length <= to; length++)
      for (let offset = 0; offset < 8; offset++)
        for (let phase = 0; phase < 5; phase++)
          for (const key of KEYS)
            if (differs(length, offset, phase, key, chunkBytes))
              wrong.push(`${length} bytes at ${offset}, phase ${phase}, key ${key.toString('hex')}`)
    t.same(wrong.slice(0, 5), [])
  })
}
