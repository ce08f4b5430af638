import { type ClosingTable, SERVER_STEPS, step, to } from '../protocol/closing.ts'
import type { Role } from '../role.ts'
import { MaskedChunks } from './masked-chunks.ts'

/** The client's side of the closing handshake: when both have closed, the server ends the transport first. RFC 6455 §7.1.1 */
export const CLIENT_STEPS: ClosingTable = {
  ...SERVER_STEPS,
  open: {
    ...SERVER_STEPS.open,
    'close-received': to('ending-awaited', 'echo-close', 'await-end', 'start-timeout'),
  },
  'close-sent': {
    ...SERVER_STEPS['close-sent'],
    'close-received': to('ending-awaited', 'await-end', 'start-timeout'),
  },
  'ending-awaited': {
    'transport-ended': to('ending', 'end-transport'),
    'transport-closed': to('closed'),
    'timed-out': to('closed', 'destroy-transport'),
    terminated: to('closed', 'destroy-transport'),
  },
}

export const CLIENT: Role = {
  hearsMasked: false,
  keepsMessages: true,
  newChunks: (transport) => new MaskedChunks(transport),
  step: (state, event) => step(state, event, CLIENT_STEPS),
}
