// A contender in one workload: its server in one process, and the client with its connections in another.
import { ClientProcess } from './client-process.mjs'
import { ServerProcess } from './server-process.mjs'
import { tls } from './tls.mjs'

export class Pair {
  static async start(contender, workload) {
    const { command, folder, server, settings } = contender
    const process = new ServerProcess(command, {
      server,
      task: workload.task,
      ...settings,
      payload: workload.payload,
      isCompressed: workload.isCompressed,
      heartbeatMs: workload.heartbeatMs,
      tls: workload.isTls ? tls() : undefined,
      packages: `${folder}package.json`,
    })
    try {
      return new Pair(process, workload, await process.started())
    } catch (error) {
      await process.end()
      throw error
    }
  }

  constructor(process, workload, { port }) {
    this.server = process
    this.client = new ClientProcess()
    this.workload = workload
    this.target = { port, isTls: workload.isTls }
  }

  /** @throws Error if a connection is refused, or what it brings back is not what was sent */
  open(connections = this.workload.connections) {
    return this.client.ask('open', { workload: { ...this.workload, connections }, target: this.target })
  }

  /** Microseconds of processor time per message, messages per second, milliseconds, and bytes. */
  async measure(seconds) {
    const before = await this.server.ask('begin')
    const { messages, seconds: elapsed, p50, p99, max } = await this.client.ask('run', { seconds })
    const { cpu, rss, delayP99, delayMax } = await this.server.ask('end')
    return { cpu: (cpu - before.cpu) / messages, perSecond: messages / elapsed, p50, p99, max, delayP99, delayMax, rss }
  }

  async end() {
    await Promise.all([this.server.end(), this.client.end()])
  }
}
