import { type createClient, ErrorReply, type RedisClientOptions } from 'redis'
import { Answers } from './broker-answers.ts'
import { Changes } from './broker-changes.ts'
import type { BrokerConnection } from './broker-driver.ts'
import type { Life } from './broker-link.ts'
import { withSockets } from './broker-sockets.ts'
import { channelsOf } from './redis-channel.ts'

export type RedisClient = ReturnType<typeof createClient>

/** A client of the user's settings and of ours; each call makes a new one, not connected yet. */
export type MakeClient = (ours: RedisClientOptions) => RedisClient

interface ClientOptions {
  readonly life: Life
  readonly make: MakeClient
  readonly timeoutMs: number
}

interface ConnectOptions extends ClientOptions {
  readonly prefix: string
  readonly onMessage: (topic: string, message: Buffer) => void
}

/**
 * Its own time-outs are a timer for each command: with them it cost 11.8 µs to publish a message, and without 2.4, by
 * scripts/bench-drivers.mjs. Its queue and its reconnecting would do late what was asked before.
 */
const OURS: RedisClientOptions = {
  commandOptions: { timeout: undefined },
  disableOfflineQueue: true,
  maintNotifications: 'disabled',
}

/** A connected client, and whether its server still answers. */
export interface Wire {
  readonly client: RedisClient
  readonly answers: Answers
}

/** `ask` is what is asked of a server that is silent. */
export async function connectWire(
  options: ClientOptions,
  protocol: 2 | 3,
  ask: (client: RedisClient) => Promise<unknown> = (client) => client.ping(),
): Promise<Wire> {
  const client = await connectClient(options, protocol)
  return { client, answers: new Answers(options.life, options.timeoutMs, () => ask(client)) }
}

/** Connected, it ends with `life` as `life` ends with it. */
export async function connectClient({ life, make, timeoutMs }: ClientOptions, protocol: 2 | 3): Promise<RedisClient> {
  const socket = { connectTimeout: timeoutMs, reconnectStrategy: false } as const
  const client = make({ ...OURS, RESP: protocol as 3, socket }) // what differs are the types of replies that nobody asks for here
  let failure: Error | undefined
  let isConnected = false
  client.on('error', (error: Error) => {
    failure ??= error
    if (isConnected) life.abort(error)
  })
  const end = (): void => client.destroy()
  client.on('connect', () => life.signal.aborted && end()) // until here it had nothing that could have been ended
  const connected = withSockets(life.signal, () => client.connect())
  life.signal.addEventListener('abort', end, { once: true }) // behind that of the sockets, which are reset before they are destroyed
  try {
    await connected
  } catch (error) {
    end()
    throw failure ?? error
  }
  isConnected = true
  life.signal.throwIfAborted()
  return client
}

/** A server that knows RESP3 does all on one connection: what comes back tells that both ways are there. */
export async function connectRedis(options: ConnectOptions): Promise<BrokerConnection> {
  const { subscriber, publisher } = await connectPair(options)
  const { life } = options
  const beginning = channelsOf(options.prefix)
  const topicAt = Buffer.byteLength(beginning)
  const onMessage = (message: Buffer, channel: Buffer): void => {
    subscriber.answers.heard()
    options.onMessage(channel.toString('utf8', topicAt), message)
  }
  const changes = new Changes(async (on, off) => {
    life.signal.throwIfAborted() // a client that has ended would keep it for ever
    const { client, answers } = subscriber
    await Promise.all([
      on.length > 0 && answers.expect(client.subscribe(on, onMessage, true)),
      off.length > 0 && answers.expect(client.unsubscribe(off, onMessage, true)),
    ])
  })
  const channelOf = (topic: string): string => beginning + topic
  const { client, answers } = publisher
  return {
    publish: (topic, envelope) => answers.expect(client.sendCommand<number>(['PUBLISH', channelOf(topic), envelope])),
    change: (topics, isOn) => changes.change(topics.map(channelOf), isOn),
  }
}

/** Without RESP3 a subscriber can do nothing else, and one publishes beside it; both live and end together. */
async function connectPair(options: ConnectOptions): Promise<{ subscriber: Wire; publisher: Wire }> {
  try {
    const one = await connectWire(options, 3)
    return { subscriber: one, publisher: one }
  } catch (error) {
    if (!isRefusal(error)) throw error
    const [subscriber, publisher] = await Promise.all([connectWire(options, 2), connectWire(options, 2)])
    return { subscriber, publisher }
  }
}

/** Of the greeting in RESP3, by an older server or by a proxy. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ErrorReply && /NOPROTO|unknown command|unsupported/i.test(error.message)
}
