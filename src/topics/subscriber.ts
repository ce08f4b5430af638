import type { Connection } from '../connection.ts'
import type { TopicSettings } from '../defaults.ts'
import type { PreparedMessage } from '../prepared.ts'
import type { Members } from './members.ts'

/** A socket, as topics see it. Implemented by `Wire`, and by `Listener`, which is none. */
export interface Subscriber {
  readonly connection: Connection | undefined
  /** Of its connection; '' for none. */
  readonly route: string
  readonly settings: TopicSettings
  readonly isOpen: boolean
  /** What it is subscribed to. */
  subscriptions: Members<string>
  /** How long these are, in all. */
  topicCharacters: number
  /** Returns false, and takes nothing, while more than `maxBufferedBytes` are unsent. */
  deliver(message: PreparedMessage): boolean
  /** It does not take what is published as fast as it comes. */
  closeAsSlow(): void
  /** Calls the application's code; what that throws goes where handlers' errors go. */
  call(listener: (...args: never[]) => unknown, args: unknown[]): unknown
}
