import { TestClock } from '../../adapters/testing-clock.ts'

/** The clock of the package's own users, for code that has no event loop to wait for; and what befalls a clock. */
export class FakeClock extends TestClock {
  /** The period of every interval that is running. */
  get intervals(): number[] {
    return [...this.entries].flatMap(({ everyMs }) => everyMs ?? [])
  }

  /** Time passes, and every timer fires when it is due: all of it before this returns. */
  override advance(ms: number): Promise<void> {
    const end = this.time + ms
    while (this.fireNext(end));
    this.time = end
    return Promise.resolve()
  }

  /** The event loop is blocked: time passes and nothing fires; then each timer that is overdue fires once. */
  block(ms: number): void {
    this.time += ms
    const overdue = [...this.entries].filter(({ at }) => at <= this.time).sort((a, b) => a.at - b.at)
    for (const entry of overdue) if (this.entries.has(entry)) this.fire(entry)
  }

  /** What no clock of Node's does, and no code of ours may stumble over. */
  turnBack(ms: number): void {
    this.time -= ms
  }
}
