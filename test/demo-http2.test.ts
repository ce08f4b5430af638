/** The demo over HTTP/2, in a real browser: each page says what carries its socket. */

import type { Browser } from 'playwright-core'
import t from 'tap'
import { type Demo, join, launch, noBrowser, say, shows, startDemo } from './demo-driver.ts'

const TRUSTING = { ignoreHTTPSErrors: true }
let demo: Demo
let browser: Browser

if (noBrowser !== false && process.env.CI) t.fail(`CI has to test the demo in a browser: ${noBrowser}`)

t.before(async () => {
  if (noBrowser !== false) return
  ;[demo, browser] = await Promise.all([startDemo('--http2'), launch()])
})
t.teardown(() => Promise.all([demo?.stop(), browser?.close()]))

t.test('--http2: Fastify carries it over HTTP/2, Express over HTTP/1.1', { skip: noBrowser }, async (t) => {
  const errors: string[] = []
  const grace = await join(browser, demo.fastify, 'Grace', errors, TRUSTING)
  const ada = await join(browser, demo.express, 'Ada', errors, TRUSTING)
  t.equal(await grace.locator('#http-version').textContent(), 'HTTP/2, TLS')
  t.equal(await ada.locator('#http-version').textContent(), 'HTTP/1.1, TLS')
  await say(grace, 'hello over HTTP/2')
  await shows(ada, 'hello over HTTP/2')
  await say(ada, 'hello over HTTP/1.1')
  await shows(grace, 'hello over HTTP/1.1')

  for (const page of [ada, grace]) {
    await page.getByRole('button', { name: 'Try to break in' }).click()
    await page.getByRole('button', { name: 'Connect without login' }).click()
    await page.getByRole('button', { name: 'Connect from a foreign origin' }).click()
    await page.getByText('Refused: 401 Unauthorized').waitFor()
    await page.getByText('Refused: 403 Forbidden').waitFor()
  }

  t.equal(await demo.stop('SIGTERM'), 0, 'it ends by itself when it is asked to, with pages open')
  await grace.locator('#pill[data-state=waiting]').waitFor()
  t.same(errors, [], 'no script failed')
})
