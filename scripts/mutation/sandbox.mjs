// A copy of what is compiled, in which one source at a time is replaced.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import ts from 'typescript'
import { node } from '../node.mjs'
import { root } from '../run.mjs'

const OPTIONS = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
}

/** A test needs two seconds of the processor at most: other work on the machine must not look like a loop without end. */
const MOST_CPU_S = 10

export class Sandbox {
  #folder

  /** Beside the sources, so that packages are found from it. */
  constructor(name) {
    this.#folder = `${root}.mutation/${name}/`
    rmSync(this.#folder, { recursive: true, force: true })
    mkdirSync(this.#folder, { recursive: true })
    for (const part of ['src', 'test']) cpSync(`${root}dist/${part}`, this.#folder + part, { recursive: true })
  }

  /** Compiles `code` in the place of `file`: types are for the compiler, and a mutant has a right to be wrong. */
  put(file, code) {
    const { outputText } = ts.transpileModule(code, { fileName: file, compilerOptions: OPTIONS })
    writeFileSync(this.#folder + file.replace('.ts', '.js'), outputText)
  }

  /** Whether the test `file` fails, or does not end; it stops at the first failure. */
  async fails(file) {
    const test = this.#folder + file.replace('.ts', '.js')
    const args = ['-c', `ulimit -t ${MOST_CPU_S}; exec "$0" "$1"`, process.execPath, test]
    const { fault } = await node(args, { file: 'sh', env: { TAP_BAIL: '1' } })
    return fault !== undefined
  }
}
