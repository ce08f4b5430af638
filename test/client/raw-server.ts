import { acceptKey } from '../../src/protocol/handshake.ts'
import { type End, pair } from '../support/pair.ts'

export interface RawServer {
  /** For the client's options. */
  createConnection(): End
  /** The server's end of the connection that is made last. */
  end(): End
  /** Each request's head, as it came. */
  readonly requests: string[]
}

/** A server that answers a handshake with `answer`, where `{accept}` stands for the right Sec-WebSocket-Accept. */
export function rawServer(
  answer: string | Buffer | ((request: string, end: End) => string | Buffer | undefined),
): RawServer {
  const requests: string[] = []
  let latest: End | undefined
  return {
    requests,
    createConnection() {
      const [near, far] = pair()
      latest = far
      far.on('error', () => undefined)
      far.resume() // what comes later is read, and of no account
      far.once('data', (head: Buffer) => {
        const request = head.toString('latin1')
        requests.push(request)
        const reply = typeof answer === 'function' ? answer(request, far) : answer
        if (reply !== undefined)
          far.write(Buffer.isBuffer(reply) ? reply : Buffer.from(filled(reply, request), 'latin1'))
      })
      return near
    },
    end() {
      if (latest === undefined) throw new Error('nobody has connected')
      return latest
    },
  }
}

export function filled(answer: string, request: string): string {
  const key = /^sec-websocket-key: (.*?)\r$/im.exec(request)?.[1] ?? ''
  return answer.replace('{accept}', acceptKey(key))
}

/** A right answer; lines that begin as one of `lines` does are replaced by it, others added. `null` leaves a field out. */
export function answered(
  fields: Record<string, string | null> = {},
  status = 'HTTP/1.1 101 Switching Protocols',
): string {
  const all: Record<string, string | null> = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': '{accept}',
    ...fields,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : `${name}: ${value}`))
  return `${[status, ...lines].join('\r\n')}\r\n\r\n`
}
