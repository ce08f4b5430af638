/**
 * Tests of WebSocket routes, without a port and without waiting.
 *
 *     const socket = await inject(app, '/chat/lobby', { headers: { cookie: 'sid=1' } })
 *     socket.send('hello')
 *     assert.equal(await socket.next(), 'hello')
 */

export { HandshakeError } from '../src/client/index.ts'
export { TestClock } from './testing-clock.ts'
export { type Injectable, type InjectOptions, inject } from './testing-inject.ts'
export type { TestNetwork } from './testing-network.ts'
export type { TestResponse, TestSocket } from './testing-socket.ts'
