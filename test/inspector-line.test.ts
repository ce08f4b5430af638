/** The line between the inspector's page and its server: what the page says of it, and how it comes back. */

import { observe } from '../src/index.ts'
import { frames, inBrowser } from './inspector-browser.ts'
import { pick, type Stage, stage } from './inspector-stage.ts'
import { until } from './support/until.ts'

inBrowser('who is not let in any more is told so', async (_t, app, open) => {
  const page = await open()
  app.isOpen = false
  for (const connection of app.ws.connections) connection.terminate()
  await page.locator('#state[data-state=ended]', { hasText: '401: reload to log in' }).waitFor()
})

inBrowser('a page comes back by itself, and goes on with what was picked', async (t, app, open) => {
  await app.join('lobby')
  const page = await open()
  await pick(page, '/chat')
  const title = await page.locator('#detail-title').textContent()
  app.takesSockets = false // it is not back before we have seen that it waits
  for (const connection of app.ws.connections) if (connection.topics.size === 0) connection.terminate()
  await page.locator('#state[data-state=waiting]').waitFor()
  app.takesSockets = true
  await page.locator('#state[data-state=open]').waitFor()
  t.equal(await page.locator('#detail-title').textContent(), title)
  await frames(page).first().waitFor()
})

inBrowser(
  'a page for which there is no place waits longer each time',
  async (t, app, open) => {
    const first = await open()
    const askedAt: number[] = []
    t.teardown(observe('sockroute:upgrade:begun', () => void askedAt.push(performance.now())))
    const page = await first.context().newPage()
    await page.goto(`http://${app.host}/inspect`)
    await until('it has asked four times', () => askedAt.length >= 4)
    await page.locator('#state[data-state=waiting]', { hasText: '1 pages of the inspector are open already' }).waitFor()
    const tookMs = askedAt[3] - askedAt[0]
    t.ok(tookMs >= 1_750, `${tookMs} ms`) // at least half of 500, of 1,000, and of 2,000
  },
  { maxPages: 1 },
)

/** As after a sleep, or a change of network: the browser knows nothing of it. */
function silence({ ws }: Stage): void {
  for (const connection of ws.connections) connection.send = () => true
}

inBrowser('a page that hears nothing any more opens its line anew', async (_t, app, open) => {
  const page = await open()
  await page.clock.install()
  await page.locator('#chart-connections b', { hasText: /^1$/ }).waitFor()
  await page.waitForTimeout(1_200) // a second's message, after which the page's clock is the test's
  silence(app)
  const waiting = page.locator('#state[data-state=waiting]', { hasText: 'nothing has come for 30 s' }).waitFor()
  await page.clock.fastForward(31_000)
  await waiting
  await page.locator('#state[data-state=open]').waitFor()
  await page.clock.fastForward(29_000)
  await page.locator('#state[data-state=open]').waitFor()
})

inBrowser('a page that is paused may hear nothing', async (t, app, open) => {
  const page = await open()
  await page.clock.install()
  await page.getByRole('button', { name: 'Pause' }).click()
  silence(app)
  await page.clock.fastForward(60_000)
  t.equal(await page.locator('#state').textContent(), 'Live')
  await page.getByRole('button', { name: 'Go on' }).click()
  const waiting = page.locator('#state[data-state=waiting]').waitFor() // before it is open again
  await page.clock.fastForward(31_000)
  await waiting
})

inBrowser('who gets the page, but not its socket, is told so', async (_t, app, open) => {
  const page = await open()
  app.takesSockets = false
  for (const connection of app.ws.connections) connection.terminate()
  await page.locator('#state', { hasText: 'Waiting: the server gives the page, but refuses its socket' }).waitFor()
  app.takesSockets = true
  await page.locator('#state[data-state=open]').waitFor()
})

inBrowser('the numbers of a server that has begun anew are other connections’', async (t, app, open) => {
  await app.join('lobby')
  const page = await open()
  await pick(page, '/chat')
  await app.close()
  const again = await stage(t, {}, Number(app.host.split(':')[1]))
  await again.join('lobby')
  await page.locator('#state[data-state=open]').waitFor()
  await page.locator('#detail[data-state=none]').waitFor()
})
