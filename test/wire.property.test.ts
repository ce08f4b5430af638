import fc from 'fast-check'
import t from 'tap'
import { Budget } from '../src/budget.ts'
import { CLIENT } from '../src/client/client-role.ts'
import { prepare } from '../src/prepared.ts'
import { type Role, SERVER } from '../src/role.ts'
import { holds } from './support/holds.ts'
import { type Opened, open, settle } from './support/open.ts'

/** What an application, a peer, a network and time may do to one connection, in any order. */
interface Command {
  readonly name: string
  run(opened: Opened): void | Promise<void>
}

const command = (name: string, run: Command['run']): Command => ({ name, run })
const always = (name: string, run: Command['run']): fc.Arbitrary<Command> => fc.constant(command(name, run))
const sizes = fc.constantFrom(0, 1, 125, 126, 5_000, 9_000, 70_000, 200_000)

const byApplication: fc.Arbitrary<Command>[] = [
  sizes.map((size) => command(`send ${size}`, ({ socket }) => void socket.send('x'.repeat(size), count))),
  sizes.map((size) =>
    command(`prepared ${size}`, ({ socket }) => void socket.send(prepare(Buffer.alloc(size)), count)),
  ),
  fc.boolean().map((fin) => command(`part ${fin}`, ({ socket }) => void socket.send('part', { fin }))),
  always('ping', ({ socket }) => socket.ping('p')),
  always('pause', ({ socket }) => socket.pause()),
  always('resume', ({ socket }) => socket.resume()),
  always('close', ({ socket }) => socket.close(1000, 'bye')),
  always('terminate', ({ socket }) => socket.terminate()),
  always('drained', ({ socket }) => void socket.drained().catch(() => undefined)),
  always('listen', ({ socket, closes }) => void (mayListen(socket) && socket.on('message', () => inTime(closes)))),
  always('listen slowly', ({ socket }) => void (mayListen(socket) && socket.once('message', () => settle(3)))),
  always('iterate', ({ socket }) => {
    if (socket.listenerCount('message') > 0 || !mayListen(socket)) return
    isIterated.add(socket)
    void take(socket)
  }),
  always('listen and throw', ({ socket }) => {
    socket.once('ping', () => {
      throw new Error('thrown')
    })
  }),
]

const byPeer: fc.Arbitrary<Command>[] = [
  sizes.map((size) => command(`text ${size}`, ({ peer }) => peer.text('x'.repeat(size)))),
  fc
    .tuple(sizes, fc.integer({ min: 1, max: 50 }))
    .map(([size, cut]) =>
      command(`cut ${size} at ${cut}`, ({ peer }) => peer.raw(peer.frame(2, Buffer.alloc(size)).subarray(0, cut))),
    ),
  fc.boolean().map((fin) => command(`fragment ${fin}`, ({ peer }) => peer.text('part', fin))),
  always('many', ({ peer }) => peer.raw(Buffer.concat(Array.from({ length: 2_000 }, () => peer.frame(1, ''))))),
  always('peer pings', ({ peer }) => peer.send(9, 'p')),
  always('peer closes', ({ peer }) => peer.close(1001)),
  always('FIN', ({ peer }) => peer.hangUp()),
  always('RST', ({ peer }) => peer.end.reset()),
  fc
    .uint8Array({ maxLength: 30 })
    .map((bytes) => command(`bytes ${bytes.join()}`, ({ peer }) => peer.raw(Buffer.from(bytes)))),
  always('falls silent', ({ peer }) => {
    peer.answersPings = false
    peer.answersClose = false
    peer.endsToo = false
  }),
]

const byNetworkAndTime: fc.Arbitrary<Command>[] = [
  always('hold', ({ transport }) => transport.hold()),
  always('release', ({ transport }) => transport.release()),
  always('release one', ({ transport }) => void transport.releaseOne()),
  fc.constantFrom(10, 500, 3_000, 20_000).map((ms) => command(`${ms} ms`, ({ clock }) => clock.advance(ms))),
  always('blocked', ({ clock }) => clock.block(60_000)),
  always('turn', () => settle(1)),
  always('turns', () => settle(6)),
]

const isIterated = new WeakSet<object>()
const count = (): void => undefined
const inTime = (closes: string[]): void => {
  if (closes.length > 0) throw new Error('a message after close')
}
const mayListen = (socket: Opened['socket']): boolean =>
  socket.readyState === socket.OPEN && socket.listenerCount('message') < 3 && !isIterated.has(socket)

