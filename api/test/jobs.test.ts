import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Scope } from '../src/graphql/scope.ts'
import { report } from './builders.ts'
import { backupsForThisTest } from './deposit.ts'
import { apiForThisTest, startApi, type TestApi } from './start-api.ts'

const FIELDS = `id agentId databaseName companyName city neighborhood cron timeZone frequency expectedHourUtc
  expectedMinuteUtc daysOfWeek dayOfMonth lastDayOfMonth dueMeans graceMinutes agentDepositPathTemplate
  agentLogDepositPathTemplate finalStoragePathTemplate recipients expectChange runbook keepLast keepDaily active
  currentStatus nextDueAt archivedAt machine { hostname } protects { path machine { hostname } }`
const CREATE = `mutation ($input: ExpectedJobInput!) { job: createExpectedJob(input: $input) { ${FIELDS} } }`
const UPDATE = `mutation ($id: ID!, $input: ExpectedJobChange!) { job: updateExpectedJob(id: $id, input: $input) { ${FIELDS} } }`
const ARCHIVE = 'mutation ($id: ID!) { job: deleteExpectedJob(id: $id) { archivedAt nextDueAt } }'
const PREVIEW = `query ($input: ExpectedJobInput!) { preview: previewExpectedJob(input: $input) {
  cron timeZone periodMinutes graceMinutes keepsOnlyLatest logFolder dues { expectedAt windowEndsAt depositPath storagePath } } }`
const LIST = `query ($filter: ExpectedJobFilter, $includeArchived: Boolean) {
  expectedJobs(filter: $filter, includeArchived: $includeArchived, orderBy: NAME) { totalCount nodes { ${FIELDS} } } }`
const IMPORT = `mutation ($format: ExchangeFormat!, $content: String!, $dryRun: Boolean) {
  done: importExpectedJobs(format: $format, content: $content, dryRun: $dryRun) { stored created changed refusals { number field rule cure } } }`

const DAILY = { agentId: 'lyon-01', databaseName: 'crm', frequency: 'DAILY', expectedHourUtc: 2 }

const asker = (api: TestApi) => {
  const told = async (query: string, variables: object): Promise<any> => {
    const { data, errors } = await api.ask(query, variables as Record<string, unknown>)
    if (errors) throw Object.assign(new Error(errors[0]?.message), errors[0]?.extensions)
    return data
  }
  const jobs = {
    api,
    create: async (input: object = {}) => (await told(CREATE, { input: { ...DAILY, ...input } })).job,
    update: async (id: string, input: object) => (await told(UPDATE, { id, input })).job,
    archive: async (id: string) => (await told(ARCHIVE, { id })).job,
    preview: async (input: object = {}) => (await told(PREVIEW, { input: { ...DAILY, ...input } })).preview,
    list: async (filter: object = {}, includeArchived = false): Promise<any[]> =>
      (await told(LIST, { filter, includeArchived })).expectedJobs.nodes,
    names: async (filter: object = {}) => (await jobs.list(filter)).map((job) => `${job.agentId}/${job.databaseName}`),
    export: async (format: string): Promise<string> =>
      (await told('query ($format: ExchangeFormat!) { text: exportExpectedJobs(format: $format) }', { format })).text,
    import: async (format: string, content: string, dryRun = false) =>
      (await told(IMPORT, { format, content, dryRun })).done,
  }
  return jobs
}
const jobsForThisTest = async () => asker(await apiForThisTest())
const refused = (field: string, rule = '') => ({
  code: 'BAD_USER_INPUT',
  field,
  rule: expect.stringContaining(rule),
  cure: expect.stringMatching(/\.$/),
})

/** One job of each rhythm, with everything that may be said of it. */
const FULL = {
  companyName: 'ACME',
  city: 'Lyon',
  neighborhood: 'Croix-Rousse',
  recipients: ['a@example.org'],
  runbook: 'Call.',
  expectChange: 'INFO',
  keepLast: 3,
  keepDaily: 7,
  graceMinutes: 17,
  dueMeans: 'HERE',
}
const RHYTHMS = {
  hourly: { frequency: 'HOURLY', expectedHourUtc: undefined, expectedMinuteUtc: 42 },
  daily: { frequency: 'DAILY', expectedHourUtc: 3, expectedMinuteUtc: 42 },
  weekly: { frequency: 'WEEKLY', expectedHourUtc: 3, expectedMinuteUtc: 42, daysOfWeek: ['MONDAY', 'FRIDAY'] },
  monthly: { frequency: 'MONTHLY', expectedHourUtc: 3, expectedMinuteUtc: 42, dayOfMonth: 13 },
  'on the last day': { frequency: 'MONTHLY', expectedHourUtc: 3, expectedMinuteUtc: 42, lastDayOfMonth: true },
  'by cron': { frequency: undefined, expectedHourUtc: undefined, cron: '42 */6 * * 1-5', timeZone: 'Europe/Paris' },
}

