import { describe, expect, test } from 'vitest'
import { Alert, AlertType } from '../src/alerts/alert.entity.ts'
import { insertRows } from '../src/database/rows.ts'
import { Severity } from '../src/reasons/reason.ts'
import { apiForThisTest } from './start-api.ts'
import { machineWithData, report, section } from './builders.ts'
import { backupsForThisTest, type Backups } from './deposit.ts'
import { smtpForThisTest } from './smtp.ts'

const CAUSES = `query ($filter: CauseFilterInput, $first: Int, $after: String) {
  causesByState { state count }
  causes(filter: $filter, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    nodes { id kind state severity since sentence alertCount alerts { id type state } jobs { databaseName } disk { serial } machine { hostname }
      endangers { place { verdict fileSystem { mountpoint } copyMachine { hostname } } cost { kind since disks } } } } }`
const FAILING = { passed: false }

const causesOf = async ({ api }: Pick<Backups, 'api'>, variables: Record<string, unknown> = {}): Promise<any> => {
  await api.app.opener.run()
  const { data, errors } = await api.ask(CAUSES, variables)
  expect(errors).toBeUndefined()
  return data
}

/** A fleet of which one disk fails that holds what nobody copies, and of which one agent sent nothing. */
async function fleet(env: Record<string, string> = {}): Promise<Backups> {
  const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1', ...env })
  const { api } = backups
  await report(api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
  for (const hostname of ['nas', 'db'])
    await report(api, machineWithData(hostname, [{ serial: `S-${hostname}` }], { mountpoints: ['/srv'] }))
  for (const databaseName of ['crm', 'erp'])
    await backups.job({ databaseName, protects: [{ hostname: 'db', path: '/srv' }] })
  backups.set('03:05', '2026-11-21')
  await backups.scan()
  await report(
    api,
    machineWithData('nas', [{ serial: 'S-nas', ...FAILING }], { mountpoints: ['/srv'], at: '2026-11-21T03:05:00Z' }),
  )
  return backups
}

describe('Causes', () => {
  test('put alerts together, and what would lose most first', async () => {
    const backups = await fleet()
    const { causes, causesByState } = await causesOf(backups)
    expect(causes.nodes).toMatchObject([
      {
        kind: 'DISK',
        sentence: 'The disk S-nas of nas is failing',
        severity: 'FAILED',
        alertCount: 1,
        disk: { serial: 'S-nas' },
        machine: { hostname: 'nas' },
        endangers: [{ place: { verdict: 'LOST', fileSystem: { mountpoint: '/srv' } }, cost: { kind: 'EVERYTHING' } }],
      },
      {
        kind: 'BACKUPS_MISSING',
        sentence: '2 backups of lyon-01 are missing',
        alertCount: 2,
        jobs: [{ databaseName: 'crm' }, { databaseName: 'erp' }],
        endangers: [
          { place: { verdict: 'UNKNOWN', copyMachine: { hostname: 'vault-1' } }, cost: { kind: 'EVERYTHING' } },
        ],
      },
    ])
    expect(causesByState).toEqual([
      { state: 'OPEN', count: 2 },
      { state: 'ACKNOWLEDGED', count: 0 },
      { state: 'MUTED', count: 0 },
    ])
    const { causes: first } = await causesOf(backups, { first: 1 })
    expect(first).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true }, nodes: [{ kind: 'DISK' }] })
    const { causes: next } = await causesOf(backups, { first: 1, after: first.pageInfo.endCursor })
    expect(next).toMatchObject({ pageInfo: { hasNextPage: false }, nodes: [{ kind: 'BACKUPS_MISSING' }] })
    expect((await causesOf(backups, { filter: { kind: ['DISK'] } })).causes.totalCount).toBe(1)
  })

  test('are acknowledged with all of their alerts, and that is taken back; what joined since is not meant', async () => {
    const backups = await fleet()
    const missing = (await causesOf(backups)).causes.nodes[1]
    const [first] = missing.alerts
    const acknowledge = (variables: Record<string, unknown>) =>
      backups.api.ask(
        'mutation ($id: ID!, $alertIds: [ID!], $known: Boolean! = true) { acknowledgeCause(id: $id, alertIds: $alertIds, known: $known) { state acknowledgedBy } }',
        { id: missing.id, ...variables },
      )
    expect((await acknowledge({ alertIds: [first.id] })).data.acknowledgeCause).toMatchObject([
      { state: 'ACKNOWLEDGED' },
    ])
    expect((await causesOf(backups)).causes.nodes[1], 'one of its alerts nobody knows of').toMatchObject({
      state: 'OPEN',
    })
    await acknowledge({})
    const { causes, causesByState } = await causesOf(backups)
    expect(causes.nodes[1]).toMatchObject({
      state: 'ACKNOWLEDGED',
      alerts: [{ state: 'ACKNOWLEDGED' }, { state: 'ACKNOWLEDGED' }],
    })
    expect(causesByState[1]).toEqual({ state: 'ACKNOWLEDGED', count: 1 })
    await acknowledge({ known: false })
    expect((await causesOf(backups)).causes.nodes[1].state).toBe('OPEN')
    const { data } = await backups.api.ask('{ events(first: 10) { nodes { type } } }')
    const types = data.events.nodes.map(({ type }: { type: string }) => type)
    expect(types.filter((type: string) => type === 'ALERT_ACKNOWLEDGED')).toHaveLength(2)
    expect(types.filter((type: string) => type === 'ALERT_UNACKNOWLEDGED')).toHaveLength(2)
  })

  test('are muted until a time, and one that is over or unknown says so', async () => {
    const backups = await fleet()
    const [disk] = (await causesOf(backups)).causes.nodes
    const mute = (id: string, until: string | null) =>
      backups.api.ask('mutation ($id: ID!, $until: DateTimeISO) { muteCause(id: $id, until: $until) { state } }', {
        id,
        until,
      })
    expect((await mute(disk.id, '2026-11-22T03:05:00Z')).data.muteCause).toEqual([{ state: 'MUTED' }])
    expect((await causesOf(backups)).causes.nodes.at(-1)).toMatchObject({ kind: 'DISK', state: 'MUTED' })
    expect((await mute(disk.id, null)).data.muteCause).toEqual([{ state: 'OPEN' }])
    expect((await mute(disk.id, '2026-01-01T00:00:00Z')).errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'until',
    })
    expect((await mute('DISK nobody', null)).errors?.[0]?.extensions?.['code']).toBe('NOT_FOUND')
  })

  test('are none where nothing is wrong', async () => {
    const api = await apiForThisTest()
    expect((await causesOf({ api })).causes).toMatchObject({ totalCount: 0, nodes: [] })
  })
})

