import { Share } from './extensions/share.ts'

/**
 * What a connection may read before all others have had their turn, in bytes. Libuv would read 2 MiB from one socket at
 * once: in frames of 7 bytes that is a sixth of a second for everybody else.
 */
const TURN_BYTES = 1_048_576
/** What a frame takes besides its bytes: so many more of them could have been read meanwhile. */
const FRAME_COST = 2_048
/** With less than this in a turn nobody is made to wait, however many others flood: 8 frames, say. */
const LITTLE = 16_384
/** All connections together, in one turn: a thousand that flood would be a turn of a second. */
const share = new Share(33_554_432)

/** How much of what came a connection may read now. */
export class ReadingTurn {
  /** While nobody floods it begins anew when it is spent: nobody else is waiting then. */
  #left = TURN_BYTES
  /** In which turn of those that flood it began. */
  #turn = share.turns

  /** So many frames may be read. */
  get frames(): number {
    return Math.ceil((share.isSpent ? Math.min(this.#left, LITTLE) : this.#left) / FRAME_COST)
  }

  begin(): void {
    this.#left = TURN_BYTES
  }

  /** Something has come: perhaps in another turn of the event loop. */
  beginIfOver(): void {
    if (this.#turn === share.turns) return
    this.#turn = share.turns
    this.begin()
  }

  /** Returns whether that was the last for this turn. */
  spend(bytes: number, frames: number): boolean {
    const before = Math.ceil(this.#left / LITTLE)
    this.#left -= bytes + FRAME_COST * frames
    const parts = before - Math.ceil(this.#left / LITTLE)
    if (parts === 0) return this.#left <= 0 // whoever sends little is not counted: it would cost each turn a task of its own
    share.spend(parts * LITTLE)
    return this.#left <= 0 || share.isSpent
  }
}
