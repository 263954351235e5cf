import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { minutes, report, section, unavailable } from './builders.ts'
import { apiForThisTest, socketTo, type TestApi, until } from './start-api.ts'
import { Scope } from '../src/graphql/scope.ts'
import { noticeOverdue } from '../src/state/notice-overdue.ts'

const change = (name: string, more: Record<string, unknown> = {}) => ({
  name,
  architecture: 'amd64',
  change: 'UPGRADE',
  kept: null,
  installed: '1.0',
  candidate: '1.1',
  security: false,
  origins: [{ origin: 'Debian', label: 'Debian', archive: 'stable', codename: 'trixie', site: 'deb.debian.org' }],
  ...more,
})
const SECURITY = {
  origin: 'Debian',
  label: 'Debian-Security',
  archive: 'stable-security',
  codename: 'trixie-security',
  madeAt: '2026-11-21T00:00:00Z',
  validUntil: null,
  storedAt: '2026-11-21T06:00:00Z',
}
const aptOf = (changes: unknown[] | null, more: Record<string, unknown> = {}) => ({
  changes,
  problem: changes === null ? 'Unmet dependencies. Try apt --fix-broken install' : null,
  planHash: changes === null ? null : 'a'.repeat(64),
  downloadBytes: changes === null ? null : 5_000_000_000,
  refreshedAt: '2026-11-21T06:00:00Z',
  sources: [SECURITY],
  busy: null,
  interrupted: false,
  broken: [],
  ...more,
})
const apt = (changes: unknown[] | null, more: Record<string, unknown> = {}) => section('apt', aptOf(changes, more))
const reboot = (...reasons: { code: string; detail: string | null; since: string | null }[]) =>
  section('reboot', { reasons, kernelChecked: true, runningKernel: '6.1.0-28-amd64', bootedAt: '2026-11-01T00:00:00Z' })
const unchanged = (payload: string) => ({
  kind: 'apt',
  version: 1,
  subject: null,
  unchanged: createHash('sha256').update(payload).digest('hex'),
})

const STATE = `updatesAt updatesProblem updateStanding installable security securityUnknown added removed held phased
  keptForDependency downloadBytes listsStale busy interrupted broken { name state } securitySince
  rebootAt rebootReasons { code detail } rebootSince kernelChecked`
const stateOf = async (api: TestApi, hostname = 'atlas') =>
  (await api.ask(`query ($hostname: String) { machine(hostname: $hostname) { state { ${STATE} } } }`, { hostname }))
    .data.machine.state
const namesOf = async (api: TestApi, filter: Record<string, unknown> = {}) =>
  (
    await api.ask(
      `query ($filter: PackageFilter) { packages(filter: $filter) { totalCount nodes { name machine { hostname } } } }`,
      { filter },
    )
  ).data.packages.nodes.map((each: any) => `${each.machine.hostname} ${each.name}`)

test('What a machine could update, and whether it should be restarted, is told with everything that is not known', async () => {
  const api = await apiForThisTest()
  await report(api)
  expect(await stateOf(api)).toBeNull()
  await report(api, {
    collectedAt: minutes(15),
    sections: [
      apt([
        change('openssl', { security: true, origins: [{ ...change('').origins[0], label: 'Debian-Security' }] }),
        change('bash'),
        change('linux-image', { change: 'KEEP', kept: 'HELD', security: true }),
      ]),
      reboot({ code: 'KERNEL_NEWER', detail: '6.1.0-31-amd64', since: '2026-11-20T00:00:00Z' }),
    ],
  })
  expect(await stateOf(api)).toEqual({
    updatesAt: minutes(15).toISOString(),
    updatesProblem: null,
    updateStanding: 'SECURITY',
    installable: 2,
    security: 2,
    securityUnknown: 0,
    added: 0,
    removed: 0,
    held: 1,
    phased: 0,
    keptForDependency: 0,
    downloadBytes: '5000000000',
    listsStale: false,
    busy: null,
    interrupted: false,
    broken: [],
    securitySince: minutes(15).toISOString(),
    rebootAt: minutes(15).toISOString(),
    rebootReasons: [{ code: 'KERNEL_NEWER', detail: '6.1.0-31-amd64' }],
    rebootSince: '2026-11-20T00:00:00.000Z',
    kernelChecked: true,
  })
  const { data } = await api.ask(
    '{ packages(filter: { security: true }) { totalCount nodes { name change kept source since installed candidate } } }',
  )
  expect(data.packages).toMatchObject({
    totalCount: 2,
    nodes: [
      { name: 'linux-image', change: 'KEEP', kept: 'HELD' },
      { name: 'openssl', change: 'UPGRADE', source: 'Debian-Security stable', since: minutes(15).toISOString() },
    ],
  })
})

