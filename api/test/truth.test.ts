import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Backups, backupsForThisTest, backupsOn, dump, gz, statusOf } from './deposit.ts'
import { apiForThisTest, until } from './start-api.ts'

// What may never be said of a backup: good without proof, nothing where something is wrong, and nothing deleted that was
// the last.

const QUIET = { VIGIE_LOG_LEVEL: 'silent' }
const day = (n: number): string => `2026-01-${n}`
const night = async (backups: Backups, n: number, more: object = {}): Promise<void> => {
  backups.set('02:05', day(n))
  backups.send({ startedAt: `${day(n)}T02:00:00Z`, content: gz(dump(n).replace('2026-01-15', day(n))), ...more })
  await backups.scan()
}
/** The files of the vault, without the manifests beside them. */
const kept = ({ vault }: Backups): string[] =>
  readdirSync(join(vault, 'lyon-01/crm')).filter((name) => !name.endsWith('.vigie.json'))
const told = async (backups: Backups): Promise<string[]> =>
  (await backups.entries()).map(({ expectedAt, status, reasons }) =>
    [expectedAt.slice(8, 10), status, ...reasons.map(({ code }: { code: string }) => code)].join(' '),
  )
const jobOf = async ({ api }: Backups) =>
  (
    await api.ask(
      '{ expectedJobs { nodes { id currentStatus currentProof nextDueAt lastSuccessfulBackupAt strip(last: 2) stripProof(last: 2) stripSize(last: 2) lastGood { expectedAt measuredSize } } } }',
    )
  ).data.expectedJobs.nodes[0]
const alerts = async ({ api }: Backups): Promise<string[]> => {
  await api.app.opener.run()
  const { nodes } = (await api.ask('{ alerts(filter: { state: [OPEN] }) { nodes { type status } } }')).data.alerts
  return nodes
    .map(({ type, status }: { type: string; status: string | null }) => [type, status].filter(Boolean).join(' '))
    .sort()
}

/** A scan that a new job rang for may just be at work (BUSY). */
const retain = async ({ api }: Backups, id: string): Promise<string[]> => {
  const query = 'mutation ($id: ID!) { applyRetention(jobId: $id) { expectedAt } }'
  const { applyRetention } = await until(async () => (await api.ask(query, { id })).data, 'retention')
  return applyRetention.map(({ expectedAt }: { expectedAt: string }) => expectedAt.slice(8, 10))
}

