/** What takes its time, at full size and with all defaults: in memory, with a clock that is moved by hand. */

import t from 'tap'
import type { Connection } from '../../src/connection.ts'
import { DEFAULTS } from '../../src/defaults.ts'
import { clientFrame } from '../protocol/wire.ts'
import { FakeClock } from '../support/clock.ts'
import { type Opened, type OpenOptions, open, record, settle } from '../support/open.ts'
import { harmNone } from './harm.ts'

const byDefault = (handler: OpenOptions['handler']): Opened => open({ settings: DEFAULTS, handler })

/** The peer leaves. @throws Error unless that ends the connection, and nothing else has */
async function leave({ peer, closes }: Opened): Promise<void> {
  peer.close(1000)
  await settle()
  if (closes.join() !== '1000') throw new Error(`closed with ${closes.join() || 'nothing'}`)
}

function expectMessages(messages: readonly string[], expected: readonly string[]): void {
  if (messages.join() !== expected.join()) throw new Error(`${messages.length} messages of ${expected.length} came`)
}

/** One frame, so that no pong can go out before its end. */
async function upload(bytes: number, bytesPerS: number): Promise<void> {
  const sizes: number[] = []
  const opened = byDefault((socket) => socket.on('message', (data) => sizes.push(data.length)))
  opened.peer.answersPings = false
  const frame = clientFrame(2, Buffer.alloc(bytes))
  for (let at = 0; at < frame.length; at += bytesPerS) {
    opened.peer.raw(frame.subarray(at, at + bytesPerS))
    await opened.pass(1_000)
  }
  if (sizes.join() !== String(bytes)) throw new Error('the upload did not arrive')
  await leave(opened)
}

/**
 * `aheadBytes` of what was sent lie in buffers of the system, and of proxies, and count as sent. Pings lie behind all that
 * came before them, so that none is answered before the end.
 */
async function download(bytes: number, bytesPerS: number, aheadBytes: number): Promise<void> {
  const { random } = Math
  Math.random = () => 0 // the first ping comes as early as it may
  const opened = byDefault((socket) => void socket.send(Buffer.alloc(bytes)))
  Math.random = random
  const { peer, transport, pass, closes } = opened
  peer.answersPings = false
  transport.hold()
  for (let read = 0; read < bytes; read += bytesPerS) {
    await settle()
    while (transport.writtenBytes <= read + aheadBytes && transport.releaseOne()) await settle()
    await pass(1_000)
  }
  if (closes.length > 0) throw new Error(`closed with ${closes.join()} while it was under way`)
  transport.release()
  await settle()
  if (!peer.frames.some(({ payload }) => payload.length === bytes)) throw new Error('the download did not arrive')
  for (const { opcode, payload } of peer.frames) if (opcode === 9) peer.send(10, payload)
  await leave(opened)
}

/** Everything arrives so much later, either way. */
async function farAway(latencyMs: number): Promise<void> {
  const opened = byDefault((socket) => socket.on('message', (data) => socket.send(data, { binary: false })))
  const { peer, clock, pass } = opened
  peer.answersPings = false
  let answered = 0
  for (let second = 0; second < 120; second++) {
    if (second % 30 === 0) clock.setTimeout(() => peer.text(`at ${second}`), latencyMs)
    for (; answered < peer.frames.length; answered++) {
      const { opcode, payload } = peer.frames[answered]
      if (opcode === 9) clock.setTimeout(() => peer.send(10, payload), 2 * latencyMs)
    }
    await pass(1_000)
  }
  const echoes = peer.log.filter((line) => line.startsWith('text'))
  expectMessages(echoes, ['text at 0', 'text at 30', 'text at 60', 'text at 90'])
  await leave(opened)
}

/** Nobody listens at first, and the peer says more than is kept for one who does later. */
async function lateHandler(lateMs: number): Promise<void> {
  const messages: string[] = []
  const clock = new FakeClock()
  const handler = async (socket: Connection): Promise<void> => {
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, lateMs))
    socket.on('message', (data) => messages.push(data.toString().trimEnd()))
  }
  const opened = open({ settings: DEFAULTS, handler, clock })
  const said = Array.from({ length: 200 }, (_, at) => `word ${at}`)
  for (const word of said) opened.peer.text(word.padEnd(1_000))
  await opened.pass(lateMs + 1_000)
  await settle(200)
  expectMessages(messages, said)
  await leave(opened)
}

/** The event loop stands still again and again: while the peer speaks, while a ping is under way, while it is silent. */
async function blockedLoop(blockMs: number): Promise<void> {
  let messages: string[] = []
  const opened = byDefault((socket) => {
    messages = record(socket)
  })
  const { peer, clock, pass } = opened
  const said: string[] = []
  for (let at = 0; at < 60; at++) {
    if (at % 20 === 0) {
      said.push(`word ${at}`)
      peer.text(`word ${at}`)
    }
    clock.block(blockMs)
    await settle()
    await pass(1_000)
  }
  expectMessages(messages, said)
  await leave(opened)
}

/** Its radio sleeps: pings wake it up, or reach it when it wakes by itself. */
async function phone(sleepMs: number, answersPings: boolean): Promise<void> {
  let messages: string[] = []
  const opened = byDefault((socket) => {
    messages = record(socket)
  })
  const { peer, pass } = opened
  const said: string[] = []
  peer.answersPings = answersPings
  for (let at = 0; at < 10; at++) {
    const seen = peer.frames.length
    await pass(sleepMs)
    if (!answersPings) for (const { payload } of peer.frames.slice(seen)) peer.send(10, payload)
    said.push(`day ${at}`)
    peer.text(`day ${at}`)
    await settle()
  }
  expectMessages(messages, said)
  await leave(opened)
}

const MIB = 1_048_576

t.test('slow links', (t) =>
  harmNone(t, [
    ['1 MiB up at 200 kbit/s', upload(MIB, 25_000)],
    ['10 MB down at 1 Mbit/s', download(10_000_000, 125_000, 0)],
    ['10 MB down at 1 Mbit/s, behind the largest buffer of Linux', download(10_000_000, 125_000, 4 * MIB)],
    ['10 MB down at 1 Mbit/s, behind a proxy that takes it all at once', download(10_000_000, 125_000, 11_000_000)],
    ['2 s away', farAway(2_000)],
  ]),
)

t.test('slow handlers', (t) =>
  harmNone(t, [
    ['a handler that takes 10 s before it reads', lateHandler(10_000)],
    ['one that takes two minutes', lateHandler(120_000)],
    ['one that blocks the loop for 5 s', blockedLoop(5_000)],
    ['one that blocks it for a minute', blockedLoop(60_000)],
  ]),
)

t.test('phones', (t) =>
  harmNone(t, [
    ['one that sleeps for 40 s between frames, and answers pings', phone(40_000, true)],
    ['one that answers them when it wakes up after 40 s', phone(40_000, false)],
  ]),
)