describe('A change', () => {
  test.each(Object.entries(RHYTHMS))('of one field keeps every other one, of a job that is %s', async (_, rhythm) => {
    const { create, update } = await jobsForThisTest()
    const job = await create({ ...FULL, ...rhythm })
    for (const change of [
      { active: false },
      { active: true },
      { runbook: 'Run.' },
      { keepDaily: 8 },
      { city: 'Paris' },
      { recipients: [] },
      { graceMinutes: 18 },
      { dueMeans: 'BEGINS' },
    ]) {
      const before = await update(job.id, {})
      const after = await update(job.id, change)
      expect({ ...after, ...change, nextDueAt: null }).toEqual({ ...before, ...change, nextDueAt: null })
    }
  })

  test('and another at the same moment are both kept', async () => {
    const { create, update, list } = await jobsForThisTest()
    const { id } = await create(FULL)
    await Promise.all([
      update(id, { city: 'Paris' }),
      update(id, { companyName: 'Other' }),
      update(id, { keepLast: 9 }),
    ])
    expect(await list()).toMatchObject([{ city: 'Paris', companyName: 'Other', keepLast: 9 }])
  })
})

describe('A new job', () => {
  test('needs an agent, a database and a time; the rest has defaults', async () => {
    const { create, list } = await jobsForThisTest()
    const job = await create()
    expect(job).toMatchObject({
      cron: '0 2 * * *',
      timeZone: 'UTC',
      expectedMinuteUtc: 0,
      graceMinutes: 120,
      active: true,
      machine: null,
      companyName: null,
      recipients: [],
      expectChange: 'ALERT',
      keepLast: null,
      protects: [],
      runbook: null,
      agentDepositPathTemplate: '{agent_id}/databases/{file_name}',
      agentLogDepositPathTemplate: '{agent_id}/log',
      finalStoragePathTemplate: '{agent_id}/{database_name}/{year}{month}{day}T{hour}{minute}_{file_name}',
      currentStatus: 'UNKNOWN',
      nextDueAt: '2026-11-22T02:00:00.000Z',
      archivedAt: null,
    })
    expect(await list()).toEqual([job])
  })

  test('may be told by cron in a zone, and with places and addresses', async () => {
    const { create, api } = await jobsForThisTest()
    const job = await create({
      frequency: null,
      expectedHourUtc: null,
      cron: ' 30  2 * * 1-5',
      timeZone: 'Europe/Paris',
      companyName: 'Acme',
      city: 'Saint-E\u0301tienne',
      neighborhood: ' Lyon 3e ',
      graceMinutes: 1439,
      recipients: [' ann@example.org', 'ann@example.org', 'bob+x@example.org'],
      runbook: '  ',
      active: false,
      finalStoragePathTemplate: `${api.app.roots.vault}/{city}/{file_name}`,
    })
    expect(job).toMatchObject({
      cron: '30 2 * * 1-5',
      timeZone: 'Europe/Paris',
      frequency: null,
      expectedMinuteUtc: null,
      city: 'Saint-Étienne',
      neighborhood: 'Lyon 3e',
      finalStoragePathTemplate: '{city}/{file_name}',
      recipients: ['ann@example.org', 'bob+x@example.org'],
      runbook: null,
      active: false,
      nextDueAt: null,
    })
  })

  test('may be made by who operates, and by nobody who only reads', async () => {
    const { api } = await jobsForThisTest()
    const ask = async (query: string, scope: Scope) =>
      (await api.ask(query, { input: DAILY }, await api.token([scope], { name: scope }))).errors?.[0]?.extensions.code
    expect(await ask(CREATE, Scope.READ)).toBe('FORBIDDEN')
    expect(await ask(CREATE, Scope.REPORT)).toBe('FORBIDDEN')
    expect(await ask(PREVIEW, Scope.READ)).toBeUndefined()
    expect(await ask(CREATE, Scope.OPERATE)).toBeUndefined()
  })
})

