/** What honest clients send comes back as it was. */

import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type FrameSpec, isControl, isFinal } from '../support/frames.ts'
import { holds } from '../support/holds.ts'
import { open, settle } from '../support/open.ts'
import { describe, type Frame } from '../support/peer.ts'
import { bytesOf, chunksOf, cuts, rightFrames } from '../support/streams.ts'

/** Each message as one frame, and each ping as its pong, in their order. RFC 6455 §5.4, §5.5.3 */
function answersTo(frames: readonly FrameSpec[]): string[] {
  const answers: string[] = []
  let parts: FrameSpec[] = []
  for (const frame of frames) {
    const opcode = frame.first & 15
    if (isControl(frame)) {
      if (opcode === 9) answers.push(line(10, frame.payload))
      if (opcode === 8) answers.push(line(8, frame.payload.subarray(0, 2)))
      continue
    }
    parts.push(frame)
    if (!isFinal(frame)) continue
    answers.push(line(parts[0].first & 15, Buffer.concat(parts.map(({ payload }) => payload))))
    parts = []
  }
  return answers
}

function line(opcode: number, payload: Buffer): string {
  return `${opcode} ${payload.toString('hex')}`
}

/** Frames of the server, the parts of a message joined. */
function joined(frames: readonly Frame[]): string[] {
  const lines: string[] = []
  let parts: Frame[] = []
  for (const frame of frames) {
    if (frame.rsv1) throw new Error(`RSV1: ${describe(frame)}`)
    if (frame.opcode >= 8) {
      lines.push(line(frame.opcode, frame.payload))
      continue
    }
    parts.push(frame)
    if (!frame.fin) continue
    lines.push(line(parts[0].opcode, Buffer.concat(parts.map(({ payload }) => payload))))
    parts = []
  }
  return lines
}

/** Sends back what comes: whole, or in parts of `partBytes`. */
async function comesBack(frames: FrameSpec[], sizes: number[], partBytes: number): Promise<void> {
  const { socket, peer } = open()
  socket.on('message', (data, isBinary) => {
    const last = Math.floor(data.length / partBytes) * partBytes
    for (let at = 0; at <= last; at += partBytes)
      socket.send(data.subarray(at, at + partBytes), { binary: isBinary, fin: at === last })
  })
  for (const chunk of chunksOf(bytesOf(frames), sizes)) peer.raw(chunk)
  await settle()
  deepStrictEqual(joined(peer.frames), answersTo(frames))
}

t.test(
  'messages in any fragments, masks and chunks, with control frames between, come back as they were',
  async (t) => {
    const partBytes = fc
      .oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 300 }))
      .map((bytes) => Math.min(bytes, 1e9))
    const property = fc.asyncProperty(rightFrames, cuts, partBytes, comesBack)
    await holds(t, property, 1_500, ([frames, ...rest]) => [bytesOf(frames).toString('hex'), ...rest])
  },
)
