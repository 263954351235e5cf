import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from './builders.ts'
import { startApi, type TestApi } from './start-api.ts'
import { Scope } from '../src/graphql/scope.ts'

// Five disks: three that were read, one that only lsblk shows, and one that its machine lost.
let api: TestApi
let reader: string

beforeAll(async () => {
  api = await startApi()
  reader = await api.token([Scope.READ])
  const key = 'key-of-the-second-machine'
  await report(api, {
    machineKey: key,
    hostname: 'vega',
    disks: [{ serial: 'LOST', model: 'B', temperature: 20, hours: 5 }],
  })
  await report(api, {
    hostname: 'atlas',
    collectedAt: '2026-11-21T12:01:00Z',
    disks: [
      { serial: 'HOT', model: '=cmd|"/c calc"!A1', temperature: 55, hours: 10 },
      { serial: 'OLD', model: 'É, "é"', temperature: 25, hours: 90_000, rotation: 0 },
    ],
    lsblk: [
      { device: 'sda', serial: 'HOT', fstype: 'ext4', mountpoints: ['/home'], uuid: 'home' },
      { device: 'sdb', serial: 'OLD' },
      { device: 'sdc', serial: 'UNREAD' },
    ],
  })
  await report(api, {
    machineKey: key,
    hostname: 'vega',
    collectedAt: '2026-11-21T12:02:00Z',
    disks: [{ serial: 'SICK', model: 'C', temperature: 30, hours: 500, raw: { 197: 8 } }],
  })
})
afterAll(() => api.stop())

const serials = async (args: string): Promise<string[]> => {
  const { data, errors } = await api.ask(`{ disks(${args}) { nodes { serial } } }`)
  if (errors) throw new Error(errors[0]?.message)
  return data.disks.nodes.map((disk: { serial: string }) => disk.serial)
}

describe('A list of disks', () => {
  test.each([
    ['TEMPERATURE', ['HOT', 'SICK', 'OLD', 'LOST'], ['UNREAD']],
    ['POWER_ON_HOURS', ['OLD', 'SICK', 'HOT', 'LOST'], ['UNREAD']],
    ['LAST_READ', ['SICK', 'HOT', 'OLD', 'LOST'], ['UNREAD']],
    ['SERIAL', ['HOT', 'LOST', 'OLD', 'SICK', 'UNREAD'], []],
    ['MODEL', ['HOT', 'LOST', 'SICK', 'OLD'], ['UNREAD']],
  ])('by %s goes both ways, and what is not known stands last in both', async (order, known, unknown) => {
    const isTied = order === 'LAST_READ'
    const sorted = (list: string[]) => (isTied ? list.map((each) => (each === 'OLD' ? 'HOT' : each)) : list)
    expect(sorted(await serials(`orderBy: ${order}`))).toEqual(sorted([...known, ...unknown]))
    expect(sorted(await serials(`orderBy: ${order}, reverse: true`))).toEqual(
      sorted([...known.toReversed(), ...unknown]),
    )
  })

  test('by MACHINE goes by what people call them', async () => {
    const { data } = await api.ask('{ disks(orderBy: MACHINE) { nodes { machine { hostname } } } }')
    expect(data.disks.nodes.map((disk: any) => disk.machine.hostname)).toEqual([
      'atlas',
      'atlas',
      'atlas',
      'vega',
      'vega',
    ])
  })

  test.each(['TEMPERATURE', 'POWER_ON_HOURS', 'LAST_READ', 'MODEL', 'MACHINE', 'SERIAL', 'CAPACITY', 'WORST_FIRST'])(
    'by %s is walked by its cursor in both directions, each disk once',
    async (order) => {
      for (const reverse of [false, true]) {
        const found: string[] = []
        let after: string | null = null
        do {
          const { data }: { data: any } = await api.ask(
            `query ($after: String) { disks(orderBy: ${order}, reverse: ${reverse}, first: 2, after: $after)
              { nodes { serial } pageInfo { hasNextPage endCursor } } }`,
            { after },
          )
          found.push(...data.disks.nodes.map((disk: { serial: string }) => disk.serial))
          after = data.disks.pageInfo.hasNextPage ? data.disks.pageInfo.endCursor : null
        } while (after)
        expect(found.toSorted()).toEqual(['HOT', 'LOST', 'OLD', 'SICK', 'UNREAD'])
      }
    },
  )

  test('tells of each disk the gravest place on it, and how many there are', async () => {
    const { data } = await api.ask(
      '{ disks(orderBy: SERIAL) { nodes { serial placeCount gravestPlace { verdict fileSystem { mountpoint } } } } }',
    )
    expect(data.disks.nodes.slice(0, 2)).toEqual([
      { serial: 'HOT', placeCount: 1, gravestPlace: { verdict: 'NONE', fileSystem: { mountpoint: '/home' } } },
      { serial: 'LOST', placeCount: 0, gravestPlace: null },
    ])
  })

  test('is filtered by what is missing, and by how a disk stores', async () => {
    expect(await serials('filter: { missing: true }')).toEqual(['LOST'])
    expect(await serials('filter: { missing: false }, orderBy: SERIAL')).toEqual(['HOT', 'OLD', 'SICK', 'UNREAD'])
    expect(await serials('filter: { type: [SSD] }')).toEqual(['OLD'])
    expect(await serials('filter: { type: [SSD, NVME], health: [AT_RISK] }')).toEqual([])
  })
})

