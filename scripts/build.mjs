// Everything into dist/, from nothing: the package, the examples, the demo and the bench; with `--tests` those as well.
import { rmSync } from 'node:fs'
import { buildPage } from './build-page.mjs'
import { root, tool } from './run.mjs'

rmSync(`${root}dist`, { recursive: true, force: true })
tool('typescript/bin/tsc', ['-p', process.argv.includes('--tests') ? 'tsconfig.test.json' : 'tsconfig.build.json'])
buildPage()
