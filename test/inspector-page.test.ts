/** The inspector's page in a real browser. With INSPECTOR_SCREENSHOT=1 it also draws the pictures of docs/inspector.md. */

import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { BrowserContextOptions } from 'playwright-core'
import type { Connection } from '../src/connection.ts'
import { figuresOf } from '../src/figures.ts'
import { frames, inBrowser, PHONE, rows } from './inspector-browser.ts'
import { pick, ROOMS } from './inspector-stage.ts'
import { until } from './support/until.ts'

inBrowser('two hundred connections: filters, orders, totals', async (t, app, open) => {
  await Promise.all(Array.from({ length: 200 }, (_, at) => app.join(ROOMS[at % ROOMS.length])))
  const busy = await app.join('busy')
  const talk = setInterval(() => busy.send('x'), 20)
  t.teardown(() => clearInterval(talk))
  const page = await open()
  await page.locator('#chart-connections b', { hasText: /^202$/ }).waitFor()
  t.equal(await rows(page).count(), 200)
  t.equal(await page.locator('#found').textContent(), '202, the first 200 shown')
  t.match(await page.locator('#route').textContent(), /\/chat\/:room \(201\)/)
  await page.locator('#filter').fill('topic:room:ops')
  await page.locator('#found', { hasText: /^50 of 202$/ }).waitFor()
  await page.locator('#filter').fill('')
  await page.getByRole('button', { name: 'In/s' }).click()
  await rows(page)
    .first()
    .locator('.in', { hasText: /^[1-9]\d$/ })
    .waitFor()
  t.equal(await page.locator('th[data-sort=receivedPerSecond]').getAttribute('aria-sort'), 'descending')
  await page.locator('#chart-messages .line.in[d*="L"]').waitFor({ state: 'attached' })
  await page.locator('#chart-rtt .line.median[d*="L"]').waitFor({ state: 'attached' })
})

inBrowser('one connection’s frames as they pass, byte by byte', async (t, app, open) => {
  const client = await app.join('lobby')
  const page = await open()
  await pick(page, '/chat')
  client.send('hello <b>you</b>')
  const [first, second] = [
    frames(page).locator('.start', { hasText: 'hello <b>you</b>' }).first(),
    frames(page).locator('.start', { hasText: 'hello <b>you</b>' }).nth(1),
  ]
  await second.waitFor()
  const received = first.locator('..')
  t.match(await received.textContent(), /→text ?FINmask16 B/)
  t.match(await second.locator('..').textContent(), /←text ?FIN16 B/, 'a server does not mask')
  await received.click()
  const anatomy = page.locator('#anatomy')
  t.match(
    await anatomy.textContent(),
    /1FIN0RSV1.*0001text.*first byte 0x81.*1MASK0010000length 16.*second byte 0x90.*masking key.*68 65 6c 6c 6f/,
  )
  t.match(await anatomy.textContent(), /A client masks/)
  client.send('x'.repeat(509))
  await frames(page).locator('.length', { hasText: '509 B' }).first().waitFor()
  await page.locator('#frame-kind').selectOption('control')
  await frames(page)
    .locator('.start', { hasText: /after [\d.]+ ms/ })
    .first()
    .waitFor()
  t.same(
    new Set(await frames(page).locator('.opcode').allTextContents()),
    new Set(['ping', 'pong']),
    'the heartbeat, and nothing else',
  )
})

inBrowser('both sizes of what is compressed', async (t, app, open) => {
  const client = await app.join('lobby', { compression: { thresholdBytes: 64 } })
  const page = await open()
  await pick(page, '/chat')
  client.send('again and '.repeat(50))
  const compressed = frames(page)
    .filter({ has: page.locator('.rsv1') })
    .first()
  await compressed.locator('.length', { hasText: /^\d+\/500 B$/ }).waitFor()
  t.match(await compressed.locator('.start').textContent(), /^again and again/, 'and its text, inflated')
  await compressed.click()
  await page.locator('#anatomy', { hasText: /The message has 500 B, and took \d+ B on the wire: \d+ % less/ }).waitFor()
})

