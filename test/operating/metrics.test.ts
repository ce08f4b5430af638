/** The dashboard and the alerts name nothing that a scrape does not have. */

import t from 'tap'
import { LIMITS } from '../../src/limits.ts'
import { REFUSAL_WORDS } from '../../src/refusal-words.ts'
import { ALERTS, DASHBOARD, EXPRESSIONS, groupsIn, selectorsIn, VARIABLES } from './expressions.ts'
import { happen, measuredApp } from './traffic.ts'

/** What Prometheus itself adds to whatever it scrapes. */
const TARGET = ['job', 'instance']

/** The labels of each metric that was scraped, a histogram's by its parts. */
function labelsOf(scrape: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const [, metric, labels = ''] of scrape.matchAll(/^([a-zA-Z_:][\w:]*)(\{.*\})? /gm)) {
    const known = found.get(metric) ?? new Set(TARGET)
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label)
    found.set(metric, known)
  }
  return found
}

/** The datasource that is chosen on the dashboard. */
const VARIABLE = /^\$\{datasource\}$/

const VALUES: Readonly<Record<string, readonly string[]>> = {
  limit: LIMITS,
  reason: Object.keys(REFUSAL_WORDS),
  by: ['peer', 'app', 'limit', 'shutdown', 'network'],
}

t.test('an expression is taken apart', async (t) => {
  const promql = 'sum by (le, route) (rate(a_bucket{by="network",route=~".*"}[5m])) > 2 * b offset 10m and on (job) c'
  const found = selectorsIn(promql).map(({ metric, matchers }) => [metric, Object.fromEntries(matchers)])
  t.same(found, [
    ['a_bucket', { by: 'network', route: '.*' }],
    ['b', {}],
    ['c', {}],
  ])
  t.same(groupsIn(promql), ['le', 'route', 'job'])
})

t.test('what is named is scraped', async (t) => {
  const { app, register } = await measuredApp(t)
  await happen(t, app)
  const scraped = labelsOf(await register.metrics())
  t.ok(EXPRESSIONS.length > 30 && VARIABLES.length === 3)
  for (const { of, promql } of [...EXPRESSIONS, ...VARIABLES]) {
    const selectors = selectorsIn(promql)
    t.ok(selectors.length > 0, `${of}: ${promql}`)
    for (const { metric, matchers } of selectors) {
      const labels = scraped.get(metric) ?? new Set()
      t.ok(labels.size > 0, `${of}: ${metric}`)
      for (const label of [...matchers.keys(), ...groupsIn(promql)])
        t.ok(labels.has(label), `${of}: ${metric} ${label}`)
      for (const [label, values] of Object.entries(VALUES)) {
        for (const one of matchers.get(label)?.split('|') ?? []) t.ok(values.includes(one), `${of}: ${label}="${one}"`)
      }
    }
  }
  for (const { of, promql, label } of VARIABLES) t.ok(scraped.get(selectorsIn(promql)[0].metric)?.has(label), of)
})

t.test('all that the app exports is on the dashboard', async (t) => {
  const { app, register } = await measuredApp(t)
  await happen(t, app)
  const shown = new Set(EXPRESSIONS.flatMap(({ promql }) => selectorsIn(promql).map(({ metric }) => metric)))
  for (const metric of labelsOf(await register.metrics()).keys()) {
    if (!metric.startsWith('sockroute_') || /_(sum|count)$/.test(metric)) continue
    t.ok(shown.has(metric), metric)
  }
})

t.test('the dashboard as Grafana 10 imports it', async (t) => {
  t.ok(DASHBOARD.schemaVersion >= 36)
  t.same(
    DASHBOARD.templating.list.map(({ name, type }) => [name, type]),
    [
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['instance', 'query'],
      ['route', 'query'],
    ],
  )
  const panels = DASHBOARD.panels.filter(({ type }) => type !== 'row')
  t.equal(new Set(panels.map(({ title }) => title)).size, panels.length, 'each has a title of its own')
  for (const { title, description = '', datasource, fieldConfig, targets = [] } of panels) {
    t.match(description, /^.{15,}\.$/, `${title} is described`)
    t.ok(fieldConfig?.defaults.unit, `${title} has a unit`)
    t.match(datasource?.uid, VARIABLE, `${title} asks whom the variable names`)
    t.ok(targets.length > 0 && targets.every(({ datasource }) => VARIABLE.test(datasource.uid)), title)
  }
})

t.test('no panel lies over another', async (t) => {
  const taken = new Map<string, string>()
  for (const { title, gridPos } of DASHBOARD.panels) {
    t.ok(gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        t.equal(taken.get(`${x} ${y}`), undefined, title)
        taken.set(`${x} ${y}`, title)
      }
    }
  }
})

t.test('each alert has a name of its own', async (t) => {
  t.ok(ALERTS.length > 10)
  t.equal(new Set(ALERTS.map(({ name }) => name)).size, ALERTS.length)
})
