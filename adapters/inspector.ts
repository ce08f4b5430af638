import {
  type AppVerbs,
  type Clock,
  type Connection,
  checkOptions,
  figuresOf,
  flag,
  type Rule,
  whole,
} from '../src/adapter.ts'
import { Handshakes } from './inspector-handshakes.ts'
import { sendPage } from './inspector-http.ts'
import { Inspection } from './inspector-inspection.ts'
import { Numbers } from './inspector-numbers.ts'

export interface InspectorOptions {
  /**
   * Whether the page shows the first 64 bytes of each frame and message of the connection that is picked there, the reasons that
   * peers give for their closes, and the messages of errors. Whoever sees the page then reads what users write to each other.
   * @defaultValue false
   */
  readonly showPayloads?: boolean
  /**
   * Whether the headers of each handshake are kept while its connection is open, without what may be secret in them: at most 10 KiB of
   * text for each. Without them the page shows neither headers nor addresses.
   * @defaultValue true
   */
  readonly keepHandshakes?: boolean
  /** Most frames that one page is told of in a second; how many more have passed is counted. @defaultValue 200 */
  readonly maxFramesPerSecond?: number
  /** Most pages that may be open at once; one more is closed with 1013. @defaultValue 8 */
  readonly maxPages?: number
}

/** What an app mounts, both on the same path, and behind the same guard. */
export interface Inspector {
  /** The handler of a GET route: the page. Express's hands an upgrade request on. */
  readonly page: (request: object, response: object, next?: (error?: unknown) => void) => void
  /** The handler of a WebSocket route: what the page shows. */
  readonly socket: (socket: Connection<unknown>) => void
}

const RULES: Record<string, Rule> = {
  showPayloads: flag,
  keepHandshakes: flag,
  maxFramesPerSecond: whole(1, 10_000, 'frames', false),
  maxPages: whole(1, 1_000, 'pages', false),
}

const SWAPPED =
  'sockroute: inspect.socket is for a WebSocket route: app.ws(path, inspect.socket); of app.get(...) it is inspect.page'
const ANY_ORIGIN = 'every site may open this route: give it origins: [] of its own'
const tooMany = (maxPages: number): string => `${maxPages} pages of the inspector are open already`

/**
 * A page that shows an app's connections, what they do, and the frames of one of them as they pass. It is an app's to mount, behind
 * what lets in those who may see it, and there is no inspector where nobody mounts one:
 *
 *     const inspect = inspector(app.ws)
 *     app.get('/inspect', { onRequest: requireAdmin }, inspect.page)        // Fastify
 *     app.ws('/inspect', { onRequest: requireAdmin }, inspect.socket)
 *
 *     app.ws('/inspect', requireAdmin, inspect.socket)                      // Express
 *     app.get('/inspect', requireAdmin, inspect.page)
 *
 * While no page is open nothing is looked at; of each handshake its headers are kept (`keepHandshakes`).
 *
 * @param ws `app.ws`, or what `createWebSockets` returned
 * @throws TypeError for an unknown option, a wrong value, or what is no `app.ws`
 */
export function inspector(ws: AppVerbs, options: InspectorOptions = {}): Inspector {
  checkOptions(options, RULES)
  if (typeof ws?.connections?.has !== 'function') {
    throw new TypeError('sockroute: inspector(ws, options) takes app.ws, or what createWebSockets() returned')
  }
  const { showPayloads = false, keepHandshakes = true, maxFramesPerSecond = 200, maxPages = 8 } = options
  const numbers = new Numbers()
  const handshakes = new Handshakes(numbers)
  if (keepHandshakes) handshakes.keep(ws.connections)
  let inspection: Inspection | undefined

  const socket: Inspector['socket'] = (socket) => {
    if (typeof socket.terminate !== 'function') throw new TypeError(SWAPPED)
    const figures = figuresOf(socket)
    if (figures === undefined || figures.takesAnyOrigin) socket.close(1008, ANY_ORIGIN)
    else if (inspection !== undefined && inspection.visitors >= maxPages) socket.close(1013, tooMany(maxPages))
    else open(socket, figures.clock)
  }

  function open(socket: Connection<unknown>, clock: Clock): void {
    const settings = { showPayloads, maxFramesPerSecond, clock }
    inspection ??= new Inspection(ws, handshakes, numbers, settings)
    inspection.add(socket)
    socket.on('close', () => leave(socket))
  }

  function leave(socket: Connection<unknown>): void {
    inspection?.delete(socket)
    if (inspection?.visitors !== 0) return
    inspection.stop()
    inspection = undefined
  }

  return { page: sendPage, socket }
}
