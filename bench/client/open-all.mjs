import { RawSocket } from './raw-socket.mjs'

/** Fewer at a time than a server's queue of connections takes. */
const AT_A_TIME = 256

/** An address has no more ports than this for connections to one server; other addresses of the loopback net have more. */
const PER_SOURCE = 20_000

/** Opens a workload's connections; `onOpen` is given each at once. @throws Error if one is refused */
export async function openAll(target, { connections, isCompressed }, onOpen = () => {}) {
  const sockets = []
  const open = async () => {
    while (sockets.length < connections) {
      const at = sockets.push(undefined) - 1
      sockets[at] = await RawSocket.open({ ...target, source: sourceOf(at) }, isCompressed)
      onOpen(sockets[at])
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, open))
  return sockets
}

function sourceOf(at) {
  const turn = Math.floor(at / PER_SOURCE)
  return turn === 0 ? undefined : `127.0.0.${1 + turn}`
}
