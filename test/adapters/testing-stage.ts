/** What `inject` gives, tried on each host: scenarios that wait for no time and have no port. */

import t, { type Test } from 'tap'
import { HandshakeError, type InjectOptions, inject, TestClock, type TestSocket } from '../../adapters/testing.ts'
import type { AppOptions } from '../../src/index.ts'
import { SUBJECTS, type Subject } from './testing-apps.ts'

export interface Stage extends Subject {
  readonly clock: TestClock
  readonly logged: string[]
  /** Opens a WebSocket. */
  open(path: string, options?: InjectOptions): Promise<TestSocket>
}

export type Scenario = [name: string, act: (t: Test, stage: Stage) => Promise<void>, options?: AppOptions]

export function onEachHost(scenarios: readonly Scenario[]): void {
  for (const [host, make] of SUBJECTS) {
    t.test(host, async (t) => {
      for (const [name, act, options] of scenarios) {
        await t.test(name, { timeout: 60_000 }, async (t) => act(t, await stage(t, make, options)))
      }
    })
  }
}

export async function refused(t: Test, opening: Promise<TestSocket>, expected: Partial<HandshakeError>): Promise<void> {
  const error: unknown = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.type(error, HandshakeError)
  t.match(error, expected)
}

async function stage(t: Test, make: (typeof SUBJECTS)[0][1], options: AppOptions = {}): Promise<Stage> {
  const clock = new TestClock()
  const logged: string[] = []
  const log = (_details: object, message: string): void => void logged.push(message)
  const subject = await make({ clock, logger: { warn: log, error: log }, ...options })
  const sockets: TestSocket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.terminate()
  })
  const open = async (path: string, options?: InjectOptions): Promise<TestSocket> => {
    const socket = await inject(subject.app, path, options)
    sockets.push(socket)
    return socket
  }
  return { ...subject, clock, logged, open }
}
