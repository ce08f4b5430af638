/** Where scenarios are played: an app with one plugin or the other, and clients that write down what they see. */
import { once } from 'node:events'
import { connect } from 'node:net'
import fastify from 'fastify'
import { WebSocket } from 'ws'

export class Stage {
  /** Of the package that the plugin comes from. */
  name
  #plugin
  #apps = []

  constructor(name, plugin) {
    this.name = name
    this.#plugin = plugin
  }

  /** An app with the plugin, which is not listening yet. */
  async app(options = {}) {
    const app = fastify()
    this.#apps.push(app)
    await app.register(this.#plugin, options)
    return app
  }

  /** One in which nobody waits for the plugin. */
  hastyApp() {
    const app = fastify()
    this.#apps.push(app)
    app.register(this.#plugin)
    return app
  }

  async end() {
    for (const app of this.#apps) await app.close()
  }
}

export async function listen(app) {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server.address().port
}

/**
 * What a client sees: the status and body of a refusal, or 'open', messages and the close code. It says `say` when it is open,
 * and leaves when it has seen so many messages.
 */
export async function visit(port, path = '/ws', { headers = {}, protocols = [], say = [], messages = Infinity } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers })
  const seen = []
  const leaveIfDone = () => seen.length > messages && socket.terminate()
  socket.on('error', () => undefined)
  socket.on('open', () => {
    seen.push(`open${socket.protocol && ` ${socket.protocol}`}`)
    for (const message of say) socket.send(message)
    leaveIfDone()
  })
  socket.on('message', (data, isBinary) => {
    seen.push(isBinary ? `<${data.toString('hex')}>` : data.toString())
    leaveIfDone()
  })
  const refused = once(socket, 'unexpected-response').then(([request, response]) => answer(request, response))
  const closed = once(socket, 'close').then(([code]) => (seen.length > messages ? seen : [...seen, `close ${code}`]))
  return Promise.race([refused, closed])
}

async function answer(request, response) {
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  request.destroy()
  return [`${response.statusCode} ${body}`.trim()]
}

/** The head of the answer to a request that is written by hand. */
export async function ask(port, lines) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  let head = ''
  for await (const chunk of socket.setEncoding('latin1')) {
    head += chunk
    if (head.includes('\r\n\r\n')) break
  }
  socket.destroy()
  return head.slice(0, head.indexOf('\r\n\r\n')).split('\r\n')
}

export const UPGRADE = [
  'GET /ws HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]