describe('A good backup', () => {
  test('found damaged or gone in the vault is good no more, nor is its job; whole again, both are', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    for (const n of [15, 16]) await night(backups, n)
    const [newest, older] = await backups.entries()
    const file = join(backups.vault, newest.file.path)
    const reread = () => backups.api.ask('mutation ($id: ID!) { reverifyBackup(id: $id) { state } }', { id: newest.id })
    writeFileSync(file, 'damaged')
    await reread()
    expect(await told(backups)).toEqual(['16 FAILED FILE_DAMAGED', '15 SUCCESS'])
    expect(await jobOf(backups)).toMatchObject({
      currentStatus: 'FAILED',
      currentProof: null,
      strip: ['SUCCESS', 'FAILED'],
      stripSize: [String(statSync(join(backups.vault, older.file.path)).size), null],
      lastGood: { expectedAt: `${day(15)}T02:00:00.000Z`, measuredSize: older.measuredSize },
      lastSuccessfulBackupAt: `${day(15)}T02:00:00.000Z`,
    })
    expect(await alerts(backups)).toEqual(['FILE BACKUP_DAMAGED'])
    unlinkSync(file)
    await reread()
    expect(await told(backups)).toEqual(['16 FAILED FILE_GONE', '15 SUCCESS'])
    writeFileSync(file, gz(dump(16).replace('2026-01-15', day(16))))
    await reread()
    expect([await told(backups), (await jobOf(backups)).currentStatus]).toEqual([
      ['16 SUCCESS', '15 SUCCESS'],
      'SUCCESS',
    ])
    expect(await alerts(backups)).toEqual([])
  })

  test('that is damaged counts for nothing in retention: the intact ones stay', async () => {
    const backups = await backupsForThisTest(QUIET)
    const { id } = await backups.job({ keepLast: 2 })
    for (const n of [15, 16, 17, 18]) await night(backups, n)
    const [newest, second] = await backups.entries()
    for (const entry of [newest, second]) {
      writeFileSync(join(backups.vault, entry.file.path), 'damaged')
      await backups.api.ask('mutation ($id: ID!) { reverifyBackup(id: $id) { state } }', { id: entry.id })
    }
    expect(await retain(backups, id)).toEqual([])
    expect(kept(backups)).toHaveLength(4)
  })

  test('is deleted by rule only after what stays was found as it was: what changed is read again first', async () => {
    const backups = await backupsForThisTest(QUIET)
    const { id } = await backups.job({ keepLast: 1 })
    for (const n of [15, 16, 17]) await night(backups, n)
    const [newest] = await backups.entries()
    const apply = () => retain(backups, id)
    // Nobody has read it again yet: of three one is damaged, and the next is the last that is intact.
    writeFileSync(join(backups.vault, newest.file.path), 'damaged')
    expect(await apply()).toEqual(['15'])
    expect(await told(backups)).toEqual(['17 FAILED FILE_DAMAGED', '16 SUCCESS', '15 SUCCESS'])
    // Put back from elsewhere it is the newest again.
    writeFileSync(join(backups.vault, newest.file.path), gz(dump(17).replace('2026-01-15', day(17))))
    await backups.api.ask('mutation ($id: ID!) { reverifyBackup(id: $id) { state } }', { id: newest.id })
    expect(await apply()).toEqual(['16'])
    expect(kept(backups)).toEqual(['20260117T0200_crm.sql.gz'])
  })

  test.each<[string, Buffer, object, string | null]>([
    ['with every check passed', gz(dump(5)), {}, 'INTACT'],
    ['of a content that nobody can check', gz('something else'), {}, 'ARRIVED'],
    ['of such a content without a hash', gz('something else'), { compress: { sha256_checksum: null } }, 'SAID'],
  ])('%s is proven so far', async (_what, content, more, proof) => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    backups.set('02:05')
    backups.send({ content, ...more })
    await backups.scan()
    backups.set('02:10')
    await backups.scan()
    const { data } = await backups.api.ask(
      '{ backupEntries { nodes { status proof } } expectedJobs { nodes { currentProof stripProof(last: 1) } } jobsByStatus { status count unproven } }',
    )
    expect(data.backupEntries.nodes[0]).toEqual({ status: 'SUCCESS', proof })
    expect(data.expectedJobs.nodes[0]).toEqual({ currentProof: proof, stripProof: [proof] })
    expect(data.jobsByStatus.find(({ status }: { status: string }) => status === 'SUCCESS')).toMatchObject({
      count: 1,
      unproven: proof === 'INTACT' ? 0 : 1,
    })
  })

  test('is only what is proven, where its job says so', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ mustBeProven: true })
    backups.set('02:05')
    backups.send({ content: gz('something else') })
    await backups.scan()
    expect(await told(backups)).toEqual(['15 FAILED NOT_PROVEN CHECK_NOT_DONE'])
    expect(readdirSync(join(backups.quarantine, 'lyon-01/crm'))).toHaveLength(1)
    await night(backups, 16)
    expect((await told(backups))[0]).toBe('16 SUCCESS')
  })

  test('that calls itself failed as a whole says so', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    backups.set('02:05')
    const content = gz(dump())
    backups.put('lyon-01/databases/crm.sql.gz', content)
    const report = statusOf({ agent: 'lyon-01', database: 'crm', file: 'crm.sql.gz', content })
    backups.put('lyon-01/log/STATUS.json', JSON.stringify({ ...report, overall_status: 'failed' }))
    await backups.scan()
    expect(await told(backups)).toEqual(['15 SUCCESS OVERALL_FAILED'])
  })
})

