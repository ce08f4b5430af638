import { ProtocolError, type ProtocolErrorCode } from '../../src/protocol/errors.ts'
import { FrameParser } from '../../src/protocol/frame-parser.ts'
import { MessageAssembler, type MessageSink } from '../../src/protocol/message-assembler.ts'
import { closeEvent, event } from '../support/frames.ts'
import { MAX_FRAGMENTS, MAX_MESSAGE_BYTES, type Reading } from './reading.ts'

export interface OurReading extends Reading {
  readonly error: ProtocolErrorCode | undefined
}

/** Nothing is read behind a close frame. RFC 6455 §5.5.1 */
class Recorder implements MessageSink {
  readonly events: string[] = []
  hasClosed = false

  onMessage(data: Buffer, isBinary: boolean): void {
    this.events.push(event(isBinary ? 'binary' : 'text', data))
  }

  onPing(payload: Buffer): void {
    this.events.push(event('ping', payload))
  }

  onPong(payload: Buffer): void {
    this.events.push(event('pong', payload))
  }

  onClose(code: number, reason: Buffer): void {
    this.events.push(closeEvent(code, reason))
    this.hasClosed = true
  }
}

export function readOurs(chunks: readonly Buffer[]): OurReading {
  const recorder = new Recorder()
  const limits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxFragments: MAX_FRAGMENTS }
  const parser = new FrameParser(new MessageAssembler(recorder, limits), { rsv1Allowed: false })
  const { events } = recorder
  try {
    for (const chunk of chunks) {
      let at = 0
      while (at < chunk.length && !recorder.hasClosed) at += parser.push(chunk.subarray(at), false, 1)
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { events, closeCode: error.closeCode, error: error.code }
  }
  return { events, closeCode: undefined, error: undefined }
}
