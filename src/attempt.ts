import { isThenable } from './thenable.ts'

/** Runs a user's code. What it throws, or its promise rejects with, goes to `failed`. */
export function attempt(task: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = task()
    if (isThenable(result)) result.then(undefined, failed)
  } catch (error) {
    failed(error)
  }
}