describe('An agent whose clock is behind', () => {
  test('by years: tonight’s file is tonight’s, and retention does not take it for the oldest', async () => {
    const backups = await backupsForThisTest(QUIET)
    const { id } = await backups.job({ keepLast: 2 })
    for (const n of [15, 16]) await night(backups, n)
    await night(backups, 17, { startedAt: '2020-06-01T02:00:00Z' })
    expect(await told(backups)).toEqual(['17 SUCCESS CLOCK_BEHIND', '16 SUCCESS', '15 SUCCESS'])
    await retain(backups, id)
    expect(kept(backups)).toEqual(['20260116T0200_crm.sql.gz', '20260117T0200_crm.sql.gz'])
  })

  test('by eight hours (local time without its offset): from the second run on each night is that night', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    for (const n of [15, 16, 17]) await night(backups, n, { startedAt: `${day(n - 1)}T18:00:00` })
    // Once may be an outage that held the report back.
    expect((await told(backups)).slice(0, 2)).toEqual(['17 SUCCESS CLOCK_BEHIND', '16 SUCCESS CLOCK_BEHIND'])
  })

  test('is not supposed where a report was held back by an outage', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    await night(backups, 15)
    backups.set('03:30', day(16))
    await backups.scan()
    backups.set('03:00', day(17))
    backups.send({ startedAt: `${day(16)}T02:00:00Z`, content: gz(dump(16)) })
    await backups.scan()
    expect((await told(backups)).slice(0, 2)).toEqual(['17 MISSING NOTHING_CAME', '16 SUCCESS ARRIVED_LATE'])
  })
})

test('A server whose clock was 400 days ahead for one scan awaits each night again once it is set right', async () => {
  const backups = await backupsForThisTest(QUIET)
  await backups.job()
  await night(backups, 15)
  backups.api.clock.now = new Date('2027-02-19T01:30:00Z')
  await backups.scan()
  backups.set('04:00', day(16))
  await backups.scan()
  expect((await told(backups)).slice(0, 2)).toEqual(['16 MISSING NOTHING_CAME', '15 SUCCESS'])
  expect(await jobOf(backups)).toMatchObject({ currentStatus: 'MISSING', nextDueAt: `${day(17)}T02:00:00.000Z` })
  await night(backups, 17)
  expect((await told(backups))[0]).toBe('17 SUCCESS')
  expect([(await jobOf(backups)).currentStatus, await alerts(backups)]).toEqual(['SUCCESS', []])
})

