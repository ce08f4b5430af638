// An echo server that tells its parent what it has in memory, what it has open, and what went wrong. Node runs it with --expose-gc.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { readArguments } from './arguments.ts'
import { type Started, startServer } from './start-server.ts'

/** Where the system lists the descriptors of a process; only Linux does. */
const DESCRIPTORS = '/proc/self/fd'

const errors: string[] = []
process.on('uncaughtException', (error) => errors.push(`uncaught exception: ${error.stack}`))
process.on('unhandledRejection', (reason) => errors.push(`unhandled rejection: ${String(reason)}`))
process.on('warning', (warning) => errors.push(`warning: ${warning.stack}`))
process.on('disconnect', () => process.exit())

const { server: name, port, options } = readArguments(process.argv.slice(2))
const started = await startServer(name, port, options)
if (!started.server.listening) await once(started.server, 'listening')
process.on('message', (question: { readonly id: number; readonly isExact: boolean }) => {
  void figures(started, question.isExact).then((answer) => process.send?.({ id: question.id, ...answer }))
})
process.send?.({ port: (started.server.address() as AddressInfo).port })

/** What is counted exactly costs a garbage collection. */
async function figures({ server, verbs }: Started, isExact: boolean): Promise<object> {
  if (!isExact) return { rss: process.memoryUsage.rss() }
  globalThis.gc?.()
  const { heapUsed, rss, external } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter((name) => name === 'Timeout').length
  return {
    heapUsed,
    rss,
    external,
    descriptors: readdirSync(DESCRIPTORS).length,
    timers,
    handles: resources.length - timers,
    listeners: listenersOf(process) + listenersOf(server),
    connections: verbs.connections.size,
    sockets: await new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    limitsHit: verbs.limitsHit,
    errors,
  }
}

function listenersOf(emitter: NodeJS.EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)
}
