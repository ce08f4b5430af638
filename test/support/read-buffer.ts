/** Whether sockets can be switched over to the buffer of all: on every line of Node that we know, unless the tests hide it. */
export const isReadBufferKnown: boolean =
  [20, 22, 24, 26].includes(Number.parseInt(process.versions.node, 10)) && process.env.SOCKROUTE_OWN_READS === undefined
