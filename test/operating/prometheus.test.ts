/** A real Prometheus scrapes a real app: it accepts every rule, and every expression finds something. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import t, { type Test } from 'tap'
import { freePort } from '../support/free-port.ts'
import { listens } from '../support/listens.ts'
import { ROOT } from '../support/root.ts'
import { until } from '../support/until.ts'
import { DASHBOARD, EXPRESSIONS, VARIABLES } from './expressions.ts'
import { happen, measuredApp } from './traffic.ts'

const ALERTS = `${ROOT}docs/operating/alerts.yml`
const isMissing = spawnSync('promtool', ['--version']).status !== 0
/** CI installs it. */
const skip = isMissing && !process.env.CI ? 'no promtool and prometheus: apt-get install prometheus' : false

function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}${error ?? ''}` }
}

t.test('the rules are right', { skip }, async (t) => {
  const { status, output } = promtool('check', 'rules', ALERTS)
  t.equal(status, 0, output)
})

t.test('each alert comes when it should, and not before', { skip }, async (t) => {
  const { status, output } = promtool('test', 'rules', `${ROOT}test/operating/alerts.test.yml`)
  t.equal(status, 0, output)
})

interface Answer {
  readonly status: string
  readonly data: { readonly result: readonly { readonly metric: Readonly<Record<string, string>> }[] }
}

interface Rule {
  readonly name: string
  readonly health: string
  readonly state: string
}

/** Finds something only where a process has started within two minutes: this one has, and the first scrape was after that. */
const EMPTY = new Set(['Starts'])
const ALERTING = /^Sockroute[A-Z]/

async function prometheus(t: Test, register: Registry): Promise<string> {
  const scraped = createServer(async (_, response) => {
    response.setHeader('content-type', register.contentType).end(await register.metrics())
  }).listen(0, '127.0.0.1')
  await once(scraped, 'listening')
  const port = await freePort()
  const target = `127.0.0.1:${(scraped.address() as AddressInfo).port}`
  const folder = t.testdir({
    'prometheus.yml': `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${JSON.stringify(ALERTS)}]
scrape_configs: [{ job_name: chat, static_configs: [{ targets: ['${target}'] }] }]
`,
  })
  const args = ['--config.file=prometheus.yml', `--storage.tsdb.path=${join(folder, 'data')}`, '--log.level=error']
  const child = spawn('prometheus', [...args, `--web.listen-address=127.0.0.1:${port}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.teardown(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    scraped.close()
    scraped.closeAllConnections()
  })
  await listens(child, port)
  return `http://127.0.0.1:${port}/api/v1`
}

t.test('every panel shows something', { skip }, async (t) => {
  const { app, register } = await measuredApp(t)
  const api = await prometheus(t, register)
  const ask = async (promql: string): Promise<Answer> => {
    const response = await fetch(`${api}/query?${String(new URLSearchParams({ query: promql }))}`)
    return (await response.json()) as Answer
  }
  const count = async (promql: string): Promise<number> => (await ask(promql)).data?.result.length ?? 0
  await happen(t, app)
  await until('it is scraped', async () => (await count('sockroute_limits_hit_total')) > 0)
  await happen(t, app)
  await until('it is scraped again', async () => (await count('rate(sockroute_limits_hit_total[1m]) > 0')) > 0)
  for (const { of, promql } of EXPRESSIONS) {
    const { status, data } = await ask(promql)
    t.equal(status, 'success', `${of}: ${promql}`)
    if (EMPTY.has(of) || ALERTING.test(of)) continue
    t.ok(data.result.length > 0, `${of}: ${promql}`)
  }
  for (const { of, promql, label } of VARIABLES) {
    const { data } = await ask(promql)
    t.ok(
      data.result.some(({ metric }) => metric[label]),
      `the variable ${of} has values`,
    )
  }
  t.ok(DASHBOARD.panels.length > 20)
  const rules = async (): Promise<Rule[]> => {
    const { data } = (await (await fetch(`${api}/rules`)).json()) as { data: { groups: { rules: Rule[] }[] } }
    return data.groups.flatMap((group) => group.rules)
  }
  const isFiring = ({ name, state }: Rule): boolean => name === 'SockrouteHandlerErrors' && state === 'firing'
  await until('it is told that a handler has failed', async () => (await rules()).some(isFiring))
  for (const { name, health } of await rules()) t.match(health, /^(ok|unknown)$/, name)
})
