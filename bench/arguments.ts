import { parseArgs } from 'node:util'
import type { AppOptions } from 'sockroute'

const SERVERS = ['node', 'express4', 'express5', 'fastify', 'node-http2', 'fastify-http2', 'ws'] as const

export type ServerName = (typeof SERVERS)[number]

export interface EchoArguments {
  readonly server: ServerName
  readonly port: number
  readonly options: AppOptions
}

export const USAGE: string = `echo-server --server ${SERVERS.join('|')} --port N [--max-message BYTES] [--max-fragments N] [--compression] [--context-takeover]`

/** The echo server's command line. @throws TypeError for what it does not know */
export function readArguments(argv: readonly string[]): EchoArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      server: { type: 'string', default: 'node' },
      port: { type: 'string', default: '0' },
      'max-message': { type: 'string' },
      'max-fragments': { type: 'string' },
      compression: { type: 'boolean', default: false },
      'context-takeover': { type: 'boolean', default: false },
    },
  })
  const server = SERVERS.find((name) => name === values.server)
  if (server === undefined) throw new TypeError(`there is no server ${values.server}; usage: ${USAGE}`)
  return {
    server,
    port: wholeNumber('--port', values.port),
    options: {
      maxMessageBytes: values['max-message'] && wholeNumber('--max-message', values['max-message']),
      maxFragments: values['max-fragments'] && wholeNumber('--max-fragments', values['max-fragments']),
      compression: compression(values.compression, values['context-takeover']),
    } as AppOptions, // an option left out is undefined, which is the default
  }
}

/** Every message, however short: what is measured should be what is said. */
function compression(isOn: boolean, contextTakeover: boolean): AppOptions['compression'] {
  return isOn || contextTakeover ? { contextTakeover, thresholdBytes: 0 } : false
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new TypeError(`${name} takes a whole number; got ${value}. Usage: ${USAGE}`)
  return Number(value)
}
