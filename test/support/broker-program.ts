/** Redis, Valkey and NATS as programs on this machine: on loopback, on a spare port, keeping nothing. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'
import { listens } from './listens.ts'

const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

/** Why a program cannot be had; false where it can. CI has all that it can install. */
export function missing(program: string): string | false {
  return spawnSync(program, ['--version'], { env: ENV }).status === 0
    ? false
    : `no ${program}: apt-get install ${program}`
}

/** A broker that can be ended as by a crash, and begun anew on the same port. */
export class BrokerProgram {
  readonly port: number
  readonly #command: readonly string[]
  readonly #folder: string
  #child: ChildProcess | undefined

  private constructor(port: number, command: readonly string[], folder: string) {
    this.port = port
    this.#command = command
    this.#folder = folder
  }

  /** Runs until the test ends. */
  static async start(t: Test, commandOf: (port: number) => readonly string[]): Promise<BrokerProgram> {
    const port = await freePort()
    const program = new BrokerProgram(port, commandOf(port), mkdtempSync(join(tmpdir(), 'sockroute-broker-')))
    t.teardown(async () => {
      await program.kill()
      rmSync(program.#folder, { recursive: true, force: true })
    })
    process.once('exit', () => program.#child?.kill('SIGKILL')) // where a test was given up
    await program.start()
    return program
  }

  async start(): Promise<void> {
    const [program, ...args] = this.#command
    this.#child = spawn(program, args, { cwd: this.#folder, env: ENV, stdio: ['ignore', 'ignore', 'ignore'] })
    await listens(this.#child, this.port)
  }

  /** By SIGKILL, or another signal that ends it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
}

export const redisCommand =
  (program: 'redis-server' | 'valkey-server', ...more: string[]) =>
  (port: number): string[] => [program, '--port', String(port), '--bind', '127.0.0.1', '--save', '', ...more]

/** `monitorPort` tells what is subscribed to. */
export const natsCommand =
  (monitorPort: number, ...more: string[]) =>
  (port: number): string[] => ['nats-server', '-a', '127.0.0.1', '-p', String(port), '-m', String(monitorPort), ...more]
