// The peer of home, written by hand: the same six lists at once, each with 300 ms, merged into the same answer.
const [port, upstream, count] = process.argv.slice(2)
const { Pool } = require('undici')
const app = require('fastify')({ logger: false })
const pool = new Pool(upstream, { connections: 100 })
const numbers = [...Array(Number(count)).keys()]

async function part (number, lat, lon) {
  const path = `/part${number}/v1/part${number}/list?limit=5&lat=${lat}&lon=${lon}`
  const section = { name: `part${number}`, title: `Part${number}`, status: 'ok', as_of: new Date().toISOString(), menu: null, more: false, items: [] }
  try {
    const { statusCode, body } = await pool.request({ path, method: 'GET', signal: AbortSignal.timeout(300) })
    const page = await body.json()
    if (statusCode !== 200 || !Array.isArray(page.items)) throw new Error('no page')
    section.items = page.items
    section.more = page.next !== null
  } catch {
    section.status = 'unavailable'
    section.as_of = null
  }
  return section
}

app.get('/v1/home', async (request) => {
  const { lat, lon } = request.query
  const sections = await Promise.all(numbers.map((number) => part(number, lat, lon)))
  return { sections, area: null }
})
app.listen({ port: Number(port), host: '127.0.0.1' })
