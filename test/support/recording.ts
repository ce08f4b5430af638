import type { Logger } from '../../src/index.ts'

/** A line that an app has logged. */
export interface Line {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly [detail: string]: unknown
}

/** A logger that keeps its lines, and those of connections among them. */
export class RecordingLogger implements Logger {
  readonly lines: Line[] = []
  readonly info = (details: object, message: string): void => this.#add('info', details, message)
  readonly warn = (details: object, message: string): void => this.#add('warn', details, message)
  readonly error = (details: object, message: string): void => this.#add('error', details, message)

  get infos(): Line[] {
    return this.lines.filter(({ level }) => level === 'info')
  }

  #add(level: Line['level'], details: object, message: string): void {
    this.lines.push({ ...details, level, message })
  }
}
