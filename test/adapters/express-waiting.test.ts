/** Replies that take their time: a file that is opened, a session that is saved. For Express 4 and 5 alike. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { websockets } from '../../adapters/express.ts'
import { ROOT } from '../support/root.ts'
import { onBoth, serve } from './express-app.ts'
import { refused, say } from './telling.ts'

await onBoth(
  'a status whose file is still being opened has refused, also where routing goes on',
  async (t, framework) => {
    const app = websockets(framework())
    app.use('/file', (_request, response, next) => {
      response.status(401).sendFile('LICENSE', { root: ROOT })
      next()
    })
    app.ws('/file', say('never'))
    const running = await serve(t, app)
    t.same(await refused(running, '/file'), [401, readFileSync(join(ROOT, 'LICENSE'), 'utf8')])
  },
)

await onBoth(
  'a reply that is held up for ever ends with the handshake’s time, and the log says so',
  async (t, framework) => {
    const lines: string[] = []
    const log = (_details: object, message: string): void => void lines.push(message)
    const app = websockets(framework(), { handshakeTimeoutMs: 50, logger: { warn: log, error: log } })
    app.use((_request, response, next) => {
      response.end = () => response
      next()
    })
    app.ws('/ws', say('never'))
    const running = await serve(t, app)
    for (const path of ['/ws', '/nowhere']) {
      const client = await running.send({ path })
      await client.ended
      client.end()
      t.match(lines.splice(0), [/a reply was given, and something held it up/], path)
    }
  },
)
