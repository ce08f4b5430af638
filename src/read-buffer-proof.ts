import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The lines of Node on which the whole test suite passes in both modes. */
const KNOWN_LINES = [20, 22, 24, 26]
/** A proof takes milliseconds; one that hangs for so many ticks has failed. A loop that is blocked at the start counts once. */
const PROOF_TICKS = 20
const TICK_MS = 100
const PART_BYTES = 16
const MESSAGE = Buffer.from('more bytes than one part can bring, in order')

/** By what names a socket keeps the buffer that it reads into, and whom it tells. */
export interface Symbols {
  readonly buffer: symbol
  readonly callback: symbol
}

/** Called by the socket for each read. Returns whether reading goes on. */
type OnRead = (this: Socket, bytes: number, buffer: Buffer) => boolean

interface Handle {
  useUserBuffer?: (buffer: Buffer) => void
  readonly constructor: { readonly name: string }
}

/** Whoever waits for something else is told by the signal, and must not be alone with an 'error'. */
const ignore = (): void => undefined

let proof: Promise<boolean> | undefined
let proved: Symbols | undefined

/** The names, once it is proved that all works as it should; undefined before, and where it does not. */
export function provedSymbols(): Symbols | undefined {
  return proved
}

/** Whether accepted sockets of this Node can be switched over: tried once, on a pair of sockets over loopback. */
export function proveReadBuffer(): Promise<boolean> {
  proof ??= isKnown() ? tryOnLoopback() : Promise.resolve(false)
  return proof
}

/**
 * From now on the socket reads into `buffer`, and calls `onRead` for each read. Returns false for one that is something else than
 * Node's own over TCP or a pipe.
 */
export function switchTo(socket: Socket, { buffer, callback }: Symbols, memory: Buffer, onRead: OnRead): boolean {
  const insides = socket as unknown as Record<symbol, unknown> & { readonly _handle?: Handle | null }
  const handle = insides._handle
  if (insides[buffer] !== null || insides[callback] !== null || 'encrypted' in socket) return false
  if (!handle || !['TCP', 'Pipe'].includes(handle.constructor.name)) return false
  if (typeof handle.useUserBuffer !== 'function') return false
  handle.useUserBuffer(memory)
  insides[buffer] = memory
  insides[callback] = onRead
  return true
}

function isKnown(): boolean {
  const { node, bun, deno } = process.versions
  return KNOWN_LINES.includes(Number.parseInt(node, 10)) && bun === undefined && deno === undefined
}

/** Keeps no process alive. */
async function tryOnLoopback(): Promise<boolean> {
  const server = createServer({ allowHalfOpen: true }).unref()
  const client = new Socket().unref().on('error', ignore)
  const over = new AbortController()
  let ticks = 0
  const deadline = setInterval(() => ++ticks === PROOF_TICKS && over.abort(), TICK_MS).unref()
  try {
    const accepted = await acceptFrom(server, client, over.signal)
    proved = await prove(accepted, client, over.signal)
  } catch {
    // no loopback, or other insides: everybody reads as Node does
  } finally {
    clearInterval(deadline)
    client.destroy()
    server.close()
  }
  return proved !== undefined
}

async function acceptFrom(server: Server, client: Socket, signal: AbortSignal): Promise<Socket> {
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true }) // a cluster's primary need not know of it
  await once(server, 'listening', { signal })
  client.connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[accepted]] = await Promise.all([once(server, 'connection', { signal }), once(client, 'connect', { signal })])
  return (accepted as Socket).unref().on('error', ignore)
}

/** A socket in use is switched over; from then on bytes come in order, none while it is paused, and its end comes last. */
async function prove(accepted: Socket, client: Socket, signal: AbortSignal): Promise<Symbols | undefined> {
  client.write('.')
  await once(accepted, 'data', { signal })
  const symbols = symbolsOf(accepted)
  if (symbols === undefined) return undefined
  const parts: string[] = []
  let whilePaused = 0
  const part = Buffer.alloc(PART_BYTES)
  const isSwitched = switchTo(accepted, symbols, part, function (bytes, buffer) {
    if (this.isPaused()) whilePaused++
    parts.push(buffer.toString('latin1', 0, bytes))
    this.pause()
    void nextTurn().then(() => nextTurn().then(() => this.resume()))
    return true
  })
  if (!isSwitched) return undefined
  client.end(MESSAGE)
  await once(accepted, 'end', { signal })
  accepted.end()
  await once(accepted, 'close', { signal })
  const isRight = whilePaused === 0 && parts.join('') === String(MESSAGE) && accepted.bytesRead === MESSAGE.length + 1
  return isRight ? symbols : undefined
}

function symbolsOf(socket: Socket): Symbols | undefined {
  const named = (description: string): symbol[] =>
    Object.getOwnPropertySymbols(socket).filter((symbol) => symbol.description === description)
  const [buffer, ...others] = named('kBuffer')
  const [callback, ...more] = named('kBufferCb')
  if (buffer === undefined || callback === undefined || others.length + more.length > 0) return undefined
  return { buffer, callback }
}