describe('What is refused by name, with rule and cure', () => {
  let jobs: ReturnType<typeof asker>
  beforeAll(async () => {
    jobs = asker(await startApi())
    await jobs.create({ agentId: 'taken', finalStoragePathTemplate: 'held/{file_name}' })
  })
  afterAll(() => jobs.api.stop())

  const cron = { frequency: null, expectedHourUtc: null, cron: '0 2 * * *' }
  test.each<[string, object, string?]>([
    ['expectedHourUtc', { expectedHourUtc: 24 }],
    ['expectedMinuteUtc', { expectedMinuteUtc: 60 }],
    ['daysOfWeek', { frequency: 'WEEKLY' }],
    ['dayOfMonth', { frequency: 'MONTHLY', dayOfMonth: 1, lastDayOfMonth: true }],
    ['frequency', { frequency: null, expectedHourUtc: null }, 'or cron is needed'],
    ['cron', { cron: '0 2 * * *' }, 'together with frequency'],
    ['cron', { ...cron, expectedHourUtc: 2 }, 'together with frequency'],
    ['cron', { ...cron, cron: '0 2 30 2 *' }, 'never comes'],
    ['timeZone', { ...cron, timeZone: 'Mars' }],
    ['timeZone', { timeZone: 'Europe/Paris' }, 'frequency is in UTC'],
    ['graceMinutes', { graceMinutes: 0 }],
    ['graceMinutes', { graceMinutes: 1440 }, 'shorter than the period of 1440 minutes'],
    ['graceMinutes', { frequency: 'HOURLY', expectedHourUtc: null, graceMinutes: 60 }],
    ['agentId', { agentId: '../lyon' }],
    ['databaseName', { databaseName: 'a{b}' }],
    ['companyName', { companyName: 'A{B}' }],
    ['city', { city: 'x'.repeat(65) }],
    ['neighborhood', { neighborhood: '..' }],
    ['recipients', { recipients: ['ann@example.org', 'bob'] }, '"bob" is no mail address'],
    ['recipients', { recipients: ['a@b.org\r\nBcc: c@d.org'] }],
    ['agentDepositPathTemplate', { agentDepositPathTemplate: '/etc/{file_name}' }, 'absolute path outside'],
    ['agentLogDepositPathTemplate', { agentLogDepositPathTemplate: '{agent_id}/{day}' }],
    ['finalStoragePathTemplate', { finalStoragePathTemplate: '{password}' }, 'unknown placeholder {password}'],
    ['finalStoragePathTemplate', { finalStoragePathTemplate: '{city}/x' }, 'holds {city}, which this job leaves empty'],
    ['finalStoragePathTemplate', { finalStoragePathTemplate: 'Held/{file_name}' }, 'same paths as the job taken/crm'],
    ['databaseName', { agentId: 'taken' }, 'already expected of agent taken'],
    ['keepDaily', { keepDaily: -1 }],
    ['keepLast', { keepLast: 0, keepYearly: 0 }, 'would keep nothing'],
    ['runbook', { runbook: 'x'.repeat(4001) }],
    ['machineId', { machineId: 'nobody' }, 'is no known machine'],
    ['machineId', { machineId: '' }, 'is no known machine'],
    ['protects[0].machineId', { protects: [{ machineId: 'nobody', path: '/srv' }] }],
  ])('%s in %j', async (field, input, rule = '') => {
    await expect(jobs.create(input)).rejects.toMatchObject(refused(field, rule))
    expect(await jobs.names()).toEqual(['taken/crm'])
  })
})

