import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { forgetPackages } from '../src/packages/forget-packages.ts'
import { minutes, report, section } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

type Told = [name: string, version: string, more?: Record<string, unknown>]
const packages = (told: readonly Told[], busy: string | null = null) =>
  section('packages', {
    packages: told.map(([name, version, more]) => ({
      name,
      architecture: 'amd64',
      version,
      source: null,
      held: false,
      installedAt: '2026-11-20T12:00:00Z',
      ...more,
    })),
    busy,
  })
const unchanged = (payload: string) => ({
  kind: 'packages',
  version: 1,
  subject: null,
  unchanged: createHash('sha256').update(payload).digest('hex'),
})
const FIELDS = 'name architecture version source held installedAt since machine { hostname } update { candidate }'
const installed = async (api: TestApi, filter: Record<string, unknown> = {}) =>
  (
    await api.ask(
      `query ($filter: InstalledPackageFilter) { installedPackages(filter: $filter) { totalCount nodes { ${FIELDS} } } }`,
      { filter },
    )
  ).data.installedPackages.nodes
const names = async (api: TestApi, filter: Record<string, unknown> = {}) =>
  (await installed(api, filter)).map(
    ({ name, version, machine }: { name: string; version: string; machine: { hostname: string } }) =>
      `${name} ${version} ${machine.hostname}`,
  )
const stateOf = async (api: TestApi, hostname = 'atlas') =>
  (
    await api.ask(
      'query ($hostname: String!) { machine(hostname: $hostname) { state { installedPackages packagesAt } } }',
      {
        hostname,
      },
    )
  ).data.machine.state
const changes = async (api: TestApi) =>
  (
    await api.ask(
      '{ events(filter: { type: [PACKAGES_CHANGED] }) { nodes { sentence detail packages { name from to } } } }',
    )
  ).data.events.nodes

test('Which machine has which package is found by its name, by its source and by its version', async () => {
  const api = await apiForThisTest()
  const ssl = { source: 'openssl' }
  await report(api, {
    sections: [
      packages([
        ['bash', '5.2.15-2+b7'],
        ['libssl3', '3.0.15-1', { ...ssl, held: true }],
        ['openssl', '3.0.15-1'],
      ]),
    ],
  })
  await report(api, {
    machineKey: 'k2-other-machine',
    hostname: 'borg',
    sections: [packages([['libssl3', '3.0.16-1', ssl]])],
  })
  expect(await names(api, { search: 'OPENSSL' })).toEqual([
    'libssl3 3.0.15-1 atlas',
    'libssl3 3.0.16-1 borg',
    'openssl 3.0.15-1 atlas',
  ])
  expect(await names(api, { name: 'libssl3', version: '3.0.16-1' })).toEqual(['libssl3 3.0.16-1 borg'])
  // The whole name is no part of one, and what SQL calls a wildcard is a sign like others.
  expect(await names(api, { name: 'ssl' })).toEqual([])
  expect(await names(api, { search: 'lib%' })).toEqual([])
  const [first] = await installed(api, { name: 'libssl3', version: '3.0.15-1' })
  expect(first).toEqual({
    name: 'libssl3',
    architecture: 'amd64',
    version: '3.0.15-1',
    source: 'openssl',
    held: true,
    installedAt: '2026-11-20T12:00:00.000Z',
    since: minutes(0).toISOString(),
    machine: { hostname: 'atlas' },
    update: null,
  })
  expect(await stateOf(api)).toEqual({ installedPackages: 3, packagesAt: minutes(0).toISOString() })
})

test('What came, went or is another version is told as one event; the first list is none', async () => {
  const api = await apiForThisTest()
  const { machine } = await report(api, {
    sections: [
      packages([
        ['bash', '5.2'],
        ['nano', '7.2'],
        ['openssl', '3.0.15'],
      ]),
    ],
  })
  expect(await changes(api)).toEqual([])
  await report(api, {
    collectedAt: minutes(15),
    sections: [
      packages([
        ['bash', '5.2'],
        ['curl', '8.5'],
        ['openssl', '3.0.16'],
      ]),
    ],
  })
  expect(await changes(api)).toEqual([
    {
      sentence: 'Packages of atlas that changed: 3',
      detail: '+ curl 8.5, − nano 7.2, openssl 3.0.15 → 3.0.16',
      packages: [
        { name: 'curl', from: null, to: '8.5' },
        { name: 'nano', from: '7.2', to: null },
        { name: 'openssl', from: '3.0.15', to: '3.0.16' },
      ],
    },
  ])
  const rows = await installed(api, { machine: machine.id })
  expect(rows.map(({ name, since }: Record<string, string>) => [name, since])).toEqual([
    ['bash', minutes(0).toISOString()],
    ['curl', minutes(15).toISOString()],
    ['openssl', minutes(15).toISOString()],
  ])
})

test('Of a moment in between nothing is concluded, however often it is told', async () => {
  const api = await apiForThisTest()
  await report(api, { sections: [packages([['bash', '5.2']])] })
  const between = packages([['curl', '8.5']], 'apt-get (123)')
  await report(api, { collectedAt: minutes(15), sections: [between] })
  expect(await names(api, { search: 'a' })).toEqual(['bash 5.2 atlas'])
  const { sections } = await report(api, { collectedAt: minutes(30), sections: [unchanged(between.payload)] })
  expect(sections.find(({ kind }) => kind === 'packages')).toMatchObject({ outcome: 'WANTED' })
  expect(await stateOf(api)).toEqual({ installedPackages: 1, packagesAt: minutes(0).toISOString() })
  expect(await changes(api)).toEqual([])
})