test('A plan that cannot be made, or an agent that cannot ask, is no machine without updates', async () => {
  const api = await apiForThisTest()
  await report(api, { sections: [apt([change('bash')])] })
  await report(api, { collectedAt: minutes(15), sections: [unavailable('apt')] })
  // What was told stands with the time that it is from; why there is nothing newer is told beside it.
  expect(await stateOf(api)).toMatchObject({
    installable: 1,
    updatesAt: minutes(0).toISOString(),
    updatesProblem: 'no answer',
    updateStanding: 'PENDING',
  })
  await report(api, { collectedAt: minutes(30), sections: [apt(null)] })
  expect(await stateOf(api)).toMatchObject({
    installable: null,
    security: null,
    updatesAt: minutes(30).toISOString(),
    updatesProblem: expect.stringContaining('Unmet dependencies'),
    updateStanding: 'BROKEN',
  })
  expect(await namesOf(api)).toEqual(['atlas bash'])
  await report(api, { collectedAt: minutes(45), sections: [apt([])] })
  expect(await stateOf(api)).toMatchObject({ installable: 0, updatesProblem: null, updateStanding: 'CURRENT' })
  expect(await namesOf(api)).toEqual([])
})

test('A section that has not changed is told by its hash; one that is not known here is wanted whole', async () => {
  const api = await apiForThisTest()
  const payload = JSON.stringify(aptOf([change('bash')]))
  const told = await report(api, { sections: [section('apt', payload)] })
  expect(told.sections.at(-1)).toMatchObject({ kind: 'apt', outcome: 'ACCEPTED' })
  const again = await report(api, { collectedAt: minutes(15), sections: [unchanged(payload)] })
  expect(again.sections.at(-1)).toMatchObject({ kind: 'apt', outcome: 'UNCHANGED' })
  expect(await stateOf(api)).toMatchObject({ installable: 1, updatesAt: minutes(15).toISOString() })
  const other = await report(api, { collectedAt: minutes(30), sections: [unchanged('{"other":1}')] })
  expect(other.sections.at(-1)).toMatchObject({ kind: 'apt', outcome: 'WANTED' })
  expect(await stateOf(api)).toMatchObject({ updatesAt: minutes(15).toISOString() })
  const { data } = await api.ask(
    'query ($id: ID!) { systemSnapshots(machine: $id, kind: "apt") { nodes { kind collectedAt confirmedAt payload } } }',
    { id: told.machine.id },
  )
  expect(data.systemSnapshots.nodes).toEqual([
    { kind: 'apt', collectedAt: minutes(0).toISOString(), confirmedAt: minutes(0).toISOString(), payload },
  ])
})

test('That a section is the same is written down once an hour, and no report writes more of it', async () => {
  const api = await apiForThisTest()
  const payload = JSON.stringify(aptOf([change('bash')]))
  const { machine } = await report(api, { sections: [section('apt', payload)] })
  for (const minute of [15, 59, 61, 75])
    await report(api, { collectedAt: minutes(minute), sections: [unchanged(payload)] })
  const { data } = await api.ask('query ($id: ID!) { systemSnapshots(machine: $id) { nodes { confirmedAt } } }', {
    id: machine.id,
  })
  expect(data.systemSnapshots.nodes).toEqual([{ confirmedAt: minutes(61).toISOString() }])
})

