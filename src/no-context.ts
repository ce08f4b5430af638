import { AsyncResource } from 'node:async_hooks'

const nobody = new AsyncResource('SOCKROUTE_TURN')

/**
 * Schedules a task that many connections share. In the async context (AsyncLocalStorage) of the one that happened to be first it would
 * keep that alive, and what others do would be put down to it.
 */
export function inNoContext<T>(schedule: () => T): T {
  return nobody.runInAsyncScope(schedule)
}
