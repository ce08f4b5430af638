// The suite's cases, by their ids: which are meant by a selection, and how to share them out.

const byNumber = new Intl.Collator('en', { numeric: true })
export const compareIds = byNumber.compare
export const groupOf = (id) => Number(id.split('.')[0])

/** Seconds that a case takes, the first rule that fits; measured. Most take milliseconds. */
const SECONDS = [
  [/^9\.[3-6]\.[12]$/, 2],
  [/^9\./, 0.5],
  [/^(5\.(19|20)|6\.4\.\d)$/, 1], // the client itself waits between two frames
  [/^1[23]\./, 3],
]

/** All cases that wstest has: it prints them as a Python list before it begins. */
export function readCaseList(output) {
  const list = output.match(/^Cases = \[(.*)\]/m)?.[1] ?? ''
  return [...list.matchAll(/'([\d.]+)'/g)].map(([, id]) => id)
}

/**
 * A test of whether an id is in a selection, a list with commas: `1-10` (groups), `9` or `9.*` (a group),
 * `9.3` or `9.3.*` (a part of one), `7.1.6` (a case).
 */
export function selection(text) {
  const rules = text.split(',').map((part) => readRule(part.trim()))
  return (id) => rules.some((rule) => rule(id))
}

function readRule(part) {
  const range = part.match(/^(\d+)-(\d+)$/)
  if (range) return (id) => groupOf(id) >= Number(range[1]) && groupOf(id) <= Number(range[2])
  if (!/^\d+(\.\d+)*(\.\*)?$/.test(part)) throw new TypeError(`'${part}' selects no cases; try 1-10, 9.*, 9.3 or 7.1.6`)
  const prefix = part.replace(/\.\*$/, '')
  return (id) => id === prefix || id.startsWith(`${prefix}.`)
}

/** Shares cases out so that each part takes about as long: the longest first, to who has least. */
export function split(ids, count) {
  const parts = Array.from({ length: Math.min(count, ids.length) }, () => ({ seconds: 0, ids: [] }))
  for (const id of ids.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const part = parts.reduce((least, one) => (one.seconds < least.seconds ? one : least))
    part.ids.push(id)
    part.seconds += secondsOf(id)
  }
  return parts.map((part) => part.ids.sort(compareIds))
}

function secondsOf(id) {
  return SECONDS.find(([pattern]) => pattern.test(id))?.[1] ?? 0.02
}
