import type { Audience } from './audience.ts'
import type { Inbox } from './inbox.ts'
import type { Sender } from './sender.ts'
import type { Subscriber } from './topics/subscriber.ts'
import type { Wire } from './wire.ts'
import type { WireHost } from './wire-host.ts'

/** What a connection asks of what is behind it: its wire, or what stands in for it while there is none. */
export interface Inside extends Subscriber {
  readonly readyState: 0 | 1 | 2 | 3
  readonly protocol: string
  readonly extensions: string
  readonly inbox: Inbox
  readonly sender: Pick<
    Sender,
    'unsentBytes' | 'isFragmenting' | 'message' | 'part' | 'prepared' | 'control' | 'drained'
  >
  readonly pulse: { readonly rtt: number | undefined }
  readonly topics: WireHost['topics']
  /** Who looks at it alone, and who looks at all; undefined where nobody ever did. */
  audience: Audience | undefined
  /** 'close' has been emitted. */
  readonly isFinished: boolean
  readonly closeCode: number
  readonly closeReason: Buffer
  readonly wasClean: boolean
  /** `payload` is that of a close frame. */
  close(payload: Buffer): void
  terminate(): void
  /** Its audience has changed, or may have. */
  look(): void
  /** Whether it may stay. @throws TypeError where nobody says */
  reauthenticate(): Promise<boolean>
  /** Fulfils when 'close' has been emitted. */
  whenFinished(): Promise<void>
}

/** A connection's inside before there is a wire: of a client that connects. */
export interface StandIn extends Inside {
  /** There is a wire now. Gives it what has gathered: who listens for messages, and waits for them. */
  joined(wire: Wire): Inbox
}