describe('A run id that is used again', () => {
  test('for another night is another run, and says so; the same content again is a repeat', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    for (const n of [15, 16]) await night(backups, n, { runId: 'constant' })
    expect(await told(backups)).toEqual(['16 SUCCESS RUN_ID_REUSED', '15 SUCCESS'])
  })

  test('for a report that was corrected is judged by the corrected one', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    await night(backups, 15, { runId: 'r1', backup: { status: false, error_message: 'no space' } })
    expect(await told(backups)).toEqual(['15 FAILED STEP_FAILED'])
    await night(backups, 15, { runId: 'r1' })
    expect(await told(backups)).toEqual(['15 SUCCESS RUN_ID_REUSED OTHER_RUN_FAILED'])
  })

  test('of a report with a part that cannot be read is a repeat, and the part that was corrected is a run', async () => {
    const backups = await backupsForThisTest(QUIET)
    for (const databaseName of ['crm', 'erp']) await backups.job({ databaseName })
    backups.set('02:05')
    const content = gz(dump())
    backups.put('lyon-01/databases/crm.sql.gz', content)
    backups.put('lyon-01/databases/erp.sql.gz', content)
    const report = (name: string): any =>
      statusOf({ agent: 'lyon-01', database: name, file: `${name}.sql.gz`, content, runId: 'r1' })
    const bad = report('crm')
    bad.databases.erp = { BACKUP: 'yes' }
    for (let turn = 0; turn < 2; turn += 1) {
      backups.put('lyon-01/log/STATUS.json', JSON.stringify(bad))
      expect((await backups.scan()).scan.trouble).toBeNull()
    }
    const { reportInbox } = (await backups.api.ask('{ reportInbox { nodes { databaseName outcome } } }')).data
    expect(reportInbox.nodes).toEqual([{ databaseName: 'erp', outcome: 'WRONG_TYPES' }])
    backups.put(
      'lyon-01/log/STATUS.json',
      JSON.stringify({ ...bad, databases: { ...bad.databases, ...report('erp').databases } }),
    )
    expect((await backups.scan()).scan.trouble).toBeNull()
    expect((await told(backups)).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      '15 SUCCESS',
      '15 SUCCESS',
    ])
    expect((await backups.api.ask('{ reportInbox { nodes { databaseName } } }')).data.reportInbox.nodes).toEqual([])
  })

  test('by mutation is no repeat where it tells something else', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    const send = async (ok: boolean) => {
      const run = {
        runId: 'm1',
        agentId: 'lyon-01',
        startedAt: `${day(15)}T02:00:00Z`,
        databases: [{ name: 'crm', backup: { ok } }],
      }
      return (
        await backups.api.ask(
          'mutation ($run: BackupRunInput!) { reportBackupRun(run: $run) { repeated runs { databaseName outcome } } }',
          { run },
        )
      ).data.reportBackupRun
    }
    const runs = [{ databaseName: 'crm', outcome: 'ACCEPTED' }]
    expect(await send(false)).toEqual({ repeated: false, runs })
    expect(await send(false)).toEqual({ repeated: true, runs })
    expect(await send(true)).toEqual({ repeated: false, runs })
    expect(await send(true)).toEqual({ repeated: true, runs })
  })
})

describe('A good backup in company', () => {
  const big = (seed: number, n: number): Buffer => gz(dump(5000 + seed).replace('2026-01-15', day(n)))

  test('of the night before last is told as old, and alerts until a new one comes', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    for (const n of [15, 16]) await night(backups, n)
    await night(backups, 17, { content: gz(dump(15)) })
    expect((await told(backups))[0]).toBe('17 SUCCESS SAME_AS_OLDER DUMP_DATE_OFF')
    expect(await alerts(backups)).toEqual(['BACKUP DOUBTFUL'])
    await night(backups, 18)
    expect([(await told(backups))[0], await alerts(backups)]).toEqual(['18 SUCCESS', []])
  })

  test('that another database sent too is told, where it is large enough to tell', async () => {
    const backups = await backupsForThisTest(QUIET)
    for (const databaseName of ['crm', 'erp']) await backups.job({ databaseName })
    backups.set('02:05')
    for (const database of ['crm', 'erp']) backups.send({ database, content: big(1, 15) })
    await backups.scan()
    expect((await told(backups)).sort()).toEqual(['15 SUCCESS', '15 SUCCESS SAME_AS_OTHER'])
  })

  test('of hardly anything after a week of much is told', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    for (let n = 15; n < 22; n += 1) await night(backups, n, { content: big(n, n) })
    await night(backups, 22)
    expect((await told(backups))[0]).toBe('22 SUCCESS SIZE_UNUSUAL')
  })

  test('is beyond doubt again though a night was missing between', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    for (const n of [15, 16]) await night(backups, n)
    for (const n of [17, 18])
      await night(backups, n, { content: gz(dump(n === 17 ? 15 : 16).replace('2026-01-15', day(n === 17 ? 15 : 16))) })
    const { nodes } = (await backups.api.ask('{ events(first: 100) { nodes { type } } }')).data.events
    expect(nodes.filter(({ type }: { type: string }) => type === 'BACKUP_DOUBTED')).toHaveLength(1)
    backups.set('04:00', day(19))
    await backups.scan()
    expect(await alerts(backups)).toEqual(['BACKUP DOUBTFUL', 'BACKUP MISSING'])
    await night(backups, 20)
    expect([(await told(backups))[0], await alerts(backups)]).toEqual(['20 SUCCESS', []])
  })

  test('is shown and no more where its job does not expect change', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ expectChange: 'INFO' })
    for (const n of [15, 16]) await night(backups, n)
    await night(backups, 17, { content: gz(dump(15)) })
    expect([(await told(backups))[0], await alerts(backups)]).toEqual(['17 SUCCESS SAME_AS_OLDER DUMP_DATE_OFF', []])
  })
})

