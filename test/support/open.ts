import { setImmediate as turn } from 'node:timers/promises'
import { Budget } from '../../src/budget.ts'
import type { Connection } from '../../src/connection.ts'
import { DEFAULTS, type WireSettings } from '../../src/defaults.ts'
import type { PermessageDeflate } from '../../src/extensions/permessage-deflate.ts'
import { Heartbeat } from '../../src/heartbeat.ts'
import type { LimitName } from '../../src/limits.ts'
import { type Role, SERVER } from '../../src/role.ts'
import { TopicHub } from '../../src/topics/topic-hub.ts'
import { Wire } from '../../src/wire.ts'
import { FakeClock } from './clock.ts'
import { type End, pair } from './pair.ts'
import { Peer } from './peer.ts'

/** The defaults, with the heartbeat off: tests of it turn it on. */
export const QUIET: WireSettings = { ...DEFAULTS, pingIntervalMs: Infinity }

export interface OpenOptions {
  readonly settings?: Partial<WireSettings>
  readonly handler?: (socket: Connection) => unknown
  readonly head?: Buffer
  readonly protocol?: string
  readonly extension?: PermessageDeflate
  /** @defaultValue the server's */
  readonly role?: Role
  readonly connection?: Connection
  /** What the app does with an error; by default it only takes it down. */
  readonly onError?: (error: unknown, socket: Connection) => void
  readonly heartbeat?: Heartbeat<Wire>
  readonly budget?: Budget
  readonly clock?: FakeClock
  readonly topics?: TopicHub
}

/** One open connection over a transport in memory, with a clock of its own, and all that can be seen of it. */
export interface Opened {
  readonly socket: Connection
  readonly wire: Wire
  readonly transport: End
  readonly peer: Peer
  readonly clock: FakeClock
  readonly heartbeat: Heartbeat<Wire>
  /** What reached the app's error handler. */
  readonly errors: unknown[]
  /** Each 'close', as `1000 reason`. */
  readonly closes: string[]
  /** What the app's registry was told of the connection: `closed`, `settled`. */
  readonly told: string[]
  /** The limits that were reached. */
  readonly limits: LimitName[]
  /** How many messages were dropped, each time that the app was told. */
  readonly lost: number[]
  /** Time passes in steps of a second (or `stepMs`), with turns of the event loop between them. */
  pass(ms: number, stepMs?: number): Promise<void>
}

/** Lets everything happen that needs no time. */
export async function settle(turns = 4): Promise<void> {
  for (let i = 0; i < turns; i++) await turn()
}

export function open(options: OpenOptions = {}): Opened {
  const clock = options.clock ?? new FakeClock()
  const heartbeat = options.heartbeat ?? new Heartbeat<Wire>(clock)
  const [transport, far] = pair()
  const errors: unknown[] = []
  const closes: string[] = []
  const told: string[] = []
  const lost: number[] = []
  const limits: LimitName[] = []
  const host = {
    heartbeat,
    budget: options.budget ?? new Budget(Infinity, []),
    topics:
      options.topics ??
      new TopicHub({
        clock,
        subscribers: [],
        log: () => undefined,
        onLimit: (name) => void limits.push(name),
        onOrder: () => undefined,
        onOrdersLost: () => undefined,
      }),
    onHandlerError(error: unknown, socket: Connection) {
      errors.push(error)
      options.onError?.(error, socket)
    },
    onHandlerFailed: () => undefined,
    onRoundTrip: () => undefined,
    reauthenticate: () => Promise.resolve(true),
    onClosed: () => void told.push('closed'),
    onSettled: () => void told.push('settled'),
    onLost: (messages: number) => void lost.push(messages),
    onLimit: (name: LimitName) => void limits.push(name),
  }
  const wire = new Wire(transport, { ...QUIET, ...options.settings }, host, {
    protocol: options.protocol ?? '',
    extension: options.extension,
    role: options.role,
    connection: options.connection,
  })
  const socket = wire.connection
  socket.on('close', (code, reason) => {
    closes.push(`${code} ${reason.toString()}`.trim())
  })
  const peer = new Peer(far, (options.role ?? SERVER) !== SERVER)
  wire.open(options.head ?? Buffer.alloc(0), options.handler ?? (() => undefined))
  const pass = async (ms: number, stepMs = 1_000): Promise<void> => {
    for (let left = ms; left > 0; left -= stepMs) {
      clock.advance(Math.min(left, stepMs))
      await settle()
    }
  }
  return { socket, wire, transport, peer, clock, heartbeat, errors, closes, told, lost, limits, pass }
}

/** A listener that takes all messages down: text as it is, binary in brackets. */
export function record(socket: Connection): string[] {
  const messages: string[] = []
  socket.on('message', (data, isBinary) => {
    messages.push(isBinary ? `<${data.toString('hex')}>` : data.toString())
  })
  return messages
}
