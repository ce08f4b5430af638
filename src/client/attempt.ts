import { randomBytes } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Timer } from '../clock.ts'
import type { Connection } from '../connection.ts'
import { settingsOf } from '../extensions/negotiate.ts'
import { canDriveZlib } from '../extensions/zlib-check.ts'
import { CloseCode } from '../protocol/close-code.ts'
import { Wire } from '../wire.ts'
import { type Address, readRedirect } from './address.ts'
import { type Agreed, type Asked, readAnswer } from './answer.ts'
import { startOf } from './answer-body.ts'
import { ClientHost } from './client-host.ts'
import type { ClientSettings, TransportOptions } from './client-options.ts'
import { CLIENT } from './client-role.ts'
import { Connecting } from './connecting.ts'
import { HandshakeError, unexpected } from './handshake-error.ts'
import { type Credentials, elsewhere, handshakeHeaders } from './request-headers.ts'

/** What an attempt is made of. */
export interface Plan {
  readonly address: Address
  readonly protocols: readonly string[]
  readonly settings: ClientSettings
  readonly transport: TransportOptions
  /** Told where a redirect has led. */
  onMoved(address: Address): void
  /** Told what listeners throw. */
  report(error: unknown, connection: Connection): void
}

const REDIRECTS: (number | undefined)[] = [301, 302, 303, 307, 308]

/** One attempt to connect, from its first packet to the open connection, or to the reason why there is none. RFC 6455 §4.1 */
export class Attempt {
  readonly standIn: Connecting
  readonly #plan: Plan
  readonly #host: ClientHost
  readonly #asked: Asked
  #address: Address
  #credentials: Credentials
  #request: ClientRequest | undefined = undefined
  #timer: Timer | undefined = undefined
  #redirects = 0
  /** The server has answered with this; its body is still being read. */
  #refusal: HandshakeError | undefined = undefined
  /** It has led to a connection, has failed, or was given up. */
  #isOver = false

  /** @throws what Node throws for a header that cannot be sent, or an option that is wrong */
  constructor(connection: Connection, plan: Plan) {
    const { settings, protocols, address, transport } = plan
    const isCompressed = settings.compression !== false && canDriveZlib()
    const compression = isCompressed ? settingsOf(settings.compression || true) : undefined
    this.standIn = new Connecting(connection, settings, plan.report)
    this.#plan = plan
    this.#host = ClientHost.of(settings.clock)
    this.#asked = { key: randomBytes(16).toString('base64'), protocols, compression }
    this.#address = address
    const way = address.socketPath === undefined ? transport : { ...transport, socketPath: address.socketPath }
    this.#credentials = { headers: settings.headers, auth: address.auth, transport: way }
    this.standIn.onCancelled = () => this.#stop()
    if (!settings.signal?.aborted) this.#begin(settings)
    if (settings.signal !== undefined) this.#follow(settings.signal)
  }