describe('A job that is changed within its grace', () => {
  const change = async (backups: Backups, input: object) => {
    const { id } = await jobOf(backups)
    const { errors } = await backups.api.ask(
      'mutation ($id: ID!, $input: ExpectedJobChange!) { updateExpectedJob(id: $id, input: $input) { id } }',
      { id, input },
    )
    expect(errors).toBeUndefined()
  }
  test('has the new grace at once', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    backups.set('02:30')
    await backups.scan()
    await change(backups, { graceMinutes: 300 })
    backups.set('03:05')
    await backups.scan()
    expect(await told(backups)).toEqual(['15 UNKNOWN'])
    backups.set('07:00')
    await backups.scan()
    expect(await told(backups)).toEqual(['15 MISSING NOTHING_CAME'])
  })

  test('to another time is not missing at the old one', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    backups.set('02:30')
    await backups.scan()
    await change(backups, { expectedHourUtc: 5 })
    backups.set('04:00')
    await backups.scan()
    expect([await told(backups), await alerts(backups)]).toEqual([['15 UNKNOWN'], []])
    backups.set('06:00')
    await backups.scan()
    expect((await told(backups))[0]).toBe('15 MISSING NOTHING_CAME')
  })
})

test('Two Vigies on one deposit: the second sees that it is another’s, and takes nothing', async () => {
  const backups = await backupsForThisTest(QUIET)
  await backups.job()
  await backups.scan()
  const second = backupsOn(
    await apiForThisTest({
      ...QUIET,
      AGENT_DEPOSITS_PATH: backups.deposit,
      VALIDATED_BACKUPS_PATH: backups.vault,
      QUARANTINE_PATH: backups.quarantine,
    }),
  )
  for (const each of [backups, second]) each.set('02:05')
  backups.send()
  expect(await second.scan()).toMatchObject({
    outcome: 'BLIND',
    scan: { trouble: expect.stringMatching(/was made by another Vigie/) },
  })
  await backups.scan()
  expect(await told(backups)).toEqual(['15 SUCCESS'])
})

test('Each trouble of the scanner is told by itself, and is over by itself', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root can hold a folder')
  const backups = await backupsForThisTest(QUIET)
  await backups.job()
  const troubles = async (): Promise<string[]> =>
    (await backups.api.ask('{ scanner { troubles { text } } }')).data.scanner.troubles.map(
      ({ text }: { text: string }) => text,
    )
  // A folder in the place of a report's folder that cannot be read: a link is never followed.
  backups.put('paris-01/x', '')
  execFileSync('ln', ['-s', '/nowhere', join(backups.deposit, 'paris-01/log')])
  execFileSync('ln', ['-s', '/etc', join(backups.deposit, 'nice-01')])
  await backups.scan()
  const first = await troubles()
  const sentinel = join(backups.deposit, '.deposit-id')
  const id = existsSync(sentinel) ? execFileSync('cat', [sentinel], { encoding: 'utf8' }) : ''
  unlinkSync(sentinel)
  await backups.scan()
  expect(await troubles()).toEqual([...first, expect.stringMatching(/is not there: is .* mounted/)])
  expect((await alerts(backups)).filter((alert) => alert.startsWith('SCANNER'))).toHaveLength(first.length + 1)
  writeFileSync(sentinel, id)
  await backups.scan()
  expect(await troubles()).toEqual(first)
  expect((await alerts(backups)).filter((alert) => alert.startsWith('SCANNER'))).toHaveLength(first.length)
  return undefined
})

