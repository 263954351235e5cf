import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fleet, smartDocument } from './fleet.ts'
import { engineOf } from '../src/database/engine.ts'
import { lsblkOf, minutes, section } from './builders.ts'
import { startApi, type TestApi } from './start-api.ts'

// A fleet of 12 machines with 5 disks each: large enough for several pages, and for an N+1 to show.
let api: TestApi
let statements: string[] = []
const machines = fleet(12, 5, 3)

beforeAll(async () => {
  api = await startApi()
  for (const [index, machine] of machines.entries()) {
    const disks = machine.disks.map((disk, number) => ({
      ...disk,
      pending: index === 0 && number === 0 ? 3 : 0,
      reallocated: 0,
    }))
    const report = {
      id: `report-of-${machine.hostname}`,
      machineKey: machine.key,
      hostname: machine.hostname,
      collectedAt: minutes(0).toISOString(),
      agentVersion: '0.1.0',
      sections: [
        section(
          'lsblk',
          lsblkOf(
            disks.map(({ device, serial }, number) => ({
              device,
              serial,
              fstype: 'ext4',
              mountpoints: [number === 0 ? '/home' : `/mnt/${number}`],
              uuid: `${machine.key}-${number}`,
            })),
          ),
        ),
        section('homes', {
          roots: ['/home'],
          users: [{ user: 'lena', path: '/home/lena', bytes: 1000 + index, measuredAt: null }],
        }),
        ...disks.map((disk) => section('smartctl', smartDocument(disk, 1), disk.device)),
      ],
    }
    const { errors } = await api.ask(
      'mutation ($report: InventoryReportInput!) { reportInventory(report: $report) { id } }',
      { report },
    )
    if (errors) throw new Error(errors[0]?.message)
  }
  const driver = engineOf(api.orm).createDriver()
  const acquire = driver.acquireConnection.bind(driver)
  driver.acquireConnection = async () => {
    const connection = await acquire()
    const execute = connection.executeQuery.bind(connection)
    connection.executeQuery = (query) => {
      statements.push(query.sql)
      return execute(query)
    }
    return connection
  }
})
afterAll(() => api.stop())

/**
 * The statements of one question, without those that find out who asks. The feed of changes may still load what the
 * fleet's reports changed: the least of three is the question's own.
 */
async function statementsOf(query: string): Promise<number> {
  const counts: number[] = []
  for (let turn = 0; turn < 3; turn += 1) {
    statements = []
    const { errors } = await api.ask(query)
    if (errors) throw new Error(errors[0]?.message)
    counts.push(statements.filter((text) => !/api_client/.test(text)).length)
  }
  return Math.min(...counts)
}

const DISK =
  'id serial health moved temperature reasons { sentence } machine { hostname diskCount } stays { since machine { hostname } } fileSystems { mountpoint users { user } } lastReading { powerOnHours } attributes { code }'

describe('The number of SQL statements does not grow with the list', () => {
  test.each<[string, (first: number) => string, number]>([
    [
      'machines',
      (first) =>
        `{ machines(first: ${first}) { nodes { hostname silent diskCount disks { ${DISK} } fileSystems { mountpoint } } totalCount } }`,
      14,
    ],
    ['disks', (first) => `{ disks(first: ${first}) { nodes { ${DISK} } totalCount } }`, 13],
    [
      'summary',
      (first) =>
        `{ summary { totalMachines totalDisks disksByHealth { count } machines(first: ${first}) { nodes { disks { serial } } } disks(first: ${first}) { nodes { machine { hostname } } } } }`,
      9,
    ],
    [
      'backupNeeded',
      (first) =>
        `{ backupNeeded(first: ${first}) { nodes { bytes users { user } disk { ${DISK} } machine { hostname } } totalCount } }`,
      14,
    ],
    [
      'atRiskDisks',
      (first) =>
        `{ atRiskDisks(first: ${first}) { nodes { disk { ${DISK} } machine { hostname } lastSeenAt } totalCount } }`,
      13,
    ],
    [
      'movedDisks',
      (first) =>
        `{ movedDisks(first: ${first}) { nodes { disk { serial } fromMachine { hostname } fromDate toMachine { hostname } toDate } totalCount } }`,
      6,
    ],
    [
      'events',
      (first) =>
        `{ events(first: ${first}) { nodes { machine { hostname } disk { ${DISK} } reasons { sentence } } totalCount } }`,
      15,
    ],
    [
      'snapshots',
      (first) =>
        `{ disks(first: 1) { nodes { snapshots(first: ${first}) { nodes { machine { hostname } counters { code } document { json } reasons { sentence } } totalCount } } } }`,
      9,
    ],
  ])('%s', async (_, query, most) => {
    const few = await statementsOf(query(2))
    const many = await statementsOf(query(50))
    expect(many).toBeLessThanOrEqual(Math.max(few, most))
    expect(many).toBeLessThanOrEqual(most)
  })
})

