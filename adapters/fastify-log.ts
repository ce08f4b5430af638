import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger, RequestLog } from '../src/adapter.ts'
import { internal } from './fastify-internal.ts'

/** Who says whether a request is logged. Fastify has one from 5.12 on. */
interface LogController {
  readonly disableRequestLogging: unknown
  isLogDisabled(request: FastifyRequest): boolean
}

/** Of each app, by what all of its instances share. */
const controllers = new WeakMap<object, LogController>()

/** Whether `app` has lines about requests in its log, as far as that is the same for all. */
export function logsRequests(app: FastifyInstance): boolean {
  const controller = controllerOf(app)
  if (controller !== undefined) controllers.set(app.initialConfig, controller)
  const { disableRequestLogging } = controller ?? app.initialConfig
  return !isSilent(app.log) && disableRequestLogging !== true
}

/** The request's own logger: it has the request's id, and the level of its route. */
export function requestLog(request: FastifyRequest): RequestLog {
  const { log } = request
  return { logger: log, isQuiet: isSilent(log) || isDisabled(request) }
}

/** Where there is no logger, or one at a higher level, both Fastify and pino put a function of this name: nothing then is to be kept. */
export function isSilent(log: Required<Pick<Logger, 'info'>>): boolean {
  return log.info.name === 'noop'
}

function isDisabled(request: FastifyRequest): boolean {
  const { initialConfig } = request.server
  const controller = controllers.get(initialConfig)
  if (controller !== undefined) return controller.isLogDisabled(request)
  const { disableRequestLogging } = initialConfig
  return typeof disableRequestLogging === 'function' ? disableRequestLogging(request) : disableRequestLogging === true
}

function controllerOf(app: FastifyInstance): LogController | undefined {
  return internal(app, 'fastify.logController')
}