test('What was told before need not be told again; what cannot be told leaves what was known', async () => {
  const api = await apiForThisTest()
  const told = packages([['bash', '5.2']])
  await report(api, { sections: [told] })
  const { sections } = await report(api, { collectedAt: minutes(15), sections: [unchanged(told.payload)] })
  expect(sections.find(({ kind }) => kind === 'packages')).toMatchObject({ outcome: 'UNCHANGED' })
  expect(await stateOf(api)).toEqual({ installedPackages: 1, packagesAt: minutes(15).toISOString() })
  const silent = { code: 'FAILED', text: 'dpkg-query failed' }
  await report(api, {
    collectedAt: minutes(30),
    sections: [{ kind: 'packages', version: 1, subject: null, unavailable: silent }],
  })
  const known = { installedPackages: 1, packagesAt: minutes(15).toISOString() }
  expect(await stateOf(api)).toEqual(known)
  const problem = async () =>
    (await api.ask('{ machine(hostname: "atlas") { state { packagesProblem } } }')).data.machine.state.packagesProblem
  expect(await problem()).toBe('dpkg-query failed')
  expect(await names(api, { search: 'a' })).toEqual(['bash 5.2 atlas'])
  await report(api, { collectedAt: minutes(45), sections: [unchanged(told.payload)] })
  expect(await problem()).toBeNull()
  await report(api, { collectedAt: minutes(60), sections: [packages([])] })
  expect(await problem()).toContain('packages')
  expect(await stateOf(api)).toMatchObject({ installedPackages: 1 })
})

test('Of how many machines the packages are known is told', async () => {
  const api = await apiForThisTest()
  await report(api, { sections: [packages([['bash', '5.2']])] })
  await report(api, { machineKey: 'k2-other-machine', hostname: 'borg' })
  const { data } = await api.ask('{ packagesCoverage { machines told } }')
  expect(data.packagesCoverage).toEqual({ machines: 2, told: 1 })
})

test('A package says what its package manager would do with it', async () => {
  const api = await apiForThisTest()
  const change = {
    name: 'openssl',
    architecture: 'amd64',
    change: 'UPGRADE',
    kept: null,
    installed: '3.0.15',
    candidate: '3.0.16',
    security: true,
    origins: [],
  }
  const apt = {
    changes: [change, { ...change, architecture: 'i386', candidate: '9' }],
    problem: null,
    planHash: 'a'.repeat(64),
    downloadBytes: 1,
    refreshedAt: null,
    sources: [],
    busy: null,
    interrupted: false,
    broken: [],
  }
  await report(api, {
    sections: [
      section('apt', apt),
      packages([
        ['bash', '5.2'],
        ['openssl', '3.0.15'],
      ]),
    ],
  })
  const rows = await installed(api, { search: 's' })
  expect(rows.map(({ name, update }: { name: string; update: object | null }) => [name, update])).toEqual([
    ['bash', null],
    ['openssl', { candidate: '3.0.16' }],
  ])
  // It was installed since, and nobody asked apt again.
  await report(api, { collectedAt: minutes(15), sections: [packages([['openssl', '3.0.16']])] })
  expect((await installed(api, { search: 's' })).map(({ update }: { update: object | null }) => update)).toEqual([null])
})

test('Page by page each is told once; those of a machine that is retired are not told', async () => {
  const api = await apiForThisTest()
  const told = Array.from({ length: 25 }, (_, at): Told => [`lib${at % 5}`, `1.${at}`])
  const { machine } = await report(api, { sections: [packages(told)] })
  const seen: string[] = []
  let after = null as string | null
  do {
    const { data } = await api.ask(
      'query ($after: String) { installedPackages(first: 4, after: $after, filter: { search: "lib" }) { nodes { name version } pageInfo { hasNextPage endCursor } } }',
      { after },
    )
    const { nodes, pageInfo } = data.installedPackages
    seen.push(...nodes.map(({ name, version }: Record<string, string>) => `${name} ${version}`))
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after)
  expect(seen).toHaveLength(25)
  expect(new Set(seen).size).toBe(25)
  await api.ask('mutation ($id: ID!) { archiveMachine(id: $id) { id } }', { id: machine.id })
  expect(await names(api, { search: 'lib' })).toEqual([])
  // Who asks for it by itself sees what is known of it.
  expect(await names(api, { machine: machine.id })).toHaveLength(25)
})

test('Versions that no machine has any more are forgotten, those of others stay', async () => {
  const api = await apiForThisTest()
  const count = async (): Promise<number> =>
    ((await api.orm.em.getConnection().execute('select id from package_version')) as unknown[]).length
  await report(api, {
    sections: [
      packages([
        ['bash', '5.2'],
        ['nano', '7.2'],
      ]),
    ],
  })
  await report(api, { machineKey: 'k2-other-machine', hostname: 'borg', sections: [packages([['bash', '5.2']])] })
  await report(api, { collectedAt: minutes(15), sections: [packages([['zsh', '5.9']])] })
  expect(await count()).toBe(3)
  await forgetPackages(api.orm.em.fork(), () => false)
  expect(await count()).toBe(2)
  expect(await names(api, { search: 'sh' })).toEqual(['bash 5.2 borg', 'zsh 5.9 atlas'])
})

test('A name that is no name is refused by its field, and costs no other section', async () => {
  const api = await apiForThisTest()
  const { sections } = await report(api, { sections: [packages([['bash\nx', '5.2']])] })
  expect(sections.find(({ kind }) => kind === 'packages')).toMatchObject({
    outcome: 'REFUSED',
    refusals: [{ field: 'payload.packages.0.name' }],
  })
})

test('Whoever asks for no machine and no package is told what to ask for', async () => {
  const api = await apiForThisTest()
  const { errors } = await api.ask('{ installedPackages(filter: { version: "1" }) { totalCount } }')
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', field: 'filter' } })
})
