// The peer as its own documentation sets it up: everything to one upstream, no logger.
const [port, upstream] = process.argv.slice(2)
const app = require('fastify')({ logger: false })
app.register(require('@fastify/http-proxy'), { upstream })
app.listen({ port: Number(port), host: '127.0.0.1' })