test('A kind that is told once is not worked on twice', async () => {
  const api = await apiForThisTest()
  const { sections } = await report(api, { sections: [apt([change('bash')]), apt([]), reboot(), reboot()] })
  expect(sections.slice(-4).map(({ outcome }) => outcome)).toEqual(['ACCEPTED', 'REFUSED', 'ACCEPTED', 'REFUSED'])
  expect(await namesOf(api)).toEqual(['atlas bash'])
})

test('While packages are changed nothing is concluded: what was known stands with the time that it is from', async () => {
  const api = await apiForThisTest()
  await report(api, { sections: [apt([change('openssl', { security: true })])] })
  await report(api, {
    collectedAt: minutes(15),
    sections: [apt([], { busy: 'unattended-upgr (123)', interrupted: true })],
  })
  expect(await stateOf(api)).toMatchObject({
    security: 1,
    updateStanding: 'SECURITY',
    busy: 'unattended-upgr (123)',
    updatesAt: minutes(0).toISOString(),
  })
  await report(api, { collectedAt: minutes(30), sections: [apt([])] })
  expect(await stateOf(api)).toMatchObject({ security: 0, busy: null, updateStanding: 'CURRENT' })
})

test('A machine is told unchanged of what it said itself, never of what another one said', async () => {
  const api = await apiForThisTest()
  const payload = JSON.stringify(aptOf([change('bash')]))
  await report(api, { sections: [section('apt', payload)] })
  const { sections } = await report(api, {
    machineKey: 'key-of-the-second-machine',
    hostname: 'vega',
    disks: [{ serial: 'V1' }],
    sections: [unchanged(payload)],
  })
  expect(sections.at(-1)).toMatchObject({ outcome: 'WANTED' })
  expect(await namesOf(api)).toEqual(['atlas bash'])
})

test.each([
  ['a hash that is none', { ...unchanged(''), unchanged: 'abc' }, 'unchanged'],
  ['a hash in place of what changes each time', { ...unchanged(''), kind: 'reboot' }, 'unchanged'],
  [
    'a count for a name',
    section('apt', { ...aptOf([]), changes: [{ ...change('x'), name: 7 }] }),
    'payload.changes.0.name',
  ],
  [
    'a change that nobody knows',
    section('apt', aptOf([change('x', { change: 'EXPLODE' })])),
    'payload.changes.0.change',
  ],
  ['a name without end', section('apt', aptOf([change('x'.repeat(10_000))])), 'payload.changes.0.name'],
])('%s is refused by name, and costs the rest of the report nothing', async (_what, bad, field) => {
  const api = await apiForThisTest()
  const { sections } = await report(api, { sections: [bad] })
  expect(sections.at(-1)).toMatchObject({ outcome: 'REFUSED', refusals: [{ field }] })
  expect(sections.filter(({ outcome }) => outcome === 'ACCEPTED')).toHaveLength(2)
})

test('A report that arrives late changes nothing of how the machine is known to be', async () => {
  const api = await apiForThisTest()
  await report(api, { collectedAt: minutes(60), sections: [apt([])] })
  await report(api, { collectedAt: minutes(30), sections: [apt([change('bash')])] })
  expect(await stateOf(api)).toMatchObject({ installable: 0, updatesAt: minutes(60).toISOString() })
})

