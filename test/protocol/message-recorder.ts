import type { MessageSink } from '../../src/protocol/message-assembler.ts'

/** Writes down what a `MessageAssembler` hands over, and keeps it to see whether it is written to later. */
export class MessageRecorder implements MessageSink {
  readonly log: string[] = []
  readonly given: Buffer[] = []
  readonly #copies: Buffer[] = []

  onMessage(data: Buffer, isBinary: boolean, compressed: boolean): void {
    this.#note(`${compressed ? 'compressed ' : ''}${isBinary ? 'binary' : 'text'}`, data, isBinary || compressed)
  }

  onPing(payload: Buffer): void {
    this.#note('ping', payload)
  }

  onPong(payload: Buffer): void {
    this.#note('pong', payload)
  }

  onClose(code: number, reason: Buffer): void {
    this.#note(`close ${code}`, reason)
  }

  get isIntact(): boolean {
    return this.given.every((bytes, at) => bytes.equals(this.#copies[at]))
  }

  #note(what: string, bytes: Buffer, isBinary = false): void {
    this.given.push(bytes)
    this.#copies.push(Buffer.from(bytes))
    const text = bytes.toString(isBinary ? 'hex' : 'utf8')
    this.log.push(`${what} ${text.length > 40 ? `${bytes.length} bytes` : JSON.stringify(text)}`)
  }
}
