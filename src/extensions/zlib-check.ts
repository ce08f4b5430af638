import { constants, inflateRawSync } from 'node:zlib'
import { Deflater } from './deflater.ts'
import { Inflater } from './inflater.ts'

const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff])

let answer: boolean | undefined

/** Whether this runtime's zlib can be driven as `ZlibHandle` does; found out once, before it is first relied on. */
export function canDriveZlib(): boolean {
  if (answer === undefined) {
    answer = works()
    if (!answer) process.emitWarning('this runtime has another zlib than Node: messages are not compressed', WARNING)
  }
  return answer
}

const WARNING = { type: 'SockrouteWarning', code: 'SOCKROUTE_NO_COMPRESSION' }

/** Several messages, some of them broken, each way; checked by the documented means. */
function works(): boolean {
  if (process.versions.bun !== undefined || process.versions.deno !== undefined) return false
  const message = Buffer.from('{"id":1,"name":"sockroute"},'.repeat(5_000))
  const states: (Deflater | Inflater)[] = []
  try {
    const deflater = new Deflater({ level: 5, windowBits: 15, keepsContext: false })
    const inflater = new Inflater(false)
    states.push(deflater, inflater)
    for (let turn = 0; turn < 3; turn++) {
      const deflated = run(deflater, message)
      const whole = Buffer.concat([deflated, TAIL])
      if (!inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH }).equals(message)) return false
      if (!run(inflater, deflated, message.length).equals(message)) return false
      if (!fails(inflater, Buffer.from('ffffff', 'hex'), 10) || !fails(inflater, deflated, 1_000)) return false
    }
    return true
  } catch {
    return false
  } finally {
    for (const state of states) state.close()
  }
}

function run(state: Deflater | Inflater, data: Buffer, maxBytes = 0): Buffer {
  state.begin(data, maxBytes)
  for (;;) {
    const made = state.step()
    if (made === 'failed') throw new Error('zlib failed')
    if (made !== undefined) return made
  }
}

function fails(inflater: Inflater, data: Buffer, maxBytes: number): boolean {
  try {
    run(inflater, data, maxBytes)
    return false
  } catch {
    return true
  }
}
