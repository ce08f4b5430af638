import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createRequire } from 'node:module'
import { keepAlive, wsOptions } from '../../dist/bench/ws-settings.js'
import { optionsOf } from './options.mjs'

export async function start({ packages, task, tls, ...settings }) {
  const require = createRequire(packages)
  const options = optionsOf(settings)
  const express = require('express')()
  const server = tls === undefined ? createServer(express) : createTlsServer(tls, express)
  const { app, getWss } = require('express-ws')(express, server, { wsOptions: wsOptions(options) })
  app.ws('/', (socket) => {
    socket.on('error', () => {}) // else a bad frame is an uncaught exception
    TASKS[task](socket, getWss().clients)
  })
  if (options.pingIntervalMs !== undefined) keepAlive(getWss(), options.pingIntervalMs)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server.address().port
}

/** In the version of `ws` that it brings, text comes as a string, and binary as a Buffer. */
const TASKS = {
  echo: (socket) => socket.on('message', (data) => socket.send(data)),
  'fan-out': sendToAll,
  publish: sendToAll, // it has no topics
}

function sendToAll(socket, all) {
  socket.on('message', (data) => {
    for (const one of all) one.send(data)
  })
}
