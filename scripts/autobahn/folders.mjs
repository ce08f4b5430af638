// Where things are. Everything in the cache can be deleted, and is made again.
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const CACHE = `${ROOT}.autobahn/`
export const REPORTS = `${CACHE}reports/`
export const EXPECTATIONS = `${ROOT}test/autobahn-expectations.json`
