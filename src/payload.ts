import { isUtf8 } from 'node:buffer'
import { Opcode } from './protocol/opcode.ts'
import { isThenable } from './thenable.ts'

/** What can be sent: text, or bytes in any of their forms. */
export type MessageData = string | Buffer | ArrayBufferView | ArrayBufferLike

/** The bytes of `data` without a copy, or the text itself. @throws TypeError for anything else */
export function toPayload(data: unknown, method = 'send'): string | Buffer {
  if (typeof data === 'string' || Buffer.isBuffer(data)) return data
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return Buffer.from(data)
  throw new TypeError(
    `${method}() takes a string, a Buffer, an ArrayBuffer or a view of one; got ${describe(data)}${advice(data, method)}`,
  )
}

/** The reason of a close is text, or its bytes. @throws TypeError for anything else */
export function toReason(reason: unknown): string | Buffer {
  if (typeof reason === 'string' || Buffer.isBuffer(reason)) return reason
  if (reason instanceof Uint8Array) return Buffer.from(reason.buffer, reason.byteOffset, reason.byteLength)
  throw new TypeError(`close(code, reason): the reason is a string, or bytes of UTF-8; got ${describe(reason)}`)
}

/** Text or binary. A part of a message is not checked by itself. @throws TypeError if bytes are to go out as text and are none */
export function messageOpcode(payload: string | Buffer, binary: boolean | undefined, isPart = false): number {
  if (binary ?? typeof payload !== 'string') return Opcode.Binary
  if (typeof payload !== 'string' && !isPart && !isUtf8(payload)) {
    throw new TypeError('these bytes are not valid UTF-8, so they cannot be sent as text; leave { binary: false } out')
  }
  return Opcode.Text
}

function describe(data: unknown): string {
  if (data === null || data === undefined) return String(data)
  if (typeof data !== 'object') return `a ${typeof data}`
  return `an instance of ${data.constructor?.name ?? 'Object'}`
}

function advice(data: unknown, method: string): string {
  if (isThenable(data)) return `. Write ${method}(await value)`
  if (data instanceof Blob) return `. Write ${method}(await blob.arrayBuffer())`
  if (typeof data === 'number' || typeof data === 'boolean') return `. Write ${method}(String(value))`
  return typeof data === 'object' && data !== null ? `. Write ${method}(JSON.stringify(value))` : ''
}

/** Of sockets that are to be closed: without one it is not this that was meant. @throws TypeError */
export function requireCode(code: unknown): number {
  if (typeof code === 'number') return code
  throw new TypeError(`sockroute: close(which, code, reason) takes a close code such as 4001; got ${typeof code}`)
}
