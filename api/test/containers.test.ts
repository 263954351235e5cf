import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { minutes, report, section } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const container = (name: string, more: Record<string, unknown> = {}) => ({
  id: createHash('sha256').update(name).digest('hex').slice(0, 12),
  name,
  image: 'nginx:1.27',
  imageId: digest('a'),
  state: 'running',
  health: null,
  exitCode: null,
  oomKilled: false,
  restarts: 0,
  restartPolicy: 'unless-stopped',
  startedAt: '2026-11-20T12:00:00Z',
  finishedAt: null,
  project: 'shop',
  service: name,
  ...more,
})
const docker = (containers: unknown[], more: Record<string, unknown> = {}) =>
  section('docker', {
    engine: { name: 'docker', version: '27.3.1' },
    containers,
    images: [{ id: digest('a'), tags: ['nginx:1.27'], digests: [`nginx@${digest('d')}`], sizeBytes: 192_000_000 }],
    remote: [{ reference: 'nginx:1.27', digest: digest('e'), problem: null }],
    ...more,
  })
const FACTS = 'toldAt problem engine version containers running troubled outdated unusedImages unusedBytes'
const dockerOf = async (api: TestApi) =>
  (await api.ask(`{ machine(hostname: "atlas") { docker { ${FACTS} } } }`)).data.machine.docker
const names = async (api: TestApi, filter: Record<string, unknown> = {}) =>
  (
    await api.ask(
      'query ($filter: ContainerFilter) { containers(filter: $filter) { totalCount nodes { name standing update machine { hostname } } } }',
      { filter },
    )
  ).data.containers.nodes.map(({ name, standing, update }: Record<string, string>) => `${name} ${standing} ${update}`)

test('The containers of a machine are told with how they stand, and those that are gone are gone', async () => {
  const api = await apiForThisTest()
  await report(api, {
    sections: [
      docker([
        container('web'),
        container('db', { health: 'unhealthy', image: 'registry.lan:5000/db', imageId: digest('b') }),
        container('job', { state: 'exited', exitCode: 1, finishedAt: '2026-11-21T11:00:00Z' }),
      ]),
    ],
  })
  expect(await names(api)).toEqual(['db UNHEALTHY UNKNOWN', 'job FAILED UPDATE', 'web RUNNING UPDATE'])
  expect(await names(api, { standing: ['FAILED', 'UNHEALTHY'] })).toHaveLength(2)
  expect(await names(api, { update: ['UPDATE'] })).toHaveLength(2)
  expect(await names(api, { search: 'LAN:5000' })).toEqual(['db UNHEALTHY UNKNOWN'])
  expect(await dockerOf(api)).toEqual({
    toldAt: minutes(0).toISOString(),
    problem: null,
    engine: 'docker',
    version: '27.3.1',
    containers: 3,
    running: 2,
    troubled: 2,
    outdated: 2,
    unusedImages: 0,
    unusedBytes: '0',
  })
  await report(api, { collectedAt: minutes(15), sections: [docker([container('web')])] })
  expect(await names(api)).toEqual(['web RUNNING UPDATE'])
})

test('What was told before need not be told again; an engine that does not answer leaves what was known', async () => {
  const api = await apiForThisTest()
  const told = docker([container('web')])
  await report(api, { sections: [told] })
  const unchanged = createHash('sha256').update(told.payload).digest('hex')
  const same = { kind: 'docker', version: 1, subject: null, unchanged }
  const { sections } = await report(api, { collectedAt: minutes(15), sections: [same] })
  expect(sections.find(({ kind }) => kind === 'docker')).toMatchObject({ outcome: 'UNCHANGED' })
  expect(await dockerOf(api)).toMatchObject({ toldAt: minutes(15).toISOString(), running: 1 })
  const silent = {
    kind: 'docker',
    version: 1,
    subject: null,
    unavailable: { code: 'NOT_RUNNING', text: 'nothing answers' },
  }
  await report(api, { collectedAt: minutes(30), sections: [silent] })
  expect(await dockerOf(api)).toMatchObject({
    toldAt: minutes(15).toISOString(),
    problem: 'nothing answers',
    running: 1,
  })
  expect(await names(api)).toHaveLength(1)
  await report(api, { collectedAt: minutes(45), sections: [same] })
  expect(await dockerOf(api)).toMatchObject({ problem: null })
  // A hash that is not known here is asked for whole.
  const other = await report(api, { collectedAt: minutes(60), sections: [{ ...same, unchanged: 'f'.repeat(64) }] })
  expect(other.sections.find(({ kind }) => kind === 'docker')).toMatchObject({ outcome: 'WANTED' })
})

test('A machine without an engine has none, and is not one that was never asked', async () => {
  const api = await apiForThisTest()
  await report(api, {})
  expect(await dockerOf(api)).toBeNull()
  await report(api, { collectedAt: minutes(15), sections: [docker([], { engine: null, images: [], remote: [] })] })
  expect(await dockerOf(api)).toMatchObject({ engine: null, containers: null, toldAt: minutes(15).toISOString() })
})

test('Containers of a machine that is retired are not asked for', async () => {
  const api = await apiForThisTest()
  const { machine } = await report(api, { sections: [docker([container('web')])] })
  await api.ask('mutation ($id: ID!) { archiveMachine(id: $id) { id } }', { id: machine.id })
  expect(await names(api)).toEqual([])
})

test('What is no such thing is refused by its field, and costs no other section', async () => {
  const api = await apiForThisTest()
  const { sections } = await report(api, { sections: [docker([container('web', { name: 'web\nx' })])] })
  expect(sections.find(({ kind }) => kind === 'docker')).toMatchObject({
    outcome: 'REFUSED',
    refusals: [{ field: 'payload.containers.0.name' }],
  })
  expect(await dockerOf(api)).toMatchObject({ toldAt: null, problem: expect.stringContaining('name') })
})
