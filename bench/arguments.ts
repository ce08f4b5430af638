import { parseArgs } from 'node:util'
import type { RouteOptions } from 'sockroute'

const SERVERS = ['node', 'express4', 'express5', 'fastify'] as const

export type ServerName = (typeof SERVERS)[number]

export interface EchoArguments {
  readonly server: ServerName
  readonly port: number
  readonly options: RouteOptions
}

export const USAGE: string = `echo-server --server ${SERVERS.join('|')} --port N [--max-message BYTES] [--max-fragments N]`

/** The echo server's command line. @throws TypeError for what it does not know */
export function readArguments(argv: readonly string[]): EchoArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      server: { type: 'string', default: 'node' },
      port: { type: 'string', default: '0' },
      'max-message': { type: 'string' },
      'max-fragments': { type: 'string' },
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
    } as RouteOptions, // an option left out is undefined, which is the default
  }
}

function wholeNumber(name: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new TypeError(`${name} takes a whole number; got ${value}. Usage: ${USAGE}`)
  return Number(value)
}
