/** A Redis Cluster of masters on this machine, whose slots can be moved. */

import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'redis'
import type { Test } from 'tap'
import { BrokerProgram, redisCommand } from './broker-program.ts'
import { freePort } from './free-port.ts'

const SLOTS = 16_384

type Node = Awaited<ReturnType<typeof connected>>

export class RedisCluster {
  readonly programs: readonly BrokerProgram[]

  private constructor(programs: readonly BrokerProgram[]) {
    this.programs = programs
  }

  static async start(t: Test, masters: number): Promise<RedisCluster> {
    const ports = await Promise.all(Array.from({ length: masters }, freePort)) // on which they talk to one another
    const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-port']
    const start = (port: number): Promise<BrokerProgram> =>
      BrokerProgram.start(t, redisCommand('redis-server', ...settings, String(port)))
    const cluster = new RedisCluster(await Promise.all(ports.map(start)))
    await cluster.#with(async (nodes) => {
      for (const [index, node] of nodes.entries()) {
        const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / masters))
        await node.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', String(from), String(to - 1)])
        await node.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1)])
        await node.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(cluster.programs[0].port), String(ports[0])])
      }
    })
    await cluster.#settled()
    return cluster
  }

  async kill(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.kill()))
  }

  /** Again, after `kill`: the same nodes, which know their slots. */
  async revive(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.start()))
    await this.#settled()
  }

  /** Any node of it. */
  get url(): string {
    return `redis://127.0.0.1:${this.programs[0].port}`
  }

  /** Which of the programs has the slot. */
  async ownerOf(slot: number): Promise<number> {
    return this.#with(async ([node]) => {
      const owners = await node.clusterSlots()
      const owner = owners.find(({ from, to }) => slot >= from && slot <= to)
      return this.programs.findIndex(({ port }) => port === owner?.master.port)
    })
  }

  /** As `redis-cli --cluster reshard` does it: the new owner first, then the old one, then all. */
  async move(slot: number, to: number): Promise<void> {
    const from = await this.ownerOf(slot)
    await this.#with(async (nodes) => {
      const ids = await Promise.all(nodes.map((node) => node.clusterMyId()))
      const set = (node: Node, ...rest: string[]): Promise<unknown> =>
        node.sendCommand(['CLUSTER', 'SETSLOT', String(slot), ...rest])
      await set(nodes[to], 'IMPORTING', ids[from])
      await set(nodes[from], 'MIGRATING', ids[to])
      for (const index of [to, from, ...nodes.keys()]) await set(nodes[index], 'NODE', ids[to])
    })
  }

  /** Sharded subscriptions, of all nodes together. */
  async subscriptions(): Promise<number> {
    return this.#with(async (nodes) => {
      let sum = 0
      for (const node of nodes) {
        const counts = await node.pubSubShardNumSub(await node.pubSubShardChannels())
        for (const count of Object.values(counts)) sum += Number(count)
      }
      return sum
    })
  }

  /** Fulfils when all nodes know all others. */
  #settled(): Promise<void> {
    return this.#with(async (nodes) => {
      for (const node of nodes) while (!(await knows(node, this.programs.length))) await delay(20)
    })
  }

  async #with<T>(task: (nodes: readonly Node[]) => Promise<T>): Promise<T> {
    const nodes = await Promise.all(this.programs.map(({ port }) => connected(port)))
    try {
      return await task(nodes)
    } finally {
      for (const node of nodes) node.destroy()
    }
  }
}

function connected(port: number) {
  return createClient({ url: `redis://127.0.0.1:${port}` }).connect()
}

async function knows(node: Node, masters: number): Promise<boolean> {
  const info = await node.clusterInfo()
  const owners = new Set((await node.clusterSlots()).map(({ master }) => master.port))
  return info.includes('cluster_state:ok') && owners.size === masters
}
