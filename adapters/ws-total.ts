import { totalmem } from 'node:os'
import type { RouteOptions } from '../src/adapter.ts'

/** In bytes; of a container that is given less than the machine has, half of that. Deno does not know. */
const HALF_OF_MEMORY = Math.floor(Math.min(totalmem(), process.constrainedMemory?.() || Infinity) / 2)

/**
 * What all connections together may hold unless it is said, in bytes: half of the memory that there is, and one message in
 * any case. With messages of 100 MiB a few hundred clients could fill any memory with parts of them; no working program
 * comes near.
 */
export function totalBytesFor({ maxMessageBytes }: RouteOptions): number {
  return typeof maxMessageBytes === 'number' ? Math.max(HALF_OF_MEMORY, maxMessageBytes) : HALF_OF_MEMORY
}