inBrowser('the frames’ filter, a pause, and an export as JSON lines', async (t, app, open) => {
  const client = await app.join('lobby')
  const page = await open()
  await pick(page, '/chat')
  for (const text of ['one', 'two', 'two more']) client.send(text)
  await frames(page).locator('.start', { hasText: 'two more' }).nth(1).waitFor()
  await page.locator('#frame-text').fill('two')
  await page.locator('#frame-direction').selectOption('in')
  await until('two are left', async () => (await frames(page).count()) === 2)

  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  const download = await downloading
  t.match(download.suggestedFilename(), /^frames-\d+\.jsonl$/)
  const lines = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(lines, [
    {
      direction: 'in',
      name: 'text',
      opcode: 1,
      fin: true,
      masked: true,
      payloadLength: 3,
      start: '74776f',
      time: /^\d{4}-/,
    },
    { payloadLength: 8, start: Buffer.from('two more').toString('hex') },
  ])

  const [own] = [...app.ws.connections].filter(({ topics }) => topics.size === 0)
  const [other] = [...app.ws.connections].filter(({ topics }) => topics.size > 0)
  const receivedBy = (socket: Connection): number => figuresOf(socket)?.messagesReceived ?? 0
  const asked = (): number => receivedBy(own)
  const before = asked()
  await page.getByRole('button', { name: 'Pause' }).click()
  await until('the server knows', () => asked() > before)
  const heard = receivedBy(other)
  client.send('two unseen')
  await until('it has come', () => receivedBy(other) > heard)
  await page.getByRole('button', { name: 'Go on' }).click()
  await until('the server knows', () => asked() > before + 1)
  client.send('two seen')
  await frames(page).locator('.start', { hasText: 'two seen' }).waitFor()
  t.same(await frames(page).locator('.start').allTextContents(), ['two', 'two more', 'two seen'])
})

inBrowser(
  'without showPayloads there are none',
  async (t, app, open) => {
    const client = await app.join('lobby')
    const page = await open()
    await pick(page, '/chat')
    client.send('a secret')
    await frames(page).filter({ hasText: '8 B' }).nth(1).waitFor()
    t.notMatch(await page.locator('body').textContent(), /a secret/)
    await frames(page).filter({ hasText: '8 B' }).first().click()
    t.match(
      await page.locator('#anatomy').textContent(),
      /hiddenpayload8 bytes.*hidden: the app has not set showPayloads/,
    )
    t.notOk(await page.locator('#frame-text').isVisible(), 'there is none to look for')
  },
  {},
)

inBrowser('the handshake, with what is secret left out', async (t, app, open) => {
  await app.join('lobby?token=abc', { headers: { cookie: 'sid=1', 'x-note': 'seen' } })
  const page = await open()
  await pick(page, '/chat')
  await page.keyboard.press('2')
  const handshake = page.locator('#handshake')
  await handshake.getByText('GET /chat/lobby?token=[redacted] HTTP/1.1').waitFor()
  const text = await handshake.textContent()
  t.match(text, /X-Noteseen/)
  t.match(text, /Cookie\[redacted\]/)
  t.match(text, /HTTP\/1\.1 101 Switching Protocols/)
  t.match(text, /Sec-WebSocket-Accept/)
  t.notMatch(await page.locator('body').textContent(), /abc|sid=1/)
})

/** What a peer may send, and what a page must not let it do. */
const HOSTILE = `<img src=x onerror=alert(1)>\u202e\u0007\u{e0041}<script>`

inBrowser('what peers write is text, and all of it is seen', async (t, app, open) => {
  const client = await app.join(encodeURIComponent(HOSTILE))
  await Promise.all([...app.ws.connections].map((socket) => socket.subscribe(`topic ${HOSTILE}`)))
  const page = await open()
  await pick(page, '/chat')
  const seen = '<img src=x onerror=alert(1)>\\u{202e}\\u{7}\\u{e0041}<script>'
  client.send(HOSTILE)
  await frames(page).locator('.start', { hasText: seen }).nth(1).waitFor()
  await page.keyboard.press('3')
  await page
    .locator('#topics li', { hasText: `topic ${seen}` })
    .first()
    .waitFor()
  client.close(4_000, HOSTILE)
  await page.locator('#happening-list li', { hasText: seen }).waitFor()
  await page.locator('#ending', { hasText: 'It has ended with 4000' }).waitFor()
  t.equal(await page.locator('img, script:not(head script, body > script)').count(), 0)
})

inBrowser('everything can be done with the keyboard', async (t, app, open) => {
  for (const room of ['one', 'two']) await app.join(room)
  const page = await open()
  await rows(page).nth(2).waitFor()
  await page.keyboard.press('/')
  await page.locator('#filter:focus').waitFor()
  await page.keyboard.type('/chat')
  await until('the filter holds', async () => (await rows(page).count()) === 2)
  await page.keyboard.press('Escape')
  await page.keyboard.press('j')
  await page.locator('#detail[data-state=open]').waitFor()
  const title = await page.locator('#detail-title').textContent()
  await page.keyboard.press('j')
  t.not(await page.locator('#detail-title').textContent(), title)
  await page.keyboard.press('k')
  t.equal(await page.locator('#detail-title').textContent(), title)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  t.not(await page.locator('#detail-title').textContent(), title)
  await frames(page).nth(1).waitFor()
  await page.keyboard.press('f')
  await page.locator('#frame-list:focus').waitFor()
  await page.keyboard.press('ArrowDown')
  t.equal(await frames(page).nth(1).getAttribute('aria-selected'), 'true')
  await page.keyboard.press('p')
  await page.getByRole('button', { name: 'Go on', pressed: true }).waitFor()
  await page.keyboard.press('?')
  await page.locator('#keys[open]').waitFor()
  await page.keyboard.press('Escape')
  await page.locator('#keys:not([open])').waitFor({ state: 'attached' })
  await page.keyboard.press('Escape')
  await page.locator('#detail[data-state=none]').waitFor()
})

