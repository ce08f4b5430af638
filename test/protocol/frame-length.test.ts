import t from 'tap'
import type { ProtocolError } from '../../src/protocol/errors.ts'
import { readLength, UNKNOWN } from '../../src/protocol/frame-length.ts'
import { hex } from './wire.ts'

const rows: [rule: string, code: number, bytes: string, expected: number | string][] = [
  ['the least of 16 bits', 126, '007e', 126],
  ['the most of 16 bits', 126, 'ffff', 65_535],
  ['one byte of two', 126, '01', UNKNOWN],
  ['16 bits that fit into 7', 126, '007d', 'WS_LENGTH_NOT_MINIMAL'],
  ['the least of 64 bits', 127, '0000000000010000', 65_536],
  ['beyond 32 bits', 127, '0000000100000005', 4_294_967_301],
  ['the last that is exact', 127, '001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['beyond what is exact', 127, '7fffffffffffffff', Number.MAX_SAFE_INTEGER],
  ['nothing yet', 127, '', UNKNOWN],
  ['five bytes of eight', 127, '0000000000', UNKNOWN],
  ['seven bytes of eight', 127, '00000000000100', UNKNOWN],
  ['64 bits that fit into 16', 127, '000000000000ffff', 'WS_LENGTH_NOT_MINIMAL'],
  ['as much, at the byte that shows it', 127, '000000000000', 'WS_LENGTH_NOT_MINIMAL'],
  ['the highest bit', 127, '80', 'WS_LENGTH_TOO_LARGE'],
]

for (const [rule, code, bytes, expected] of rows) {
  t.test(`§5.2 ${rule}`, async (t) => {
    for (const [before, behind] of [
      ['', ''],
      ['ffee', ''],
      ['00', 'ff'],
    ]) {
      const at = before.length / 2
      const all = hex(before + bytes + behind)
      t.equal(read(all, at, at + bytes.length / 2, code), expected)
    }
  })
}

function read(bytes: Buffer, at: number, end: number, code: number): number | string {
  try {
    return readLength(bytes, at, end, code)
  } catch (error) {
    return (error as ProtocolError).code
  }
}
