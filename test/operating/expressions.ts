/** The expressions of the dashboard and of the alerts, and what of a scrape they name. */

import { readFileSync } from 'node:fs'
import { ROOT } from '../support/root.ts'

export interface Expression {
  /** The panel, variable or alert that it is of. */
  readonly of: string
  readonly promql: string
}

export interface Panel {
  readonly title: string
  readonly type: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}

export interface Variable {
  readonly name: string
  readonly type: string
  readonly definition?: string
}

export interface Dashboard {
  readonly title: string
  readonly uid: string
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] }
  readonly panels: readonly Panel[]
}

const textOf = (file: string): string => readFileSync(`${ROOT}docs/operating/${file}`, 'utf8')

export const DASHBOARD = JSON.parse(textOf('grafana-dashboard.json')) as Dashboard // its own test looks at it

export const ALERTS: readonly { readonly name: string; readonly promql: string; readonly runbook: string }[] = [
  ...textOf('alerts.yml').matchAll(/- alert: (\w+)\n +expr: (.+)\n[\s\S]*?runbook: (\S+)/g),
].map(([, name, promql, runbook]) => ({ name, promql, runbook }))

/** What Grafana puts in place of its variables, with everything selected. */
const filled = (promql: string): string => promql.replaceAll('$__rate_interval', '1m').replace(/\$\w+/g, '.*')

export const EXPRESSIONS: readonly Expression[] = [
  ...DASHBOARD.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ of: title, promql: expr }))),
  ...DASHBOARD.annotations.list.flatMap(({ name, expr }) => (expr === undefined ? [] : [{ of: name, promql: expr }])),
  ...ALERTS.map(({ name, promql }) => ({ of: name, promql })),
].map(({ of, promql }) => ({ of, promql: filled(promql) }))

/** Of the query of a variable, `label_values(series, label)`. */
export const VARIABLES: readonly (Expression & { readonly label: string })[] = DASHBOARD.templating.list.flatMap(
  ({ name, definition }) => {
    const [, promql, label] = definition?.match(/^label_values\((.+), (\w+)\)$/) ?? []
    return promql === undefined ? [] : [{ of: name, promql: filled(promql), label }]
  },
)

/** One series that an expression selects. */
export interface Selector {
  readonly metric: string
  /** By the label's name. */
  readonly matchers: ReadonlyMap<string, string>
}

const KEYWORDS = /^(and|or|unless|bool|offset|by|without|on|ignoring|group_left|group_right)$/

/** The metrics in an expression, with their matchers. Functions, and the lists of labels behind `by`, are left out. */
export function selectorsIn(promql: string): Selector[] {
  const bare = promql.replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '')
  return [...bare.matchAll(/(?<![\w.$"])([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?/g)].flatMap(([, metric, behind = '']) => {
    if (behind === '(' || KEYWORDS.test(metric) || isQuoted(bare, metric)) return []
    const pairs = [...behind.matchAll(/(\w+)\s*=~?\s*"([^"]*)"/g)].map(([, label, value]) => [label, value] as const)
    return [{ metric, matchers: new Map(pairs) }]
  })
}

/** A word in a label's value is no metric. */
function isQuoted(promql: string, word: string): boolean {
  return !promql.replace(/"[^"]*"/g, '""').includes(word)
}

/** The labels that an expression groups by. */
export function groupsIn(promql: string): string[] {
  return [...promql.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list]) =>
    list.split(',').map((one) => one.trim()),
  )
}
