/** Ways between a process and the broker that can be cut so that nothing is reset, and neither side is told. */

import { spawnSync } from 'node:child_process'
import type { Test } from 'tap'
import { type OpenLine, openLine } from '../line.ts'
import type { ChaosBroker } from './broker.ts'
import type { ServerOrders } from './told.ts'

/** From where nothing arrives any more. */
export type Direction = 'both' | 'to the broker' | 'from the broker'

/** What a process is started with, and how its way is cut. */
export interface Way {
  readonly orders: Partial<ServerOrders>
  readonly command: string[]
  cut(direction: Direction): void
  heal(): void
}

/** An address that no card has: what is sent there is lost without a word. */
const NOBODY = '02:00:00:00:00:01'
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { env: { PATH }, encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}

let ways = 0

/** A network of its own for one process, where that is permitted; else a proxy that stops to forward. */
export async function openWay(t: Test, broker: ChaosBroker): Promise<Way> {
  return canHaveNetworks() ? ownNetwork(t, broker) : proxied(await openLine(t, broker.program.port), broker)
}

export function canHaveNetworks(): boolean {
  const name = `sockroute-${process.pid}-try`
  const made = spawnSync('ip', ['netns', 'add', name], { env: { PATH } })
  if (made.status !== 0) return false
  ip('netns', 'del', name)
  return true
}

/** Two cables lead to it: one to the broker, which is cut, and one to its clients. */
function ownNetwork(t: Test, broker: ChaosBroker): Way {
  const number = ways++
  const name = `sockroute-${process.pid}-${number}`
  const cable = (what: string): string => `sr${process.pid}${what}${number}`
  const net = (which: number): string => `10.${200 + which}.${process.pid % 250}.${4 * number}`
  const host = (which: number, last: number): string => net(which).replace(/\d+$/, String(4 * number + last))
  ip('netns', 'add', name)
  const end = (): void => void spawnSync('ip', ['netns', 'del', name], { env: { PATH } })
  t.teardown(end)
  process.once('exit', end) // where a test was given up
  for (const [which, what] of ['b', 'c'].entries()) {
    ip('link', 'add', cable(what), 'type', 'veth', 'peer', 'name', what, 'netns', name)
    ip('addr', 'add', `${host(which, 1)}/30`, 'dev', cable(what))
    ip('link', 'set', 'dev', cable(what), 'up')
    ip('-n', name, 'addr', 'add', `${host(which, 2)}/30`, 'dev', what)
    ip('-n', name, 'link', 'set', 'dev', what, 'up')
  }
  const [brokerHost, serverHost] = [host(0, 1), host(0, 2)]
  return {
    orders: { url: broker.url(broker.program.port, brokerHost), host: host(1, 2) },
    command: ['ip', 'netns', 'exec', name],
    cut(direction) {
      const lose = (host: string): string[] => ['neigh', 'replace', host, 'lladdr', NOBODY, 'nud', 'permanent', 'dev']
      if (direction !== 'to the broker') ip(...lose(serverHost), cable('b'))
      if (direction !== 'from the broker') ip('-n', name, ...lose(brokerHost), 'b')
    },
    heal() {
      ip('neigh', 'flush', 'dev', cable('b'), 'nud', 'permanent')
      ip('-n', name, 'neigh', 'flush', 'dev', 'b', 'nud', 'permanent')
    },
  }
}

function proxied(line: OpenLine, broker: ChaosBroker): Way {
  return {
    orders: { url: broker.url(line.port) },
    command: [],
    cut: (direction) => line.stall(direction === 'both' ? undefined : direction === 'from the broker' ? 'down' : 'up'),
    heal: () => line.heal(),
  }
}
