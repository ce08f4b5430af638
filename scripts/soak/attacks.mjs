// What hostile clients do, one connection each, until they are ended or `signal` says that it is enough: then they reset.
// Returns what the server has failed to do, if anything.
import { setTimeout as delay } from 'node:timers/promises'
import { constants, deflateRawSync } from 'node:zlib'
import { BINARY, CLOSE, CONTINUATION, frame, header, PING, TEXT } from '../raw/frame.mjs'
import { handshake, Peer } from '../raw/peer.mjs'
import { BAD_FRAMES } from './bad-frames.mjs'

const MASK = Buffer.alloc(4)
const RSV1 = 0x40
const DEFLATE = handshake('Sec-WebSocket-Extensions: permessage-deflate')
/** A server under attack from all sides has this long to end who breaks the protocol. */
const VERDICT_MS = 45_000

const repeated = (bytes) => Buffer.concat(Array(Math.ceil(65_536 / bytes.length)).fill(bytes))
const zeros = (size) =>
  deflateRawSync(Buffer.alloc(size), { finishFlush: constants.Z_SYNC_FLUSH, level: 9 }).subarray(0, -4)

const TINY = repeated(frame(TEXT, 'a'))
const PINGS = repeated(frame(PING, 'are you there?'))
const EMPTY = Buffer.concat([frame(TEXT, '', { fin: false }), repeated(frame(CONTINUATION, '', { fin: false }))])
const LARGE = frame(BINARY, Buffer.alloc(65_536, 7))
const BOMB = frame(BINARY, zeros(100_000_000), { rsv: RSV1 })
const FULL = frame(BINARY, zeros(1_048_576), { rsv: RSV1 })
const DECLARED = Buffer.concat([header(0x82, 1_048_576), MASK])

export const ATTACKS = {
  'a flood of 7-byte frames': (port, signal) => flood(port, signal, TINY),
  'a flood of pings, the pongs unread': (port, signal) => flood(port, signal, PINGS, { isRead: false }),
  'empty fragments without end': (port, signal) => flood(port, signal, EMPTY),
  'never reading the echo': (port, signal) => flood(port, signal, LARGE, { isRead: false }),
  'bombs of 100 MB': (port) => judged(port, BOMB, DEFLATE),
  'bombs as large as may be': (port, signal) => flood(port, signal, FULL, { opening: DEFLATE }),
  'a message that is declared, and silence': (port, signal) => silence(port, signal, DECLARED),
  'half a message, parked': (port, signal) =>
    silence(port, signal, frame(BINARY, Buffer.alloc(500_000), { fin: false })),
  'a byte now and then': drip,
  'half of a handshake': (port, signal) => silence(port, signal, Buffer.alloc(0), handshake().subarray(0, 60)),
  'a connection that says nothing': (port, signal) => silence(port, signal, Buffer.alloc(0), Buffer.alloc(0)),
  'frames behind a handshake that is refused': (port, signal) =>
    silence(port, signal, TINY, handshake('Sec-WebSocket-Protocol: ,')),
  'a close frame, and no end': (port) => judged(port, frame(CLOSE, Buffer.from([3, 232]))),
  'a bad frame': (port) => judged(port, BAD_FRAMES[turn++ % BAD_FRAMES.length]),
  'a reset in the middle of a frame': reset,
}
let turn = 0

/** As fast as it can. Whoever floods is ended by himself. */
async function flood(port, signal, bytes, { isRead = true, opening = handshake() } = {}) {
  const peer = new Peer(port, opening)
  await peer.opened
  if (!isRead) peer.socket.pause()
  const over = Promise.race([peer.ended, whenAborted(signal)])
  let isOver = false
  void over.then(() => {
    isOver = true
  })
  while (!isOver) {
    if (peer.write(bytes)) await delay(0)
    else await Promise.race([over, new Promise((resolve) => peer.socket.once('drain', resolve))])
  }
  peer.reset()
}

async function silence(port, signal, bytes, opening = handshake()) {
  const peer = new Peer(port, opening)
  if (opening.length > 100) await peer.opened
  peer.write(bytes)
  await Promise.race([peer.ended, whenAborted(signal)])
  peer.reset()
}

async function drip(port, signal) {
  const peer = new Peer(port)
  await peer.opened
  const over = Promise.race([peer.ended, whenAborted(signal)])
  for (const byte of frame(TEXT, 'drip '.repeat(100))) {
    peer.write(Buffer.from([byte]))
    await Promise.race([over, delay(300)])
    if (signal.aborted) break
  }
  peer.reset()
}

async function reset(port) {
  const peer = new Peer(port)
  await peer.opened
  peer.write(LARGE.subarray(0, 30_000))
  peer.reset()
}

/** The server has to end this one. */
async function judged(port, bytes, opening = handshake()) {
  const peer = new Peer(port, opening)
  await peer.opened
  peer.write(bytes)
  const patience = new AbortController()
  const late = delay(VERDICT_MS, 'late', { signal: patience.signal }).catch(() => 'late')
  const how = await Promise.race([peer.ended, late])
  patience.abort()
  peer.reset()
  return how === 'late' ? `not ended after ${VERDICT_MS / 1_000} s` : undefined
}

function whenAborted(signal) {
  if (signal.aborted) return undefined
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
