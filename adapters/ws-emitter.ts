import { EventEmitter } from 'node:events'

type Listener<Self, Args extends unknown[]> = (this: Self, ...args: Args) => unknown
/** Of an event of the program's own: `ws`'s users give the server such, too. */
type AnyListener = (...args: never[]) => unknown
type Untyped = (...args: unknown[]) => void

/** An emitter that knows its events' arguments, and takes others as they come, as `@types/ws` has it. */
export class ServerEmitter<Events extends Record<keyof Events, unknown[]>> extends EventEmitter {
  override on<Name extends keyof Events & string>(event: Name, listener: Listener<this, Events[Name]>): this
  override on(event: string | symbol, listener: AnyListener): this
  override on(event: string | symbol, listener: AnyListener): this {
    return super.on(event, listener as Untyped)
  }

  override addListener<Name extends keyof Events & string>(event: Name, listener: Listener<this, Events[Name]>): this
  override addListener(event: string | symbol, listener: AnyListener): this
  override addListener(event: string | symbol, listener: AnyListener): this {
    return super.addListener(event, listener as Untyped)
  }

  override once<Name extends keyof Events & string>(event: Name, listener: Listener<this, Events[Name]>): this
  override once(event: string | symbol, listener: AnyListener): this
  override once(event: string | symbol, listener: AnyListener): this {
    return super.once(event, listener as Untyped)
  }

  override off<Name extends keyof Events & string>(event: Name, listener: Listener<this, Events[Name]>): this
  override off(event: string | symbol, listener: AnyListener): this
  override off(event: string | symbol, listener: AnyListener): this {
    return super.off(event, listener as Untyped)
  }

  override removeListener<Name extends keyof Events & string>(event: Name, listener: Listener<this, Events[Name]>): this
  override removeListener(event: string | symbol, listener: AnyListener): this
  override removeListener(event: string | symbol, listener: AnyListener): this {
    return super.removeListener(event, listener as Untyped)
  }
}
