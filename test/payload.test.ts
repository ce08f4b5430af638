import t from 'tap'
import { messageOpcode, toPayload } from '../src/payload.ts'
import { Opcode } from '../src/protocol/opcode.ts'

t.test('bytes are taken without a copy', async (t) => {
  const memory = new ArrayBuffer(16)
  const view = new Uint16Array(memory, 4, 2)
  const payload = toPayload(view)
  t.ok(Buffer.isBuffer(payload) && payload.buffer === memory && payload.byteOffset === 4 && payload.length === 4)
  t.equal((toPayload(memory) as Buffer).buffer, memory)
  const shared = new SharedArrayBuffer(4)
  t.equal((toPayload(shared) as Buffer).buffer as unknown, shared)
  const buffer = Buffer.from('a')
  t.equal(toPayload(buffer), buffer)
  t.equal(toPayload('text'), 'text')
})

t.test('every view', async (t) => {
  const memory = Uint8Array.from({ length: 16 }, (_, at) => at).buffer
  const views = [
    new Int8Array(memory, 8),
    new Uint8Array(memory, 8),
    new Uint8ClampedArray(memory, 8),
    new Int16Array(memory, 8),
    new Uint16Array(memory, 8),
    new Int32Array(memory, 8),
    new Uint32Array(memory, 8),
    new Float32Array(memory, 8),
    new Float64Array(memory, 8),
    new BigInt64Array(memory, 8),
    new BigUint64Array(memory, 8),
    new DataView(memory, 8),
  ]
  for (const view of views) t.same(toPayload(view), Buffer.from(memory, 8), view.constructor.name)
})

t.test('everything else is misuse, and says what to write', async (t) => {
  const rows: [data: unknown, message: RegExp][] = [
    [undefined, /got undefined$/],
    [null, /got null$/],
    [Promise.resolve('x'), /instance of Promise. Write send\(await value\)$/],
    [1, /got a number. Write \w+\(String\(value\)\)$/],
    [1n, /got a bigint/],
    [Symbol('s'), /got a symbol/],
    [false, /got a boolean. Write \w+\(String\(value\)\)$/],
    [() => 1, /got a function/],
    [{}, /an instance of Object. Write \w+\(JSON.stringify\(value\)\)$/],
    [[1], /an instance of Array/],
    [new Date(0), /an instance of Date/],
    [Promise.resolve('a'), /an instance of Promise/],
    [Object.create(null), /an instance of Object/],
    [new Blob([]), /an instance of Blob. Write \w+\(await blob.arrayBuffer\(\)\)$/],
  ]
  for (const [data, message] of rows) {
    t.throws(() => toPayload(data), { name: 'TypeError', message })
    t.throws(() => toPayload(data, 'ping'), { message: /^ping\(\) takes a string, a Buffer, an ArrayBuffer or a view/ })
  }
})

t.test('§5.6 text and binary', async (t) => {
  const rows: [payload: string | Buffer, binary: boolean | undefined, opcode: number][] = [
    ['a', undefined, Opcode.Text],
    ['a', false, Opcode.Text],
    ['a', true, Opcode.Binary],
    [Buffer.from('a'), undefined, Opcode.Binary],
    [Buffer.from('a'), true, Opcode.Binary],
    [Buffer.from('€'), false, Opcode.Text],
    [Buffer.of(255), true, Opcode.Binary],
  ]
  for (const [payload, binary, opcode] of rows) t.equal(messageOpcode(payload, binary), opcode)
  t.throws(() => messageOpcode(Buffer.of(0xed, 0xa0, 0x80), false), { name: 'TypeError', message: /not valid UTF-8/ })
})
