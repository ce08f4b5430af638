// What is measured. `load` is what the client does, `task` what the server does with it, `figure` what is compared.

const KIB = 1_024
const binary = (bytes) => ({ kind: 'binary', bytes })
const json = (bytes) => ({ kind: 'json', bytes })

const echo = (id, name, connections, inFlight, payload, more) => ({
  id,
  name,
  load: 'round-trips',
  task: 'echo',
  figure: 'cpu',
  connections,
  inFlight,
  payload,
  ...more,
})
const compressed = (id, name, connections, payload) => echo(id, name, connections, 1, payload, { isCompressed: true })
const fanOut = (id, name, inFlight, payload, more) =>
  echo(id, name, 1_000, inFlight, payload, { load: 'fan-out', task: 'fan-out', ...more })
/** The same by topics, where a server has them. */
const published = (id, name, inFlight, payload, more) =>
  fanOut(id, name, inFlight, payload, { task: 'publish', ...more })

/** With a ping after so long for all. After half of it a client that is slow to answer, on a busy machine, had lost connections. */
const HEARTBEAT_MS = 8_000

const idle = (id, name, connections) => ({
  id,
  name,
  load: 'idle',
  task: 'echo',
  figure: 'kibPerConnection',
  connections,
  heartbeatMs: HEARTBEAT_MS,
})

export const WORKLOADS = [
  echo('echo-64', 'echo 64 B, 64 connections, 1 in flight', 64, 1, binary(64)),
  echo('echo-64-pipelined', 'echo 64 B, 8 connections, 64 in flight', 8, 64, binary(64)),
  echo('echo-1k', 'echo 1 KiB, 64 connections, 1 in flight', 64, 1, binary(KIB)),
  echo('echo-16k', 'echo 16 KiB, 8 connections, 4 in flight', 8, 4, binary(16 * KIB)),
  echo('echo-1m', 'echo 1 MiB, 2 connections, 2 in flight', 2, 2, binary(KIB * KIB)),
  echo('echo-utf8', 'echo 1 KiB of multi-byte text, 64 connections', 64, 1, { kind: 'multi-byte', bytes: KIB }),
  compressed('deflate-1k-json', 'compressed echo, 1 KiB of JSON, 64 connections', 64, json(KIB)),
  compressed('deflate-1k-text', 'compressed echo, 1 KiB of repetitive text, 64 connections', 64, {
    kind: 'repetitive',
    bytes: KIB,
  }),
  compressed('deflate-64k-json', 'compressed echo, 64 KiB of JSON, 4 connections', 4, json(64 * KIB)),
  fanOut('fan-out', 'one 128 B message to 1,000, 1 in flight (per delivery)', 1, binary(128)),
  fanOut('fan-out-pipelined', 'one 128 B message to 1,000, 16 in flight (per delivery)', 16, binary(128)),
  fanOut('fan-out-deflate', 'one compressed 512 B message to 1,000 (per delivery)', 1, json(512), {
    isCompressed: true,
  }),
  published('publish', 'one 128 B message published to 1,000, 1 in flight (per delivery)', 1, binary(128)),
  published('publish-pipelined', 'one 128 B message published to 1,000, 16 in flight (per delivery)', 16, binary(128)),
  published('publish-deflate', 'one compressed 512 B message published to 1,000 (per delivery)', 1, json(512), {
    isCompressed: true,
  }),
  echo('iterate', 'echo 64 B by `for await`, 8 connections, 64 in flight', 8, 64, binary(64), { task: 'iterate' }),
  echo('tls-64', 'TLS: echo 64 B, 64 connections, 1 in flight', 64, 1, binary(64), { isTls: true }),
  echo('tls-1k', 'TLS: echo 1 KiB, 64 connections, 1 in flight', 64, 1, binary(KIB), { isTls: true }),
  echo('handshakes', 'connect, upgrade, close handshake', 32, 1, undefined, { load: 'handshakes', warmUp: 4 }),
  echo('flood', 'latency of 20 connections beside a flood of 7-byte frames', 20, 1, binary(64), {
    load: 'flood',
    figure: 'p99',
    atLeastSeconds: 1,
    atMostRounds: 3,
  }),
  idle('idle-10k', '10,000 idle connections', 10_000),
  idle('idle-50k', '50,000 idle connections', 50_000),
]
