// Each side has a core of its own, where the system has a program that sees to it.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const isPinned = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0

/** The command line that runs a program on one core. `taskset` becomes that program, so the pid is its own. */
export function pinned(core, [command, ...args]) {
  return isPinned ? ['taskset', ['-c', String(core), command, ...args]] : [command, args]
}
