// An echo server as a program, for measuring and for conformance.
import type { AddressInfo } from 'node:net'
import { readArguments } from './arguments.ts'
import { startServer } from './start-server.ts'

try {
  const { server: name, port, options } = readArguments(process.argv.slice(2))
  const { server } = await startServer(name, port, options)
  const announce = (): void => console.log(`listening ${(server.address() as AddressInfo).port} ${process.pid}`)
  if (server.listening) announce()
  else server.once('listening', announce)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
