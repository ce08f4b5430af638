// mercurius.mjs
import fastify from 'fastify'
import mercurius from 'mercurius'
import fastifyWebsocket from 'sockroute/compat/fastify-websocket'

const app = fastify()
await app.register(fastifyWebsocket)

await app.register(mercurius, {
  schema: `
    type Query { hello: String }
    type Mutation { say(text: String!): Boolean }
    type Subscription { said: String }`,
  resolvers: {
    Query: { hello: () => 'world' },
    Mutation: {
      async say(_root, { text }, { pubsub }) {
        await pubsub.publish({ topic: 'said', payload: { said: text } })
        return true
      },
    },
    Subscription: { said: { subscribe: (_root, _args, { pubsub }) => pubsub.subscribe('said') } },
  },
  subscription: true,
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log(`listening on ${app.server.address().port}`)
