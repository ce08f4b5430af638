/** What clients see of a server with rooms: the same questions to each, and what came back, line by line. */
import { once } from 'node:events'
import { WebSocket } from 'ws'

export async function scenario(port) {
  const url = (path) => `ws://127.0.0.1:${port}${path}`
  return {
    'a message reaches its room': await room(url),
    'binary comes back as binary': await binary(url),
    'a code to close with': await closing(url),
    'without a token': await refused(url('/rooms/lobby')),
    'an unknown path': await refused(url('/nowhere?token=secret')),
    'sent before the server has prepared itself': await early(url),
  }
}

async function room(url) {
  const ann = await join(url('/rooms/lobby?token=secret'))
  const ben = await join(url('/rooms/lobby?token=secret'))
  const cat = await join(url('/rooms/attic?token=secret'))
  cat.send('anybody here?')
  ann.send('hello')
  const heard = [await ann.next(), await ben.next(), await cat.next()]
  for (const client of [ann, ben, cat]) await client.close(1000)
  return [...heard, ...[ann, ben, cat].flatMap(({ unread }) => unread)]
}

async function binary(url) {
  const client = await join(url('/rooms/lobby?token=secret'))
  client.send(Buffer.from('01ff', 'hex'))
  const answer = await client.next()
  await client.close(1000)
  return answer
}

async function closing(url) {
  const client = await join(url('/rooms/lobby?token=secret'))
  return client.close(4000)
}

/** The status; of one that is not refused, how it went on. */
async function refused(url) {
  const socket = new WebSocket(url)
  socket.on('error', () => undefined)
  const status = once(socket, 'unexpected-response').then(([request, { statusCode }]) => {
    request.destroy()
    return String(statusCode)
  })
  const closed = once(socket, 'close').then(([code]) => `101, then ${code}`)
  return Promise.race([status, closed])
}

/** What came up to the answer to a second message, which is sent when the server has prepared itself. */
async function early(url) {
  const client = new Client(url('/rooms/early?token=secret'))
  await once(client.socket, 'open')
  client.send('early')
  const came = []
  while (came.at(-1) !== 'late') {
    came.push(await client.next())
    if (came.at(-1).startsWith('welcome')) client.send('late')
  }
  await client.close(1000)
  return came
}

async function join(url) {
  const client = new Client(url)
  const welcome = await client.next()
  if (!welcome.startsWith('welcome to')) throw new Error(`welcomed with ${welcome}`)
  return client
}

class Client {
  unread = []
  #wake = () => undefined

  constructor(url) {
    this.socket = new WebSocket(url)
    this.socket.on('message', (data, isBinary) => {
      const bytes = Buffer.concat([data].flat())
      this.unread.push(isBinary ? `<${bytes.toString('hex')}>` : bytes.toString())
      this.#wake()
    })
  }

  send(data) {
    this.socket.send(data)
  }

  async next() {
    while (this.unread.length === 0) {
      await new Promise((resolve) => {
        this.#wake = resolve
      })
    }
    return this.unread.shift()
  }

  async close(code) {
    this.socket.close(code)
    const [answered] = await once(this.socket, 'close')
    return answered
  }
}