test('A mail about a failing disk says what lies on it, and where the last proven backup of that is', async () => {
  const smtp = await smtpForThisTest()
  const backups = await backupsForThisTest({
    VIGIE_VAULT_MACHINE: 'vault-1',
    EMAIL_HOST: '127.0.0.1',
    EMAIL_PORT: String(smtp.port),
    EMAIL_SECURITY: 'off',
    EMAIL_SENDER: 'Vigie <vigie@example.org>',
    ADMIN_EMAIL_RECIPIENT: 'admin@example.org',
    VIGIE_PUBLIC_URL: 'https://vigie.example',
  })
  const { api } = backups
  await report(api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
  await report(api, machineWithData('nas', [{ serial: 'ZL2X' }], { mountpoints: ['/home'] }))
  await report(api, machineWithData('lab', [{ serial: 'LAB1' }], { mountpoints: ['/srv'] }))
  await backups.job({ protects: [{ hostname: 'nas', path: '/home' }] })
  backups.set('02:05', '2026-11-21')
  backups.send({ startedAt: '2026-11-21T02:00:00Z' })
  await backups.scan()
  backups.set('07:00', '2026-11-21')
  for (const [hostname, serial, path] of [
    ['nas', 'ZL2X', '/home'],
    ['lab', 'LAB1', '/srv'],
  ] as const)
    await report(
      api,
      machineWithData(hostname, [{ serial, ...FAILING }], { mountpoints: [path], at: '2026-11-21T07:00:00Z' }),
    )
  await api.app.opener.run()
  await api.app.delivery.run()
  const text = smtp.mails
    .map((mail) => mail.text)
    .join('\n')
    .replace(/\s+/g, ' ')
  expect(text).toContain('/home lies on it; last proven backup 5 hours ago, on vault-1.')
  expect(text).toContain('/srv lies on it; no backup of it is declared.')
  const { data } = await api.ask(
    '{ atRiskDisks { nodes { disk { serial } english: sentence french: sentence(language: FR) places { verdict } } } }',
  )
  const bySerial = (a: any, b: any): number => (a.disk.serial < b.disk.serial ? -1 : 1)
  expect(data.atRiskDisks.nodes.toSorted(bySerial)).toMatchObject([
    {
      disk: { serial: 'LAB1' },
      english: 'The disk LAB1 of lab is failing. /srv lies on it; no backup of it is declared.',
      places: [{ verdict: 'LOST' }],
    },
    {
      disk: { serial: 'ZL2X' },
      english: 'The disk ZL2X of nas is failing. /home lies on it; last proven backup 5 hours ago, on vault-1.',
      french:
        'Le disque ZL2X de nas est en train de lâcher. /home s’y trouve\u202f; dernière sauvegarde prouvée il y a 5 heures, sur vault-1.',
      places: [{ verdict: 'COVERED' }],
    },
  ])
})

describe('What a cause endangers', () => {
  const sentences = async ({ api }: Backups): Promise<string[]> =>
    (await api.ask('{ atRiskDisks { nodes { sentence } } }')).data.atRiskDisks.nodes.map(
      ({ sentence }: any) => sentence,
    )

  test('is not called backed up where only a folder in it is', async () => {
    const backups = await backupsForThisTest({ VIGIE_VAULT_MACHINE: 'vault-1' })
    const { api } = backups
    await report(api, machineWithData('vault-1', [{ serial: 'V1' }], { mountpoints: ['/vault'] }))
    await report(api, machineWithData('nas', [{ serial: 'S1' }], { mountpoints: ['/home'] }))
    await backups.job({ protects: [{ hostname: 'nas', path: '/home/alice/db' }] })
    backups.set('02:05', '2026-11-21')
    backups.send({ startedAt: '2026-11-21T02:00:00Z' })
    await backups.scan()
    backups.set('07:00', '2026-11-21')
    await report(
      api,
      machineWithData('nas', [{ serial: 'S1', ...FAILING }], { mountpoints: ['/home'], at: '2026-11-21T07:00:00Z' }),
    )
    expect(await sentences(backups)).toEqual([
      'The disk S1 of nas is failing. /home lies on it; only /home/alice/db has a backup, last proven backup 5 hours ago, on vault-1.',
    ])
  })

  test('goes with the disk to the machine where it is now', async () => {
    const backups = await backupsForThisTest()
    const { api } = backups
    await report(api, machineWithData('nas', [{ serial: 'S1', ...FAILING }], { mountpoints: ['/srv'] }))
    expect((await causesOf(backups)).causes.nodes[0].sentence).toBe('The disk S1 of nas is failing')
    await report(
      api,
      machineWithData('nas2', [{ serial: 'S1', ...FAILING }], { mountpoints: ['/srv2'], at: '2026-11-21T02:00:00Z' }),
    )
    await report(api, machineWithData('nas', [{ serial: 'S2' }], { mountpoints: ['/srv'], at: '2026-11-21T02:01:00Z' }))
    const [cause] = (await causesOf(backups)).causes.nodes.filter(({ kind }: any) => kind === 'DISK')
    expect(cause).toMatchObject({
      sentence: 'The disk S1 of nas2 is failing',
      endangers: [{ place: { fileSystem: { mountpoint: '/srv2' } } }],
    })
  })

  test('is what lay on an array that failed, though no report tells of it any more', async () => {
    const backups = await backupsForThisTest()
    const { api } = backups
    const two = [
      { device: 'sda', serial: 'S1' },
      { device: 'sdb', serial: 'S2' },
    ]
    const whole = machineWithData('nas', two, { mirror: true, mountpoints: ['/srv'] })
    await report(api, whole)
    const broken = {
      arrays: [{ name: 'md0', level: 'raid1', active: false, devices: [], expectedDevices: 2, workingDevices: 0 }],
    }
    await report(api, {
      ...whole,
      collectedAt: '2026-11-21T02:00:00Z',
      lsblk: two.map(({ device, serial }) => ({ device, serial, children: [] })),
      sections: [section('mdraid', broken)],
    })
    const [cause] = (await causesOf(backups)).causes.nodes
    expect(cause).toMatchObject({
      kind: 'ARRAY',
      sentence: 'The array md0 of nas has failed',
      endangers: [{ place: { verdict: 'LOST', fileSystem: { mountpoint: '/srv' } }, cost: { kind: 'EVERYTHING' } }],
    })
    expect((await api.ask('{ troubledMachines { nodes { hostname } } }')).data.troubledMachines.nodes).toEqual([
      { hostname: 'nas' },
    ])
  })

  test('is acted on as it was seen, whatever caused it by now', async () => {
    const backups = await fleet()
    const missing = (await causesOf(backups)).causes.nodes[1]
    const { data } = await backups.api.ask(
      'mutation ($id: ID!, $alertIds: [ID!]) { acknowledgeCause(id: $id, alertIds: $alertIds) { id } }',
      { id: 'MACHINE_SILENT another', alertIds: [missing.alerts[0].id, 'over'] },
    )
    expect(data.acknowledgeCause).toEqual([{ id: missing.alerts[0].id }])
  })

  test('of two thousand alerts of one agent is told in one answer', async () => {
    const api = await apiForThisTest()
    const at = api.clock.now
    await insertRows(
      api.orm.em.fork(),
      Alert,
      Array.from({ length: 2000 }, (_, index) => ({
        id: `a${String(index).padStart(5, '0')}`,
        cause: `undeclared agent-1/${index}`,
        type: AlertType.REPORT,
        severity: Severity.WARNING,
        status: 'UNDECLARED',
        count: 1,
        job: null,
        entry: null,
        machine: null,
        disk: null,
        facts: { name: `agent-1/${index}` },
        openedAt: at,
        changedAt: at,
        acknowledgedAt: null,
        acknowledgedBy: null,
        mutedUntil: null,
        resolvedAt: null,
        remindAt: null,
      })),
    )
    const { data, errors } = await api.ask(
      '{ causes(first: 100) { nodes { sentence alertIds alertCount alerts(first: 1) { id } jobs(first: 1) { id } } } }',
    )
    expect(errors).toBeUndefined()
    expect(data.causes.nodes).toMatchObject([
      { sentence: '2000 reports of agent-1 belong to no job', alertCount: 2000 },
    ])
    expect(data.causes.nodes[0].alertIds).toHaveLength(2000)
  })
})
