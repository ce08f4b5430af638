import type { IncomingMessage } from 'node:http'
import { requireLine } from './ws-line.ts'
import { WebSocketServer } from './ws-server.ts'
import type { WebSocket } from './ws-socket.ts'
import type { ServerOptions } from './ws-types.ts'
import { type Verdict, verify } from './ws-verify.ts'

/** `ws`'s options, as far as they mean something where ports are Fastify's; `path` is for all routes, and better left to them. */
export type WebSocketServerOptions = Omit<ServerOptions, 'port' | 'host' | 'backlog' | 'noServer' | 'WebSocket'>

/** What `app.websocketServer` is: who is connected, and the options. Upgrades come to it by Fastify's routes. */
export class PluginServer extends WebSocketServer {
  #isRunning = true

  constructor(options: WebSocketServerOptions = {}) {
    super({ ...options, server: undefined, noServer: true })
  }

  /** Why a handshake is refused that all hooks have passed, if it is. */
  async decide(request: IncomingMessage): Promise<Verdict | undefined> {
    if (!this.#isRunning) return { status: 503 }
    if (!(await this.shouldHandle(request))) return { status: 400 }
    return new Promise((resolve, reject) => {
      Promise.resolve(verify(this.options as ServerOptions, request, resolve)).catch(reject)
    })
  }

  /** The fields that listeners for 'headers' add to a 101. @throws TypeError for a line that is no field */
  headersFor(request: IncomingMessage): [name: string, value: string][] {
    const lines = [...HEAD]
    this.emit('headers', lines, request)
    return lines.filter((line) => !HEAD.includes(line)).map(fieldOf)
  }

  admit(socket: WebSocket, request: IncomingMessage): void {
    this.track(socket)
    this.emit('connection', socket, request)
  }

  override close(callback?: (error?: Error) => void): void {
    this.#isRunning = false
    super.close(callback)
  }
}

function fieldOf(line: string): [name: string, value: string] {
  requireLine(line)
  const at = line.indexOf(':')
  if (at < 1) throw new TypeError(`a 'headers' listener left what is no 'name: value': ${JSON.stringify(line)}`)
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}

const HEAD = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
