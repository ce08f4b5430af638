/** Fulfils when `condition` holds, which is looked at each time that `emitter` emits one of `events`. */
export function until(emitter, events, condition) {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return
      for (const event of events) emitter.off(event, look)
      resolve()
    }
    for (const event of events) emitter.on(event, look)
    look()
  })
}
