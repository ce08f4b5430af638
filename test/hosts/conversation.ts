/** A long conversation with a client that sends back what it gets: the server says everything, and sees what returns. */

import type { Connection } from '../../src/index.ts'
import type { Handler } from './host.ts'

/** How many messages a conversation has. Patient people say SOCKROUTE_MESSAGES=10000. */
const MESSAGES = Number(process.env.SOCKROUTE_MESSAGES ?? 300)
/** How many are under way at once. */
const AHEAD = 16

/** What came back wrong, and how many messages there were; once the client has taken part in it. */
export interface Conversation {
  readonly handler: Handler
  readonly outcome: Promise<{ messages: number; faults: string[] }>
}

export function conversation(isCompressed = true): Conversation {
  let finish: (outcome: { messages: number; faults: string[] }) => void
  const outcome = new Promise<{ messages: number; faults: string[] }>((resolve) => {
    finish = resolve
  })
  return {
    outcome,
    handler: (socket) => talk(socket, isCompressed, (faults, messages) => finish({ messages, faults })),
  }
}

function talk(socket: Connection, isCompressed: boolean, finish: (faults: string[], messages: number) => void): void {
  const faults: string[] = (socket.extensions !== '') === isCompressed ? [] : [`its extensions: ${socket.extensions}`]
  let sent = 0
  let seen = 0
  const say = (): void => {
    if (sent < MESSAGES) socket.send(messageAt(sent++))
  }
  socket.on('message', (data, isBinary) => {
    const expected = messageAt(seen++)
    const isSame = isBinary ? data.equals(Buffer.from(expected)) : data.toString() === expected
    if (!isSame || isBinary === (typeof expected === 'string')) faults.push(`message ${seen - 1}`)
    if (seen === MESSAGES) socket.close(1000)
    say()
  })
  socket.on('close', (code) => finish(code === 1000 ? faults : [...faults, `closed with ${code}`], seen))
  for (let i = 0; i < AHEAD; i++) say()
}

/** Of all kinds, mostly small, now and then of 200 KB; always the same. */
function messageAt(at: number): string | Buffer {
  let seed = Math.imul(at + 1, 0x9e3779b1)
  const random = (below: number): number => {
    seed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x12345
    return (seed >>> 8) % below
  }
  const size = at % 97 === 96 ? 200_000 : at % 10 === 9 ? random(20_000) : random(1_500)
  const list = <T>(count: number, make: (id: number) => T): T[] => Array.from({ length: count }, (_, id) => make(id))
  const kinds = [
    () => JSON.stringify(list(size / 25, (id) => ({ id, name: `user ${random(99)}` }))),
    () => Buffer.from(list(size, () => random(256))),
    () => 'sockroute '.repeat(size / 10),
    () => list(size / 3, () => ['€', 'ñ', '😀', 'a'][random(4)]).join(''),
    () => Buffer.alloc(size, `${at}`),
  ]
  return kinds[at % kinds.length]()
}
