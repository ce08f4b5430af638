// The same for all: what a library has no setting for, it does not have.
export const MAX_BYTES = 65_536
export const TIME_MS = 1_000

/** `listening PORT` tells the parent that this server is ready; without a parent it ends. */
export function announce(server) {
  console.log(`listening ${server.address().port}`)
  process.on('disconnect', () => process.exit())
}
