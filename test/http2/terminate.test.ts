/** What a client sees of a connection that its handler gives up. RFC 8441 §5 */

import { echo } from '../hosts/host.ts'
import { until } from '../support/until.ts'
import { CANCEL, HI, onEachHttp2Host, servesOthers } from './on-each-host.ts'
import { CONNECT, headersFrame, http2Frame, rawSession, statusIn, Type } from './raw-session.ts'

await onEachHttp2Host('B09 the answer comes before the reset, also of one turn', async (t, begin) => {
  const app = await begin({
    routes: {
      '/ws': echo,
      '/at-once': (socket) => socket.terminate(),
      '/asked': (socket) => void socket.on('message', () => socket.terminate()),
    },
  })
  for (const path of ['/at-once', '/asked']) {
    const { socket, seen } = await rawSession(t, app)
    socket.write(headersFrame(1, { ...CONNECT, ':path': path }))
    const ofStream = (): typeof seen => seen.filter(({ streamId }) => streamId === 1)
    await until('an answer', () => ofStream().length > 0)
    socket.write(http2Frame(Type.Data, 0, 1, HI))
    await until('a reset', () => ofStream().some(({ type }) => type === Type.Reset))
    const [answer, ...others] = ofStream()
    t.equal(answer.type, Type.Headers, path)
    t.equal(statusIn(answer), 200, path)
    t.equal(others.at(-1)?.payload.readUInt32BE(), CANCEL, path)
    t.equal(Buffer.concat(others.slice(0, -1).map(({ payload }) => payload)).length, 0, 'and nothing between')
  }
  await servesOthers(t, app)
})
