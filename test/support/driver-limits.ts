/** What a driver over TCP keeps, and leaves. */

import type { Test } from 'tap'
import type { Broker } from '../../src/topics/broker.ts'
import { Peers } from './broker-contract/peer.ts'
import { handles, noMoreHandles } from './handles.ts'
import { openLine } from './line.ts'

/** What waits for a line that carries nothing is bounded by `maxBacklogBytes`. `port` is the broker's. */
export async function checkBacklog(
  t: Test,
  port: number,
  create: (port: number, options: { maxBacklogBytes: number }) => Broker,
): Promise<void> {
  const line = await openLine(t, port)
  const peers = new Peers({ create: () => create(line.port, { maxBacklogBytes: 1_000_000 }) }, 20_000)
  const [peer] = await peers.up(1)
  line.stall()
  const envelope = Buffer.alloc(100_000)
  const outcomes = Array.from({ length: 20 }, () => peer.driver.publish('topic', envelope).then(() => 'taken', String))
  const first = await Promise.race(outcomes)
  t.match(first, /bytes wait for the broker already/)
  await peers.close()
  const rejected = (await Promise.all(outcomes)).filter((outcome) => outcome === first)
  t.equal(rejected.length, 10, 'ten were under way')
}

/** Whenever it is closed, no handle is left open. */
export async function checkHandles(t: Test, create: () => Broker): Promise<void> {
  const before = handles()
  for (const turns of [0, 1, 2, 5, 10, 50]) {
    const driver = create()
    driver.start({ onMessage: () => undefined, onUp: () => undefined, onDown: () => undefined })
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    await driver.close()
  }
  await noMoreHandles(before)
  t.pass('no handle is left')
}
