import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from './support/root.ts'

/** Who may import whom: the arrows of design.md. The first folder that fits a file counts. */
const MAY_IMPORT: [files: RegExp, allowed: RegExp][] = [
  [/^src\/protocol\//, /^(\.\/[\w-]+\.ts|node:crypto|node:buffer)$/], // no socket, no stream, no timer
  [/^src\/extensions\//, /^(\.\/[\w-]+\.ts|\.\.\/protocol\/[\w-]+\.ts|\.\.\/[\w-]+\.ts|node:[\w/]+)$/],
  [/^src\/topics\//, /^(\.\/[\w-]+\.ts|\.\.\/([\w-]+\/)?[\w-]+\.ts|node:[\w/]+)$/],
  [/^src\/http2\//, /^(\.\/[\w-]+\.ts|\.\.\/([\w-]+\/)?[\w-]+\.ts|node:[\w/]+)$/],
  [/^src\/client\//, /^(\.\/[\w-]+\.ts|\.\.\/([\w-]+\/)?[\w-]+\.ts|node:[\w/]+)$/],
  [/^src\//, /^(\.\/([\w-]+\/)?[\w-]+\.ts|node:[\w/]+)$/],
  // An adapter of several files: its own, and its framework's.
  [
    /^adapters\/express(-\w+)?\.ts$/,
    /^(\.\.\/src\/adapter\.ts|\.\/express-\w+\.ts|express|express-serve-static-core|node:[\w/]+)$/,
  ],
  // A drop-in: the adapter under it, the server whose options it takes, and for its tests a client.
  [
    /^adapters\/fastify-websocket(-\w+)?\.ts$/,
    /^(\.\.\/src\/(adapter|client\/index)\.ts|\.\/(fastify|ws|testing)(-[\w-]+)?\.ts|fastify|fastify-plugin|node:[\w/]+)$/,
  ],
  // No drop-in, nor what that needs: an app that has none loads none.
  [
    /^adapters\/fastify(-\w+)?\.ts$/,
    /^(\.\.\/src\/adapter\.ts|\.\/fastify-(?!websocket)\w+\.ts|fastify|fastify-plugin|node:[\w/]+)$/,
  ],
  // Tests' own: a client, and what makes a server of an Express app.
  [
    /^adapters\/testing(-\w+)?\.ts$/,
    /^(\.\.\/src\/(adapter|client\/index)\.ts|\.\/(testing-\w+|express)\.ts|node:[\w/]+)$/,
  ],
  // What speaks `ws`'s language: a server, and a client.
  [/^adapters\/ws(-[\w-]+)?\.ts$/, /^(\.\.\/src\/(adapter|client\/index)\.ts|\.\/ws-[\w-]+\.ts|node:[\w/]+)$/],
  // A driver: its own files, what all drivers share, and its broker's client.
  [/^adapters\/broker-\w+\.ts$/, /^(\.\.\/src\/adapter\.ts|\.\/broker-\w+\.ts|node:[\w/]+)$/],
  [/^adapters\/cluster(-\w+)?\.ts$/, /^(\.\.\/src\/adapter\.ts|\.\/(broker|cluster)-\w+\.ts|node:[\w/]+)$/],
  [
    /^adapters\/nats(-\w+)?\.ts$/,
    /^(\.\.\/src\/adapter\.ts|\.\/(broker|nats)-\w+\.ts|@nats-io\/transport-node|node:[\w/]+)$/,
  ],
  // What is told elsewhere: metrics and traces.
  [
    /^adapters\/inspector(-[\w-]+)?(\.d)?\.ts$/,
    /^(\.\.\/src\/adapter\.ts|\.\/inspector-[\w-]+\.ts|\.\/inspector-page\.js|node:[\w/]+)$/,
  ],
  // Its page, which browsers run; with its server it shares the types of what they say to each other.
  [/^adapters\/inspector\//, /^(\.\/[\w-]+\.ts|\.\.\/inspector-messages\.ts)$/],
  [/^adapters\/prometheus(-\w+)?\.ts$/, /^(\.\.\/src\/adapter\.ts|\.\/prometheus-\w+\.ts|prom-client)$/],
  [
    /^adapters\/opentelemetry(-\w+)?\.ts$/,
    /^(\.\.\/src\/adapter\.ts|\.\/opentelemetry-\w+\.ts|@opentelemetry\/api|node:[\w/]+)$/,
  ],
  [/^adapters\/redis(-\w+)?\.ts$/, /^(\.\.\/src\/adapter\.ts|\.\/(broker|redis)-\w+\.ts|redis|node:[\w/]+)$/],
]

/** What may be imported for its types alone: it leaves nothing in the code that runs. */
const TYPES_ONLY = /^(express|express-serve-static-core|fastify)$/

interface Import {
  readonly from: string
  readonly isType: boolean
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .sort()
}

/** The statements that import or re-export, static and dynamic. Comments are taken out first. */
function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const found: Import[] = []
  for (const [, isType, , from] of code.matchAll(
    /^(?:import|export)\s+(type\s)?([^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
  )) {
    found.push({ from, isType: isType !== undefined })
  }
  for (const [, from] of code.matchAll(/\b(?:import|require)\(\s*['"`]([^'"`]+)/g)) found.push({ from, isType: false })
  return found
}

const files = [...filesIn('src'), ...filesIn('adapters')]
const sources = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]))

t.test('the parser sees every kind of import', async (t) => {
  const source = `
import 'node:a'
import b from "./b.ts"
import { c, type C } from './c.ts'
import type { D } from './d.ts'
import {
  e,
} from './e.ts'
import * as f from './f.ts'
export { g } from './g.ts'
export type { H } from './h.ts'
export * from './i.ts'
/** import x from './x.ts' */
// import y from './y.ts'
const j = await import('./j.ts')
const k = require('./k.ts')
export const text = 'no import from here'`
  const names = importsOf(source).map(({ from, isType }) => from.replace(/\.\/|\.ts|node:/g, '') + (isType ? '!' : ''))
  t.same(names, ['a', 'b', 'c', 'd!', 'e', 'f', 'g', 'h!', 'i', 'j', 'k'])
})

for (const [file, source] of sources) {
  t.test(`${file} imports only downwards`, async (t) => {
    const [, allowed] = MAY_IMPORT.find(([folder]) => folder.test(file)) ?? [/^/, /^$/]
    const wrong = importsOf(source).filter(({ from }) => !allowed.test(from))
    t.same(wrong, [])
    if (!file.startsWith('adapters/')) return
    const atRuntime = importsOf(source).filter(({ from, isType }) => TYPES_ONLY.test(from) && !isType)
    t.same(atRuntime, [], 'a framework is imported for its types: the app brings it')
  })
}

t.test('src/index.ts and src/adapter.ts only re-export', async (t) => {
  for (const file of ['src/index.ts', 'src/adapter.ts']) {
    const code = (sources.get(file) ?? 'missing').replace(/\/\*[\s\S]*?\*\//g, '')
    t.equal(code.replace(/^export (type )?\{[^}]*\} from '\.\/[\w/-]+\.ts'$/gm, '').trim(), '', file)
  }
})

t.test('a server needs no client: what is in src/client is imported by itself alone', async (t) => {
  for (const [file, source] of sources) {
    if (!/^src\/(?!client\/)/.test(file)) continue
    t.same(
      importsOf(source).filter(({ from }) => /\bclient\//.test(from)),
      [],
      file,
    )
  }
})

t.test('a server of HTTP/1.1 does not load node:http2: it is imported for its types', async (t) => {
  for (const [file, source] of sources) {
    const atRuntime = importsOf(source).filter(({ from, isType }) => from === 'node:http2' && !isType)
    t.same(atRuntime, [], file)
  }
})

t.test('what browsers load imports nothing of Node’s, not even types', async (t) => {
  const loaded = new Set<string>()
  const load = (file: string): void => {
    if (loaded.has(file)) return
    loaded.add(file)
    for (const { from } of importsOf(sources.get(file) ?? '')) {
      t.match(from, /^\./, `${file} imports ${from}`)
      load(join(file, '..', from))
    }
  }
  load('src/client/browser.ts')
  t.ok(loaded.size > 3)
})

t.test('nothing imports the entry points from within', async (t) => {
  for (const [file, source] of sources) {
    if (!file.startsWith('src/')) continue
    t.same(
      importsOf(source).filter(({ from }) => /(index|adapter)\.ts$|adapters\//.test(from)),
      [],
      file,
    )
  }
})

t.test('no cycle of imports that run, among the files of src', async (t) => {
  const edges = new Map<string, string[]>()
  for (const [file, source] of sources) {
    const targets = importsOf(source).filter(({ from, isType }) => from.startsWith('.') && !isType)
    edges.set(
      file,
      targets.map(({ from }) => join(file, '..', from)),
    )
  }
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')]
    if (done.has(file)) return []
    const cycles = (edges.get(file) ?? []).flatMap((target) => visit(target, [...path, file]))
    done.add(file)
    return cycles
  }
  t.same(
    files.flatMap((file) => visit(file, [])),
    [],
  )
})

t.test('protocol/ is pure: no timer, no event, no promise, no process', async (t) => {
  for (const [file, source] of sources) {
    if (!file.startsWith('src/protocol/')) continue
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    t.notMatch(code, /\b(setTimeout|setInterval|setImmediate|EventEmitter|Promise|async|process|Date|console)\b/, file)
  }
})