async function take(socket: Opened['socket']): Promise<void> {
  for await (const message of socket) if (message.length === 9_000) break
  isIterated.delete(socket)
}

const SETTINGS = {
  maxMessageBytes: 100_000,
  maxFragments: 8,
  maxBufferedBytes: 100_000,
  maxUnsentBytes: 300_000,
  pingIntervalMs: 25_000,
}
/** What may wait beyond the mark: the message that crosses it, one chunk of a transport, and what that holds. */
const SLACK_BYTES = 600_000
/** Unsent bytes, one message that is unfinished, those that wait for a listener, and the rest of a chunk. */
const MOST_CHARGED_BYTES = SETTINGS.maxUnsentBytes + 200_010 + 2 * SETTINGS.maxMessageBytes + 65_536 + SLACK_BYTES

/** Checked while commands run. */
function checkLimits({ socket, wire, closes, transport }: Opened, budget: Budget): void {
  if (budget.heldBytes < 0) throw new Error(`charged ${budget.heldBytes}`)
  if (budget.heldBytes > MOST_CHARGED_BYTES) throw new Error(`charged ${budget.heldBytes}`)
  if (socket.bufferedAmount < 0) throw new Error(`bufferedAmount ${socket.bufferedAmount}`)
  if (socket.bufferedAmount > SETTINGS.maxUnsentBytes + 200_010) throw new Error(`unsent ${socket.bufferedAmount}`)
  if (wire.inbox.isFull && socket.readyState === 1 && transport.readableFlowing === true)
    throw new Error('full, and reading')
  if (closes.length > 1) throw new Error(`closes ${closes.join()}`)
  if (transport.readableLength > SLACK_BYTES) throw new Error(`read ahead ${transport.readableLength}`)
}

async function invariant(role: Role, commands: Command[]): Promise<void> {
  const budget = new Budget(Infinity, [])
  const opened = open({ settings: SETTINGS, budget, role })
  const { socket, closes, clock, transport, pass, errors, heartbeat, told } = opened
  const late: string[] = []
  for (const event of ['message', 'ping', 'pong', 'drain', 'error', 'close'] as const) {
    if (event === 'message') continue // a listener would take the messages
    socket.on(event, () => void (closes.length > (event === 'close' ? 1 : 0) && late.push(event)))
  }
  for (const one of commands) {
    await one.run(opened)
    checkLimits(opened, budget)
  }
  await settle()
  checkLimits(opened, budget)
  transport.release()
  if (closes.length === 0 && socket.readyState === socket.OPEN) socket.close(1000)
  await pass(60_000, 5_000)
  if (closes.length !== 1) throw new Error(`close came ${closes.length} times`)
  if (clock.timers !== 0) throw new Error(`${clock.timers} timers live`)
  if ([...heartbeat.members].length > 0) throw new Error('still in the heartbeat')
  const closed = told.filter((what) => what === 'closed')
  if (closed.length !== 1 || told.at(-1) !== 'settled') throw new Error(`the app was told ${told.join()}`)
  if (budget.heldBytes !== 0) throw new Error(`${budget.heldBytes} bytes still charged`)
  if (socket.bufferedAmount !== 0) throw new Error(`bufferedAmount ${socket.bufferedAmount} after the end`)
  if (!transport.destroyed || socket.readyState !== socket.CLOSED) throw new Error('not gone')
  if (late.length > 0) throw new Error(`after close: ${late.join()}`)
  const unexpected = errors.filter((error) => !(error instanceof Error && error.message === 'thrown'))
  if (unexpected.length > 0) throw new Error(`reported: ${unexpected.map(String).join()}`)
}

const ROLES: [name: string, role: Role][] = [
  ['a server’s', SERVER],
  ['a client’s', CLIENT],
]

for (const [name, role] of ROLES) {
  t.test(`${name}, whatever happens: one close, nothing after it, no timer, memory within its limits`, async (t) => {
    const commands = fc.array(fc.oneof(...byApplication, ...byPeer, ...byNetworkAndTime), { maxLength: 25 })
    const property = fc.asyncProperty(commands, (list) => invariant(role, list))
    await holds(t, property, 300, ([list]) => list.map(({ name }) => name))
  })
}
