/** Time, passed in: tests bring their own and wait for nothing. */
export interface Clock {
  /** Milliseconds that only ever grow: wall-clock jumps do not reach it. */
  now(): number
  /** Milliseconds since 1970, which jump when somebody sets the calendar, or the machine has slept. */
  today(): number
  /** Runs `task` once after `ms`. The timer keeps no process alive, unless it is `awaited`. */
  setTimeout(task: () => void, ms: number, awaited?: boolean): Timer
  /** Runs `task` every `ms`. The timer keeps no process alive. */
  setInterval(task: () => void, ms: number): Timer
}

export interface Timer {
  cancel(): void
}

/** Node's own timers, none of which keeps the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  today: () => Date.now(),
  setTimeout(task, ms, awaited = false) {
    const timer = setTimeout(task, ms)
    if (!awaited) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  setInterval(task, ms) {
    const timer = setInterval(task, ms).unref()
    return { cancel: () => clearInterval(timer) }
  },
}