describe('A list', () => {
  test.each([
    'machines(first: 5',
    'disks(first: 7',
    'disks(orderBy: SERIAL, first: 7',
    'disks(orderBy: CAPACITY, first: 7',
    'disks(orderBy: LAST_SEEN, first: 7',
    'disks(orderBy: MACHINE, reverse: true, first: 7',
    'events(first: 11',
  ])('%s …) is walked by its cursor, each node once', async (list) => {
    const name = list.split('(')[0] as string
    const found: string[] = []
    let after: string | null = null
    do {
      const { data }: { data: any } = await api.ask(
        `{ ${list}${after ? `, after: "${after}"` : ''}) { nodes { id } pageInfo { hasNextPage endCursor } totalCount } }`,
      )
      const page: any = data[name]
      found.push(...page.nodes.map(({ id }: { id: string }) => id))
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
      if (!page.pageInfo.hasNextPage) expect(page.totalCount).toBe(found.length)
    } while (after)
    expect(new Set(found).size).toBe(found.length)
  })

  test('of disks has the worst first', async () => {
    const { data } = await api.ask('{ disks(first: 2) { nodes { health } } }')
    expect(data.disks.nodes.map(({ health }: { health: string }) => health)).toEqual(['AT_RISK', 'OK'])
  })

  test.each([
    ['the end of a serial', (disk: { serial: string }) => disk.serial.slice(-4).toLowerCase(), 1],
    ['a hostname', () => 'fomalhaut', 5],
    ['a per cent sign', () => '%', 0],
    ['an underscore', () => '_', 0],
  ])('of disks is searched by %s', async (_, search, count) => {
    const disk = machines[3]?.disks[2] as { serial: string }
    const { data } = await api.ask(
      'query ($search: String) { disks(filter: { search: $search }) { nodes { serial machine { hostname } } totalCount } }',
      { search: search(disk) },
    )
    expect(data.disks.totalCount).toBe(count)
  })

  test('of disks is filtered by health, machine and move', async () => {
    const count = async (filter: string) =>
      (await api.ask(`{ disks(filter: ${filter}) { totalCount } }`)).data.disks.totalCount
    const machine = (await api.ask('{ machine(hostname: "vega") { id } }')).data.machine.id
    expect(await count('{ health: [AT_RISK] }')).toBe(1)
    expect(await count('{ health: [FAILED, UNKNOWN] }')).toBe(0)
    expect(await count(`{ machineId: "${machine}" }`)).toBe(5)
    expect(await count('{ moved: true }')).toBe(0)
    expect(await count('{ moved: false }')).toBe(60)
  })

  test('of machines is searched by name and filtered by silence', async () => {
    const names = async (filter: string) =>
      (await api.ask(`{ machines(filter: ${filter}) { nodes { hostname } } }`)).data.machines.nodes.map(
        ({ hostname }: { hostname: string }) => hostname,
      )
    expect(await names('{ search: "eNe" }')).toEqual(['deneb'])
    expect(await names('{ silent: true }')).toEqual([])
    expect(await names('{ silent: false }')).toHaveLength(12)
  })

  test('of events is filtered by kind, machine and time', async () => {
    const count = async (filter: string) =>
      (await api.ask(`{ events(filter: ${filter}) { totalCount } }`)).data.events.totalCount
    expect(await count('{ type: [MACHINE_ADDED] }')).toBe(12)
    expect(await count('{ from: "2026-11-21T12:00:01Z" }')).toBe(0)
    expect(await count('{ type: [HEALTH_CHANGED], to: "2026-11-21T12:00:00Z" }')).toBe(1)
  })

  test('of what needs a backup has the most bytes first', async () => {
    const { data } = await api.ask('{ backupNeeded(first: 2) { nodes { bytes machine { hostname } } totalCount } }')
    expect(data.backupNeeded).toEqual({
      nodes: [
        { bytes: '1011', machine: { hostname: 'capella' } },
        { bytes: '1010', machine: { hostname: 'rigel' } },
      ],
      totalCount: 12,
    })
  })
})

test('A summary counts every health in the order of its enum, and shows the first machines and disks', async () => {
  const { data } = await api.ask(
    '{ summary { totalMachines totalDisks disksByHealth { health count } machines(first: 1) { nodes { hostname } totalCount } disks(first: 1) { nodes { health } totalCount } } }',
  )
  expect(data.summary).toEqual({
    totalMachines: 12,
    totalDisks: 60,
    disksByHealth: [
      ['OK', 59],
      ['WARNING', 0],
      ['AT_RISK', 1],
      ['FAILED', 0],
      ['UNKNOWN', 0],
      ['UNSUPPORTED', 0],
    ].map(([health, count]) => ({ health, count })),
    machines: { nodes: [{ hostname: 'altair' }], totalCount: 12 },
    disks: { nodes: [{ health: 'AT_RISK' }], totalCount: 60 },
  })
})

test('A machine and a disk are given names, and lose them again', async () => {
  const { id } = (await api.ask('{ machine(hostname: "vega") { id } }')).data.machine
  const rename = async (name: string | null) =>
    (await api.ask('mutation ($id: ID!, $name: String) { renameMachine(id: $id, name: $name) { name } }', { id, name }))
      .data.renameMachine.name
  expect([await rename(' attic '), await rename(null)]).toEqual(['attic', null])
  const disk = (await api.ask('{ disks(first: 1) { nodes { id } } }')).data.disks.nodes[0].id
  const { data } = await api.ask('mutation ($id: ID!) { labelDisk(id: $id, label: "bay 3") { label } }', { id: disk })
  expect(data.labelDisk.label).toBe('bay 3')
})