describe('GET /export/disks.csv', () => {
  const get = (query = '', token: string | null = reader) =>
    fetch(`${api.url}/export/disks.csv${query}`, { headers: token ? { authorization: `Bearer ${token}` } : {} })
  const rows = async (query = ''): Promise<Record<string, string>[]> => {
    const answer = await get(query)
    expect(answer.status).toBe(200)
    return parse(await answer.text(), { columns: true, bom: true })
  }

  test('holds what the list shows, in its order, with what lies on each disk', async () => {
    expect((await rows()).map(({ serial }) => serial)).toEqual(await serials('first: 100'))
    expect((await rows('?orderBy=TEMPERATURE&reverse=true')).map(({ serial }) => serial)).toEqual(
      await serials('orderBy: TEMPERATURE, reverse: true'),
    )
    expect(await rows('?missing=true')).toMatchObject([
      { serial: 'LOST', health: 'UNKNOWN', machine: 'vega', missing_since: '2026-11-21T12:02:00.000Z' },
    ])
    expect(await rows('?search=HOT')).toMatchObject([{ holds: '/home: NONE', temperature_celsius: '55' }])
    expect(await rows('?health=AT_RISK&health=FAILED&language=fr')).toMatchObject([
      { serial: 'SICK', reasons: expect.stringMatching(/secteurs/) },
    ])
  })

  test('leaves blank what nobody knows, keeps accents and quotes, and lets nothing be a formula', async () => {
    const all = await rows('?orderBy=SERIAL')
    const of = (serial: string) => all.find((row) => row['serial'] === serial)
    expect(of('UNREAD')).toMatchObject({ temperature_celsius: '', power_on_hours: '', last_read_at: '', holds: '' })
    expect(of('OLD')).toMatchObject({ model: 'É, "é"' })
    expect(of('HOT')?.['model']).toBe('\'=cmd|"/c calc"!A1')
  })

  test('is a file that no cache keeps', async () => {
    const { headers } = await get()
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(headers.get('content-disposition')).toBe('attachment; filename="vigie-disks-2026-11-21.csv"')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test.each([
    ['?health=GOOD', 'health'],
    ['?helath=OK', 'helath'],
    ['?moved=yes', 'moved'],
    ['?orderBy=constructor', 'orderBy'],
    [`?search=${'a'.repeat(201)}`, 'search'],
    [`?${'health=OK&'.repeat(21)}`, 'health'],
  ])('%s is refused by the name of the field', async (query, field) => {
    const answer = await get(query)
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT', field } }] })
  })

  test('is for those who may read', async () => {
    expect((await get('', null)).status).toBe(401)
    expect((await get('', await api.token([Scope.REPORT]))).status).toBe(403)
  })
})

describe('archiveDisks', () => {
  const RETIRE = 'mutation ($ids: [ID!]!) { archiveDisks(ids: $ids) { serial archivedAt } }'

  test('retires all or, where one is not known, none', async () => {
    const { data } = await api.ask('{ disks(orderBy: SERIAL) { nodes { id serial } } }')
    const [hot, lost] = data.disks.nodes as { id: string }[]
    const unknown = await api.ask(RETIRE, { ids: [hot?.id, 'nobody'] })
    expect(unknown.errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' })
    expect(await serials('orderBy: SERIAL, first: 1')).toEqual(['HOT'])
    const tooMany = await api.ask(RETIRE, { ids: Array.from({ length: 501 }, (_, index) => `id-${index}`) })
    expect(tooMany.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'ids' })
    const refused = await api.ask(RETIRE, { ids: [hot?.id] }, reader)
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })

    const retired = await api.ask(RETIRE, { ids: [lost?.id, hot?.id, lost?.id] })
    expect(retired.data.archiveDisks).toMatchObject([{ serial: 'LOST' }, { serial: 'HOT' }])
    expect(await serials('orderBy: SERIAL')).toEqual(['OLD', 'SICK', 'UNREAD'])
    const { data: told } = await api.ask('{ events(filter: { type: [DISK_ARCHIVED] }) { nodes { disk { serial } } } }')
    expect(told.events.nodes.map((event: any) => event.disk.serial).toSorted()).toEqual(['HOT', 'LOST'])
  })
})
