import type { PathParams } from 'express-serve-static-core'
import type { AnyRouter, Layer } from './express-types.ts'

/**
 * Express takes routes in order: an earlier one for GET that matches the path answers its upgrades as well. Ours, which
 * begin with `upgradesOnly`, may follow each other.
 */
export function warnIfShadowed(router: AnyRouter, path: PathParams, upgradesOnly: unknown): void {
  if (typeof path !== 'string' || /[^\w/:.~-]/.test(path)) return // what such a pattern matches cannot be told
  const sample = path.replace(/:\w+/g, 'x')
  const earlier = stackOf(router).slice(0, -1)
  const isShadow = ({ route }: Layer): boolean => route?.methods.get === true && route.stack[0]?.handle !== upgradesOnly
  if (!earlier.some((layer) => isShadow(layer) && layer.match(sample))) return
  process.emitWarning(
    `an earlier route for GET also matches ${path}, and will answer its upgrades if it replies: put ws('${path}') first`,
    { type: 'SockrouteWarning', code: 'SOCKROUTE_SHADOWED' },
  )
}

/** Express 4 has an app's router as `_router`; 5 has it as `router`, where 4 has a getter that throws. */
function stackOf(router: AnyRouter): Layer[] {
  return router.stack ?? router._router?.stack ?? router.router?.stack ?? []
}
