import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { insertRows, selectRows } from '../src/database/rows.ts'
import type { ForgetRules } from '../src/config/config.ts'
import { measureRooms } from '../src/room/measure-rooms.ts'
import { RoomLevel } from '../src/storage/forecast.ts'
import { Room, RoomUse } from '../src/room/room.entity.ts'
import { forgetQuarantined } from '../src/vault/nightly.ts'
import { type Backups, backupsForThisTest, dump, gz, nightly } from './deposit.ts'
import { until } from './start-api.ts'

const QUIET = { VIGIE_LOG_LEVEL: 'silent', SCANNER_INTERVAL_MINUTES: '1440' }
const DAY = 24 * 3600_000
const KEEP: ForgetRules = { keepDays: 7, quota: null }

/** Files are as old as they are: the clock goes ahead of them. */
const after = (backups: Backups, days: number): void => {
  backups.api.clock.now = new Date(Date.now() + days * DAY)
}
const survey = (backups: Backups, rules = KEEP): Promise<void> => backups.api.app.scanner.survey(rules)
/** Until so many lie there: where a scan slips in between, a survey leaves the forgetting to the next one. */
const surveyedDownTo = (backups: Backups, count: number, rules = KEEP): Promise<unknown> =>
  until(async () => {
    await survey(backups, rules)
    return (await lying(backups)).length === count
  }, 'the survey to forget')
const lying = async ({ api }: Backups): Promise<any[]> =>
  (await api.ask('{ unawaitedFiles { nodes { id root path agentId size isProven } } }')).data.unawaitedFiles.nodes
/** A backup that is in the vault, and the same file again beside others. */
async function resent(): Promise<{ backups: Backups; content: Buffer }> {
  const backups = await backupsForThisTest(QUIET)
  await backups.job({ active: false })
  after(backups, 0)
  const content = backups.send({ startedAt: new Date(Date.now() - 60_000).toISOString() })
  await backups.scan()
  backups.put('lyon-01/databases/crm.sql.gz', content)
  return { backups, content }
}

