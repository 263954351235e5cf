import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { Scope } from '../graphql/scope.ts'
import { FairShare } from '../platform/fair-share.ts'
import { csvRoutes } from './csv.route.ts'

/** The route on a database that fails at that page; pages before it are empty and go on. */
async function failingAt(page: number): Promise<string> {
  let asked = 0
  const services = () => ({
    access: { byToken: async () => ({ scopes: [Scope.READ] }) },
    clock: () => new Date('2026-11-29T12:00:00Z'),
    disks: {
      list: async () => {
        if (++asked === page) throw new Error('The database went away')
        return { nodes: [], pageInfo: { hasNextPage: true, endCursor: 'next' } }
      },
    },
  })
  const server = Fastify()
  onTestFinished(() => server.close())
  csvRoutes(server, { services: services as never, share: new FairShare() })
  return server.listen({ host: '127.0.0.1', port: 0 })
}
const get = (url: string): Promise<Response> =>
  fetch(`${url}/export/disks.csv`, { headers: { authorization: 'Bearer a-token-of-somebody-who-reads' } })

test('What fails before anything is sent is answered as an error, and as no file', async () => {
  const answer = await get(await failingAt(1))
  expect(answer.status).toBe(500)
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  expect(answer.headers.get('content-disposition')).toBeNull()
  expect(await answer.json()).toMatchObject({ message: 'The database went away' })
})

test('What fails later cuts the file off, so that nobody takes a part for all of it', async () => {
  const answer = await get(await failingAt(2))
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toThrow()
})

test('It cannot be asked for its head alone, which would cost as much as all of it', async () => {
  const answer = await fetch(`${await failingAt(1)}/export/disks.csv`, { method: 'HEAD' })
  expect(answer.status).toBe(404)
})
