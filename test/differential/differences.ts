/** Where others read a stream otherwise than we do. `docs/differences.md` says the same to people, in the same order. */

import type { ProtocolErrorCode } from '../../src/protocol/errors.ts'
import type { OurReading } from './ours.ts'
import { MAX_FRAGMENTS, type Reading, startsWith } from './reading.ts'

export interface Difference {
  readonly peer: 'ws' | 'websockets'
  readonly name: string
  readonly section: string
  /** A stream that shows it, in hexadecimal. */
  readonly example: string
  explains(ours: OurReading, theirs: Reading): boolean
}

type Explains = Difference['explains']

/** They find nothing wrong where we give up, and read on: to the end, or to something else. */
const theyGoOn =
  (error: ProtocolErrorCode): Explains =>
  (ours, theirs) =>
    ours.error === error && startsWith(theirs.events, ours.events)

/** After the same events, we give up for a reason, and they for another, or not yet: they want to see more of the frame. */
const theyCloseWith =
  (code: number | undefined, ...errors: ProtocolErrorCode[]): Explains =>
  (ours, theirs) =>
    ours.error !== undefined &&
    errors.includes(ours.error) &&
    theirs.closeCode === code &&
    theirs.events.length === ours.events.length &&
    startsWith(theirs.events, ours.events)

/** They give up with `code` at a control frame that is right, and that we take. */
const theyRefuse =
  (code: number, control: RegExp): Explains =>
  (ours, theirs) =>
    theirs.closeCode === code &&
    startsWith(ours.events, theirs.events) &&
    control.test(ours.events[theirs.events.length] ?? '')

const either =
  (...reasons: Explains[]): Explains =>
  (ours, theirs) =>
    reasons.some((explains) => explains(ours, theirs))

const FIRST_BYTE: ProtocolErrorCode[] = [
  'WS_RESERVED_BIT',
  'WS_UNKNOWN_OPCODE',
  'WS_CONTROL_FRAGMENTED',
  'WS_UNEXPECTED_CONTINUATION',
  'WS_EXPECTED_CONTINUATION',
]
const ANY_FRAME: ProtocolErrorCode[] = [...FIRST_BYTE, 'WS_UNMASKED', 'WS_CONTROL_TOO_LONG', 'WS_BAD_CLOSE_LENGTH']

const NOT_SHORTEST = '81fe000500000000' + '48656c6c6f'
const HIGHEST_BIT = '82ff8000000000000001'
const BAD_PART = '018100000000ff' + '898000000000'
const ALMOST_FULL = `02fe0f9600000000${'61'.repeat(3_990)}`

export const DIFFERENCES: readonly Difference[] = [
  ws('a length that is not in its shortest form', '5.2', NOT_SHORTEST, theyGoOn('WS_LENGTH_NOT_MINIMAL')),
  ws(
    'a length whose highest bit is set',
    '5.2',
    HIGHEST_BIT,
    either(theyCloseWith(1009, 'WS_LENGTH_TOO_LARGE'), theyCloseWith(undefined, 'WS_LENGTH_TOO_LARGE')),
  ),
  ws('text that cannot become right, in a message that has not ended', '8.1', BAD_PART, theyGoOn('WS_BAD_UTF8')),
  ws('a first byte that is wrong, and nothing more', '5.2', '86', theyCloseWith(undefined, ...FIRST_BYTE)),
  ws(
    'a part too many that is too long as well, or has not come whole',
    '10.4',
    `018000000000${'008000000000'.repeat(MAX_FRAGMENTS - 1)}00fe138800000000`,
    either(theyCloseWith(1009, 'WS_TOO_MANY_FRAGMENTS'), theyCloseWith(undefined, 'WS_TOO_MANY_FRAGMENTS')),
  ),
  py('a length that is not in its shortest form', '5.2', NOT_SHORTEST, theyGoOn('WS_LENGTH_NOT_MINIMAL')),
  py(
    'a length whose highest bit is set',
    '5.2',
    HIGHEST_BIT,
    either(theyCloseWith(1009, 'WS_LENGTH_TOO_LARGE'), theyCloseWith(undefined, 'WS_LENGTH_TOO_LARGE')),
  ),
  py('text that cannot become right, in a message that has not ended', '8.1', BAD_PART, theyGoOn('WS_BAD_UTF8')),
  py('a frame that is wrong, of which some is missing', '5.2', '86', theyCloseWith(undefined, ...ANY_FRAME)),
  py('a frame that is wrong, and too long as well', '5.2', 'c1fe138800000000', theyCloseWith(1009, ...ANY_FRAME)),
  py('a close frame inside of a message', '5.4', '018100000000618882000000' + '0003e8', theyRefuse(1002, /^close/)),
  py(
    'a close frame whose code and reason are wrong',
    '7.4',
    '8883000000000000ff',
    theyCloseWith(1007, 'WS_BAD_CLOSE_CODE'),
  ),
  py(
    'a control frame in a message that is almost as long as it may be',
    '5.4',
    `${ALMOST_FULL}899400000000${'61'.repeat(20)}`,
    either(theyRefuse(1009, /^(ping|pong|close)/), theyCloseWith(1009, 'WS_BAD_CLOSE_CODE', 'WS_BAD_CLOSE_REASON')),
  ),
  py(
    'a message in more parts than we take',
    '10.4',
    `018000000000${'008000000000'.repeat(MAX_FRAGMENTS)}`,
    theyGoOn('WS_TOO_MANY_FRAGMENTS'),
  ),
]

function ws(name: string, section: string, example: string, explains: Explains): Difference {
  return { peer: 'ws', name, section, example, explains }
}

function py(name: string, section: string, example: string, explains: Explains): Difference {
  return { peer: 'websockets', name, section, example, explains }
}
