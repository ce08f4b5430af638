/** How long the last answers may take. */
const PATIENCE_MS = 30_000

/** `begin` gets two functions, to end well and to fail. @throws Error if neither is called in time */
export function within(ms, what, begin) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(what())), ms + PATIENCE_MS)
    const end = (settle) => (value) => {
      clearTimeout(timer)
      settle(value)
    }
    begin(end(resolve), end(reject))
  })
}
