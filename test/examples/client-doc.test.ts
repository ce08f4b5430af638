/**
 * The complete programs of docs/client.md, and the README's client, run as they stand there, but for the address of the server. Each has to print what
 * its comments say (`// prints: ...`) and nothing else, and to end by itself.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { createWebSockets, type NodeHandler } from '../../src/index.ts'
import { Program } from '../support/program.ts'
import { ROOT } from '../support/root.ts'
import { USER_COMPILER } from './user-compiler.ts'

const ADDRESS = 'wss://example.com'
const PROGRAMS = ['docs/client.md', 'README.md'].flatMap((doc) => {
  const blocks = readFileSync(`${ROOT}${doc}`, 'utf8').matchAll(/^```ts\n(\/\/ ([\w-]+\.ts)\n[\s\S]*?)^```$/gm)
  const programs = [...blocks].map(([, code, file]) => ({ doc, code, file }))
  return programs.filter(({ code }) => code.includes(`'sockroute/client'`))
})

const ws = createWebSockets({ protocols: ['chat.v2'] })
const server = createServer()
let visits = 0

const ROUTES: Record<string, NodeHandler> = {
  '/chat': (socket) => void socket.on('message', (data) => void socket.send(data.toString())),
  '/live': (socket) => {
    if (visits++ === 0) socket.close(1012)
    else socket.send('news')
  },
}

server.on('upgrade', (request, socket, head) => {
  const [path] = String(request.url).split('?')
  const onRequest =
    path === '/members' &&
    ((_: unknown, response: { writeHead(status: number): typeof response; end(body: string): void }) => {
      response.writeHead(401).end('who are you?')
    })
  ws.upgrade(request, socket, head, onRequest ? { onRequest } : {}, ROUTES[path] ?? (() => undefined))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
t.teardown(() => {
  server.close()
  return ws.close()
})

t.ok(PROGRAMS.length >= 5, 'the documents have complete programs')
const here = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
const folder = t.testdir(Object.fromEntries(PROGRAMS.map(({ code, file }) => [file, code.replaceAll(ADDRESS, here)]))) // in the package: it is found
const compiled = ts.createProgram(
  PROGRAMS.map(({ file }) => join(folder, file)),
  USER_COMPILER,
)
compiled.emit()

for (const { doc, code, file } of PROGRAMS) {
  t.test(`${doc} ${file}`, { timeout: 150_000 }, async (t) => {
    const faults = ts.getPreEmitDiagnostics(compiled, compiled.getSourceFile(join(folder, file)))
    t.same(
      faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
      [],
      'its types are right',
    )
    const expected = [...code.matchAll(/\/\/ prints: (.*)$/gm)].map(([, line]) => line)
    t.ok(expected.length > 0)
    const program = new Program([join(folder, file.replace(/ts$/, 'js'))], {}, folder)
    t.teardown(() => program.stop('SIGKILL'))
    t.equal(await program.ended(), 0)
    t.same([...new Set(program.output.trim().split('\n'))].sort(), expected.sort())
    t.equal(program.errors, '')
  })
}
