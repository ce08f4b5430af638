/** What docs/scaling.md works out is right. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { channelsOf } from '../adapters/redis-channel.ts'
import { HEADER_BYTES } from '../src/topics/envelope.ts'
import { ROOT } from './support/root.ts'

const text = readFileSync(`${ROOT}docs/scaling.md`, 'utf8')
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )

const row = (name: string): string[] => {
  const found = rows.find(([first]) => first === name)
  if (found === undefined) throw new Error(`docs/scaling.md has no row '${name}'`)
  return found.slice(1)
}
const number = (cell: string): number => Number.parseFloat(cell.replaceAll(',', ''))
const processes = (count: number, subscribers: number): number => count * (1 - (1 - 1 / count) ** subscribers)

t.test('how many processes a message goes to', (t) => {
  const subscribers = row('subscribers of a topic, `S`').map(number)
  for (const count of [4, 20]) {
    const expected = subscribers.map((one) => processes(count, one).toFixed(2))
    t.same(row(`processes it goes to, N = ${count}`), expected)
  }
  t.end()
})

t.test('a million connections', (t) => {
  const [rooms, people, bytes, topicBytes, nodes] = [20_000, 50, 128, 9, 20]
  const reached = processes(nodes, people)
  const out = rooms * reached
  const [a, b, extra] = [
    '`a`, the broker, for a message that comes in',
    '`b`, the broker, for each process that it goes out to',
    'bytes that the protocol and the default prefix add',
  ].map((name) => number(row(name)[0]))
  const channel = channelsOf('sockroute:') + 'x'.repeat(topicBytes)
  const size = HEADER_BYTES + bytes
  const push = `>3\r\n$7\r\nmessage\r\n$${channel.length}\r\n${channel}\r\n$${size}\r\n${'x'.repeat(size)}\r\n`
  t.equal(extra, push.length - size - topicBytes)
  const close = (name: string, value: number): void => {
    const said = number(row(name)[0])
    t.ok(Math.abs(said - value) <= 0.02 * value, `${name}: ${said}, and it is ${value}`)
  }
  close('processes that a message goes to', reached)
  close('messages out of Redis, a second', out)
  close('bytes out of Redis, a second', (out * (bytes + HEADER_BYTES + topicBytes + extra)) / 1e6)
  close('one core of Redis is busy for', (rooms * (a + b * reached)) / 1e4)
  close('deliveries to sockets, a second, in all', rooms * people)
  close('deliveries of a process, a second', (rooms * people) / nodes)
  close('memory of a process at 6 KiB a connection', (50_000 * 6 * 1_024) / 1e6)
  t.end()
})
