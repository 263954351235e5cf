import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { report } from './builders.ts'
import { backupsForThisTest } from './deposit.ts'
import { tables } from '../src/database/tables.ts'
import { Scope } from '../src/graphql/scope.ts'

const startFleet = async () => {
  const backups = await backupsForThisTest()
  const { api } = backups
  for (const [hostname, serial] of [
    ['atlas', 'DISK-A'],
    ['vega', 'DISK-V'],
    ['rigel', 'DISK-R'],
  ] as const)
    await report(api, {
      machineKey: `key-of-the-machine-${hostname}`,
      hostname,
      collectedAt: api.clock.now,
      disks: [{ serial, temperature: 30 }],
      lsblk: [
        {
          device: 'sda',
          serial,
          fstype: 'ext4',
          uuid: `uuid-${serial}`,
          mountpoints: ['/srv'],
          fsused: 1e9,
          fssize: 2e9,
        },
      ],
    })
  const { data } = await api.ask('{ machines { nodes { id hostname disks { id } } } }')
  const machines = new Map<string, { id: string; disk: string }>(
    data.machines.nodes.map((each: any) => [each.hostname, { id: each.id, disk: each.disks[0].id }]),
  )
  const idOf = (hostname: string): string => machines.get(hostname)?.id as string
  const diskOf = (hostname: string): string => machines.get(hostname)?.disk as string
  const tag = (mutation: string, ids: string[], add: string[], remove: string[] = []) =>
    api.ask(
      `mutation ($ids: [ID!]!, $add: [String!]!, $remove: [String!]!) { ${mutation}(ids: $ids, add: $add, remove: $remove) { id tags } }`,
      { ids, add, remove },
    )
  return { ...backups, idOf, diskOf, tag }
}

test('Machines, disks and jobs are sorted by tags, and every list is asked for them, whatever their case', async () => {
  const { api, job, idOf, diskOf, tag } = await startFleet()
  const crm = await job({ databaseName: 'crm' })
  await job({ databaseName: 'erp' })
  await tag('tagMachines', [idOf('atlas'), idOf('vega')], ['Évry', 'prod'])
  await tag('tagDisks', [diskOf('rigel')], ['évry'])
  await tag('tagExpectedJobs', [crm.id], ['EVRY'])
  const { data } = await api.ask(
    `query ($tag: [String!]) {
      machines(filter: { tag: $tag }) { nodes { hostname } }
      disks(filter: { tag: $tag }, orderBy: SERIAL) { nodes { serial tags } }
      expectedJobs(filter: { tag: $tag }) { nodes { databaseName tags } }
      places(filter: { tag: $tag }) { nodes { machine { hostname } } }
      tags { name machineCount diskCount jobCount }
    }`,
    { tag: ['evry'] },
  )
  expect(data.machines.nodes.map((each: any) => each.hostname)).toEqual(['atlas', 'vega'])
  // By their own tag, or by that of their machine.
  expect(data.disks.nodes.map((each: any) => each.serial)).toEqual(['DISK-A', 'DISK-R', 'DISK-V'])
  expect(data.places.nodes.map((each: any) => each.machine.hostname)).toEqual(['atlas', 'vega'])
  // A tag that is in use keeps its spelling.
  expect(data.expectedJobs.nodes).toEqual([{ databaseName: 'crm', tags: ['Évry'] }])
  expect(data.tags).toEqual([
    { name: 'Évry', machineCount: 2, diskCount: 1, jobCount: 1 },
    { name: 'prod', machineCount: 2, diskCount: 0, jobCount: 0 },
  ])
})

test('What happened is asked for by the tags of its machine, disk or job', async () => {
  const { api, job, idOf, tag } = await startFleet()
  const crm = await job({ databaseName: 'crm' })
  await tag('tagMachines', [idOf('atlas')], ['site 1'])
  await tag('tagExpectedJobs', [crm.id], ['site 1'])
  const { data } = await api.ask(
    '{ events(filter: { tag: ["Site 1"] }) { nodes { type machine { hostname } job { databaseName } } } all: events { totalCount } }',
  )
  expect(data.events.nodes.length).toBeGreaterThan(0)
  expect(data.events.nodes.length).toBeLessThan(data.all.totalCount)
  for (const { machine, job: of } of data.events.nodes)
    expect([machine?.hostname, of?.databaseName]).toContain(machine ? 'atlas' : 'crm')
})