describe('What nobody awaits', () => {
  test('is shown by agent, age and size after a day, and whether the vault holds it as well', async () => {
    const { backups, content } = await resent()
    backups.put('lyon-01/databases/failed.sql.gz', Buffer.alloc(5000))
    backups.put('lyon-01/log/backup.log', 'words')
    backups.put('paris-01/databases/stray.sql.gz', Buffer.alloc(900))
    mkdirSync(join(backups.quarantine, 'lyon-01'), { recursive: true })
    writeFileSync(join(backups.quarantine, 'lyon-01/left'), 'x')
    after(backups, 0.9)
    await survey(backups)
    expect(await lying(backups)).toEqual([])
    after(backups, 1.1)
    await survey(backups)
    expect((await lying(backups)).map(({ root, path, isProven }) => `${root} ${path} ${isProven}`)).toEqual([
      'DEPOSIT lyon-01/databases/failed.sql.gz false',
      'DEPOSIT paris-01/databases/stray.sql.gz false',
      'DEPOSIT lyon-01/databases/crm.sql.gz true',
      'DEPOSIT lyon-01/log/backup.log false',
      'QUARANTINE lyon-01/left false',
    ])
    const { data } = await backups.api.ask('{ unawaitedByAgent { agentId files size provenSize since } }')
    expect(data.unawaitedByAgent).toMatchObject([
      { agentId: 'lyon-01', files: 4, size: String(5000 + content.length + 6), provenSize: String(content.length) },
      { agentId: 'paris-01', files: 1, size: '900', provenSize: '0' },
    ])
    // What is taken away is forgotten, and what is another file by now is looked at anew.
    rmSync(join(backups.deposit, 'paris-01'), { recursive: true })
    backups.put('lyon-01/databases/crm.sql.gz', Buffer.alloc(content.length))
    await survey(backups)
    expect((await lying(backups)).map(({ path, isProven }) => `${path} ${isProven}`)).toEqual([
      'lyon-01/databases/failed.sql.gz false',
      'lyon-01/databases/crm.sql.gz false',
      'lyon-01/log/backup.log false',
      'lyon-01/left false',
    ])
  })

  test('is deleted after seven days where the vault holds it, and told; what the vault does not hold stays for ever', async () => {
    const { backups } = await resent()
    backups.put('lyon-01/databases/only.sql.gz', Buffer.alloc(5000))
    after(backups, 6.9)
    await survey(backups)
    expect(await lying(backups)).toHaveLength(2)
    after(backups, 7.1)
    await surveyedDownTo(backups, 1)
    expect((await lying(backups)).map(({ path }) => path)).toEqual(['lyon-01/databases/only.sql.gz'])
    expect(existsSync(join(backups.deposit, 'lyon-01/databases/crm.sql.gz'))).toBe(false)
    expect(await backups.api.ask('{ events { nodes { type cause } } }')).toMatchObject({
      data: { events: { nodes: expect.arrayContaining([{ type: 'DEPOSIT_FORGOTTEN', cause: 'RULES' }]) } },
    })
    after(backups, 900)
    await survey(backups, { keepDays: 1, quota: 1 })
    expect(existsSync(join(backups.deposit, 'lyon-01/databases/only.sql.gz'))).toBe(true)
  })

  test('stays where the vault’s own file is damaged or gone, and with no rule', async () => {
    const { backups } = await resent()
    after(backups, 30)
    await survey(backups, { keepDays: null, quota: null })
    const [path] = (await backups.entries()).map(({ file }) => join(backups.vault, file.path))
    rmSync(path as string)
    await survey(backups)
    expect(existsSync(join(backups.deposit, 'lyon-01/databases/crm.sql.gz'))).toBe(true)
  })

  test('goes earlier where an agent leaves more than it may', async () => {
    const { backups, content } = await resent()
    after(backups, 3.1)
    await survey(backups, { keepDays: null, quota: content.length })
    expect(await lying(backups)).toHaveLength(1)
    await surveyedDownTo(backups, 0, { keepDays: null, quota: content.length - 1 })
  })

  test('is no file of a run that nobody declared: somebody may make its job', async () => {
    const { backups, content } = await resent()
    backups.put('lyon-01/databases/erp.sql.gz', content)
    const { startedAt } = { startedAt: new Date(Date.now() - 60_000).toISOString() }
    backups.send({ database: 'erp', content, put: null, startedAt })
    after(backups, 8)
    await backups.scan()
    await surveyedDownTo(backups, 0)
    expect(existsSync(join(backups.deposit, 'lyon-01/databases/erp.sql.gz'))).toBe(true)
  })

  test('can be deleted by hand, but not where a run awaits it by now, or it is another file', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ active: false })
    const remove = (id: string) =>
      backups.api.ask('mutation ($id: ID!) { deleteUnawaitedFile(id: $id) { path } }', { id })
    const content = gz(dump())
    backups.put('lyon-01/databases/crm.sql.gz', content)
    backups.put('lyon-01/databases/old.sql.gz', content)
    backups.put('lyon-01/databases/erp.gz', 'words')
    after(backups, 2)
    await survey(backups)
    const [crm, , old] = (await lying(backups)).toSorted((a, b) => (a.path < b.path ? -1 : 1))
    writeFileSync(join(backups.deposit, 'lyon-01/databases/old.sql.gz'), 'another')
    expect((await remove(old.id)).errors?.[0]?.extensions.code).toBe('AWAITED')
    await survey(backups)
    const again = (await lying(backups)).find(({ path }) => path === old.path)
    expect(again).toMatchObject({ size: '7', isProven: false })
    const run = {
      runId: 'r1',
      agentId: 'lyon-01',
      databases: [{ name: 'crm', compress: { ok: true, size: '7' }, stagedFileName: 'old.sql.gz' }],
    }
    await backups.api.ask('mutation ($run: BackupRunInput!) { reportBackupRun(run: $run) { repeated } }', { run })
    expect((await remove(again.id)).errors?.[0]?.extensions.code).toBe('AWAITED')
    // Nobody declared its database yet, but somebody may.
    const undeclared = {
      ...run,
      runId: 'r2',
      databases: [{ ...run.databases[0], name: 'erp', stagedFileName: 'erp.gz' }],
    }
    const erp = (await lying(backups)).find(({ path }) => path.endsWith('/erp.gz'))
    await backups.api.ask('mutation ($run: BackupRunInput!) { reportBackupRun(run: $run) { repeated } }', {
      run: undeclared,
    })
    expect((await remove(erp.id)).errors?.[0]?.extensions.code).toBe('AWAITED')
    expect((await remove(crm.id)).data).toEqual({ deleteUnawaitedFile: { path: 'lyon-01/databases/crm.sql.gz' } })
    expect(existsSync(join(backups.deposit, 'lyon-01/databases/crm.sql.gz'))).toBe(false)
    expect((await remove(crm.id)).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  })

  test('kept apart for ninety days is deleted where a good one of the same due time came after all', async () => {
    const backups = await backupsForThisTest(QUIET)
    const { api } = backups
    await backups.job()
    await backups.job({ databaseName: 'erp' })
    backups.set('02:05')
    backups.send({ content: gz(dump(3, false)) })
    backups.send({ database: 'erp', content: gz(dump(3, false)) })
    await backups.scan()
    backups.set('02:20')
    backups.send({ startedAt: '2026-01-15T02:10:00Z' })
    await backups.scan()
    const kept = async () =>
      (await api.ask('{ quarantinedBackups { nodes { job { databaseName } } } }')).data.quarantinedBackups.nodes
    expect(await kept()).toHaveLength(2)
    const forget = () => forgetQuarantined(nightly(api), 90)
    backups.set('02:04', '2026-04-15')
    await forget()
    expect(await kept()).toHaveLength(2)
    backups.set('02:06', '2026-04-15')
    await forget()
    expect(await kept()).toEqual([{ job: { databaseName: 'erp' } }])
  })

  test('kept apart stays where the good one is gone from the vault, though nobody has noticed it', async () => {
    const backups = await backupsForThisTest(QUIET)
    const { api } = backups
    await backups.job()
    backups.set('02:05')
    backups.send({ content: gz(dump(3, false)) })
    await backups.scan()
    backups.set('02:20')
    backups.send({ startedAt: '2026-01-15T02:10:00Z' })
    await backups.scan()
    const [apart] = (await api.ask('{ quarantinedBackups { nodes { path } } }')).data.quarantinedBackups.nodes
    rmSync(join(backups.vault, (await backups.entries())[0].file.path))
    backups.set('02:06', '2026-04-15')
    await forgetQuarantined(nightly(api), 90)
    expect(existsSync(join(backups.quarantine, apart.path))).toBe(true)
  })
})

