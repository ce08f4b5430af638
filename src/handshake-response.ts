import { ServerResponse } from 'node:http'
import { isOverHttp2 } from './http2/stream-of.ts'
import { upgradeOf } from './upgrades.ts'

type Method = (this: ServerResponse, ...args: never[]) => unknown
type Slots = ServerResponse & Record<symbol, Method | undefined>

/**
 * Gives a response what a handshake needs of it: that the head of a 101 is right, and that it is noted when somebody
 * replies. These are its own properties, for its prototype may be a framework's; the functions are the same for all.
 */
export function prepare(response: ServerResponse): void {
  response.writeHead = writeHead
  Object.defineProperty(response, 'write', WRITE)
  Object.defineProperty(response, 'end', END)
}

/** After the 101 the response is over, and whoever still writes to it is told so. */
export function seal(response: ServerResponse): void {
  Object.assign(response, SEALED)
}

/** Puts the handshake's headers on a 101; everything else ends the connection. `rest`: a reason, fields, or both. */
function writeHead(this: ServerResponse, status: number, ...rest: unknown[]): ServerResponse {
  const handshake = upgradeOf(this.req)?.onHead(status) ?? []
  for (const [name, value] of handshake) this.setHeader(name, value)
  const fits = isOverHttp2(this.req.socket) ? fitsHttp2 : ends
  if (status === 101) for (const name of NO_BODY) this.removeHeader(name)
  else if (!ends('Connection', this.getHeader('Connection') ?? 'close')) this.setHeader('Connection', 'close')
  if (fits === fitsHttp2) this.removeHeader('Transfer-Encoding')
  const own = status === 101 ? rest : rest.map((argument) => only(fits, argument))
  try {
    return Reflect.apply(ServerResponse.prototype.writeHead, this, [status, ...own])
  } catch (error) {
    // The handshake's fields are no part of what is answered instead, and that ends the connection.
    for (const [name] of handshake) this.removeHeader(name)
    this.setHeader('Connection', 'close')
    throw error
  }
}

function ends(name: unknown, value: unknown): boolean {
  return String(name).toLowerCase() !== 'connection' || /\bclose\b/i.test(String(value))
}

/** A stream has frames of its own, and chunks in them would be the body's. RFC 9113 §8.2.2 */
function fitsHttp2(name: unknown, value: unknown): boolean {
  return ends(name, value) && String(name).toLowerCase() !== 'transfer-encoding'
}

/** Node takes header fields as an object, as a list of pairs, and as a list of names and values by turns. */
function only(fits: typeof ends, argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null) return argument
  if (!Array.isArray(argument)) return Object.fromEntries(Object.entries(argument).filter((pair) => fits(...pair)))
  if (argument.every(Array.isArray)) return argument.filter(([name, value]) => fits(name, value))
  return argument.filter((_, at) => fits(argument[at & ~1], argument[at | 1]))
}

/** RFC 9112 §6.1, RFC 9110 §8.6 */
const NO_BODY = ['Transfer-Encoding', 'Content-Length']

/**
 * A method that first notes that somebody replies. What replaces it, to hold the reply up until a session is saved, say,
 * is noted as well: what the reply waits for lies between the note and the wire.
 */
function noted(name: 'write' | 'end'): PropertyDescriptor & ThisType<Slots> {
  const replaced = Symbol(name)
  const original = noting(function (this, ...args) {
    return Reflect.apply(Object.getPrototypeOf(this)[name] as Method, this, args)
  })
  return {
    configurable: true,
    get() {
      return this[replaced] ?? original
    },
    set(method: Method) {
      this[replaced] = noting(method)
    },
  }
}

function noting(method: Method): Method {
  return function (this, ...args) {
    upgradeOf(this.req)?.onReply()
    return Reflect.apply(method, this, args)
  }
}

const WRITE = noted('write')
const END = noted('end')

const sealed = (): never => {
  throw new Error('the request has become a WebSocket: write socket.send(...) in its handler; there is no response now')
}

/** Through these goes all that a framework's response can do. */
const SEALED = { setHeader: sealed, write: sealed, end: sealed }