test('Packages are found by name, by what keeps them, by machine, and page by page; a retired machine has none', async () => {
  const api = await apiForThisTest()
  const names = Array.from({ length: 30 }, (_, index) => `lib${String(index).padStart(2, '0')}`)
  const { machine } = await report(api, { sections: [apt(names.map((name) => change(name)))] })
  await report(api, {
    machineKey: 'key-of-the-second-machine',
    hostname: 'vega',
    disks: [{ serial: 'V1' }],
    sections: [apt([change('openssl'), change('lib01', { change: 'KEEP', kept: 'PHASED' }), change('50%_off')])],
  })
  expect(await namesOf(api, { search: 'IB01' })).toEqual(['atlas lib01', 'vega lib01'])
  expect(await namesOf(api, { kept: ['PHASED'] })).toEqual(['vega lib01'])
  expect(await namesOf(api, { search: '%_' })).toEqual(['vega 50%_off'])
  expect(await namesOf(api, { machine: machine.id })).toHaveLength(30)
  const seen: string[] = []
  for (let after: string | null = null, more = true; more;) {
    const { data }: { data: any } = await api.ask(
      'query ($after: String) { packages(first: 7, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } }',
      { after },
    )
    seen.push(...data.packages.nodes.map((each: any) => each.name))
    ;({ hasNextPage: more, endCursor: after } = data.packages.pageInfo)
  }
  expect(seen).toEqual(['50%_off', 'lib00', 'lib01', ...names.slice(1), 'openssl'])
  await api.ask('mutation ($id: ID!) { archiveMachine(id: $id) { id } }', { id: machine.id })
  expect(await namesOf(api, { machine: machine.id })).toEqual([])
})

test('The list of machines is asked for what they need, in its order and as CSV, where what is not known is blank', async () => {
  const api = await apiForThisTest()
  const machine = (hostname: string, serial: string, ...sections: unknown[]) =>
    report(api, { machineKey: `key-of-the-machine-${hostname}`, hostname, disks: [{ serial }], sections })
  const secure = [1, 2].map((each) => change(`lib${each}`, { security: true }))
  await machine('atlas', 'A1', apt([change('bash')]), reboot())
  await machine('vega', 'V1', apt(secure), reboot({ code: 'ASKED', detail: null, since: null }))
  await machine('rigel', 'R1')
  const names = async (query: string) =>
    (await api.ask(`{ machines(${query}) { nodes { hostname } } }`)).data.machines.nodes.map(
      (each: any) => each.hostname,
    )
  expect(await names('filter: { needs: [SECURITY_UPDATES] }')).toEqual(['vega'])
  expect(await names('filter: { needs: [UPDATES] }')).toEqual(['atlas', 'vega'])
  expect(await names('filter: { needs: [RESTART] }')).toEqual(['vega'])
  expect(await names('orderBy: SECURITY_UPDATES')).toEqual(['vega', 'atlas', 'rigel'])
  expect(await names('orderBy: SECURITY_UPDATES, reverse: true')).toEqual(['atlas', 'vega', 'rigel'])
  const csv = async (asked: string): Promise<Record<string, string>[]> => {
    const answer = await fetch(`${api.url}/export/machines.csv${asked}`, {
      headers: { authorization: `Bearer ${await api.token([Scope.READ])}` },
    })
    expect(answer.status).toBe(200)
    return parse(await answer.text(), { columns: true, bom: true })
  }
  const cells = ({ hostname, updates, installable_updates, security_updates, restart_due }: Record<string, string>) =>
    [hostname, updates, installable_updates, security_updates, restart_due].join()
  expect((await csv('')).map(cells)).toEqual(['atlas,PENDING,1,0,false', 'rigel,,,,', 'vega,SECURITY,2,2,true'])
  expect((await csv('?needs=RESTART')).map(cells)).toEqual(['vega,SECURITY,2,2,true'])
})

const DAYS = 24 * 60

