/** The inspector's page on screens of many widths. */

import { frames, inBrowser, PHONE } from './inspector-browser.ts'
import { pick } from './inspector-stage.ts'

inBrowser('a phone shows all of it without scrolling sideways', async (t, app, open) => {
  const client = await app.join('lobby')
  const page = await open(PHONE)
  await pick(page, '/chat')
  client.send('x'.repeat(3_000))
  await frames(page).locator('.length', { hasText: '2.9 KiB' }).first().waitFor()
  client.close(4_000, 'w'.repeat(120))
  await page.locator('#happening-list li').first().waitFor()
  for (const tab of ['Frames', 'Handshake', 'Figures']) {
    await page.getByRole('tab', { name: tab }).click()
    const excess = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    t.ok(excess <= 0, `${tab}: ${excess}`)
  }
})

inBrowser('the bar is one line, however narrow the page is', async (t, app, open) => {
  await app.join('lobby')
  const page = await open()
  await page.locator('#state-word', { hasText: 'Live' }).waitFor()
  for (const width of [320, 359, 360, 390, 700, 1_400]) {
    await page.setViewportSize({ width, height: 800 })
    const height = await page.evaluate<number>('document.querySelector(".bar").offsetHeight')
    t.ok(height < 70, `${width}: ${height}`)
  }
})

/** Of elements that are seen, each pair that lies one over the other. */
const OVERLAPS = `(selectors) => {
  const boxes = selectors.flatMap((one) => [...document.querySelectorAll(one)].map((each) => {
    const range = document.createRange()
    range.selectNodeContents(each)
    return [one, range.getBoundingClientRect()]
  }))
  const isOver = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
  return boxes.flatMap(([one, a], at) => boxes.slice(at + 1).filter(([, b]) => isOver(a, b)).map(([other]) => one + ' ' + other))
}`

inBrowser('nothing lies over something else, however narrow the page is', async (t, app, open) => {
  const client = await app.join('lobby', { compression: { thresholdBytes: 64 } })
  const page = await open()
  await pick(page, '/chat')
  client.send('x'.repeat(70_000))
  await frames(page)
    .locator('.length', { hasText: /^\d+ B\/68 KiB$/ })
    .first()
    .waitFor()
  app.takesSockets = false
  for (const connection of app.ws.connections) connection.terminate()
  await page.locator('#state', { hasText: 'refuses its socket' }).waitFor()
  for (const width of [320, 360, 700, 760, 900, 1_000, 1_400]) {
    await page.setViewportSize({ width, height: 800 })
    for (const parts of [
      ['h1', '#state-word', '#pause', '#skipped'],
      ['figcaption', '.legend'],
      ['#frame-list .flags', '#frame-list .length'],
    ]) {
      t.same(await page.evaluate(`(${OVERLAPS})(${JSON.stringify(parts)})`), [], `${width}: ${parts.join(', ')}`)
    }
    const cut = '[...document.querySelectorAll(".length")].filter((one) => one.scrollWidth > one.clientWidth).length'
    t.equal(await page.evaluate(cut), 0, `${width}: all of both lengths`)
  }
})