describe('A job whose backup must be here by its time', () => {
  test('takes the run that ended before it, however early it began, and calls none late that was in time', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ expectedHourUtc: 6, dueMeans: 'HERE' })
    backups.set('05:50')
    const times = { start_time: '2026-01-14T22:00:00Z', end_time: '2026-01-15T05:45:00Z' }
    backups.send({ startedAt: '2026-01-14T22:00:00Z', backup: times, transfer: times })
    await backups.scan()
    backups.set('07:00')
    await backups.scan()
    expect(await told(backups)).toEqual(['15 SUCCESS'])
  })

  test('takes each night for its own, also where one ends within the long grace of the night before', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ expectedHourUtc: 8, dueMeans: 'HERE', graceMinutes: 1200 })
    for (const [n, time] of [
      [16, '06:00'],
      [17, '03:00'],
      [18, '06:00'],
    ] as const) {
      backups.set(time, day(n))
      const startedAt = new Date(backups.api.clock.now.getTime() - 600_000).toISOString()
      backups.send({ startedAt, content: gz(dump(n).replace('2026-01-15', day(n))) })
      await backups.scan()
    }
    backups.set('05:00', day(19))
    await backups.scan()
    const statuses = (await told(backups)).filter((line) => !line.startsWith('15'))
    expect(statuses).toEqual(['18 SUCCESS', '17 SUCCESS', '16 SUCCESS'])
  })

  test('is missed at the end of its grace, and what comes then is late', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ expectedHourUtc: 6, dueMeans: 'HERE' })
    backups.set('07:00')
    await backups.scan()
    expect(await told(backups)).toEqual(['15 MISSING NOTHING_CAME'])
    backups.set('07:30')
    const times = { start_time: '2026-01-14T22:00:00Z', end_time: '2026-01-15T07:20:00Z' }
    backups.send({ startedAt: '2026-01-14T22:00:00Z', backup: times, transfer: times })
    await backups.scan()
    expect(await told(backups)).toEqual(['15 SUCCESS ARRIVED_LATE'])
  })
})

test('The strip of days shows each backup on the day that the clock of a place shows', async () => {
  const backups = await backupsForThisTest(QUIET)
  await backups.job()
  backups.set('02:05')
  backups.send()
  await backups.scan()
  const strip = async (timeZone: string) =>
    backups.api.ask('query ($zone: String!) { expectedJobs { nodes { strip(last: 3, timeZone: $zone) } } }', {
      zone: timeZone,
    })
  const of = async (timeZone: string) => (await strip(timeZone)).data.expectedJobs.nodes[0].strip
  expect(await of('UTC')).toEqual([null, null, 'SUCCESS'])
  // There it is still the evening of the 14th, and so is the backup of 02:00 UTC.
  expect(await of('America/Los_Angeles')).toEqual([null, null, 'SUCCESS'])
  backups.set('12:00')
  expect(await of('America/Los_Angeles')).toEqual([null, 'SUCCESS', null])
  expect(await of('Pacific/Kiritimati')).toEqual([null, 'SUCCESS', null])
  expect((await strip('Mars/Olympus')).errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'timeZone',
  })
})

test('A broken file that cannot be put apart is told as broken, and stays where it came', async () => {
  const backups = await backupsForThisTest(QUIET)
  await backups.job()
  backups.set('02:05')
  // Root may write anywhere; a file where a folder should be hinders everybody.
  writeFileSync(join(backups.quarantine, 'lyon-01'), '')
  backups.send({ content: gz(dump(3, false)) })
  await backups.scan()
  expect(await told(backups)).toEqual(['15 FAILED DUMP_INCOMPLETE NOT_QUARANTINED'])
  expect(existsSync(join(backups.deposit, 'lyon-01/databases/crm.sql.gz'))).toBe(true)
})

