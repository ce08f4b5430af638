/** An abort signal that is made when somebody asks for it: most handshakes have no use for one. */
export class Cancellation {
  #controller: AbortController | undefined = undefined
  #reason: Error | undefined = undefined

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  cancel(reason: string): void {
    this.#reason = new Error(reason)
    this.#controller?.abort(this.#reason)
  }
}