  #begin({ handshakeTimeoutMs }: ClientSettings): void {
    this.#ask()
    if (handshakeTimeoutMs === Infinity) return
    const late = (): HandshakeError =>
      this.#refusal ??
      new HandshakeError(`the server has not answered within handshakeTimeoutMs (${handshakeTimeoutMs})`)
    this.#timer = this.#host.clock.setTimeout(() => this.#fail(late()), handshakeTimeoutMs)
  }

  /** From here to the connection's end. */
  #follow(signal: AbortSignal): void {
    const onAbort = (): void => {
      const { reason } = signal as { reason: unknown }
      if (this.standIn.isJoined) this.standIn.connection.close(CloseCode.GoingAway)
      else this.#fail(reason instanceof Error ? reason : new Error('the attempt was aborted', { cause: reason }))
    }
    if (signal.aborted)
      process.nextTick(onAbort) // nobody listens yet
    else signal.addEventListener('abort', onAbort, { once: true })
    void this.standIn.whenFinished().then(() => signal.removeEventListener('abort', onAbort))
  }

  #ask(): void {
    const { isSecure, hostname, port, path } = this.#address
    const { auth, transport } = this.#credentials
    const request = (isSecure ? requestHttps : requestHttp)({
      agent: transport.createConnection === undefined ? false : undefined, // a pool's connection may be about to end
      ...transport,
      host: hostname === '' ? 'localhost' : hostname,
      port: port === '' ? undefined : port,
      path,
      auth,
      headers: handshakeHeaders(this.#asked, this.#credentials, this.#address, this.#plan.settings.origin),
    })
    this.#request = request
    request.on('upgrade', (response, socket, head) => this.#onUpgrade(request, response, socket, head))
    request.on('response', (response) => this.#onResponse(request, response))
    request.on('error', (error) => this.#failIn(request, error))
    request.end()
  }

  #onUpgrade(request: ClientRequest, response: IncomingMessage, transport: Duplex, head: Buffer): void {
    if (this.#isOver || request !== this.#request || this.#refusal !== undefined) {
      transport.destroy()
      return
    }
    const agreed = readAnswer(response, this.#asked)
    if (typeof agreed === 'string') {
      transport.destroy()
      this.#refuse(agreed)
      return
    }
    this.standIn.emit('upgrade', response)
    if (this.#isOver) transport.destroy()
    else this.#open(transport, head, agreed)
  }

  #open(transport: Duplex, head: Buffer, { protocol, extension }: Agreed): void {
    this.#end()
    const { settings, report } = this.#plan
    const agreement = { protocol, extension, role: CLIENT, connection: this.standIn.connection }
    const wire = new Wire(transport, settings, this.#host, agreement, report)
    wire.open(head, () => void this.standIn.emit('open'))
  }

  #onResponse(request: ClientRequest, response: IncomingMessage): void {
    const { statusCode, headers } = response
    if (this.#isOver || request !== this.#request) return
    if (statusCode === 101) this.#refuse('it lacks Upgrade: websocket or Connection: Upgrade')
    else if (this.#plan.settings.followRedirects && REDIRECTS.includes(statusCode) && headers.location !== undefined) {
      this.#redirect(headers.location)
    } else this.#onRefusal(request, response)
  }

  #onRefusal(request: ClientRequest, response: IncomingMessage): void {
    this.#refusal = unexpected(response)
    if (this.standIn.emit('unexpected-response', request, response)) {
      response.on('close', () => this.#failIn(request, unexpected(response)))
    } else void startOf(response).then((body) => this.#failIn(request, unexpected(response, body)))
  }

  #redirect(location: string): void {
    const from = this.#address
    this.#giveUp()
    try {
      if (++this.#redirects > this.#plan.settings.maxRedirects) throw new Error('there are more than maxRedirects')
      const to = readRedirect(location, from)
      this.#credentials = elsewhere(this.#credentials, from, to)
      this.#address = to
      this.#ask()
    } catch (error) {
      this.#fail(new HandshakeError(`a redirect was not followed: ${(error as Error).message}`)) // as thrown above
      return
    }
    this.#plan.onMoved(this.#address)
    this.standIn.emit('redirect', this.#address.href, this.#request)
  }

  /** The server's 101 is not one that we can take. */
  #refuse(fault: string): void {
    this.#fail(new HandshakeError(`the server's 101 is wrong: ${fault}`))
  }

  /** What a redirect has left behind does not matter. */
  #failIn(request: ClientRequest, error: Error): void {
    if (request === this.#request) this.#fail(error)
  }

  #fail(error: Error): void {
    if (this.standIn.isJoined) return
    this.#stop()
    this.standIn.fail(error)
  }

  /** Nothing that still comes matters. */
  #stop(): void {
    this.#end()
    this.#giveUp()
  }

  /** A request that has had its whole answer lets go of a socket that would be kept; it is an agent's only if there is one. */
  #giveUp(): void {
    const request = this.#request
    this.#request = undefined
    request?.destroy()
    if (this.#plan.transport.agent === undefined) request?.socket?.destroy()
  }

  #end(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }
}
