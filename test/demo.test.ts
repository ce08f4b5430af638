/** The demo in a real browser. With DEMO_SCREENSHOT=1 it also draws the README's picture. */

import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { connected, type Demo, join, launch, noBrowser, open, say, shows, startDemo } from './demo-driver.ts'
import { BrokerProgram, missing, redisCommand } from './support/broker-program.ts'
import { until } from './support/until.ts'

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }
const errors: string[] = []
let demo: Demo
let browser: Browser

if (noBrowser !== false && process.env.CI) t.fail(`CI has to test the demo in a browser: ${noBrowser}`)

if (noBrowser === false) {
  browser = await launch()
  t.teardown(() => browser.close())
}

/** A test with servers of its own; it fails for whatever fails in the pages' scripts, too. */
function inBrowser(name: string, test: (t: Test) => Promise<void>): void {
  void t.test(name, { skip: noBrowser }, async (t) => {
    demo = await startDemo()
    t.teardown(async () => {
      for (const context of browser.contexts()) await context.close()
      await demo.stop()
    })
    errors.length = 0
    await test(t)
    t.same(errors, [], 'no script failed')
  })
}

inBrowser('users of the Express page and of the Fastify page share a room', async (t) => {
  const ada = await join(browser, demo.express, 'Ada', errors)
  const grace = await join(browser, demo.fastify, 'Grace', errors)
  await say(ada, 'hello from Express <b>1</b>')
  await shows(grace, 'hello from Express <b>1</b>')
  await say(grace, 'hello from Fastify 👋')
  await shows(ada, 'hello from Fastify 👋')
  t.equal(await ada.locator('.message.own').count(), 1, 'its own message is set apart')
  t.same(await texts(ada, '#people-list .name'), ['Ada (you)', 'Grace'])
  t.same(await texts(ada, '#people-list .via'), ['Express', 'Fastify'])
  for (const page of [ada, grace]) t.same(await texts(page, '#http-version'), ['HTTP/1.1'])

  const typing = ada.getByText('Grace is typing').waitFor() // which is not to be seen for long
  await grace.locator('#text').pressSequentially('hm')
  await typing

  await ada.reload()
  await shows(ada, 'hello from Fastify 👋')
  await shows(ada, 'hello from Express <b>1</b>')
  t.equal(await ada.locator('.message').count(), 2, 'a reload keeps name, room and history')

  await ada.locator('#room-name').fill('Tea Break')
  await ada.keyboard.press('Enter')
  await grace.locator('#room-list').getByRole('link', { name: 'tea-break' }).click()
  await connected(grace)
  await say(grace, 'only here')
  await shows(ada, 'only here')
  await ada.goBack()
  await shows(ada, 'hello from Fastify 👋')
})

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  inBrowser(`after ${signal} and a restart both pages come back, and nothing that was written is lost`, async (t) => {
    const ada = await join(browser, `${demo.express}#/kitchen`, 'Ada', errors)
    const grace = await join(browser, `${demo.fastify}#/kitchen`, 'Grace', errors)
    await say(ada, 'before')
    await shows(grace, 'before')

    t.equal(await demo.stop(signal), signal === 'SIGTERM' ? 0 : null, 'the process ends by itself when it is asked to')
    await Promise.all([ada, grace].map((page) => page.locator('#pill[data-state=waiting]').waitFor()))
    await say(ada, 'written meanwhile')
    await ada.locator('.unsent').getByText('written meanwhile').waitFor()

    await demo.start()
    await Promise.all([ada, grace].map(connected))
    await shows(ada, 'written meanwhile')
    await shows(grace, 'written meanwhile')
    t.equal(await ada.locator('.unsent').count(), 0)
    t.equal(await grace.getByText('written meanwhile').count(), 1, 'it came once')
    t.equal(await ada.locator('#room-title').textContent(), 'kitchen')
    await say(grace, 'after')
    await shows(ada, 'after')
  })
}

const noRedis = noBrowser || (!process.env.CI && missing('redis-server'))

