import { expect, test } from 'vitest'
import { apiForThisTest } from './start-api.ts'
import { machineWithData, minutes, report } from './builders.ts'
import { backupsForThisTest } from './deposit.ts'

const TROUBLED = `query ($first: Int, $after: String) { summary { missingDisks silentMachines }
  troubledMachines(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { hostname } } }`

test('Machines in trouble: that with the worst disk first, then what is not known, without those that are well', async () => {
  const api = await apiForThisTest({ VIGIE_LOG_LEVEL: 'silent' })
  const at = minutes(0)
  api.clock.now = at
  const told = { at: at.toISOString() }
  await report(api, machineWithData('well', [{ serial: 'W' }], told))
  await report(api, machineWithData('failing', [{ serial: 'F', passed: false }], told))
  await report(api, machineWithData('worn', [{ serial: 'R', raw: { 5: 3000, 197: 800, 198: 800 } }], told))
  await report(api, { hostname: 'asleep', machineKey: 'key-of-the-one-asleep', collectedAt: at, disks: [] })
  await report(
    api,
    machineWithData(
      'emptied',
      [
        { device: 'sda', serial: 'E1' },
        { device: 'sdb', serial: 'E2' },
      ],
      told,
    ),
  )
  api.clock.now = minutes(1)
  await report(api, machineWithData('emptied', [{ device: 'sda', serial: 'E1' }], { at: minutes(1).toISOString() }))
  const troubled = async (variables = {}): Promise<any> => (await api.ask(TROUBLED, variables)).data
  const names = ({ troubledMachines }: any): string[] => troubledMachines.nodes.map(({ hostname }: any) => hostname)
  expect(names(await troubled())).toEqual(['failing', 'worn', 'emptied'])
  expect((await troubled()).summary.missingDisks).toBe(1)
  const first = await troubled({ first: 1 })
  expect(first.troubledMachines).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
  expect(names(await troubled({ first: 1, after: first.troubledMachines.pageInfo.endCursor }))).toEqual(['worn'])
  api.clock.now = new Date(at.getTime() + 30 * 86_400_000)
  const later = await troubled()
  expect(later.summary.silentMachines).toBe(5)
  expect(names(later)).toHaveLength(5)
})

test('Jobs by when their next backup is due, those of which nothing is due any more last', async () => {
  const backups = await backupsForThisTest()
  for (const [databaseName, expectedHourUtc] of [
    ['late', 5],
    ['early', 3],
    ['paused', 4],
  ] as const)
    await backups.job({ databaseName, expectedHourUtc, ...(databaseName === 'paused' ? { active: false } : {}) })
  const due = async (filter: Record<string, unknown>): Promise<string[]> => {
    const { data } = await backups.api.ask(
      'query ($filter: ExpectedJobFilter) { expectedJobs(orderBy: NEXT_DUE, filter: $filter) { nodes { databaseName } } }',
      { filter },
    )
    return data.expectedJobs.nodes.map(({ databaseName }: { databaseName: string }) => databaseName)
  }
  expect(await due({})).toEqual(['early', 'late', 'paused'])
  const until = new Date(backups.api.clock.now)
  until.setUTCHours(4)
  expect(await due({ dueBefore: until.toISOString() })).toEqual(['early'])
  await backups.job({
    databaseName: 'hourly',
    cron: '30 * * * *',
    frequency: null,
    expectedHourUtc: null,
    graceMinutes: 10,
  })
  const { data } = await backups.api.ask(
    'query ($until: DateTimeISO!) { expectedJobs { nodes { databaseName dues(until: $until) } } }',
    { until: until.toISOString() },
  )
  const dues = new Map(data.expectedJobs.nodes.map((each: any) => [each.databaseName, each.dues]))
  const day = until.toISOString().slice(0, 10)
  expect(dues.get('hourly')).toEqual(['01:30', '02:30', '03:30'].map((time) => `${day}T${time}:00.000Z`))
  expect(dues.get('late')).toEqual([])
  expect(dues.get('paused')).toEqual([])
})
