/**
 * One page, and three processes behind it on one port: what is said to one of them is heard on all. By default over the channel that
 * the processes of node:cluster have anyway; with REDIS_URL or NATS_URL over that, as it would be on three machines.
 *
 *     node dist/examples/three-processes.js         open the address that it prints in several windows, and: kill -9 <pid>
 */
import cluster from 'node:cluster'
import express from 'express'
import { clusterBroker, clusterPrimary } from 'sockroute/cluster'
import { websockets } from 'sockroute/express'
import { natsBroker } from 'sockroute/nats'
import { redisBroker } from 'sockroute/redis'

const PROCESSES = 3
const { PORT = '3000', REDIS_URL, NATS_URL } = process.env

if (cluster.isPrimary) startProcesses()
else serve()

function startProcesses(): void {
  let started = 0
  let isEnding = false
  clusterPrimary()
  cluster.setupPrimary({ serialization: 'advanced' }) // else bytes go between processes as base64
  for (let i = 0; i < PROCESSES; i++) cluster.fork()

  cluster.on('listening', ({ process: { pid } }, { port }) => {
    console.log(`process ${pid} is there`)
    if (++started === PROCESSES) console.log(`listening on http://127.0.0.1:${port}`)
  })
  cluster.on('exit', (worker, code, signal) => {
    console.log(`process ${worker.process.pid} is gone: ${signal ?? code}`)
    if (started < PROCESSES)
      process.exitCode = 1 // they cannot even start
    else if (!isEnding) cluster.fork()
  })
  process.once('SIGTERM', () => {
    isEnding = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM')
  })
}

function serve(): void {
  const me = `process ${process.pid}`
  const broker = REDIS_URL ? redisBroker(REDIS_URL) : NATS_URL ? natsBroker(NATS_URL) : clusterBroker()
  const app = websockets(express(), {
    broker,
    drain: { spreadMs: 1_000, deadlineMs: 2_000 },
    onGap: (socket) => socket.send('(the broker was away: something may be missing here)'),
  })

  app.get('/', (_request, response) => void response.send(PAGE))

  app.ws('/chat', async (socket) => {
    await socket.subscribe('chat') // from here on it hears everybody, on whichever process
    socket.send(`you are connected to ${me}`)
    socket.on('message', (message) => app.ws.publish('chat', `${me} was told: ${message.toString()}`))
  })

  const server = app.listen(Number(PORT), '127.0.0.1')
  process.once('SIGTERM', () => server.close(() => process.disconnect())) // the channel to the primary would keep the process
}

const PAGE = `<!doctype html>
  <title>three processes</title>
  <form><input autofocus placeholder="say something"></form>
  <pre></pre>
  <script>
    const input = document.querySelector('input')
    const log = (line) => document.querySelector('pre').prepend(line + '\\n')
    let ws
    function connect() {
      ws = new WebSocket(location.href.replace('http', 'ws') + 'chat')
      ws.onmessage = (event) => log(event.data)
      ws.onclose = () => setTimeout(connect, 200 + Math.random() * 800) // another process takes over
    }
    connect()
    document.querySelector('form').onsubmit = (event) => {
      event.preventDefault()
      ws.send(input.value)
      input.value = ''
    }
  </script>`