t.test('while the broker is away the pages say so, and then they have missed nothing', { skip: noRedis }, async (t) => {
  const broker = await BrokerProgram.start(t, redisCommand('redis-server'))
  const flags = ['--redis', `redis://127.0.0.1:${broker.port}`]
  const [one, two] = [await startDemo(...flags), await startDemo(...flags)]
  t.teardown(async () => {
    for (const context of browser.contexts()) await context.close()
    await Promise.all([one.stop(), two.stop()])
  })
  errors.length = 0
  const ada = await join(browser, one.express, 'Ada', errors)
  const grace = await join(browser, two.fastify, 'Grace', errors)
  await say(ada, 'before')
  await shows(grace, 'before')

  await broker.kill()
  for (const page of [ada, grace]) await page.locator('#apart').waitFor()
  const said: [Page, string][] = [
    [ada, 'Ada, alone'],
    [grace, 'Grace, alone'],
    [ada, 'Ada, again'],
  ]
  for (const [page, text] of said) {
    await say(page, text)
    await shows(page, text)
  }
  t.same(await texts(grace, '.message .text'), ['before', 'Grace, alone'])

  await broker.start()
  const all = ['before', 'Ada, alone', 'Grace, alone', 'Ada, again']
  for (const page of [ada, grace]) {
    await page.locator('#apart').waitFor({ state: 'hidden' })
    await until(
      'all, in the order in which it was said',
      async () => (await texts(page, '.message .text')).join() === all.join(),
    )
  }

  await one.stop('SIGKILL')
  await ada.locator('#pill[data-state=waiting]').waitFor()
  await one.start()
  await connected(ada)
  await until('the other process remembers', async () => (await ada.locator('.forgotten').count()) === 0)
  t.same(await texts(ada, '.message .text'), all)
  t.same(errors, [], 'no script failed')
})

inBrowser('neither attempt to break in succeeds', async (t) => {
  for (const url of [demo.express, demo.fastify]) {
    const page = await join(browser, url, 'Mallory', errors)
    await page.getByRole('button', { name: 'Try to break in' }).click()
    await page.getByRole('button', { name: 'Connect without login' }).click()
    await page.getByRole('button', { name: 'Connect from a foreign origin' }).click()
    const [login, origin] = [attempt(page, 'no-login'), attempt(page, 'foreign-origin')]
    await login.getByText('Refused: 401 Unauthorized').waitFor()
    await origin.getByText('Refused: 403 Forbidden').waitFor()
    for (const part of [login, origin]) await part.getByText('The socket did not open: close code 1006').waitFor()
    t.match(await login.locator('pre').textContent(), /HTTP\/1\.1 401 Unauthorized.*log in first/s)
    t.match(await origin.locator('pre').textContent(), /Origin: https:\/\/evil\.example.*HTTP\/1\.1 403 Forbidden/s)
  }
})

inBrowser('everything can be done with the keyboard', async (t) => {
  const page = await open(browser, demo.express, errors)
  await page.locator('#name:focus').waitFor()
  await page.keyboard.type('Keanu')
  await page.keyboard.press('Enter')
  await page.locator('#text:focus').waitFor()
  await connected(page)
  await page.keyboard.type('one')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('two')
  await page.keyboard.press('Enter')
  await shows(page, 'one\ntwo')

  await tabTo(page, '#room-name')
  await page.keyboard.type('workshop')
  await page.keyboard.press('Enter')
  await page.locator('#text:focus').waitFor()
  t.equal(await page.locator('#room-title', { hasText: 'workshop' }).textContent(), 'workshop')
  await page.locator('#room-list [aria-current]', { hasText: 'workshop' }).waitFor()

  await tabTo(page, '#open-break-in')
  await page.keyboard.press('Enter')
  await page.locator('#break-in[open]').waitFor()
  await page.keyboard.press('Escape')
  await page.locator('#open-break-in:focus').waitFor()

  await tabTo(page, '#skip')
  await page.keyboard.press('Enter')
  await page.locator('#text:focus').waitFor()
  await tabTo(page, '#log-out')
  await page.keyboard.press('Enter')
  await page.locator('#name:focus').waitFor()
})

