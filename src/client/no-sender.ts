import { ConnectionClosedError } from '../closed-error.ts'
import type { Inside } from '../inside.ts'
import type { SendCallback } from '../receipts.ts'

/** What stands where a connection's sender will be: nothing can be sent before the connection is open. */
export class NoSender implements NonNullable<Inside['sender']> {
  readonly unsentBytes = 0
  readonly isFragmenting = false
  readonly #owner: Pick<Inside, 'readyState'>

  constructor(owner: Pick<Inside, 'readyState'>) {
    this.#owner = owner
  }

  message(_opcode: number, _data: unknown, _compress: boolean, callback: SendCallback | undefined): boolean {
    return this.#refuse(callback)
  }

  part(_opcode: number, _data: unknown, _fin: boolean, callback: SendCallback | undefined): boolean {
    return this.#refuse(callback)
  }

  prepared(_message: unknown, callback: SendCallback | undefined): boolean {
    return this.#refuse(callback)
  }

  control(_opcode: number, _payload: Buffer, callback?: SendCallback): void {
    this.#refuse(callback)
  }

  drained(): Promise<void> {
    const rejected = Promise.reject(this.#owner.readyState === 0 ? notOpen() : new ConnectionClosedError())
    rejected.catch(() => undefined) // whoever awaits it hears of it
    return rejected
  }

  /** Too early is the caller's mistake, as in browsers; too late is nobody's. */
  #refuse(callback: SendCallback | undefined): false {
    if (this.#owner.readyState === 0) throw notOpen()
    if (callback !== undefined) process.nextTick(callback, new ConnectionClosedError())
    return false
  }
}

/** In the words that users of `ws` look for. */
function notOpen(): Error {
  return new Error(`WebSocket is not open: readyState 0 (CONNECTING). Wait for 'open', or write await connect(url)`)
}
