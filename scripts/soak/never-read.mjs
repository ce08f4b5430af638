// A client writes messages of 64 KB for 5 s and never reads their echo: what does it cost the server? And with `ws`?
import { setTimeout as delay } from 'node:timers/promises'
import { BINARY, frame } from '../raw/frame.mjs'
import { Peer } from '../raw/peer.mjs'
import { startServer } from './part.mjs'

const SECONDS = 5
const SAMPLE_MS = 50
const MAX_GROWTH_MB = 4
const MB = 1_048_576
const MESSAGE = frame(BINARY, Buffer.alloc(65_536, 7))
/** Read by a client that came before, so that code and buffers which are made once are there. */
const WARM_UP_MESSAGES = 200

export async function neverRead({ server: name }) {
  const found = await measure(name)
  const others = await measure('ws')
  return [
    {
      rule: `the server grows by at most ${MAX_GROWTH_MB} MB`,
      isRight: found.growth <= MAX_GROWTH_MB,
      found: shown(found),
    },
    { rule: 'for comparison: ws', isRight: true, found: shown(others) },
  ]
}

async function measure(name) {
  const { server, port } = await startServer(name)
  await warmUp(port)
  const { rss } = await server.ask({ isExact: true })
  const peer = new Peer(port)
  await peer.opened
  peer.socket.pause()
  const written = write(peer)
  const peak = await highest(server)
  peer.reset()
  await server.end()
  const result = { growth: (peak - rss) / MB, before: rss / MB, written: (await written) / MB }
  console.log(`${name}: ${shown(result)}`)
  return result
}

/** One message after another has come back. */
async function warmUp(port) {
  const peer = new Peer(port)
  await peer.opened
  for (let count = 0; count < WARM_UP_MESSAGES; count++) {
    peer.write(MESSAGE)
    await new Promise((resolve) => {
      peer.onFrame = resolve
    })
  }
  peer.reset()
}

/** As much as the server takes. */
async function write(peer) {
  const end = performance.now() + SECONDS * 1_000
  const isOver = peer.ended.then(() => true)
  for (;;) {
    if (peer.write(MESSAGE)) await delay(0)
    else if (await Promise.race([isOver, new Promise((resolve) => peer.socket.once('drain', resolve))])) break
    if (performance.now() > end) break
  }
  return peer.socket.bytesWritten - peer.socket.writableLength
}

/** The highest resident size in that time. */
async function highest(server) {
  const end = performance.now() + SECONDS * 1_000
  let peak = 0
  while (performance.now() < end) {
    const { rss } = await server.ask({ isExact: false })
    peak = Math.max(peak, rss)
    await delay(SAMPLE_MS)
  }
  return peak
}

function shown({ growth, before, written }) {
  return `from ${before.toFixed(1)} MB by ${growth.toFixed(1)} MB; ${written.toFixed(0)} MB were written`
}
