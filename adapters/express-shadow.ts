import type { PathParams } from 'express-serve-static-core'
import type { AnyRouter, Layer } from './express-types.ts'

/** Of a route of ours without middleware, which could pass on: `upgradesOnly`, the check, and what accepts. */
const OWN_HANDLERS = 3

/**
 * Express takes routes in order: an earlier one for GET that matches the path answers its upgrades as well. Ours, which
 * begin with `upgradesOnly`, may follow each other where there is middleware that passes on.
 */
export function warnIfShadowed(router: AnyRouter, path: PathParams, upgradesOnly: unknown): void {
  if (typeof path !== 'string' || /[^\w/:.~-]/.test(path)) return // what such a pattern matches cannot be told
  const sample = path.replace(/:\w+/g, 'x')
  const earlier = stackOf(router).slice(0, -1)
  const isOurs = ({ route }: Layer): boolean => route?.stack[0]?.handle === upgradesOnly
  const takesAll = ({ route }: Layer): boolean => route?.stack.length === OWN_HANDLERS
  const matching = earlier.filter((layer) => layer.route?.methods.get === true && layer.match(sample))
  if (matching.some((layer) => isOurs(layer) && takesAll(layer))) {
    warn(
      `an earlier ws route also matches ${path}, and takes all of its upgrades: put ws('${path}') first, or leave it out`,
    )
  } else if (!matching.every(isOurs)) {
    warn(
      `an earlier route for GET also matches ${path}, and will answer its upgrades if it replies: put ws('${path}') first`,
    )
  }
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'SockrouteWarning', code: 'SOCKROUTE_SHADOWED' })
}

/** Express 4 has an app's router as `_router`; 5 has it as `router`, where 4 has a getter that throws. */
function stackOf(router: AnyRouter): Layer[] {
  return router.stack ?? router._router?.stack ?? router.router?.stack ?? []
}