inBrowser('what ended while nothing was told has ended, and shows nothing of another', async (t, app, open) => {
  const [one, two] = [await app.join('one'), await app.join('two')]
  const page = await open()
  await pick(page, '/chat/two')
  await page.keyboard.press('3')
  await page.locator('#topics li', { hasText: 'room:two' }).waitFor()
  await page.locator('#filter').fill('')
  await rows(page).filter({ hasText: '/chat/one' }).waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  for (const client of [one, two]) client.terminate()
  await until('they have ended', () => app.ws.connections.size === 1)
  await rows(page).filter({ hasText: '/chat/one' }).click()
  await page.locator('#ending', { hasText: 'It has ended' }).waitFor()
  t.notMatch(await page.locator('#about').textContent(), /room:two|127\.0\.0\.1/)
  await page.getByRole('button', { name: 'Go on' }).click()
})

inBrowser('what ends while the page is paused has ended when it goes on', async (_t, app, open) => {
  const client = await app.join('lobby')
  const page = await open()
  await pick(page, '/chat')
  await page.getByRole('button', { name: 'Pause' }).click()
  client.terminate()
  await until('it has ended', () => app.ws.connections.size === 1)
  await page.waitForTimeout(1_200) // a second of which the page is told nothing
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.locator('#ending', { hasText: 'It has ended' }).waitFor()
})

inBrowser('a frame that is not shown any more keeps nobody from selecting others by key', async (_t, app, open) => {
  const client = await app.join('lobby')
  const page = await open()
  await pick(page, '/chat')
  client.send('first')
  await frames(page).filter({ hasText: 'first' }).nth(1).waitFor()
  await frames(page).filter({ hasText: 'first' }).first().click()
  client.send('second')
  await frames(page).filter({ hasText: 'second' }).nth(1).waitFor()
  await page.locator('#frame-text').fill('second')
  await page.keyboard.press('Escape')
  await page.keyboard.press('f')
  await page.keyboard.press('ArrowUp')
  await page.locator('#frame-list [aria-selected=true]', { hasText: 'second' }).waitFor()
})

inBrowser('nothing is exported of nothing', async (t, _app, open) => {
  const page = await open()
  let downloads = 0
  page.on('download', () => downloads++)
  await page.keyboard.press('e')
  await page.keyboard.press('?')
  await page.locator('#keys[open]').waitFor()
  t.equal(await page.evaluate<string>('document.activeElement.id'), 'close-keys')
  t.equal(downloads, 0)
})

if (process.env.INSPECTOR_SCREENSHOT) {
  inBrowser('pictures for the docs: a chat of two hundred', async (t, app, open) => {
    const join = (at: number) =>
      app.join(`${ROOMS[at % ROOMS.length]}?token=x`, {
        headers: { cookie: 'sid=1' },
        compression: at % 2 === 0 && { thresholdBytes: 64 },
      })
    const clients = [await join(0)]
    clients.push(...(await Promise.all(Array.from({ length: 199 }, (_, at) => join(at + 1)))))
    const say = (): void => {
      const who = clients[Math.floor(Math.random() * clients.length)]
      who.send(
        JSON.stringify({
          type: 'say',
          text: `${['Good morning', 'Is it Friday', 'Deployed', 'Looking at it'][Math.floor(Math.random() * 4)]}${', and more'.repeat(Math.floor(Math.random() * 9))}`,
        }),
      )
    }
    const talk = [setInterval(say, 40), setInterval(() => clients[0].send('{"type":"typing"}'), 1_000)]
    t.teardown(() => talk.forEach(clearInterval))
    for (const [name, options] of PICTURES) {
      const page = await open({ reducedMotion: 'reduce', ...options })
      const leaving = [await app.join('lobby'), await app.join('ops')]
      await page.locator('#filter').fill('#1')
      await page.locator('#found', { hasText: /^1 of/ }).waitFor()
      await rows(page).first().click()
      await page.locator('#detail-title', { hasText: /^#1$/ }).waitFor()
      await delay(20_000)
      leaving[0].close(1001)
      leaving[1].terminate()
      await page.locator('#filter').fill('')
      await delay(3_000)
      await page.locator('#filter').blur()
      await page.mouse.move(0, 0)
      const masked = frames(page)
        .filter({ has: page.locator('.mask') })
        .filter({ hasText: 'typing' })
      if ((await masked.count()) > 0) await masked.last().click()
      const picture = await page.screenshot({ path: `docs/inspector-${name}.png`, fullPage: false })
      t.ok(picture.length < 200_000, `${name}: ${picture.length} bytes`)
      await page.context().close()
    }
  })
}

const PICTURES: [name: string, options: BrowserContextOptions][] = [
  ['light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
  ['dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ['phone', { ...PHONE, colorScheme: 'light', deviceScaleFactor: 2 }],
]
