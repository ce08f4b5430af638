// What is measured. `load` is what the client does, `task` what the server does with it.

const KIB = 1_024
const binary = (bytes) => ({ kind: 'binary', bytes })

const echo = (id, name, connections, inFlight, payload, more) => ({
  id,
  name,
  load: 'echo',
  task: 'echo',
  connections,
  inFlight,
  payload,
  ...more,
})
const compressed = (id, name, connections, payload) => echo(id, name, connections, 1, payload, { isCompressed: true })

export const WORKLOADS = [
  echo('echo-64', 'echo 64 B, 64 connections, 1 in flight', 64, 1, binary(64)),
  echo('echo-64-pipelined', 'echo 64 B, 8 connections, 64 in flight', 8, 64, binary(64)),
  echo('echo-1k', 'echo 1 KiB, 64 connections, 1 in flight', 64, 1, binary(KIB)),
  echo('echo-16k', 'echo 16 KiB, 8 connections, 4 in flight', 8, 4, binary(16 * KIB)),
  echo('echo-1m', 'echo 1 MiB, 2 connections, 2 in flight', 2, 2, binary(KIB * KIB)),
  echo('echo-utf8', 'echo 1 KiB of multi-byte text, 64 connections', 64, 1, { kind: 'multi-byte', bytes: KIB }),
  compressed('deflate-1k-json', 'compressed echo, 1 KiB of JSON, 64 connections', 64, { kind: 'json', bytes: KIB }),
  compressed('deflate-1k-text', 'compressed echo, 1 KiB of repetitive text, 64 connections', 64, {
    kind: 'repetitive',
    bytes: KIB,
  }),
  compressed('deflate-64k-json', 'compressed echo, 64 KiB of JSON, 4 connections', 4, {
    kind: 'json',
    bytes: 64 * KIB,
  }),
]