test('Security updates and a restart that wait too long are told once, and again when they are done', async () => {
  const api = await apiForThisTest()
  const notice = () => noticeOverdue(api.orm.em, api.app.transact, () => api.clock.now)
  const types = async () =>
    (
      await api.ask(
        '{ events(filter: { type: [SECURITY_OVERDUE, SECURITY_UPDATED, REBOOT_OVERDUE, REBOOTED] }) { nodes { type } } }',
      )
    ).data.events.nodes
      .map((each: any) => each.type)
      .reverse()
  const waiting = [
    apt([change('openssl', { security: true })]),
    reboot({ code: 'ASKED', detail: 'libc6', since: minutes(0).toISOString() }),
  ]
  await report(api, { collectedAt: minutes(0), sections: waiting })
  // One that does not tell it any more may have been updated meanwhile.
  api.clock.now = minutes(8 * DAYS)
  expect(await notice()).toBe(0)
  api.clock.now = minutes(0)
  await report(api, { collectedAt: minutes(7 * DAYS - 1), sections: waiting })
  expect(await notice()).toBe(0)
  api.clock.now = minutes(7 * DAYS)
  expect(await notice()).toBe(1)
  expect(await notice()).toBe(0)
  await report(api, { collectedAt: minutes(14 * DAYS - 1), sections: waiting })
  api.clock.now = minutes(14 * DAYS)
  expect(await notice()).toBe(1)
  expect(await types()).toEqual(['SECURITY_OVERDUE', 'REBOOT_OVERDUE'])
  await api.app.opener.run()
  const { data } = await api.ask('{ causes { nodes { kind sentence } } }')
  expect(data.causes.nodes).toEqual(
    expect.arrayContaining([
      { kind: 'SECURITY_OVERDUE', sentence: 'A security update waits on atlas' },
      { kind: 'REBOOT_OVERDUE', sentence: 'atlas should be restarted' },
    ]),
  )
  // Not knowing is no recovery.
  await report(api, { collectedAt: minutes(14 * DAYS + 15), sections: [apt(null)] })
  expect(await types()).toHaveLength(2)
  await report(api, { collectedAt: minutes(14 * DAYS + 30), sections: [apt([change('bash')]), reboot()] })
  expect(await types()).toEqual(['SECURITY_OVERDUE', 'REBOOT_OVERDUE', 'SECURITY_UPDATED', 'REBOOTED'])
})

test('Updates that waited for long are over when all of them have come, though others wait since', async () => {
  const api = await apiForThisTest()
  const notice = () => noticeOverdue(api.orm.em, api.app.transact, () => api.clock.now)
  const told = async () =>
    (await api.ask('{ events(filter: { type: [SECURITY_OVERDUE, SECURITY_UPDATED] }) { nodes { type } } }')).data.events
      .nodes.length
  const [openssl, curl, bash] = ['openssl', 'curl', 'bash'].map((name) => change(name, { security: true }))
  await report(api, { collectedAt: minutes(0), sections: [apt([openssl])] })
  await report(api, { collectedAt: minutes(DAYS), sections: [apt([openssl, curl])] })
  await report(api, { collectedAt: minutes(9 * DAYS), sections: [apt([openssl, curl])] })
  expect(await notice()).toBe(1)
  // The other one waits for longer than it should, too.
  await report(api, { collectedAt: minutes(9 * DAYS + 15), sections: [apt([curl])] })
  expect(await notice()).toBe(0)
  expect(await told()).toBe(1)
  await report(api, { collectedAt: minutes(9 * DAYS + 30), sections: [apt([bash])] })
  expect(await told()).toBe(2)
  // It is told when it has waited as long.
  await report(api, { collectedAt: minutes(17 * DAYS), sections: [apt([bash])] })
  expect(await notice()).toBe(1)
})

test('A moment in between that is told again is no fresh answer', async () => {
  const api = await apiForThisTest()
  await report(api, { sections: [apt([change('bash')])] })
  const busy = JSON.stringify(aptOf([], { busy: 'apt (1)' }))
  await report(api, { collectedAt: minutes(15), sections: [section('apt', busy)] })
  await report(api, { collectedAt: minutes(30), sections: [unchanged(busy)] })
  expect(await stateOf(api)).toMatchObject({ installable: 1, updatesAt: minutes(0).toISOString(), busy: 'apt (1)' })
})

