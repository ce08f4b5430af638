// The inspector's page, from what one reads in adapters/inspector/ to one module of strings: no file has to be found at run
// time, and whoever bundles their server has the page in it.
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { root, tool } from './run.mjs'

const SOURCES = `${root}adapters/inspector/`
const COMPILED = `${root}dist/inspector-page/`

export function buildPage() {
  tool('typescript/bin/tsc', ['-p', SOURCES, '--outDir', COMPILED])
  const script = `\n${joined(`${COMPILED}inspector/main.js`)}`
  const style = `\n${readFileSync(`${SOURCES}style.css`, 'utf8')}`
  let html = readFileSync(`${SOURCES}index.html`, 'utf8')
  html = inlined(html, '<link rel="stylesheet" href="style.css">', 'style', style)
  html = inlined(html, '<script type="module" src="main.ts"></script>', 'script type="module"', script)
  const exported = { HTML: html, SCRIPT_HASH: hash(script), STYLE_HASH: hash(style) }
  const lines = Object.entries(exported).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}\n`)
  writeFileSync(`${root}dist/adapters/inspector-page.js`, lines.join(''))
  copyFileSync(`${root}adapters/inspector-page.d.ts`, `${root}dist/adapters/inspector-page.d.ts`)
  rmSync(COMPILED, { recursive: true })
}

const IMPORT = /^import \{[^}]*\} from ['"](\.\/[\w-]+\.js)['"];?\n/gm

/** A module and all that it imports, each before who needs it, as one script. Their names must be different ones. */
function joined(main) {
  const parts = new Map()
  const visit = (file) => {
    if (parts.has(file)) return
    parts.set(file, '')
    const source = readFileSync(file, 'utf8')
    for (const [, from] of source.matchAll(IMPORT)) visit(join(dirname(file), from))
    const code = source
      .replace(IMPORT, '')
      .replace(/^export \{\};?\n/gm, '')
      .replace(/^export /gm, '')
    const left = /^(import|export)\b.*/m.exec(code)
    if (left !== null) throw new Error(`${file}: cannot be put into one script with others: ${left[0]}`)
    parts.delete(file)
    parts.set(file, code)
  }
  visit(main)
  const script = [...parts.values()].join('')
  new Script(`'use strict';${script}`) // two things of one name are a SyntaxError
  return script
}

function inlined(html, place, element, content) {
  if (html.split(place).length !== 2) throw new Error(`index.html has to have ${place} once`)
  if (/<\/(script|style)|<!--/i.test(content)) throw new Error(`what is to be in <${element}> would end it`)
  return html.replace(place, () => `<${element}>${content}</${element.split(' ')[0]}>`)
}

function hash(content) {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`
}
