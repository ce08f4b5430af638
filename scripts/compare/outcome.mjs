// What comes back for the bytes of a row, in words: `101, text hi, close 1002, end`.
import { setTimeout as delay } from 'node:timers/promises'
import { Peer } from '../raw/peer.mjs'

const NAMES = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' }

/** A connection that has not ended by then is still open. */
const OPEN_AFTER_MS = 1_500

/** `opening` is sent at once; `frames` after the 101. `show` are fields of the answer that matter. */
export async function outcome(port, { opening, frames = [], show = [], waitMs = OPEN_AFTER_MS }) {
  const seen = []
  const peer = new Peer(port, opening)
  peer.onFrame = (opcode, payload) => seen.push(describe(opcode, payload))
  const patience = new AbortController()
  const late = delay(waitMs, 'still open', { signal: patience.signal }).catch(() => 'still open')
  const status = await Promise.race([peer.opened, late])
  if (status === 101) for (const frame of frames) peer.write(frame)
  const how = await Promise.race([peer.ended.then(() => 'end'), late])
  patience.abort()
  peer.reset()
  if (typeof status !== 'number') return status === 'still open' ? 'no answer' : 'end without an answer'
  return [status, ...show.map((name) => `${name}: ${fieldOf(peer.answer, name)}`), ...withoutPings(seen), how].join(
    ', ',
  )
}

function describe(opcode, payload) {
  if (opcode === 8) return payload.length < 2 ? 'close' : `close ${payload.readUInt16BE()}`
  const shown = payload.length > 20 ? `of ${payload.length} bytes` : payload.toString()
  return `${NAMES[opcode]} ${shown}`.trim()
}

/** Pings of a heartbeat are nothing that a row asks for. */
function withoutPings(seen) {
  return seen.filter((one) => one !== 'ping' && !one.startsWith('ping '))
}

function fieldOf(answer, name) {
  const line = answer.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line === undefined ? 'none' : line.slice(name.length + 1).trim()
}