describe('The room on a disk', () => {
  const measure = ({ api, deposit, vault }: Backups) =>
    measureRooms(api.orm.em, api.app.transact, () => api.clock.now, [
      { path: deposit, use: RoomUse.DEPOSIT },
      { path: vault, use: RoomUse.VAULT },
    ])
  /** As if so much had come each day, until it is full in so many days. */
  const growing = async (backups: Backups, days: number): Promise<void> => {
    const { bsize, blocks, bfree, bavail } = statfsSync(backups.deposit)
    const used = (blocks - bfree) * bsize
    const perDay = (bavail * bsize) / days
    const known = Array.from({ length: 9 }, (_, n) => ({
      day: new Date(backups.api.clock.now.getTime() - (9 - n) * DAY).toISOString().slice(0, 10),
      used: used - (9 - n) * perDay,
    }))
    await insertRows(backups.api.orm.em.fork(), Room, [
      {
        id: 'room',
        path: backups.deposit,
        uses: [RoomUse.DEPOSIT],
        used,
        free: bavail * bsize,
        level: RoomLevel.ENOUGH,
        fullAt: null,
        readAt: backups.api.clock.now,
        unreadable: null,
        days: known,
      },
    ])
  }
  const rooms = async ({ api }: Backups) =>
    (await api.ask('{ rooms { path uses level fullAt readAt unreadable used free } }')).data.rooms
  const alerts = async ({ api }: Backups) => {
    await api.app.opener.run()
    return (await api.ask('{ alerts { nodes { type status state subject severity } } }')).data.alerts.nodes
  }

  test('is read, each file system once, and tells nothing where there is enough', async () => {
    const backups = await backupsForThisTest(QUIET)
    await measure(backups)
    expect(await rooms(backups)).toMatchObject([
      { path: backups.deposit, uses: ['DEPOSIT', 'VAULT'], fullAt: null, unreadable: null },
    ])
    expect(Number((await rooms(backups))[0].free)).toBeGreaterThan(0)
  })

  test('is told before it is full, with the day, and when there is enough again', async () => {
    const backups = await backupsForThisTest(QUIET)
    backups.api.clock.now = new Date('2026-01-20T12:00:00Z')
    await growing(backups, 10)
    await measure(backups)
    expect(await rooms(backups)).toMatchObject([
      { level: 'LOW', fullAt: expect.stringMatching(/^2026-01-(29|30|31)T/) },
    ])
    expect(await alerts(backups)).toMatchObject([{ type: 'ROOM', status: 'LOW', state: 'OPEN', severity: 'WARNING' }])
    // Nothing came for a month: the growth is over.
    for (let day = 1; day <= 31; day += 1) {
      backups.api.clock.now = new Date(Date.UTC(2026, 0, 20 + day, 12))
      await measure(backups)
    }
    expect(await rooms(backups)).toMatchObject([{ level: 'ENOUGH', fullAt: null }])
    expect(await alerts(backups)).toMatchObject([{ type: 'ROOM', state: 'RESOLVED' }])
  })

  test('that cannot be read stays as it was, and says so', async () => {
    const backups = await backupsForThisTest(QUIET)
    await measure(backups)
    rmSync(backups.deposit, { recursive: true })
    rmSync(backups.vault, { recursive: true })
    await measure(backups)
    const [room] = await selectRows(backups.api.orm.em.fork(), Room, 'path', [backups.deposit])
    expect(room).toMatchObject({ unreadable: 'ENOENT', level: expect.any(String) })
  })
})
