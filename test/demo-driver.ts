/** Starts the built demo as a child process, and a real browser to use it with. */

import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { freePorts } from './support/free-port.ts'
import { Program } from './support/program.ts'
import { ROOT } from './support/root.ts'

const PROGRAM = `${ROOT}dist/demo/server.js`
export const CHROMIUM: string = process.env.CHROMIUM ?? '/usr/bin/chromium'
export const FLAGS: string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** For whatever a browser does: a busy machine may need half a minute to start one. */
const PATIENCE_MS = 60_000

/** The demo's two servers, which can be stopped and started again on the same ports. */
export class Demo {
  readonly port: number
  readonly #flags: readonly string[]
  #program: Program | undefined

  constructor(port: number, flags: readonly string[] = []) {
    this.port = port
    this.#flags = flags
  }

  get express(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}/`
  }

  get fastify(): string {
    return `${this.#scheme}://127.0.0.1:${this.port + 1}/`
  }

  get #scheme(): string {
    return this.#flags.includes('--http2') ? 'https' : 'http'
  }

  /** Fulfils when both servers listen. */
  async start(): Promise<void> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: npm run build`)
    this.#program = new Program([PROGRAM, '--port', String(this.port), ...this.#flags], {})
    await this.#program.printed(new RegExp(`127\\.0\\.0\\.1:${this.port + 1}/`))
  }

  /** What it has complained of. */
  get errors(): string {
    return this.#program?.errors ?? ''
  }

  /** Ends the process with a signal, and tells its exit code; null where the signal itself ended it. */
  async stop(signal?: NodeJS.Signals): Promise<number | null> {
    return this.#program?.isRunning ? this.#program.stop(signal) : null
  }
}

/** The demo on two free ports, the second next to the first. */
export async function startDemo(...flags: string[]): Promise<Demo> {
  const demo = new Demo(await freePorts(2), flags)
  await demo.start()
  return demo
}

/** Why there is no browser to test with, or false where there is one. */
export const noBrowser: string | false = existsSync(CHROMIUM) ? false : `no Chromium at ${CHROMIUM}: set CHROMIUM`

/** `flags` beside those of all tests. */
export function launch(...flags: string[]): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags], timeout: PATIENCE_MS })
}

/** A context in which a page may take as long as it needs on a busy machine. */
export async function newContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENCE_MS)
  return context
}

/** A page of its own, with its own cookies; what goes wrong in its scripts is added to `errors`. */
export async function open(
  browser: Browser,
  url: string,
  errors: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await newContext(browser, { locale: 'en-GB', ...options })
  const page = await context.newPage()
  page.on('pageerror', (error) => errors.push(String(error.stack)))
  await page.goto(url)
  return page
}

/** A page that has logged in and is connected. */
export async function join(
  browser: Browser,
  url: string,
  name: string,
  errors: string[],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await open(browser, url, errors, options)
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Join the chat' }).click()
  await connected(page)
  return page
}

export async function connected(page: Page): Promise<void> {
  await page.locator('#pill[data-state=open]').waitFor()
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.keyboard.press('Enter')
}

/** Fulfils when the page shows a message that the server has taken. */
export async function shows(page: Page, text: string): Promise<void> {
  await page.locator('.message:not(.unsent) .text', { hasText: text }).waitFor()
}
