// What a server costs: processor time of all its threads, memory, and how late its event loop is. The same in Node and in Bun.

/** A timer that is to fire so often shows by how much it is late. */
const EVERY_MS = 10

export class Meter {
  #timer
  #late = []

  begin() {
    this.#late = []
    let due = performance.now() + EVERY_MS
    this.#timer = setInterval(() => {
      const now = performance.now()
      this.#late.push(Math.max(0, now - due))
      due = now + EVERY_MS
    }, EVERY_MS)
    return figures()
  }

  end() {
    clearInterval(this.#timer)
    const late = this.#late.sort((a, b) => a - b)
    const at = (part) => late[Math.min(late.length - 1, Math.floor(part * late.length))] ?? 0
    return { ...figures(), delayP99: at(0.99), delayMax: at(1) }
  }

  figures() {
    return figures()
  }

  /** After a garbage collection, so that it is what is needed. */
  still() {
    globalThis.Bun?.gc(true)
    globalThis.gc?.()
    return figures()
  }
}

function figures() {
  const { user, system } = process.cpuUsage()
  return { cpu: user + system, rss: process.memoryUsage.rss() }
}
