/** From one start to the next, and how a driver shows that it lives. */

import assert from 'node:assert/strict'
import type { Check } from '../broker-contract.ts'

export const LIFE: readonly Check[] = [
  {
    name: 'what it publishes comes back to it, or it has a probe: else nobody could tell a dead line from a quiet one',
    needs: [],
    async run(peers) {
      const [peer] = await peers.up(1)
      if (peer.driver.probe !== undefined) return peer.driver.probe()
      await peer.driver.subscribe(['own'])
      await peer.publish('own', 'echo')
      await peer.until('its own message', () => peer.on('own').length === 1)
    },
  },
  {
    name: 'it is started again after it was closed, with nothing subscribed',
    needs: [],
    async run(peers) {
      const [publisher, receiver] = await peers.up(2)
      await receiver.driver.subscribe(['again'])
      await receiver.driver.close()
      receiver.driver.start(receiver)
      await receiver.until('up again', () => receiver.states.length === 2)
      await publisher.publish('again', 'to nobody')
      await receiver.driver.subscribe(['again'])
      await publisher.publish('again', 'to all')
      await peers.fence(publisher, [receiver])
      assert.deepEqual([receiver.states, receiver.on('again')], [['up', 'up'], ['to all']])
    },
  },
  {
    name: 'a probe rejects while the broker is down',
    needs: ['stop', 'start'],
    async run(peers, broker) {
      const [peer] = await peers.up(1)
      await broker.stop()
      await peer.until('down', () => !peer.isUp)
      if (peer.driver.probe !== undefined) await assert.rejects(peer.driver.probe())
      await broker.start()
      await peer.until('up', () => peer.isUp)
      await peer.driver.probe?.()
    },
  },
]
