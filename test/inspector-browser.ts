/** Tests of the inspector's page in a real browser, each with an app of its own. */

import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { InspectorOptions } from '../adapters/inspector.ts'
import { launch, noBrowser } from './demo-driver.ts'
import { look, type Stage, stage } from './inspector-stage.ts'
import { freePort } from './support/free-port.ts'

export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }

if (noBrowser !== false && process.env.CI) t.fail(`CI has to test the inspector in a browser: ${noBrowser}`)

let browser: Browser
if (noBrowser === false) {
  browser = await launch()
  t.teardown(() => browser.close())
}

type Looking = (options?: BrowserContextOptions) => Promise<Page>

/** A test with an app of its own; it fails for whatever fails in the page, too. */
export function inBrowser(
  name: string,
  test: (t: Test, stage: Stage, open: Looking) => Promise<void>,
  options: InspectorOptions = { showPayloads: true },
): void {
  void t.test(name, { skip: noBrowser }, async (t) => {
    const app = await stage(t, options, await freePort()) // on which it may begin anew
    const faults: string[] = []
    t.teardown(async () => {
      for (const context of browser.contexts()) await context.close()
    })
    await test(t, app, (options) => look(browser, app, faults, options))
    t.same(faults, [], 'no script failed, and the policy had nothing to forbid')
  })
}

export const rows = (page: Page): Locator => page.locator('#connection-rows tr')
export const frames = (page: Page): Locator => page.locator('#frame-list > *')
