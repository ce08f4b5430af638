import t from 'tap'
import { proveReadBuffer } from '../src/read-buffer-proof.ts'
import { isReadBufferKnown } from './support/read-buffer.ts'

t.test('a start that blocks the loop for longer than a proof may take ends neither it nor the process', async (t) => {
  const alive = setInterval(() => undefined, 1_000) // a proof keeps no process alive
  const proof = proveReadBuffer()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500)
  t.equal(await proof, isReadBufferKnown)
  clearInterval(alive)
})