test('A broken file of a database with a very long name is put apart', async () => {
  const backups = await backupsForThisTest(QUIET)
  const databaseName = 'я'.repeat(128)
  await backups.job({ databaseName, finalStoragePathTemplate: '{agent_id}/{year}{month}{day}_{file_name}' })
  backups.set('02:05')
  backups.send({ database: databaseName, file: 'x.sql.gz', content: gz(dump(3, false)) })
  await backups.scan()
  expect(await told(backups)).toEqual(['15 FAILED DUMP_INCOMPLETE'])
  expect((await backups.entries())[0].file.root).toBe('QUARANTINE')
})

describe('What a restore asks for', () => {
  test('is the newest good backup before a time, with the path of its file; damaged ones are none', async () => {
    const backups = await backupsForThisTest(QUIET)
    const { id } = await backups.job()
    for (const n of [15, 16, 17]) await night(backups, n)
    const latest = async (before: string | null) => {
      const query =
        'query ($id: ID!, $before: DateTimeISO) { latestGoodBackup(jobId: $id, before: $before) { expectedAt file { absolutePath } } }'
      const found = (await backups.api.ask(query, { id, before })).data.latestGoodBackup
      return found && [found.expectedAt.slice(8, 10), existsSync(found.file.absolutePath)]
    }
    expect([await latest(null), await latest(`${day(17)}T00:00:00Z`), await latest(`${day(15)}T00:00:00Z`)]).toEqual([
      ['17', true],
      ['16', true],
      null,
    ])
    const [newest] = await backups.entries()
    writeFileSync(join(backups.vault, newest.file.path), 'damaged')
    await backups.api.ask('mutation ($id: ID!) { reverifyBackup(id: $id) { state } }', { id: newest.id })
    expect(await latest(null)).toEqual(['16', true])
  })

  test('is found by company, city and agent', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ companyName: 'Martin & Fils', city: 'Évry' })
    await backups.job({ agentId: 'paris-01', companyName: 'Bolt' })
    backups.set('03:00')
    await backups.scan()
    const count = async (filter: object) =>
      (
        await backups.api.ask('query ($filter: EntryFilter) { backupEntries(filter: $filter) { totalCount } }', {
          filter,
        })
      ).data.backupEntries.totalCount
    expect([
      await count({}),
      await count({ companyName: 'MARTIN & fils' }),
      await count({ city: 'evry' }),
      await count({ agentId: 'paris-01' }),
      await count({ agentId: 'paris-01', city: 'evry' }),
    ]).toEqual([2, 1, 1, 1, 0])
  })
})

