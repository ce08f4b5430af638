import type { CauseOfEnd, ClosedBy } from './diagnostics-events.ts'
import type { ProtocolErrorCode } from './protocol/errors.ts'

/** What a person reads of an ended connection: what has happened, and what to do about it. */
export type Words = readonly [sentence: string, advice: string]

/** What is known of an ended connection; as `ConnectionClosedEvent` has it. */
export interface Ended {
  readonly closedBy: ClosedBy
  readonly cause: CauseOfEnd | undefined
  readonly code: number
  readonly sentCode: number | undefined
}

/** Limits at which a connection ends. */
type EndingLimit =
  | 'maxMessageBytes'
  | 'maxFragments'
  | 'messageTimeoutMs'
  | 'messageRate'
  | 'maxTotalBytes'
  | 'pongTimeoutMs'
  | 'sendTimeoutMs'
  | 'maxUnsentBytes'
  | 'maxLifetimeMs'
  | 'slowSubscriber'
  | 'reauthenticateIntervalMs'

/** Those that are a limit are told as the limit. */
type Fault = Exclude<
  ProtocolErrorCode,
  'WS_TOO_BIG' | 'WS_TOO_MANY_FRAGMENTS' | 'WS_MESSAGE_TIMEOUT' | 'WS_MESSAGE_RATE' | 'WS_OVERLOADED'
>

type KnownEnd =
  | `limit ${EndingLimit}`
  | `peer ${Fault}`
  | `${'peer' | 'app'} ${'none' | 'other' | '3xxx' | '4xxx'}`
  | 'app reauthenticate'
  | `shutdown ${'1001' | '1012' | 'none'}`
  | 'network'

const NOTHING = 'Nothing to do.'
const RARE = 'Nothing to do, if it is rare.'
const BROKEN_CLIENT =
  'One client: its software is wrong, or it is an attack. All of them: something between changes the bytes, such as a proxy.'
const BROKEN_DATA = 'Find which client it is, by its user agent or address; its software sends what is no text.'
const NOT_READING =
  'A slow network, or a page that is not scheduled. If many: send less, less often, or compress; see `onDropped` for topics.'

/**
 * By who began the end, and the limit, the rule or the code that says why. Ours is the code that we sent, the peer's the one that it
 * sent; 1005 is no code.
 */
