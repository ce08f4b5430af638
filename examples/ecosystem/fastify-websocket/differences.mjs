/** What a program sees otherwise with the drop-in. docs/fastify-websocket.md is this list, and compare.test.mjs holds both to it. */
export const DIFFERENCES = [
  {
    scenario: 'a path that is for HTTP alone',
    theirs: ['open', 'close 1005'],
    ours: ['404'],
    why: 'a client that is told 101 believes that somebody is there; Fastify answers what it would answer to any path that it does not have',
  },
  {
    scenario: 'a path that is for HTTP alone, beside a wildcard',
    theirs: ['open', 'close 1005'],
    ours: ['open', 'any'],
    why: 'of the routes for WebSockets the wildcard is the one that fits; the others are not looked at',
  },
  {
    scenario: 'HTTP on a path that is for WebSockets',
    theirs: ['404', '404'],
    ours: ['404 {"message":"Route GET:/ws not found","error":"Not Found","statusCode":404}', '404'],
    why: 'for HTTP there is no such route, so the answer is that of `setNotFoundHandler`, or of a route of yours at the same path',
  },
  {
    scenario: 'the hooks that run',
    theirs: ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'handler', 'closed'],
    ours: ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend', 'handler', 'onResponse', 'closed'],
    why: 'the 101 is a reply like any other, with status 101: logs and metrics see it, and sessions are saved',
  },
  {
    scenario: 'a cookie that a hook sets',
    theirs: ['http/1.1 101 switching protocols'],
    ours: ['http/1.1 101 switching protocols', 'set-cookie: id=7; samesite=lax'],
    why: 'headers that hooks set are on the 101',
  },
  {
    scenario: 'a handshake without a key',
    theirs: ['hook', 'HTTP/1.1 400'],
    ours: ['HTTP/1.1 400'],
    why: "what is no handshake costs no question to your database: it is refused before the route's own hooks",
  },
  {
    scenario: 'an upgrade to something else',
    theirs: ['HTTP/1.1 400'],
    ours: ['HTTP/1.1 200'],
    why: 'a server may ignore an Upgrade header (RFC 9110 §7.8): `curl --http2` gets its page',
  },
  {
    scenario: 'a handler that throws, and one that rejects',
    theirs: ['open', 'close 1006', 'open', 'close 1006'],
    ours: ['open', 'close 1011', 'open', 'close 1011'],
    why: 'the client is told that it is not the network that failed; an `errorHandler` of yours decides itself',
  },
  {
    scenario: 'a listener that throws, and no errorHandler',
    theirs: ['exit 1'],
    ours: ['close 1011', 'exit 0'],
    why: 'what a listener throws, or rejects with, is told `errorHandler` as well, and ends one connection, not the process',
  },
  {
    scenario: 'errorHandler, and a client that breaks the protocol',
    theirs: ['WS_ERR_UNEXPECTED_RSV_2_3', 'close 1002'],
    ours: ['WS_RESERVED_BIT', 'close 1002'],
    why: 'the codes of errors are our own',
  },
  {
    scenario: 'a listener that comes after an await',
    theirs: ['late'],
    ours: ['early', 'late'],
    why: 'messages wait for their listener, up to 64 KiB of them',
  },
  {
    scenario: 'websocketServer: clients and events',
    theirs: ['x-seen: /ws', 'connection /ws true', 'handler'],
    ours: ['x-seen: /ws', 'connection /ws true', 'handler', '0 left'],
    why: "`app.close()` fulfils when the last connection has told its 'close'",
  },
  {
    scenario: 'app.close()',
    theirs: ['open', 'hi', 'close 1005'],
    ours: ['open', 'hi', 'close 1001'],
    why: '1001 is "going away": clients know that they may come back',
  },
  {
    scenario: 'a plugin that nobody waits for',
    theirs: ['200 called for HTTP'],
    ours: ['404'],
    why: "in neither is the route a WebSocket's: write `await app.register(...)`, or declare it in a plugin that is registered behind; but ours is not called with a request for a socket",
  },
  {
    scenario: 'an unknown option',
    theirs: ['fine'],
    ours: ['fails'],
    why: 'a limit that is written in the wrong place is no limit: the error says where it goes',
  },
]