describe('What people really send', () => {
  test('a report in UTF-16, as PowerShell writes it, is read', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    backups.set('02:05')
    const content = gz(dump())
    backups.put('lyon-01/databases/crm.sql.gz', content)
    const report = JSON.stringify(statusOf({ agent: 'lyon-01', database: 'crm', file: 'crm.sql.gz', content }))
    backups.put('lyon-01/log/STATUS.json', Buffer.from(`\ufeff${report}`, 'utf16le'))
    await backups.scan()
    expect(await told(backups)).toEqual(['15 SUCCESS'])
  })

  test('a database and a file with accents, in letters of whatever kind: shown as they are written, safe in paths', async () => {
    const backups = await backupsForThisTest(QUIET)
    const database = 'Paie & congés/été'
    await backups.job({ databaseName: database })
    backups.set('02:05')
    const content = gz(dump())
    // macOS writes letters and their marks apart; the report does not.
    backups.put(`lyon-01/databases/${'Congés.sql.gz'.normalize('NFD')}`, content)
    const report = statusOf({ agent: 'lyon-01', database: database.normalize('NFD'), file: 'Congés.sql.gz', content })
    backups.put('lyon-01/log/STATUS.json', JSON.stringify(report))
    await backups.scan()
    const [entry] = await backups.entries()
    expect([entry.status, entry.file.path]).toEqual([
      'SUCCESS',
      'lyon-01/Paie _ congés_été/20260115T0200_Congés.sql.gz',
    ])
    backups.set('02:05', '2026-01-16')
    const broken = gz(dump(3, false))
    backups.send({ database, file: 'x.sql.gz', content: broken, startedAt: '2026-01-16T02:00:00Z' })
    await backups.scan()
    expect((await backups.entries())[0].file).toMatchObject({
      root: 'QUARANTINE',
      path: expect.stringMatching(/^lyon-01\/Paie _ congés_été\//),
    })
  })

  test('a report whose file name is not UTF-8 is read, and removed', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    backups.set('02:05')
    const content = gz(dump())
    backups.put('lyon-01/databases/crm.sql.gz', content)
    backups.put('lyon-01/log/x', '')
    const name = Buffer.concat([
      Buffer.from(`${backups.deposit}/lyon-01/log/r`),
      Buffer.from([0xe9]),
      Buffer.from('s.json'),
    ])
    const report = JSON.stringify(statusOf({ agent: 'lyon-01', database: 'crm', file: 'crm.sql.gz', content }))
    writeFileSync(name, report)
    await backups.scan()
    expect(await told(backups)).toEqual(['15 SUCCESS'])
    expect(existsSync(name)).toBe(false)
  })

  test('one that cannot be used is told by a name that shows its bytes', async () => {
    const backups = await backupsForThisTest(QUIET)
    backups.put('lyon-01/log/x', '')
    const name = Buffer.concat([
      Buffer.from(`${backups.deposit}/lyon-01/log/r`),
      Buffer.from([0xe9]),
      Buffer.from('s.json'),
    ])
    writeFileSync(name, 'no report')
    await backups.scan()
    const inbox = async () =>
      (await backups.api.ask('{ reportInbox { nodes { reportPath outcome } } }')).data.reportInbox.nodes
    expect(await inbox()).toEqual([{ reportPath: 'lyon-01/log/r\\xE9s.json', outcome: 'NOT_JSON' }])
    rmSync(name)
    await backups.scan()
    expect(await inbox()).toEqual([])
  })

  test('an agent’s folder whose name is not UTF-8 hinders nobody else, and is told', async () => {
    const backups = await backupsForThisTest(QUIET)
    mkdirSync(Buffer.concat([Buffer.from(`${backups.deposit}/lyon-`), Buffer.from([0xe9])]), { recursive: true })
    await backups.job()
    backups.set('02:05')
    backups.send()
    await backups.scan()
    expect(await told(backups)).toEqual(['15 SUCCESS'])
    const { troubles } = (await backups.api.ask('{ scanner { troubles { text } } }')).data.scanner
    expect(troubles).toEqual([{ text: 'lyon-\\xE9: its name is not UTF-8: rename it' }])
  })

  test('a list of jobs as French spreadsheets write it is imported', async () => {
    const backups = await backupsForThisTest(QUIET)
    const content =
      '\ufeffagentId;databaseName;companyName;frequency;expectedHourUtc;recipients\r\nlyon-01;crm;"Martin & Fils";DAILY;2;"a@example.org, b@example.org"\r\n'
    const { data, errors } = await backups.api.ask(
      'mutation ($content: String!) { importExpectedJobs(format: CSV, content: $content) { created } }',
      { content },
    )
    expect([errors, data?.importExpectedJobs.created]).toEqual([undefined, 1])
    const { nodes } = (await backups.api.ask('{ expectedJobs { nodes { companyName recipients } } }')).data.expectedJobs
    expect(nodes).toEqual([{ companyName: 'Martin & Fils', recipients: ['a@example.org', 'b@example.org'] }])
  })
})
