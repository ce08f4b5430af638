// The processes that this run has started. None of them outlives it.
import { spawn } from 'node:child_process'

const KILL_AFTER_MS = 3000
const children = new Set()

/** Starts a program without a shell, so that its pid is its own. */
export function start(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  children.add(child)
  const forget = () => children.delete(child)
  child.once('exit', forget).once('error', forget)
  child.stdout?.setEncoding('utf8')
  child.stderr?.setEncoding('utf8')
  return child
}

/** Fulfils when the process has ended, by itself or killed. */
export function end(child) {
  if (!children.has(child)) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}

export async function endAll() {
  await Promise.all([...children].map(end))
}

/** A program that starts others: what it throws is told in one line, and they end with it, however it ends. */
export async function program(main) {
  endAllOnSignals()
  try {
    await main()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  } finally {
    await endAll()
  }
}

/** On a signal everything ends, then this process, as the signal would have ended it. */
function endAllOnSignals() {
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ]) {
    process.once(signal, async () => {
      await endAll()
      process.exit(128 + number)
    })
  }
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL')
  })
}
