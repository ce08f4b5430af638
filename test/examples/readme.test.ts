/**
 * The README's complete programs, run as they stand there. Complete is a block of ts or js whose first line names its
 * file: `// server.ts`. Each has to listen, and to answer a WebSocket: at the ws:// URLs that stand in it, else at the
 * paths of its routes. Those in TypeScript are checked against the package's own declarations, as a user has them.
 * Its client and its test are run by client-doc.test.ts and testing-doc.test.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import ts from 'typescript'
import { Agent } from 'undici'
import { Program } from '../support/program.ts'
import { ROOT } from '../support/root.ts'
import { Client } from '../support/ws-client.ts'
import { USER_COMPILER } from './user-compiler.ts'

const README = join(ROOT, 'README.md')
const ENTRY = join(ROOT, 'dist/src/index.js')

interface Block {
  readonly file: string
  readonly line: number
  readonly code: string
}

/** Gives every server a free port instead of its own, and tells which; but not that of ours, which proves the read buffer. */
const FREE_PORT = `
  import { Server } from 'node:net'
  import { Server as TlsServer } from 'node:tls'
  const { listen } = Server.prototype
  Server.prototype.listen = function (first, ...rest) {
    if (first?.exclusive) return Reflect.apply(listen, this, [first, ...rest])
    this.once('listening', () => process.send({ port: this.address().port, isTls: this instanceof TlsServer }))
    const isOptions = typeof first === 'object' && first !== null
    return Reflect.apply(listen, this, [isOptions ? { ...first, port: 0 } : 0, ...rest])
  }`

t.test('the README has complete programs', async (t) => {
  if (!existsSync(ENTRY)) throw new Error(`${ENTRY} is missing: build the package first (npm run build)`)
  const blocks = existsSync(README) ? completeBlocks(readFileSync(README, 'utf8')) : []
  t.ok(blocks.length > 0, 'at least one block of ts or js begins with a line such as: // server.ts')
  const folders = blocks.map(({ line, file, code }) => [line, { [file]: code }] as const)
  const folder = t.testdir({ 'free-port.mjs': FREE_PORT, ...Object.fromEntries(folders) }) // in the package: it is found
  const pathOf = ({ line, file }: Block): string => join(folder, String(line), file)
  const faultsIn = compile(blocks.map(pathOf).filter((path) => path.endsWith('ts')))
  for (const block of blocks) {
    await t.test(`README.md:${block.line} ${block.file}`, { timeout: 120_000 }, async (t) => {
      const path = pathOf(block)
      if (path.endsWith('ts')) t.same(faultsIn(path), [], 'its types are right')
      await runBlock(t, block, path)
    })
  }
})

function completeBlocks(markdown: string): Block[] {
  const blocks: Block[] = []
  for (const { index, 1: code } of markdown.matchAll(/^```(?:ts|js|typescript|javascript)\b.*\n([\s\S]*?)^```$/gm)) {
    const file = /^\/\/ ([\w-]+\.[cm]?[jt]s)\b/.exec(code)?.[1]
    const isClient = code.includes(`'sockroute/client'`)
    if (file !== undefined && !isClient) blocks.push({ file, code, line: markdown.slice(0, index).split('\n').length })
  }
  return blocks
}

async function runBlock(t: Test, { code }: Block, path: string): Promise<void> {
  const preload = pathToFileURL(join(path, '../../free-port.mjs')).href
  const program = new Program(['--import', preload, path.replace(/ts$/, 'js')], { PORT: '0' }, dirname(path))
  t.teardown(() => program.stop('SIGKILL'))
  const { port, isTls } = (await program.told()) as { port: number; isTls: boolean }

  const targets = targetsOf(code)
  t.ok(targets.length > 0, 'it has a route for a WebSocket')
  for (const target of targets) {
    const reply = await firstReply(`${isTls ? 'wss' : 'ws'}://localhost:${port}${target}`)
    t.type(reply, 'string', `${target} answers: ${reply}`)
  }
  t.ok(program.isRunning, 'it runs on')
  t.notMatch(program.errors, /Error|Warning/)
}

/**
 * Type-checks all programs at once, as nearly all of the time goes by on the declarations that they import, and writes
 * the JavaScript of each beside it. Returns what tells the faults of one.
 */
function compile(paths: string[]): (path: string) => string[] {
  const program = ts.createProgram(paths, USER_COMPILER)
  program.emit()
  return (path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ file, start = 0, messageText }) => {
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
      return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
}

/** Where to connect to: as the program says itself, else its routes, with something for their parameters. */
function targetsOf(code: string): string[] {
  const urls = [...code.matchAll(/wss?:\/\/[\w.-]+(?::\d+)?(\/[^\s'"`]*)?/g)].map(([, target = '/']) => target)
  const routes = [...code.matchAll(/\.ws\(\s*'([^']+)'|=== '(\/[^']*)'/g)].map(([, route, path]) => route ?? path)
  return [...new Set(urls.length > 0 ? urls : routes.map((route) => route.replace(/:\w+/g, 'x')))]
}

/** What comes back for a message that is JSON as well as text; to its sender, or to another client. */
async function firstReply(url: string): Promise<string> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  const clients = [await Client.open(url, { dispatcher }), await Client.open(url, { dispatcher })]
  try {
    clients[0].send('{"text":"hello"}')
    return await Promise.race(clients.map((client) => client.next()))
  } finally {
    await Promise.all(clients.map((client) => client.close()))
    await dispatcher.close()
  }
}
