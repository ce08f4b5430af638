/** What `ws` does, and we do otherwise: on the list of differences, all of it. */

import { once } from 'node:events'
import type { Scenario, Stage } from './stage.ts'

export const OTHERWISE: Record<string, Scenario> = {
  async 'a listener that throws'(stage) {
    const server = await stage.listen({ logger: QUIET } as never)
    const ends = processEnds(stage)
    for (const [how, told, fail] of [
      ['thrown', 'client closed with', () => fault()],
      ['rejected', 'client closed with', async () => fault()],
    ] as const) {
      const [client, socket] = await stage.open(server)
      socket.on('message', fail)
      const closed = once(client, 'close').then(([code]) => `${told} ${String(code)}`)
      client.send('now')
      const seen = await Promise.race([closed, ends().then(() => `the process would end: ${how}`)])
      stage.log(how === 'rejected' && seen.startsWith('client') ? `${seen} too` : seen)
    }
  },

  async 'a fault of the client to which nobody listens'(stage) {
    const server = await stage.listen({ maxPayload: 10 })
    const ends = processEnds(stage)
    const [client, socket] = await stage.open(server)
    const closed = new Promise<string>((resolve) => socket.on('close', (code) => resolve(`closed ${code}`)))
    client.send('more than ten bytes')
    stage.log(await Promise.race([closed, ends().then(() => 'the process would end')]))
  },

  async 'the code of an error'(stage) {
    const server = await stage.listen({ maxPayload: 10 })
    const [client, socket] = await stage.open(server)
    client.send('more than ten bytes')
    const [error] = await new Promise<[NodeJS.ErrnoException]>((resolve) => socket.on('error', (one) => resolve([one])))
    stage.log(error.code)
  },

  async 'the extensions of a compressed connection'(stage) {
    const perMessageDeflate = { serverNoContextTakeover: true, clientNoContextTakeover: true }
    const server = await stage.listen({ perMessageDeflate })
    const [, socket] = await stage.open(server)
    stage.log(socket.extensions)
  },

  async 'properties and events that nobody knows'(stage) {
    const server = await stage.listen()
    const [, socket] = await stage.open(server)
    const attempt = (name: string, task: () => unknown): void => {
      try {
        stage.log(name, task() ?? '')
      } catch (error) {
        stage.log(name, (error as Error).name)
      }
      stage.lines.push(String(stage.lines.pop()).trim())
    }
    attempt('binaryType', () => {
      socket.binaryType = 'other' as never
      return socket.binaryType
    })
    attempt('addEventListener', () => socket.addEventListener('other' as never, () => undefined))
  },

  async 'autoPong: false'(stage) {
    const server = await stage.listen({ autoPong: false })
    const [client, socket] = await stage.open(server)
    let pongs = 0
    client.on('pong', () => pongs++)
    const pinged = once(socket, 'ping')
    client.ping()
    await pinged
    socket.send('behind the pong')
    await once(client, 'message')
    stage.log('pongs', pongs)
  },

  async skipUTF8Validation(stage) {
    const server = await stage.listen({ skipUTF8Validation: true })
    const [client, socket] = await stage.open(server)
    socket.on('error', () => undefined)
    const seen = Promise.race([
      new Promise<string>((resolve) => socket.on('message', () => resolve('message'))),
      once(client, 'close').then(([code]) => `closed with ${String(code)}`),
    ])
    client.send(Buffer.from('ff', 'hex'), { binary: false })
    stage.log(await seen)
  },

  async 'a mask is asked for'(stage) {
    const server = await stage.listen()
    const [client, socket] = await stage.open(server)
    const seen = new Promise<string>((resolve) => {
      client.on('message', () => resolve('plain')).on('close', () => resolve('masked'))
    })
    socket.send('x', { mask: true })
    stage.log(await seen)
  },
}

const QUIET = { warn: () => undefined, error: () => undefined }

function fault(): never {
  throw new Error('a fault of the program')
}

/** Catches what would end the process. Returns what waits for the next. */
function processEnds(stage: Stage): () => Promise<unknown> {
  const names = ['uncaughtException', 'unhandledRejection'] as const
  const before = names.map((name) => [name, process.rawListeners(name)] as const)
  let tell: (error: unknown) => void = () => undefined
  for (const name of names) {
    process.removeAllListeners(name)
    process.on(name, (error: unknown) => tell(error))
  }
  stage.atEnd(() => {
    for (const [name, listeners] of before) {
      process.removeAllListeners(name)
      for (const listener of listeners) process.on(name, listener as () => void)
    }
  })
  return () =>
    new Promise((resolve) => {
      tell = resolve
    })
}