test('What needs somebody is asked for by the tags of what it is about', async () => {
  const { api, idOf, diskOf, tag } = await startFleet()
  const now = api.clock.now.getTime()
  for (const [hostname, serial] of [
    ['atlas', 'DISK-A'],
    ['vega', 'DISK-V'],
  ] as const)
    await report(api, {
      machineKey: `key-of-the-machine-${hostname}`,
      hostname,
      collectedAt: new Date(now + 60_000),
      disks: [{ serial, temperature: 30, raw: { 197: 8 } }],
    })
  await api.app.opener.run()
  await tag('tagMachines', [idOf('atlas')], ['site 1'])
  await tag('tagDisks', [diskOf('vega')], ['site 2'])
  const causes = async (asked: string[]): Promise<string[]> => {
    const { data } = await api.ask(
      'query ($tag: [String!]) { causes(filter: { tag: $tag }) { nodes { machine { hostname } } } }',
      {
        tag: asked,
      },
    )
    return data.causes.nodes.map(({ machine }: any) => machine.hostname).toSorted()
  }
  expect(await causes(['SITE 1'])).toEqual(['atlas'])
  expect(await causes(['site 2'])).toEqual(['vega'])
  expect(await causes(['site 1', 'site 2'])).toEqual(['atlas', 'vega'])
  expect(await causes(['elsewhere'])).toEqual([])
})

test('Tags are taken away, and what nobody carries is no tag any more', async () => {
  const { api, idOf, tag } = await startFleet()
  await tag('tagMachines', [idOf('atlas')], ['prod', 'old'])
  const { data } = await tag('tagMachines', [idOf('atlas')], ['new'], ['PROD', 'old'])
  expect(data.tagMachines).toEqual([{ id: idOf('atlas'), tags: ['new'] }])
  expect((await api.ask('{ tags { name } }')).data.tags).toEqual([{ name: 'new' }])
})

test('A report changes no tag', async () => {
  const { api, idOf, diskOf, tag } = await startFleet()
  await tag('tagMachines', [idOf('atlas')], ['prod'])
  await tag('tagDisks', [diskOf('atlas')], ['bay 3'])
  api.clock.now = new Date(api.clock.now.getTime() + 60_000)
  await report(api, {
    machineKey: 'key-of-the-machine-atlas',
    hostname: 'atlas',
    collectedAt: api.clock.now,
    disks: [{ serial: 'DISK-A', temperature: 31 }],
  })
  const { data } = await api.ask('query ($id: ID!) { machine(id: $id) { tags disks { tags } } }', { id: idOf('atlas') })
  expect(data.machine).toEqual({ tags: ['prod'], disks: [{ tags: ['bay 3'] }] })
})

test.each([
  ['a comma', ['a,b'], 'add'],
  ['a control character', ['a\u0007b'], 'add'],
  ['41 characters', ['x'.repeat(41)], 'add'],
  ['21 of them', Array.from({ length: 21 }, (_, index) => `t${index}`), 'add'],
])('%s is refused by its field, and no machine is tagged', async (_name, add, field) => {
  const { api, idOf, tag } = await startFleet()
  const { errors } = await tag('tagMachines', [idOf('atlas')], add)
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', field } })
  expect((await api.ask('{ tags { name } }')).data.tags).toEqual([])
})

