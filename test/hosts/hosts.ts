import { expressHosts, expressHttp2Hosts } from './express.ts'
import { fastifyHost, fastifyHttp2Host } from './fastify.ts'
import type { Host } from './host.ts'
import { nodeHost, nodeHttp2Host } from './node.ts'

const OVER_HTTP1: readonly Host[] = [nodeHost, ...expressHosts, fastifyHost]
export const OVER_HTTP2: readonly Host[] = [nodeHttp2Host, ...expressHttp2Hosts, fastifyHttp2Host]

/** The same suite over HTTP/2, where the environment says so. */
export const isOverHttp2: boolean = process.env.SOCKROUTE_HTTP2 !== undefined

export const HOSTS: readonly Host[] = isOverHttp2 ? OVER_HTTP2 : OVER_HTTP1
