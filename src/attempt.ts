/** Runs a user's code. What it throws, or its promise rejects with, goes to `failed`. */
export function attempt(task: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = task()
    if (result instanceof Promise) result.catch(failed)
  } catch (error) {
    failed(error)
  }
}
