import t from 'tap'
import { simdMask, type WebAssemblyEngine } from '../../src/protocol/simd-mask.ts'
import { naiveMask } from './wire.ts'

const engine = (globalThis as { WebAssembly?: WebAssemblyEngine }).WebAssembly
const KEY = Buffer.from([0x01, 0x20, 0xf3, 0x80])

t.test('§5.3 equal to byte-by-byte masking, from any place to any place, over several blocks', async (t) => {
  const { from, mask } = simdMask(engine)
  t.equal(from, 1_024)
  const source = Buffer.from(Array.from({ length: 140_000 }, (_, at) => (at * 7) & 0xff))
  for (const [start, end, at] of [
    [0, 1, 0],
    [3, 67, 5],
    [1, 65_536, 0],
    [7, 65_544, 2],
    [5, 139_999, 1],
  ]) {
    const target = Buffer.alloc(140_000, 0xee)
    mask(target, at, source, start, end, KEY.readInt32LE())
    const expected = Buffer.alloc(140_000, 0xee)
    naiveMask(source.subarray(start, end), KEY).copy(expected, at)
    t.ok(target.equals(expected), `${start} to ${end}, into ${at}`)
  }
})

t.test('in place', async (t) => {
  const bytes = Buffer.alloc(100_000, 0x55)
  simdMask(engine).mask(bytes, 0, bytes, 0, bytes.length, KEY.readInt32LE())
  t.ok(bytes.equals(naiveMask(Buffer.alloc(100_000, 0x55), KEY)))
})

t.test('where there is no WebAssembly, or none with vectors, it is never the fastest way', async (t) => {
  t.equal(simdMask(undefined).from, Infinity)
  class Module {
    constructor() {
      throw new Error('invalid opcode 0xfd')
    }
  }
  t.equal(simdMask({ Module, Instance: Module } as unknown as WebAssemblyEngine).from, Infinity)
  t.equal(simdMask(undefined).mask(Buffer.alloc(1), 0, Buffer.alloc(1), 0, 1, 1), undefined)
})
