// Peers that do not take part: they do not read, do not answer, or say little. `run` gets the server's port and pid.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { BINARY, frame, TEXT } from '../raw/frame.mjs'
import { Peer } from '../raw/peer.mjs'
import { request } from './request.mjs'

const PAGE_MB = 4_096 / 1_048_576
const LARGE = frame(BINARY, Buffer.alloc(65_000, 7))

export const FAULT_ROWS = [
  {
    id: 'B01',
    sent: '64 KB messages for 3 s, nothing read',
    right: 'grows by less than 16 MB',
    expected: /^grows by -?(\d|1[0-5])(\.\d)? MB$/,
    run: neverRead,
  },
  {
    id: 'B04',
    sent: 'a peer that answers no ping',
    right: 'ended in its time',
    expected: /^ended$/,
    run: (port) => ended(port, '/ws', []),
  },
  {
    id: 'B06',
    sent: 'FIN without a close frame',
    right: 'ended',
    expected: /^ended$/,
    run: (port) => ended(port, '/ws', [], true),
  },
  {
    id: 'B07',
    sent: 'no answer to our close frame',
    right: 'ended in its time',
    expected: /^ended$/,
    run: (port) => ended(port, '/closes', []),
  },
  { id: 'B12', sent: 'a byte of a message every 100 ms', right: 'ended in its time', expected: /^ended$/, run: drip },
  { id: 'B05', sent: 'RST in the middle of a frame', right: 'the server lives', expected: /^reset$/, run: reset },
]

/** The peer neither pings nor answers. */
async function ended(port, path, frames, isFin = false) {
  const peer = new Peer(port, request({ path }))
  await peer.opened
  for (const one of frames) peer.write(one)
  if (isFin) peer.socket.end()
  const how = await Promise.race([peer.ended.then(() => 'ended'), delay(3_500, 'still open')])
  peer.reset()
  return how
}

async function neverRead(port, pid) {
  const peer = new Peer(port, request())
  await peer.opened
  const before = residentMb(pid)
  peer.socket.pause()
  let peak = 0
  for (const end = Date.now() + 3_000; Date.now() < end; await delay(20)) {
    for (let count = 0; count < 50 && peer.socket.writableLength < 1_048_576; count++) peer.write(LARGE)
    peak = Math.max(peak, residentMb(pid))
  }
  peer.reset()
  return `grows by ${(peak - before).toFixed(0)} MB`
}

/** As Linux has it. */
function residentMb(pid) {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_MB
}

async function drip(port) {
  const peer = new Peer(port, request())
  await peer.opened
  let isEnded = false
  void peer.ended.then(() => {
    isEnded = true
  })
  const bytes = frame(TEXT, 'drip '.repeat(100))
  for (let at = 0; at < 35 && !isEnded; at++) {
    peer.write(bytes.subarray(at, at + 1))
    await delay(100)
  }
  peer.reset()
  return isEnded ? 'ended' : 'still open'
}

async function reset(port) {
  const peer = new Peer(port, request())
  await peer.opened
  peer.write(LARGE.subarray(0, 30_000))
  await delay(100)
  peer.reset()
  return 'reset'
}
