// Who takes part, and with which packages.

const BUFFERUTIL = { bufferutil: '4.1.0' } // ws uses it where it is

/**
 * `server` is a file of bench/servers, `settings` are for it, `apart` are its packages, and `lacks` is what it cannot
 * do: tasks, loads, 'compression', 'tls' or 'heartbeat'.
 */
export const CONTENDERS = [
  ours('sockroute', 'sockroute', { host: 'node' }),
  ours(
    'sockroute-own-reads',
    'sockroute, own reads',
    { host: 'node', sharedReadBuffer: false },
    [],
    ['tls', 'handshakes'],
  ),
  ours(
    'sockroute-listener',
    "sockroute, 'message'",
    { host: 'node', task: 'echo' },
    [],
    ['echo', 'fan-out', 'publish'],
  ),
  ours('sockroute-express', 'sockroute, Express', { host: 'express5' }, ['express'], ['iterate']),
  ours('sockroute-fastify', 'sockroute, Fastify', { host: 'fastify' }, ['fastify'], ['iterate']),
  { ...peer('ws', 'ws', { ws: '8.23.0', ...BUFFERUTIL }, []), server: 'sockroute', settings: { host: 'ws' } },
  peer('express-ws', 'express-ws', { 'express-ws': '5.0.2', express: '5.3.0', ...BUFFERUTIL }),
  peer('fastify-websocket', '@fastify/websocket', {
    '@fastify/websocket': '11.3.7',
    fastify: '5.12.8',
    ...BUFFERUTIL,
  }),
  peer('crossws', 'crossws', { crossws: '0.4.17' }),
  peer('uws', 'uWebSockets.js', { '@trufflesuite/uws-js-unofficial': '20.30.0-unofficial.0' }),
  peer('bun', 'Bun', { bun: '1.4.5' }),
  {
    id: 'net',
    name: 'bare node:net',
    server: 'net',
    settings: {},
    packages: [],
    lacks: ['iterate', 'compression', 'tls', 'handshakes', 'flood', 'heartbeat'],
  },
]

function ours(id, name, settings, packages = [], lacks = []) {
  return { id, name, server: 'sockroute', settings, packages: ['sockroute', ...packages], lacks }
}

function peer(id, name, apart, lacks = ['iterate']) {
  return { id, name, server: id, settings: {}, apart, lacks }
}

/** Whether a contender can do a workload. */
export function canDo({ lacks }, { load, task, isCompressed, isTls }) {
  const needs = [load, task, ...(isCompressed ? ['compression'] : []), ...(isTls ? ['tls'] : [])]
  return !needs.some((need) => lacks.includes(need))
}