test('A package manager in trouble for two days is told, whatever it is, and that it is over', async () => {
  const api = await apiForThisTest()
  const notice = () => noticeOverdue(api.orm.em, api.app.transact, () => api.clock.now)
  const types = async () =>
    (
      await api.ask('{ events(filter: { type: [UPDATES_BROKEN, UPDATES_MENDED] }) { nodes { type } } }')
    ).data.events.nodes.map((each: any) => each.type)
  const payload = JSON.stringify(aptOf([change('bash')]))
  await report(api, { collectedAt: minutes(-15), sections: [section('apt', payload)] })
  await report(api, { collectedAt: minutes(0), sections: [unavailable('apt')] })
  await report(api, { collectedAt: minutes(DAYS), sections: [apt(null)] })
  const broken = [{ name: 'postgresql-15', state: 'half-configured' }]
  await report(api, { collectedAt: minutes(2 * DAYS - 1), sections: [apt([], { broken })] })
  expect(await notice()).toBe(0)
  await report(api, { collectedAt: minutes(2 * DAYS), sections: [unavailable('apt')] })
  expect(await notice()).toBe(1)
  await api.app.opener.run()
  const { data } = await api.ask('{ causes { nodes { kind sentence } } }')
  expect(data.causes.nodes).toEqual([
    {
      kind: 'UPDATES_BROKEN',
      sentence: 'The package manager of atlas is in trouble: nobody knows which updates wait',
    },
  ])
  await report(api, { collectedAt: minutes(2 * DAYS + 15), sections: [section('apt', payload)] })
  expect(await types()).toEqual(['UPDATES_MENDED', 'UPDATES_BROKEN'])
})

test('That it cannot be asked for once is over as soon as it says what it said', async () => {
  const api = await apiForThisTest()
  const payload = JSON.stringify(aptOf([change('bash')]))
  await report(api, { sections: [section('apt', payload)] })
  await report(api, { collectedAt: minutes(15), sections: [unavailable('apt')] })
  const since = async () =>
    (await api.ask('{ machine(hostname: "atlas") { state { troubleSince updatesProblem } } }')).data.machine.state
  expect(await since()).toEqual({ troubleSince: minutes(15).toISOString(), updatesProblem: 'no answer' })
  await report(api, { collectedAt: minutes(30), sections: [unchanged(payload)] })
  expect(await since()).toEqual({ troubleSince: null, updatesProblem: null })
})

test('A subscriber sees how a machine is as soon as it reports', async () => {
  const api = await apiForThisTest()
  await report(api, { sections: [apt([])] })
  const { client, connected } = socketTo(api, await api.token([Scope.READ]))
  await connected
  const seen: any[] = []
  client.subscribe(
    { query: 'subscription { machinesChanged { changed { hostname state { installable } } } }' },
    { next: ({ data }) => void seen.push(data), error: () => undefined, complete: () => undefined },
  )
  await until(async () => {
    await report(api, { collectedAt: minutes(15), sections: [apt([change('bash')])] })
    return seen.some(({ machinesChanged }) => machinesChanged.changed[0].state.installable === 1)
  }, 'the state of the machine')
  await client.dispose()
})

test('By which way apt fetches is told, and an agent that does not tell says no other', async () => {
  const api = await apiForThisTest()
  const proxy = async () =>
    (await api.ask('{ machine(hostname: "atlas") { state { aptProxyMode aptProxyUrl } } }')).data.machine.state
  await report(api, { sections: [apt([])] })
  expect(await proxy()).toEqual({ aptProxyMode: null, aptProxyUrl: null })
  const told = { mode: 'PROXY', url: 'http://proxy.lan:3142' }
  await report(api, { collectedAt: minutes(15), sections: [apt([], { proxy: told })] })
  await report(api, { collectedAt: minutes(30), sections: [apt([change('openssl')])] })
  expect(await proxy()).toEqual({ aptProxyMode: 'PROXY', aptProxyUrl: 'http://proxy.lan:3142' })
  await report(api, { collectedAt: minutes(45), sections: [apt([], { proxy: { mode: 'DIRECT', url: null } })] })
  expect(await proxy()).toEqual({ aptProxyMode: 'DIRECT', aptProxyUrl: null })
})
