/**
 * The names of what all copies of this package in one process share: of two installs, whose apps are on one server, say.
 * The number in front is raised when one of them changes its shape, for copies that differ must not share.
 */
const GENERATION = 'sockroute.1'

export const UPGRADES: unique symbol = Symbol.for(`${GENERATION}.upgrades`)
export const DISPATCHER: unique symbol = Symbol.for(`${GENERATION}.dispatcher`)
export const EXPRESS_HUB: unique symbol = Symbol.for(`${GENERATION}.express.hub`)
export const RECENT_ORDERS: unique symbol = Symbol.for(`${GENERATION}.recentOrders`)
export const STREAM: unique symbol = Symbol.for(`${GENERATION}.stream`)
export const FASTIFY_AROUND: unique symbol = Symbol.for(`${GENERATION}.fastify.around`)
