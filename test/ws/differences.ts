/** Where a program sees another behaviour than with `ws`. `docs/ws.md` says the same to people, in the same order. */

export interface Difference {
  /** The scenario that shows it. */
  readonly scenario: string
  /** What stands in the table of `docs/ws.md`. */
  readonly what: string
  /** Lines that only they log, and lines that only we log. */
  readonly theirs: readonly string[]
  readonly ours: readonly string[]
}

const VERSIONS = ['7', '8'].map((version) => `{"headers":{"sec-websocket-version":"${version}"}}`)

export const DIFFERENCES: readonly Difference[] = [
  {
    scenario: 'several paths on one HTTP server',
    what: 'several servers with `server` and different `path`s',
    theirs: ['/b 400'],
    ours: ['/b 101'],
  },
  {
    scenario: 'verifyClient is a promise',
    what: '`verifyClient` returns a promise',
    theirs: ['101'],
    ours: ['500'],
  },
  {
    scenario: 'a subprotocol that was not offered',
    what: '`handleProtocols` picks what was not offered',
    theirs: ['101'],
    ours: ['500'],
  },
  {
    scenario: 'a handshake that is wrong',
    what: 'a handshake of another version than 13, for another protocol, or no GET',
    theirs: [
      `${VERSIONS[0]} 400 sec-websocket-version=13, 8 connection=close`,
      `${VERSIONS[1]} 101 sec-websocket-version=undefined connection=Upgrade`,
      '{"headers":{"upgrade":"h2c"}} 400 sec-websocket-version=undefined connection=close',
      '{"method":"POST"} 405 sec-websocket-version=undefined connection=close',
    ],
    ours: [
      `${VERSIONS[0]} 426 sec-websocket-version=13 connection=close, Upgrade`,
      `${VERSIONS[1]} 426 sec-websocket-version=13 connection=close, Upgrade`,
      '{"headers":{"upgrade":"h2c"}} 426 sec-websocket-version=undefined connection=close, Upgrade',
      '{"method":"POST"} 426 sec-websocket-version=undefined connection=close, Upgrade',
    ],
  },
  {
    scenario: 'messages that come before there is a listener',
    what: 'messages that come before there is a listener',
    theirs: [],
    ours: ['got <early>'],
  },
  {
    scenario: 'a listener that throws',
    what: 'a listener that throws, or whose promise is rejected',
    theirs: ['the process would end: thrown', 'the process would end: rejected'],
    ours: ['client closed with 1011', 'client closed with 1011 too'],
  },
  {
    scenario: 'a fault of the client to which nobody listens',
    what: "'error' without a listener",
    theirs: ['the process would end'],
    ours: ['closed 1006'],
  },
  {
    scenario: 'the code of an error',
    what: 'the `code`, and the words, of an error',
    theirs: ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'],
    ours: ['WS_TOO_BIG'],
  },
  {
    scenario: 'a Blob',
    what: 'a Blob is sent',
    theirs: ['<blob> true'],
    ours: ['TypeError'],
  },
  {
    scenario: 'close with what is no code',
    what: 'a close code that may not be sent',
    theirs: ['999 TypeError', '1005 TypeError', '5000 TypeError'],
    ours: ['999 RangeError', '1005 RangeError', '5000 RangeError'],
  },
  {
    scenario: 'the extensions of a compressed connection',
    what: '`socket.extensions`',
    theirs: ['permessage-deflate'],
    ours: ['permessage-deflate; server_no_context_takeover; client_no_context_takeover'],
  },
  {
    scenario: 'properties and events that nobody knows',
    what: 'an unknown `binaryType`, or event of `addEventListener`',
    theirs: ['binaryType nodebuffer', 'addEventListener'],
    ours: ['binaryType TypeError', 'addEventListener TypeError'],
  },
  {
    scenario: 'autoPong: false',
    what: '`autoPong: false`',
    theirs: ['pongs 0'],
    ours: ['pongs 1'],
  },
  {
    scenario: 'skipUTF8Validation',
    what: '`skipUTF8Validation: true`',
    theirs: ['message'],
    ours: ['closed with 1007'],
  },
  {
    scenario: 'a mask is asked for',
    what: '`send(data, { mask: true })` on a server',
    theirs: ['masked'],
    ours: ['plain'],
  },
  {
    scenario: 'a wrong parameter of an extension',
    what: 'permessage-deflate is offered with a wrong parameter',
    theirs: ['400'],
    ours: ['101'],
  },
  {
    scenario: 'the reason that a faulty client is told',
    what: 'a client that breaks the protocol',
    theirs: [''],
    ours: ['client frames must be masked'],
  },
  {
    scenario: 'what is buffered right behind a send',
    what: '`bufferedAmount`, in the turn of a `send`',
    theirs: ['0'],
    ours: ['1004'],
  },
  {
    scenario: 'a client that is given no subprotocol',
    what: 'a client that offers subprotocols, and a server that picks none',
    theirs: ['error'],
    ours: ['open'],
  },
  {
    scenario: 'a client that looks at an unexpected response itself',
    what: "a client with an 'unexpected-response' listener",
    theirs: [],
    ours: ['error', 'close'],
  },
  {
    scenario: "a client's options for http.request",
    what: 'a client is given `auth`, `timeout` and the like',
    theirs: ['connects'],
    ours: ['TypeError'],
  },
]
