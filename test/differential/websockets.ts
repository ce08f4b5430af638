import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ROOT } from '../support/root.ts'
import { MAX_MESSAGE_BYTES, type Reading } from './reading.ts'

const PYTHON = process.env.PYTHON ?? '/usr/bin/python3'
const PROGRAM = `${ROOT}test/differential/websockets-reader.py`

/** Why Python websockets cannot be asked; false where it can. */
export const noWebsockets: string | false =
  spawnSync(PYTHON, ['-c', 'import websockets']).status !== 0 &&
  `no websockets for ${PYTHON}: apt-get install python3-websockets`

/** Python websockets in a process of its own: many streams at once, since each way there and back costs a switch. */
export class Websockets {
  readonly #child: ChildProcessWithoutNullStreams = spawn(PYTHON, [PROGRAM, String(MAX_MESSAGE_BYTES)])
  readonly #lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
  #errors = ''

  constructor() {
    this.#child.stderr.on('data', (text) => {
      this.#errors += text
    })
  }

  async read(streams: readonly Buffer[]): Promise<Reading[]> {
    this.#child.stdin.write(streams.map((stream) => `${stream.toString('hex')}\n`).join(''))
    const readings: Reading[] = []
    while (readings.length < streams.length) readings.push(await this.#next())
    return readings
  }

  end(): void {
    this.#child.stdin.end()
  }

  async #next(): Promise<Reading> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`Python has ended: ${this.#errors}`)
    const [events, code] = value.split(';')
    return { events: events === '' ? [] : events.split(','), closeCode: code === '' ? undefined : Number(code) }
  }
}