test('Where one is not known none is tagged, paused or retired', async () => {
  const { api, job, idOf, tag } = await startFleet()
  const crm = await job({ databaseName: 'crm' })
  expect((await tag('tagMachines', [idOf('atlas'), 'nobody'], ['prod'])).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  for (const mutation of [
    'setExpectedJobsActive(ids: $ids, active: false) { id }',
    'deleteExpectedJobs(ids: $ids) { id }',
    'archiveMachines(ids: $ids) { id }',
  ]) {
    const ids = [mutation.startsWith('archive') ? idOf('atlas') : crm.id, 'nobody']
    const { errors } = await api.ask(`mutation ($ids: [ID!]!) { ${mutation} }`, { ids })
    expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  }
  const { data } = await api.ask('{ tags { name } expectedJobs { nodes { active } } machines { totalCount } }')
  expect(data).toEqual({ tags: [], expectedJobs: { nodes: [{ active: true }] }, machines: { totalCount: 3 } })
})

test('Several jobs are paused, taken up again and retired at once, and stand in the list of what is retired', async () => {
  const { api, job } = await startFleet()
  const ids = [(await job({ databaseName: 'crm' })).id, (await job({ databaseName: 'erp' })).id]
  const act = (mutation: string) =>
    api.ask(`mutation ($ids: [ID!]!) { done: ${mutation} { active nextDueAt archivedAt } }`, { ids })
  for (const each of (await act('setExpectedJobsActive(ids: $ids, active: false)')).data.done)
    expect(each).toEqual({ active: false, nextDueAt: null, archivedAt: null })
  for (const each of (await act('setExpectedJobsActive(ids: $ids, active: true)')).data.done)
    expect(each).toEqual({ active: true, nextDueAt: expect.any(String), archivedAt: null })
  await act('deleteExpectedJobs(ids: $ids)')
  const { data } = await api.ask(
    '{ all: expectedJobs { totalCount } retired: expectedJobs(filter: { archived: true }) { totalCount } }',
  )
  expect(data).toEqual({ all: { totalCount: 0 }, retired: { totalCount: 2 } })
  const { errors } = await act('setExpectedJobsActive(ids: $ids, active: false)')
  expect(errors?.[0]?.message).toMatch(/is a retired job/)
})

test('Machines and backups are taken away as CSV, as their lists are asked for', async () => {
  const { api, job, idOf, tag } = await startFleet()
  await job({ databaseName: 'crm', companyName: '=1+1' })
  await tag('tagMachines', [idOf('atlas'), idOf('vega')], ['prod', 'Lyon'])
  const token = await api.token([Scope.READ])
  const get = async (address: string) => {
    const answer = await fetch(`${api.url}/export/${address}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: answer.status, text: await answer.text(), name: answer.headers.get('content-disposition') }
  }
  const machines = await get('machines.csv?tag=PROD&orderBy=NAME&reverse=true')
  expect(machines.name).toMatch(/vigie-machines-\d{4}-\d\d-\d\d\.csv/)
  const lines = parse(machines.text, { bom: true, columns: true }) as Record<string, string>[]
  expect(
    lines.map(({ hostname, tags, disks, worst_disk_health }) => [hostname, tags, disks, worst_disk_health]),
  ).toEqual([
    ['vega', 'Lyon, prod', '1', 'OK'],
    ['atlas', 'Lyon, prod', '1', 'OK'],
  ])
  const [crm] = parse((await get('backups.csv')).text, { bom: true, columns: true }) as Record<string, string>[]
  expect(crm).toMatchObject({ database: 'crm', company: "'=1+1", status: 'UNKNOWN', proof: '', last_good_at: '' })
  expect(await get('machines.csv?orderBy=DUE')).toMatchObject({ status: 422 })
  expect(await get('backups.csv?smell=good')).toMatchObject({ status: 422, text: expect.stringContaining('smell') })
})

/** Every name that a list holds, walked two at a time. */
async function walk(api: { ask: any }, list: string, name: string, order: string, reverse: boolean): Promise<string[]> {
  const found: string[] = []
  let after: string | null = null
  do {
    const { data }: any = await api.ask(
      `query ($after: String) { list: ${list}(first: 2, after: $after, orderBy: ${order}, reverse: ${reverse}) { nodes { ${name} } pageInfo { hasNextPage endCursor } } }`,
      { after },
    )
    found.push(...data.list.nodes.map((each: any) => each[name]))
    after = data.list.pageInfo.hasNextPage ? data.list.pageInfo.endCursor : null
  } while (after)
  return found
}

// What atlas, rigel and vega hold: each order tells them apart. Null stands last both ways.
test.each([
  ['NAME', {}, ['atlas', 'rigel', 'vega'], []],
  ['LAST_SEEN', { lastSeenAt: [1, 3, 2] }, ['rigel', 'vega', 'atlas'], []],
  ['FIRST_SEEN', { firstSeenAt: [3, 1, 2] }, ['atlas', 'vega', 'rigel'], []],
  ['SYSTEM', { os: ['ubuntu', 'Debian', null] }, ['rigel', 'atlas'], ['vega']],
  ['DISKS', {}, ['rigel', 'atlas', 'vega'], []],
] as const)('Machines by %s go both ways, each once', async (order, values, known, unknown) => {
  const { api, diskOf, idOf } = await startFleet()
  const db = tables(api.orm.em.fork())
  for (const [column, [atlas, rigel, vega]] of Object.entries(values) as [string, (string | number | null)[]][])
    for (const [hostname, value] of [
      ['atlas', atlas],
      ['rigel', rigel],
      ['vega', vega],
    ] as const)
      await db
        .updateTable('Machine')
        .set({ [column]: typeof value === 'number' ? new Date(value * 1000) : value })
        .where('hostname', '=', hostname)
        .execute()
  // rigel gets the disk of vega.
  await db
    .updateTable('Disk')
    .set({ machine: idOf('rigel') })
    .where('id', '=', diskOf('vega'))
    .execute()
  expect(await walk(api, 'machines', 'hostname', order, false)).toEqual([...known, ...unknown])
  expect(await walk(api, 'machines', 'hostname', order, true)).toEqual([...known.toReversed(), ...unknown])
})

test.each([
  ['WORST_FIRST', { standing: [5, 0, 10] }, ['b', 'a', 'c'], []],
  ['NAME', { companyName: ['Z', 'Y', null] }, ['c', 'b', 'a'], []],
  ['AGENT', { agentId: ['z', 'x', 'y'] }, ['b', 'c', 'a'], []],
  ['NEXT_DUE', { nextDueAt: [2, 1, null] }, ['b', 'a'], ['c']],
  // What was never good is known to be so: it is the worst of all.
  ['LAST_GOOD', { lastSuccessfulBackupAt: [2, 1, null] }, ['c', 'b', 'a'], []],
] as const)('Jobs by %s go both ways, each once', async (order, values, known, unknown) => {
  const { api, job } = await startFleet()
  for (const name of ['a', 'b', 'c']) await job({ databaseName: name })
  const db = tables(api.orm.em.fork())
  for (const [column, [a, b, c]] of Object.entries(values) as [string, (string | number | null)[]][])
    for (const [databaseName, value] of [
      ['a', a],
      ['b', b],
      ['c', c],
    ] as const)
      await db
        .updateTable('ExpectedJob')
        .set({ [column]: typeof value === 'number' && column !== 'standing' ? new Date(value * 1000) : value })
        .where('databaseName', '=', databaseName)
        .execute()
  expect(await walk(api, 'expectedJobs', 'databaseName', order, false)).toEqual([...known, ...unknown])
  expect(await walk(api, 'expectedJobs', 'databaseName', order, true)).toEqual([...known.toReversed(), ...unknown])
})

test('A tag is spelled anew where its old spelling goes with the same call, and nothing retired spells it', async () => {
  const { api, idOf, tag } = await startFleet()
  await tag('tagMachines', [idOf('atlas'), idOf('vega')], ['evry'])
  const { data } = await tag('tagMachines', [idOf('atlas'), idOf('vega')], ['Évry'], ['evry'])
  expect(data.tagMachines.map(({ tags }: any) => tags)).toEqual([['Évry'], ['Évry']])
  await api.ask('mutation ($ids: [ID!]!) { archiveMachines(ids: $ids) { id } }', { ids: [idOf('atlas'), idOf('vega')] })
  expect((await tag('tagMachines', [idOf('rigel')], ['EVRY'])).data.tagMachines[0].tags).toEqual(['EVRY'])
})

test('Nothing is done with nothing, and no list is asked for more tags than somebody means', async () => {
  const { api, tag } = await startFleet()
  for (const mutation of ['tagMachines', 'tagDisks', 'tagExpectedJobs'])
    expect((await tag(mutation, [], ['prod'])).data).toEqual({ [mutation]: [] })
  for (const list of ['machines', 'disks', 'expectedJobs', 'places', 'events']) {
    const { errors } = await api.ask(`query ($tag: [String!]) { ${list}(filter: { tag: $tag }) { totalCount } }`, {
      tag: Array.from({ length: 21 }, (_, index) => `t${index}`),
    })
    expect([list, errors?.[0]?.extensions]).toMatchObject([list, { code: 'BAD_USER_INPUT', field: 'tag' }])
  }
})

test('A job is paused and given rules whatever tags it carries from before the rules of today', async () => {
  const { api, job } = await startFleet()
  const { id } = await job({ databaseName: 'crm' })
  await tables(api.orm.em.fork())
    .updateTable('ExpectedJob')
    .set({ tags: ['a;b'] })
    .execute()
  const { data } = await api.ask(
    'mutation ($ids: [ID!]!) { setExpectedJobsActive(ids: $ids, active: false) { active tags } }',
    { ids: [id] },
  )
  expect(data.setExpectedJobsActive).toEqual([{ active: false, tags: ['a;b'] }])
})

test('A list of what the rules of jobs keep is paged, and asks for no more than it costs', async () => {
  const { api } = await startFleet()
  const ask = async (first: number, fields: string) =>
    (await api.ask(`{ retentionOfJobs(first: ${first}) { nodes { ${fields} } } }`)).errors?.[0]?.extensions
  expect(await ask(100, 'keptCount')).toBeUndefined()
  expect(await ask(101, 'keptCount')).toMatchObject({ code: 'BAD_USER_INPUT', field: 'first' })
  expect(await ask(100, 'job { machine { disks { wear { usedPercent } } } }')).toMatchObject({ code: 'TOO_EXPENSIVE' })
})