inBrowser('a phone shows all of it without scrolling sideways', async (t) => {
  const page = await open(browser, demo.fastify, errors, PHONE)
  await fits(t, page, 'login')
  await page.locator('#name').fill('W'.repeat(32))
  await page.keyboard.press('Enter')
  await connected(page)
  await say(page, 'x'.repeat(300))
  await shows(page, 'x'.repeat(300))
  await fits(t, page, 'room')
  for (const [button, sheet] of [
    ['.to-rooms', '#rooms'],
    ['.to-people', '#people'],
  ]) {
    await page.locator(button).click()
    await page.locator(`${sheet}:popover-open`).waitFor()
    await fits(t, page, sheet)
    await page.keyboard.press('Escape')
    await page.locator(`${button}:focus`).waitFor()
    await page.locator(sheet).waitFor({ state: 'hidden' })
    t.pass('Escape closes the sheet')
  }
  await page.locator('.to-people').click()
  await page.locator('#open-break-in').click()
  await page.getByRole('button', { name: 'Connect without login' }).click()
  await attempt(page, 'no-login').getByText('Refused: 401').waitFor()
  await fits(t, page, 'break-in')
})

if (process.env.DEMO_SCREENSHOT) {
  inBrowser('a picture for the README', async (t) => {
    const picture = await drawPicture()
    t.ok(picture.length < 200_000, `${picture.length} bytes`)
  })
}

function attempt(page: Page, how: string) {
  return page.locator(`[data-attempt=${how}]`)
}

function texts(page: Page, selector: string): Promise<string[]> {
  return page.locator(selector).allTextContents()
}

/** Tabs until the focus is there, once around at most. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    if ((await page.locator(`${selector}:focus-visible`).count()) === 1) return
  }
  throw new Error(`the Tab key does not get to ${selector}`)
}

async function fits(t: Test, page: Page, what: string): Promise<void> {
  const widths = await page.evaluate<number[]>(
    '[document.documentElement, document.body, ...document.querySelectorAll("dialog[open], :popover-open, #log")].map((element) => element.scrollWidth - element.clientWidth)',
  )
  t.ok(
    widths.every((width) => width <= 0),
    `${what}: ${widths.join(' ')}`,
  )
}

/** A lively room, as one of four people sees it. */
async function drawPicture(): Promise<Buffer> {
  const view = { viewport: { width: 1280, height: 800 }, colorScheme: 'light', reducedMotion: 'reduce' } as const
  const ada = await join(browser, demo.express, 'Ada', errors, view)
  const grace = await join(browser, demo.fastify, 'Grace', errors)
  const linus = await join(browser, demo.express, 'Linus Ångström', errors)
  const mei = await join(browser, demo.fastify, 'Mei', errors)
  for (const room of ['tea-break', 'workshop']) await join(browser, `${demo.fastify}#/${room}`, 'Sam', errors)
  const talk: [who: Page, what: string][] = [
    [grace, 'Morning! I am on the Fastify server. Can anybody on Express read this?'],
    [ada, 'Loud and clear 👋'],
    [ada, 'Two frameworks, one room. The route is one line in each.'],
    [linus, 'And the session cookie is checked before the 101?'],
    [grace, 'Yes, by an ordinary hook. Reply 401 from it, and there never was a socket.'],
    [mei, 'What becomes of my message when I restart the server?'],
    [ada, 'The page keeps it and sends it a second later. Try it: Ctrl+C, then npm start.'],
    [mei, '🎉'],
  ]
  for (const [who, what] of talk) {
    await say(who, what)
    await shows(ada, what)
  }
  await ada.locator('#spark .line[d*="L"]').waitFor({ state: 'attached' })
  await ada.locator('#pill .rtt', { hasText: /^[0-5]\./ }).waitFor() // not one that drawing has held up
  await mei.locator('#text').pressSequentially('S')
  await ada.getByText('Mei is typing').waitFor()
  return ada.screenshot({ path: 'demo/screenshot.png' })
}
