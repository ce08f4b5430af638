/** The rules that a client can break, and how; the close code that each asks for is taken from here alone. */

import type { FrameSpec } from '../support/frames.ts'

/** Where a rule is to be broken. */
export interface Place {
  /** The opcode of the message under way; 0 if none is. */
  readonly opcode: number
  /** Any number, from which a rule takes one of several ways to break it. */
  readonly seed: number
  readonly maxMessageBytes: number
  readonly maxFragments: number
}

export interface Rule {
  readonly name: string
  readonly section: string
  readonly closeCode: number
  /** Frames that break this rule and no other; undefined where it cannot be broken here. */
  broken(place: Place): FrameSpec[] | undefined
}

const A = Buffer.from('a')
const NOTHING = Buffer.alloc(0)
const KEY = 0x37fa213d

const frame = (first: number, payload: Buffer = A, more: Partial<FrameSpec> = {}): FrameSpec => ({
  first,
  payload,
  key: KEY,
  ...more,
})
const pick = <T>({ seed }: Place, values: readonly T[]): T => values[seed % values.length]
/** A data frame that may stand here: RFC 6455 §5.4 */
const data = ({ opcode }: Place, first = 0x80): number => first | (opcode === 0 ? 1 : 0)

const RESERVED = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
const CONTROLS = [0x88, 0x89, 0x8a]
/** RFC 3629 §3, §4; RFC 6455 §8.1 */
const BAD_TEXTS = [
  'ff',
  '80',
  'c080',
  'c1bf',
  'e08080',
  'eda080',
  'edbfbf',
  'f0808080',
  'f4908080',
  'f5808080',
  'e228a1',
]
const CUT_TEXTS = ['c3', 'e282', 'f09f98', 'e2', 'f0']
/** RFC 6455 §7.4.1, §7.4.2 */
const BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65535]

const bytes = (hexadecimal: string): Buffer => Buffer.from(hexadecimal, 'hex')
const code = (value: number, reason: Buffer = NOTHING): Buffer =>
  Buffer.concat([Buffer.of(value >> 8, value & 255), reason])
const mayBeText = ({ opcode }: Place): boolean => opcode !== 2

export const RULES: readonly Rule[] = [
  rule('a client masks', '5.1', 1002, (place) => [frame(pick(place, [data(place), 0x89]), A, { masked: false })]),
  rule('RSV1 is reserved', '5.2', 1002, (place) => [frame(pick(place, [data(place), 0x8a]) | 0x40)]),
  rule('RSV2 is reserved', '5.2', 1002, (place) => [frame(pick(place, [data(place), 0x89]) | 0x20)]),
  rule('RSV3 is reserved', '5.2', 1002, (place) => [frame(pick(place, [data(place), 0x88]) | 0x10, NOTHING)]),
  rule('some opcodes are reserved', '5.2', 1002, (place) => [frame(pick(place, [0x80, 0]) | pick(place, RESERVED))]),
  rule('16 bits of length are needed', '5.2', 1002, (place) => [
    frame(data(place), Buffer.alloc(pick(place, [0, 1, 125]), 'a'), { lengthBits: 16 }),
  ]),
  rule('64 bits of length are needed', '5.2', 1002, (place) => [
    frame(data(place), Buffer.alloc(pick(place, [0, 125, 126, 1_000]), 'a'), { lengthBits: 64 }),
  ]),
  rule('the highest bit of a length is 0', '5.2', 1002, (place) => [
    frame(data(place), A, { declared: 2n ** 63n + BigInt(place.seed) }),
  ]),
  rule('a continuation follows a part', '5.4', 1002, ({ opcode, seed }) =>
    opcode === 0 ? [frame((seed & 1) << 7)] : undefined,
  ),
  rule('a message ends before the next begins', '5.4', 1002, (place) =>
    place.opcode === 0 ? undefined : [frame(pick(place, [0x81, 0x82, 1, 2]))],
  ),
  rule('control frames are whole', '5.5', 1002, (place) => [frame(pick(place, CONTROLS) & 0x7f, NOTHING)]),
  rule('control frames are short', '5.5', 1002, (place) => [
    frame(pick(place, CONTROLS), Buffer.alloc(pick(place, [126, 127, 1_000]), 'a')),
  ]),
  rule('a close payload begins with a code', '5.5.1', 1002, () => [frame(0x88)]),
  rule('a close code is one that is sent', '7.4', 1002, (place) => [frame(0x88, code(pick(place, BAD_CODES)))]),
  rule('a close reason is UTF-8', '5.5.1', 1007, (place) => [
    frame(0x88, code(1000, bytes(pick(place, [...BAD_TEXTS, ...CUT_TEXTS])))),
  ]),
  // A text under way may end inside of a character: an ASCII letter in front breaks it as well, and for the same reason.
  rule('text is UTF-8', '8.1', 1007, (place) =>
    mayBeText(place) ? [frame(data(place, pick(place, [0x80, 0])), bytes(`61${pick(place, BAD_TEXTS)}`))] : undefined,
  ),
  rule('text ends with a character', '8.1', 1007, (place) =>
    mayBeText(place) ? [frame(data(place), bytes(`61${pick(place, CUT_TEXTS)}`))] : undefined,
  ),
  rule('a message is within the limit', '10.4', 1009, (place) => [
    frame(data(place), A, { declared: BigInt(pick(place, [place.maxMessageBytes + 1, 2 ** 32, 2 ** 53])) }),
  ]),
  // Empty parts: an `a` could break a character that is under way.
  rule('a message is in few enough parts', '10.4', 1008, ({ opcode, maxFragments }) =>
    Array.from({ length: maxFragments + 1 }, (_, at) => frame(opcode === 0 && at === 0 ? 1 : 0, NOTHING)),
  ),
]

function rule(name: string, section: string, closeCode: number, broken: Rule['broken']): Rule {
  return { name, section, closeCode, broken }
}
