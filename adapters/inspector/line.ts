import type { Command, Told } from '../inspector-messages.ts'

const SHORTEST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
/** The server tells something every second. A browser does not know that it is gone: after a sleep, say, or in another network. */
const LONGEST_SILENCE_MS = 30_000

export type LineState =
  | { readonly name: 'connecting' | 'open' }
  | { readonly name: 'waiting'; readonly why: string }
  /** It will not come back by itself. */
  | { readonly name: 'ended'; readonly why: string }

export interface LineOwner {
  onTold(told: Told): void
  onState(state: LineState): void
}

/** The WebSocket to the inspector's route, which is where the page came from. It comes back by itself. */
export class Line {
  readonly #owner: LineOwner
  #socket: WebSocket | undefined
  #attempts = 0
  #silence: number | undefined
  #isPaused = false
  /** Why we have closed it ourselves. */
  #why = ''

  constructor(owner: LineOwner) {
    this.#owner = owner
  }

  open(): void {
    this.#owner.onState({ name: 'connecting' })
    const socket = new WebSocket(location.href.replace(/^http/, 'ws').replace(/#.*$/s, ''))
    let wasOpen = false
    this.#why = ''
    this.#socket = socket
    socket.addEventListener('open', () => {
      wasOpen = true
      this.#expect()
      this.#owner.onState({ name: 'open' })
    })
    socket.addEventListener('message', ({ data }) => {
      this.#attempts = 0 // not before: there may be no place for it
      this.#expect()
      this.#owner.onTold(JSON.parse(String(data)) as Told)
    })
    socket.addEventListener('close', ({ code, reason }) => void this.#onClose(code, reason, wasOpen))
  }

  ask(command: Command): void {
    if (command.type === 'pause') {
      this.#isPaused = command.isPaused
      this.#expect()
    }
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command))
  }

  /** The next message, within that time; of a page that is paused none. */
  #expect(): void {
    clearTimeout(this.#silence)
    const socket = this.#socket
    if (this.#isPaused || socket?.readyState !== WebSocket.OPEN) return
    this.#silence = setTimeout(() => {
      this.#why = `nothing has come for ${LONGEST_SILENCE_MS / 1_000} s`
      this.#owner.onState({ name: 'waiting', why: this.#why })
      socket.close()
    }, LONGEST_SILENCE_MS)
  }

  /** A browser does not say why a handshake was refused: over HTTP the same guard tells. */
  async #onClose(code: number, reason: string, wasOpen: boolean): Promise<void> {
    this.#socket = undefined
    clearTimeout(this.#silence)
    if (code === 1008) return this.#owner.onState({ name: 'ended', why: reason })
    const status = code === 1006 ? await statusOf(location.href) : 0
    if (status >= 300 && status < 500) {
      return this.#owner.onState({ name: 'ended', why: `the server answers with ${status}: reload to log in` })
    }
    this.#owner.onState({ name: 'waiting', why: this.#why || reason || whyOf(code, status, wasOpen) })
    const longest = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.#attempts++)
    setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2))
  }
}

function whyOf(code: number, status: number, wasOpen: boolean): string {
  if (code === 1006 && status === 0) return 'the server is away'
  if (wasOpen) return `closed with ${code}`
  return status < 300 ? 'the server gives the page, but refuses its socket' : `the server answers with ${status}`
}

/** 0 where there is no answer. What is redirected, to a login, say, is 302. */
async function statusOf(url: string): Promise<number> {
  try {
    const { status, type } = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      cache: 'no-store',
      signal: AbortSignal.timeout(LONGEST_WAIT_MS),
    })
    return type === 'opaqueredirect' ? 302 : status
  } catch {
    return 0
  }
}