describe('A changed job', () => {
  test('keeps what is omitted, and clears what is null', async () => {
    const { create, update } = await jobsForThisTest()
    const job = await create({ city: 'Lyon', keepLast: 3, graceMinutes: 30, recipients: ['ann@example.org'] })
    expect(await update(job.id, {})).toEqual(job)
    expect(await update(job.id, { expectedHourUtc: 4, runbook: 'Call Ann.' })).toEqual({
      ...job,
      expectedHourUtc: 4,
      cron: '0 4 * * *',
      nextDueAt: '2026-11-22T04:00:00.000Z',
      runbook: 'Call Ann.',
    })
    const cleared = { city: null, keepLast: null, graceMinutes: null, recipients: null, runbook: null }
    expect(await update(job.id, cleared)).toMatchObject({ ...cleared, graceMinutes: 120, recipients: [] })
    await expect(update(job.id, { databaseName: null })).rejects.toMatchObject(refused('databaseName', 'is needed'))
  })

  test('goes from frequency to cron and back, but has never both', async () => {
    const { create, update } = await jobsForThisTest()
    const { id } = await create()
    const byCron = { cron: '30 2 * * *', timeZone: 'Europe/Paris', frequency: null, expectedHourUtc: null }
    expect(await update(id, { cron: '30 2 * * *', timeZone: 'Europe/Paris' })).toMatchObject(byCron)
    expect(await update(id, { city: 'Lyon' })).toMatchObject(byCron)
    expect(await update(id, { timeZone: null })).toMatchObject({ ...byCron, timeZone: 'UTC' })
    await expect(update(id, { expectedHourUtc: 3 })).rejects.toMatchObject(refused('frequency'))
    const weekly = { frequency: 'WEEKLY', expectedHourUtc: 3, daysOfWeek: ['SUNDAY'] }
    expect(await update(id, weekly)).toMatchObject({ ...weekly, cron: '0 3 * * 0', timeZone: 'UTC' })
  })

  test('may not empty a place that its path needs, nor take the path of another', async () => {
    const { create, update } = await jobsForThisTest()
    const { id } = await create({ city: 'Lyon', finalStoragePathTemplate: '{city}/{file_name}' })
    const other = { databaseName: 'erp', city: 'LYON', finalStoragePathTemplate: '{city}/{file_name}' }
    await expect(update(id, { city: null })).rejects.toMatchObject(refused('finalStoragePathTemplate', '{city}'))
    await expect(create(other)).rejects.toMatchObject(refused('finalStoragePathTemplate', 'the job lyon-01/crm'))
    const { id: second } = await create({ ...other, city: 'Paris' })
    await expect(update(second, { city: 'lyon' })).rejects.toMatchObject(refused('finalStoragePathTemplate'))
  })

  test('when paused is due no more, and again when it goes on', async () => {
    const { create, update } = await jobsForThisTest()
    const { id } = await create()
    expect(await update(id, { active: false })).toMatchObject({ active: false, nextDueAt: null })
    expect(await update(id, { active: true })).toMatchObject({ active: true, nextDueAt: '2026-11-22T02:00:00.000Z' })
  })

  test('when retired stays to be seen, and makes room for a new one', async () => {
    const { create, update, archive, names, list } = await jobsForThisTest()
    const { id } = await create()
    expect(await archive(id)).toEqual({ archivedAt: '2026-11-21T12:00:00.000Z', nextDueAt: null })
    expect(await archive(id)).toMatchObject({ archivedAt: '2026-11-21T12:00:00.000Z' })
    expect(await names()).toEqual([])
    await expect(update(id, { city: 'Lyon' })).rejects.toMatchObject(refused('id', 'is a retired job'))
    const again = await create()
    expect((await list({}, true)).map((job) => job.id).sort()).toEqual([id, again.id].sort())
    await expect(archive('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('names its machine and what it protects', async () => {
    const { create, update, api } = await jobsForThisTest()
    const { machine } = await report(api)
    const protects = [{ machineId: machine.id, path: '/var/lib/mysql' }]
    const job = await create({ machineId: machine.id, protects })
    const view = [{ path: '/var/lib/mysql', machine: job.machine }]
    expect(job).toMatchObject({ machine: { hostname: expect.any(String) }, protects: view })
    expect(await update(job.id, { city: 'Lyon' })).toMatchObject({ protects: view })
    await expect(update(job.id, { protects: [{ machineId: machine.id, path: 'srv' }] })).rejects.toMatchObject(
      refused('protects[0].path', 'must be an absolute path'),
    )
    expect(await update(job.id, { protects: null, machineId: null })).toMatchObject({ protects: [], machine: null })
  })
})

describe('A machine of a job', () => {
  test('may be named by its hostname, whatever its case, or by its short name', async () => {
    const { create, update, api } = await jobsForThisTest()
    await report(api, { hostname: 'Atlas.example.org', machineKey: 'aaaaaaaaaaaaaaaa' })
    const job = await create({ machineHostname: 'atlas', protects: [{ hostname: 'ATLAS.example.org', path: '/srv' }] })
    expect(job).toMatchObject({
      machine: { hostname: 'Atlas.example.org' },
      protects: [{ path: '/srv', machine: { hostname: 'Atlas.example.org' } }],
    })
    expect(await update(job.id, { city: 'Lyon' })).toMatchObject({ machine: job.machine, protects: job.protects })
  })

  test('that nobody knows, that two are, or that is named twice is refused, and nothing is stored', async () => {
    const { create, names, api } = await jobsForThisTest()
    const { machine } = await report(api, { hostname: 'atlas', machineKey: 'aaaaaaaaaaaaaaaa' })
    await report(api, { hostname: 'twin.a.org', machineKey: 'bbbbbbbbbbbbbbbb' })
    await report(api, { hostname: 'twin.b.org', machineKey: 'cccccccccccccccc' })
    const path = '/srv'
    for (const [input, field, rule] of [
      [{ machineHostname: 'nobody' }, 'machineHostname', 'is no machine that Vigie knows ("nobody")'],
      [{ machineHostname: 'x'.repeat(300) }, 'machineHostname', 'is no machine'],
      [{ machineHostname: 'twin' }, 'machineHostname', 'is the name of 2 machines'],
      [{ machineHostname: 'atlas', machineId: machine.id }, 'machineHostname', 'together with machineId'],
      [{ protects: [{ hostname: 'nobody', path }] }, 'protects[0].hostname', 'is no machine'],
      [{ protects: [{ path }] }, 'protects[0]', 'one of the two'],
      [{ protects: [{ hostname: 'atlas', machineId: machine.id, path }] }, 'protects[0]', 'one of the two'],
    ] as const)
      await expect(create(input)).rejects.toMatchObject(refused(field, rule))
    expect(await names()).toEqual([])
  })

  test('goes out and comes in with the jobs, and what it protects', async () => {
    const jobs = await jobsForThisTest()
    await report(jobs.api, { hostname: 'atlas', machineKey: 'aaaaaaaaaaaaaaaa' })
    await jobs.create({
      machineHostname: 'atlas',
      protects: [
        { hostname: 'atlas', path: '/srv/a, b' },
        { hostname: 'atlas', path: '/var/lib/mysql' },
      ],
    })
    const text = await jobs.export('CSV')
    expect(text).toContain('"atlas:/srv/a, b;atlas:/var/lib/mysql"')
    const [before] = await jobs.list()
    expect(await jobs.import('CSV', text)).toMatchObject({ stored: true, changed: 1, refusals: [] })
    expect(await jobs.list()).toEqual([before])
    const wrong = text.replace('atlas:/srv', 'nobody:/srv')
    expect(await jobs.import('CSV', wrong, true)).toMatchObject({
      refusals: [{ number: 1, field: 'protects[0].hostname', rule: expect.stringContaining('"nobody"') }],
    })
    expect(await jobs.import('CSV', text.replace('atlas:/srv/a, b;', 'nonsense;'), true)).toMatchObject({
      refusals: [{ field: 'protects[0]' }],
    })
  })
})

describe('A preview', () => {
  test('tells the next five due times and their paths, and stores nothing', async () => {
    const { preview, names } = await jobsForThisTest()
    const told = await preview({ graceMinutes: 90 })
    expect(told).toMatchObject({
      cron: '0 2 * * *',
      timeZone: 'UTC',
      periodMinutes: 1440,
      graceMinutes: 90,
      keepsOnlyLatest: false,
      logFolder: 'lyon-01/log',
    })
    expect(told.dues).toHaveLength(5)
    expect(told.dues[4]).toEqual({
      expectedAt: '2026-11-26T02:00:00.000Z',
      windowEndsAt: '2026-11-26T03:30:00.000Z',
      depositPath: 'lyon-01/databases/crm.sql.gz',
      storagePath: 'lyon-01/crm/20261126T0200_crm.sql.gz',
    })
    expect(await names()).toEqual([])
    await expect(preview({ expectedHourUtc: 24 })).rejects.toMatchObject(refused('expectedHourUtc'))
  })

  test('says where only the latest is kept', async () => {
    const { preview } = await jobsForThisTest()
    const latest = async (finalStoragePathTemplate: string) =>
      (await preview({ finalStoragePathTemplate })).keepsOnlyLatest
    expect([await latest('{agent_id}/{file_name}'), await latest('{year}/{file_name}')]).toEqual([true, true])
    expect(await latest('{year}{month}{day}/{file_name}')).toBe(false)
  })
})

describe('A list', () => {
  test('of jobs is filtered by status, place, agent and whether they are paused', async () => {
    const { create, names } = await jobsForThisTest()
    await create({ companyName: 'Acme', city: 'Lyon' })
    await create({ databaseName: 'erp', companyName: 'Acme', city: 'Paris', active: false })
    await create({ agentId: 'nice-01', companyName: 'Bolt', city: 'Lyon' })
    const [crm, erp, nice] = ['lyon-01/crm', 'lyon-01/erp', 'nice-01/crm']
    expect(await names()).toEqual([crm, erp, nice])
    expect(await names({ companyName: 'Acme' })).toEqual([crm, erp])
    expect(await names({ city: 'Lyon' })).toEqual([crm, nice])
    expect(await names({ city: 'Lyon', companyName: 'Acme' })).toEqual([crm])
    expect(await names({ agentId: 'nice-01' })).toEqual([nice])
    expect([await names({ active: true }), await names({ active: false })]).toEqual([[crm, nice], [erp]])
    expect([await names({ status: ['UNKNOWN', 'FAILED'] }), await names({ status: ['FAILED'] })]).toEqual([
      [crm, erp, nice],
      [],
    ])
    expect(await names({ search: 'ERP' })).toEqual([erp])
  })

  test('of expected backups comes page by page, newest first, and by job, status and time', async () => {
    const backups = await backupsForThisTest()
    const [crm] = [await backups.job(), await backups.job({ databaseName: 'erp', expectedHourUtc: 3 })]
    for (const day of ['15', '16', '17']) {
      backups.set('06:00', `2026-01-${day}`)
      await backups.scan()
    }
    const page = async (args: string): Promise<any> =>
      (
        await backups.api.ask(
          `{ list: backupEntries(${args}) { totalCount pageInfo { hasNextPage endCursor } nodes { expectedAt } } }`,
        )
      ).data.list
    const times = ({ nodes }: any) => nodes.map(({ expectedAt }: any) => expectedAt.slice(8, 13))
    const first = await page('first: 4')
    expect([first.totalCount, times(first)]).toEqual([6, ['17T03', '17T02', '16T03', '16T02']])
    const second = await page(`first: 4, after: "${first.pageInfo.endCursor}"`)
    expect([times(second), second.pageInfo.hasNextPage]).toEqual([['15T03', '15T02'], false])
    expect(times(await page(`filter: { jobId: "${crm.id}" }`))).toEqual(['17T02', '16T02', '15T02'])
    const between = 'from: "2026-01-15T03:00:00Z", to: "2026-01-16T02:00:00Z"'
    expect(times(await page(`filter: { ${between} }`))).toEqual(['16T02', '15T03'])
    expect(times(await page(`filter: { status: [MISSING], ${between} }`))).toEqual(['16T02', '15T03'])
    expect(times(await page('filter: { status: [SUCCESS] }'))).toEqual([])
  })
})

describe('Jobs as text', () => {
  const ALL = [
    { city: 'Saint-Étienne', recipients: ['a@b.org', 'c@d.org'], keepLast: 3, runbook: 'Call "Ann",\nthen =Bob;' },
    {
      databaseName: 'weekly',
      frequency: 'WEEKLY',
      daysOfWeek: ['MONDAY', 'SUNDAY'],
      active: false,
      expectChange: 'INFO',
    },
    { databaseName: 'monthly', frequency: 'MONTHLY', lastDayOfMonth: true, expectedMinuteUtc: 5 },
    { databaseName: 'cron', frequency: null, expectedHourUtc: null, cron: '*/30 * * * *', timeZone: 'Europe/Paris' },
  ]
  const plain = (jobs: any[]) => jobs.map(({ id, ...job }) => job)

  test('CSV holds no formula for a spreadsheet, and what it escapes comes in again as it was', async () => {
    const jobs = await jobsForThisTest()
    const names = ['=1+1', '+41 22', '-2', '@cmd']
    for (const [index, runbook] of names.entries()) await jobs.create({ databaseName: `db${index}`, runbook })
    const text = await jobs.export('CSV')
    expect(text.split(/[,\n]/).filter((cell: string) => /^[=+@-]/.test(cell))).toEqual([])
    expect(await jobs.import('CSV', text)).toMatchObject({ created: 0, refusals: [] })
    expect((await jobs.list()).map(({ runbook }) => runbook).toSorted()).toEqual(names.toSorted())
  })

  test.each(['CSV', 'JSON'])('%s goes out and comes in again as it was', async (format) => {
    const [from, to] = [await jobsForThisTest(), await jobsForThisTest()]
    for (const job of ALL) await from.create(job)
    const text = await from.export(format)
    expect(await to.import(format, text, true)).toEqual({ stored: false, created: 4, changed: 0, refusals: [] })
    expect(await to.list()).toEqual([])
    expect(await to.import(format, text)).toEqual({ stored: true, created: 4, changed: 0, refusals: [] })
    expect(plain(await to.list())).toEqual(plain(await from.list()))
    expect(await to.export(format)).toBe(text)
    const before = await to.list()
    expect(await to.import(format, text)).toMatchObject({ stored: true, created: 0, changed: 4 })
    expect(await to.list()).toEqual(before)
  })

  test('change a known job: a column that is left out is kept, an empty cell clears', async () => {
    const jobs = await jobsForThisTest()
    const job = await jobs.create({ city: 'Lyon', keepLast: 3 })
    await jobs.import('CSV', '\uFEFFagentId,databaseName,city,graceMinutes\r\nlyon-01,crm,,45\r\n')
    expect(await jobs.list()).toEqual([{ ...job, city: null, graceMinutes: 45 }])
    await jobs.import('JSON', '[{"agentId":"lyon-01","databaseName":"crm","cron":"0 5 * * *","keepLast":null}]')
    expect(await jobs.list()).toMatchObject([{ cron: '0 5 * * *', frequency: null, graceMinutes: 45, keepLast: null }])
  })

  test('store all or nothing: each refusal names its number and field', async () => {
    const jobs = await jobsForThisTest()
    const rows = [
      DAILY,
      { ...DAILY, databaseName: 'erp', expectedHourUtc: 24 },
      { ...DAILY, frequency: 'YEARLY' },
      { ...DAILY, databaseName: 'hr', colour: 'red' },
      DAILY,
      { agentId: 'lyon-01' },
      7,
    ]
    const outcome = await jobs.import('JSON', JSON.stringify(rows))
    expect(outcome).toMatchObject({ stored: false })
    expect(outcome.refusals.map(({ number, field }: any) => `${number} ${field}`)).toEqual([
      '2 expectedHourUtc',
      '3 frequency',
      '4 colour',
      '5 databaseName',
      '6 databaseName',
      '7 content',
    ])
    expect(await jobs.names()).toEqual([])
    const csv = await jobs.import('CSV', 'agentId,databaseName,frequency,expectedHourUtc\nlyon-01,crm,DAILY,two\n')
    expect(csv.refusals).toMatchObject([{ number: 1, field: 'expectedHourUtc' }])
  })

  test.each([
    ['JSON', '{"agentId":', 'is no whole JSON'],
    ['JSON', '{}', 'must be a JSON list'],
    ['CSV', 'agentId,databaseName\n"lyon', 'is no CSV'],
    ['CSV', 'agentId,databaseName\na,b,c', 'is no CSV'],
  ])('of %s that is %j are refused whole', async (format, content, rule) => {
    const jobs = await jobsForThisTest()
    await expect(jobs.import(format, content)).rejects.toMatchObject(refused('content', rule))
  })
})

test('Companies and cities are written as people write them, and found without case and accents', async () => {
  const backups = await backupsForThisTest()
  await backups.job({
    companyName: 'Martin & Fils (Évry)',
    city: 'Évry',
    finalStoragePathTemplate: '{company_name}/{city}/{file_name}',
  })
  const found = async (filter: object) =>
    (
      await backups.api.ask(
        'query ($filter: ExpectedJobFilter) { expectedJobs(filter: $filter) { nodes { companyName } } }',
        {
          filter,
        },
      )
    ).data.expectedJobs.nodes.length
  expect([
    await found({ city: 'evry' }),
    await found({ city: 'ÉVRY' }),
    await found({ companyName: 'martin & fils (evry)' }),
    await found({ search: 'FILS (é' }),
    await found({ city: 'Lyon' }),
  ]).toEqual([1, 1, 1, 1, 0])
})
