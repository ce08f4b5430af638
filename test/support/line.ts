/** A TCP line to a port of this machine that can be held up: bytes wait, and neither side is told. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { Line } from './broker-contract.ts'

export interface OpenLine extends Line {
  /** Where the broker is reached by it. */
  readonly port: number
}

export async function openLine(t: Test, port: number): Promise<OpenLine> {
  const sockets = new Set<Socket>()
  const late: Socket[] = [] // whose other side has ended, which they are not to know yet
  let isStalled = false
  let bytesDown = 0
  const carry = (from: Socket, to: Socket, isDown: boolean): void => {
    sockets.add(from)
    if (isStalled) from.pause()
    from.on('data', (chunk) => {
      if (isDown) bytesDown += chunk.length
      to.write(chunk)
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      if (isStalled) late.push(to)
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
    stall() {
      isStalled = true
      for (const socket of sockets) socket.pause()
    },
    heal() {
      isStalled = false
      for (const socket of sockets) socket.resume()
      for (const socket of late.splice(0)) socket.destroy()
    },
  }
}