export const CLOSE_WORDS: Readonly<Record<string, Words>> = {
  'peer 1000': ['the client closed it normally', NOTHING],
  'peer 1001': ['the client went away: a page that was left, or an app that was closed', NOTHING],
  'peer none': ['the client closed it, and gave no code', NOTHING],
  'peer 1002': [
    'the client says that we broke the protocol',
    'Ask for its log; a proxy between may have changed bytes.',
  ],
  'peer 1003': ['the client does not take this kind of data', 'See whether it wants text or binary messages.'],
  'peer 1007': ['the client says that a message was no valid text', 'Send bytes that are no text as binary.'],
  'peer 1008': ['the client says that a message was against its rules', 'Ask whoever wrote the client.'],
  'peer 1009': ['the client says that a message was too large for it', 'Send less at once, or raise its limit.'],
  'peer 1010': ['the client needed an extension that was not agreed on', 'See the option `compression`.'],
  'peer 1011': ['the client failed', 'Ask for its log.'],
  'peer 3xxx': ['the client closed it with a code of its library', 'See what the library says of the code.'],
  'peer 4xxx': ['the client closed it with a code of the application', 'See what the application means by the code.'],
  'peer other': ['the client closed it with a code that is not usual for clients', RARE],
  'peer WS_RESERVED_BIT': ['the client broke the protocol: a reserved bit was set', BROKEN_CLIENT],
  'peer WS_UNKNOWN_OPCODE': ['the client broke the protocol: it used a reserved opcode', BROKEN_CLIENT],
  'peer WS_UNMASKED': ['the client broke the protocol: it did not mask a frame', BROKEN_CLIENT],
  'peer WS_MASKED': ['the server broke the protocol: it masked a frame', 'It is a client of ours: see its server.'],
  'peer WS_CONTROL_FRAGMENTED': ['the client broke the protocol: it cut a control frame in parts', BROKEN_CLIENT],
  'peer WS_CONTROL_TOO_LONG': ['the client broke the protocol: a control frame was too long', BROKEN_CLIENT],
  'peer WS_LENGTH_NOT_MINIMAL': ['the client broke the protocol: a length was not in its shortest form', BROKEN_CLIENT],
  'peer WS_LENGTH_TOO_LARGE': ['the client broke the protocol: a length was impossible', BROKEN_CLIENT],
  'peer WS_UNEXPECTED_CONTINUATION': [
    'the client broke the protocol: it went on with a message that it had not begun',
    BROKEN_CLIENT,
  ],
  'peer WS_EXPECTED_CONTINUATION': [
    'the client broke the protocol: it began a message inside of another',
    BROKEN_CLIENT,
  ],
  'peer WS_BAD_UTF8': ['the client sent a text message that was no valid UTF-8', BROKEN_DATA],
  'peer WS_BAD_DEFLATE': ['the client sent compressed data that was broken', BROKEN_CLIENT],
  'peer WS_BAD_CLOSE_CODE': ['the client closed it with a code that may not be sent', BROKEN_CLIENT],
  'peer WS_BAD_CLOSE_LENGTH': ['the client closed it with half a code', BROKEN_CLIENT],
  'peer WS_BAD_CLOSE_REASON': ['the client closed it with a reason that was no valid UTF-8', BROKEN_DATA],
  'app none': ['the application ended it, without a code', NOTHING],
  'app 1000': ['the application closed it normally', NOTHING],
  'app 1001': ['the application sent the client away', NOTHING],
  'app 1008': ['the application closed it for what the client did', RARE],
  'app 1011': ['a handler failed', 'See the error in the log at the same time.'],
  'app 1012': ['the application asked the client to come back at once', NOTHING],
  'app 1013': ['the application asked the client to come back later', RARE],
  'app 3000': [
    'the application does not let this client in any more',
    'Nothing to do, if somebody was logged out or a session has ended.',
  ],
  'app reauthenticate': [
    "the route's reauthenticate does not let this client in any more",
    'Nothing to do: it has to log in anew.',
  ],
  'app 3003': ['the application does not let this client do what it did', RARE],
  'app 3xxx': [
    'the application, or a library in it, closed it with a code of its own',
    'See what it means by the code.',
  ],
  'app 4xxx': ['the application closed it with a code of its own', 'See what the application means by the code.'],
  'app other': ['the application closed it with a code that is not usual for servers', 'See where it calls `close`.'],
  'limit maxMessageBytes': [
    'a message was larger than maxMessageBytes',
    'Raise `maxMessageBytes` for the route if such messages are right; else the client is wrong.',
  ],
  'limit maxFragments': [
    'a message was in more parts than maxFragments',
    'A client that sends such tiny parts is wrong, or it is an attack.',
  ],
  'limit messageTimeoutMs': [
    'a message that was begun did not go on for messageTimeoutMs',
    'A client that was cut off in the middle; many at once: an attack that holds connections open.',
  ],
  'limit messageRate': [
    'messages came faster than messageRate allows',
    "Raise `messageRate` if it is right; `atLimit: 'pause'` slows down instead.",
  ],
  'limit maxTotalBytes': [
    'all connections together held more than maxTotalBytes, and this one held most',
    'See whose messages wait: slow handlers, slow clients, or one message to too many. Raise `maxTotalBytes` only with memory to spare.',
  ],
  'limit pongTimeoutMs': [
    'the client did not answer a ping within pongTimeoutMs: it is gone, or out of reach',
    'Usual for phones and closed laptops. Many at once: the network, or a proxy that lets nothing through.',
  ],
  'limit sendTimeoutMs': ['the client took nothing of what was sent for sendTimeoutMs', NOT_READING],
  'limit maxUnsentBytes': ['more than maxUnsentBytes waited for the client', NOT_READING],
  'limit maxLifetimeMs': ['it was as old as maxLifetimeMs allows', 'Nothing to do: the client comes back.'],
  'limit slowSubscriber': ['the client did not take published messages as fast as they came', NOT_READING],
  'limit reauthenticateIntervalMs': [
    'its reauthenticate had not settled when the next one was due',
    'See what it waits for: a database, or another service. A longer interval, or a time limit of its own.',
  ],
  'shutdown 1001': ['the app shut down', NOTHING],
  'shutdown 1012': ['the app shut down to start again', NOTHING],
  'shutdown none': [
    'the app shut down, and there was no time to say so',
    '`drain.deadlineMs` should be longer than `drain.spreadMs`.',
  ],
  network: [
    'the connection broke: the client was gone without a word',
    'Usual for phones, killed programs and lost networks, and over HTTP/2 for pages that were left. Many of the same age: a proxy cuts them, and `pingIntervalMs` should be shorter than its time.',
  ],
} satisfies Partial<Record<string, Words>> & Record<KnownEnd, Words>

const NO_WORDS: Words = ['it ended', NOTHING]

/** The row of the table that is about this end. */
export function closeWords({ closedBy, cause, code, sentCode }: Ended): Words {
  const why = cause ?? (closedBy === 'peer' ? code : sentCode)
  const key = `${closedBy} ${why === undefined || why === 1005 ? 'none' : why}`
  return CLOSE_WORDS[key] ?? CLOSE_WORDS[`${closedBy} ${familyOf(why)}`] ?? CLOSE_WORDS[closedBy] ?? NO_WORDS
}

/** 3000 to 3999 are for libraries, 4000 to 4999 for applications. RFC 6455 §7.4.2 */
function familyOf(why: number | string | undefined): string {
  if (typeof why !== 'number' || why < 3_000) return 'other'
  return why < 4_000 ? '3xxx' : '4xxx'
}
