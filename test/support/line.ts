/** A TCP line to a port of this machine that can be held up: bytes wait, and neither side is told. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { Line } from './broker-contract.ts'

export interface OpenLine extends Line {
  /** Where the broker is reached by it. */
  readonly port: number
  /** In one direction alone, where one is given: 'down' comes from the broker. */
  stall(direction?: 'up' | 'down'): void
}

export async function openLine(t: Test, port: number): Promise<OpenLine> {
  const sockets = new Set<Socket>()
  const downward = new WeakSet<Socket>()
  const late: Socket[] = [] // whose other side has ended, which they are not to know yet
  let stalled: 'up' | 'down' | 'both' | undefined
  let bytesDown = 0
  let bytesUp = 0
  const isHeldUp = (from: Socket): boolean => stalled === 'both' || stalled === (downward.has(from) ? 'down' : 'up')
  const carry = (from: Socket, to: Socket, isDown: boolean): void => {
    sockets.add(from)
    if (isDown) downward.add(from)
    if (isHeldUp(from)) from.pause()
    from.on('data', (chunk) => {
      if (isDown) bytesDown += chunk.length
      else bytesUp += chunk.length
      to.write(chunk)
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      if (isHeldUp(from)) late.push(to)
      else to.destroy()
    })
  }
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true })
    carry(near, far, false)
    carry(far, near, true)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    get bytesDown() {
      return bytesDown
    },
    get bytesUp() {
      return bytesUp
    },
    stall(direction) {
      stalled = direction ?? 'both'
      for (const socket of sockets) if (isHeldUp(socket)) socket.pause()
    },
    heal() {
      stalled = undefined
      for (const socket of sockets) socket.resume()
      for (const socket of late.splice(0)) socket.destroy()
    },
  }
}
