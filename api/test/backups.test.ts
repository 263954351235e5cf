import 'reflect-metadata'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { applyAllRetention } from '../src/vault/nightly.ts'
import { type Backups, backupsForThisTest, dump, gz, NIGHT, nightly, sha256 } from './deposit.ts'
import { tables } from '../src/database/tables.ts'
import { until } from './start-api.ts'

let backups: Backups
beforeEach(async () => {
  backups = await backupsForThisTest()
})

/** Without what Vigie itself puts there. */
const files = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^\.(deposit|vault|quarantine)-id$|\.vigie\.json$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
const statuses = async (): Promise<string[]> => (await backups.entries()).map(({ status }) => status)
const codes = async (): Promise<string[]> => (await backups.entries())[0].reasons.map(({ code }: any) => code)

describe('A backup that arrives', () => {
  test('is proven, promoted, and a success with its evidence', async () => {
    const job = await backups.job()
    expect(job.nextDueAt).toBe('2026-01-15T02:00:00.000Z')
    backups.set('02:05')
    const content = backups.send()
    expect(await backups.scan()).toMatchObject({
      outcome: 'DONE',
      scan: { trouble: null, runsRecorded: 1, filesRead: 1, filesPromoted: 1, entriesOpened: 0 },
    })
    const [entry] = await backups.entries(job.id)
    expect(entry).toMatchObject({
      status: 'SUCCESS',
      phase: 'JUDGED',
      expectedAt: '2026-01-15T02:00:00.000Z',
      reasons: [],
      reportedHash: sha256(content),
      measuredHash: sha256(content),
      measuredSize: String(content.length),
      file: { root: 'VAULT', state: 'VAULT', path: 'lyon-01/crm/20260115T0200_crm.sql.gz' },
      job: { currentStatus: 'SUCCESS' },
    })
    expect(entry.file.checks.map(({ name, outcome }: any) => `${name} ${outcome}`)).toEqual([
      'SIZE PASSED',
      'SHA256 PASSED',
      'DECOMPRESSION PASSED',
      'COMPLETION_MARK PASSED',
    ])
    expect(readFileSync(join(backups.vault, entry.file.path))).toEqual(content)
    expect(files(backups.deposit)).toEqual([])
  })

  test('not at all is MISSING when the grace ends, and not before; late it is a success all the same', async () => {
    const job = await backups.job()
    backups.set('02:59')
    await backups.scan()
    expect(await backups.entries(job.id)).toMatchObject([{ status: 'UNKNOWN', phase: 'DUE' }])
    backups.set('03:00')
    expect(await backups.scan()).toMatchObject({ scan: { entriesMissing: 1 } })
    expect(await backups.entries(job.id)).toMatchObject([
      { status: 'MISSING', reasons: [{ code: 'NOTHING_CAME' }], job: { currentStatus: 'MISSING', badInARow: 1 } },
    ])
    backups.set('06:12')
    backups.send()
    await backups.scan()
    const [entry] = await backups.entries(job.id)
    expect(entry).toMatchObject({ status: 'SUCCESS', job: { currentStatus: 'SUCCESS', badInARow: 0 } })
    expect(entry.reasons).toMatchObject([
      { code: 'ARRIVED_LATE', sentence: 'It arrived 3 h 12 min after the end of the grace.' },
    ])
  })

  test('is unchanged when its bytes are those of the good one before it, and still good', async () => {
    await backups.job()
    const content = gz(dump())
    backups.set('02:05')
    backups.send({ content })
    await backups.scan()
    backups.set('02:05', '2026-01-16')
    backups.send({ content, startedAt: '2026-01-16T02:00:00Z' })
    await backups.scan()
    expect(await statuses()).toEqual(['HASH_MISMATCH', 'SUCCESS'])
    expect((await backups.entries())[0]).toMatchObject({
      hashComparison: 'SAME',
      reasons: [{ code: 'UNCHANGED' }],
      file: { path: 'lyon-01/crm/20260116T0200_crm.sql.gz' },
    })
    expect(files(backups.vault)).toHaveLength(2)
  })

  test('with the content of the one before it, but for the line that differs each night, is a success that says so', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ content: gz(dump()) })
    await backups.scan()
    backups.set('02:05', '2026-01-16')
    backups.send({ content: gz(dump().replace('2:00:05', '2:00:09')), startedAt: '2026-01-16T02:00:00Z' })
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS', 'SUCCESS'])
    expect(await codes()).toEqual(['CONTENT_UNCHANGED'])
  })

  test('while it grows is awaited until the grace ends, and then damaged in transfer; whole after all, a success', async () => {
    await backups.job()
    const content = gz(dump(2000))
    backups.set('02:05')
    backups.send({ content, put: content.subarray(0, 500) })
    await backups.scan()
    expect(await backups.entries()).toMatchObject([
      { status: 'UNKNOWN', phase: 'DUE', reasons: [{ code: 'FILE_ARRIVING' }] },
    ])
    backups.set('03:00')
    await backups.scan()
    expect(await statuses()).toEqual(['TRANSFER_INTEGRITY_FAILED'])
    expect(await codes()).toEqual(['SIZE_SMALLER'])
    expect(files(backups.quarantine)).toHaveLength(2)
    backups.put('lyon-01/databases/crm.sql.gz', content)
    backups.set('03:15')
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
  })

  test.each([
    ['larger than declared', (content: Buffer) => Buffer.concat([content, Buffer.alloc(10)]), 'SIZE_LARGER'],
    [
      'of the same size with other bytes',
      (content: Buffer) => Buffer.concat([content.subarray(0, -1), Buffer.from('x')]),
      'HASH_DIFFERS',
    ],
  ])('%s is damaged in transfer at once, and quarantined', async (_, damage, code) => {
    await backups.job()
    const content = gz(dump())
    backups.set('02:01')
    backups.send({ content, put: damage(content) })
    await backups.scan()
    expect(await statuses()).toEqual(['TRANSFER_INTEGRITY_FAILED'])
    expect(await codes()).toEqual([code])
    expect(files(backups.vault)).toEqual([])
    expect(files(backups.quarantine).filter((file) => file.endsWith('crm.sql.gz'))).toHaveLength(1)
  })

  test('whose file never came is damaged in transfer at the end of the grace', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ put: null })
    await backups.scan()
    expect(await codes()).toEqual(['FILE_AWAITED'])
    backups.set('03:00')
    await backups.scan()
    expect(await statuses()).toEqual(['TRANSFER_INTEGRITY_FAILED'])
    expect(await codes()).toEqual(['FILE_ABSENT'])
  })

  test.each<[string, () => Buffer, string]>([
    ['a dump that was killed', () => gz(dump(50, false)), 'DUMP_INCOMPLETE'],
    ['an archive that was cut before it was hashed', () => gz(dump(5000)).subarray(0, 400), 'DECOMPRESSION_FAILED'],
    ['an empty file', () => Buffer.alloc(0), 'EMPTY_FILE'],
    [
      'an archive with a flipped byte',
      () => {
        const archive = gz(dump(5000))
        archive[300] = (archive[300] as number) ^ 0xff
        return archive
      },
      'DECOMPRESSION_FAILED',
    ],
  ])('as sent but broken (%s) is FAILED and quarantined with its reason', async (_, make, code) => {
    await backups.job()
    backups.set('02:05')
    backups.send({ content: make() })
    await backups.scan()
    expect(await statuses()).toEqual(['FAILED'])
    expect(await codes()).toEqual([code])
    expect((await backups.entries())[0].file).toMatchObject({ state: 'QUARANTINE', why: [{ code }] })
    expect(files(backups.vault)).toEqual([])
  })

  test('with a failed step is FAILED with the words of the agent, whatever overall_status says', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ put: null, backup: { status: 'failed', error_message: 'disk full on lyon-01' } })
    await backups.scan()
    const [entry] = await backups.entries()
    expect(entry).toMatchObject({ status: 'FAILED', phase: 'JUDGED' })
    expect(entry.reasons[0].sentence).toContain('disk full on lyon-01')
  })

  test('is compared with BACKUP before compression too', async () => {
    await backups.job()
    const content = gz(dump())
    backups.set('02:05')
    backups.send({ content, backup: { sha256_checksum: sha256(dump()), size: dump().length } })
    await backups.scan()
    expect((await backups.entries())[0].file.checks).toContainEqual(
      expect.objectContaining({ name: 'CONTENT_SHA256', outcome: 'PASSED' }),
    )
    backups.set('02:05', '2026-01-16')
    backups.send({
      content: gz(dump(9)),
      backup: { sha256_checksum: 'a'.repeat(64) },
      startedAt: '2026-01-16T02:00:00Z',
    })
    await backups.scan()
    expect(await codes()).toEqual(['CONTENT_HASH_DIFFERS'])
  })

  test('without a declared hash must keep still for a minute, and says that damage cannot be ruled out', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ compress: { sha256_checksum: null, size: null } })
    await backups.scan()
    expect(await statuses()).toEqual(['UNKNOWN'])
    backups.set('02:06')
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
    expect(await codes()).toEqual(['HASH_NOT_DECLARED'])
  })
})

describe('Several runs', () => {
  test('for one time: the best wins, and a later failure does not undo it', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ put: null, backup: { status: false, error_message: 'locked' } })
    await backups.scan()
    expect(await statuses()).toEqual(['FAILED'])
    backups.set('02:20')
    backups.send()
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
    expect(await codes()).toEqual(['OTHER_RUN_FAILED'])
    backups.set('02:40')
    backups.send({ put: null, transfer: { status: false } })
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
  })

  test('both good with one name: each keeps its own file', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ content: gz(dump(1)) })
    await backups.scan()
    backups.send({ content: gz(dump(2)) })
    await backups.scan()
    expect(files(backups.vault)).toEqual([
      'lyon-01/crm/20260115T0200_crm-2.sql.gz',
      'lyon-01/crm/20260115T0200_crm.sql.gz',
    ])
    expect(await statuses()).toEqual(['SUCCESS'])
  })

  test('that send the same content twice are one file of the vault', async () => {
    await backups.job()
    const content = gz(dump())
    backups.set('02:05')
    for (const runId of ['first', 'second']) {
      backups.send({ content, runId })
      await backups.scan()
    }
    expect(files(backups.vault)).toHaveLength(1)
    expect(files(backups.deposit)).toEqual([])
    expect((await backups.entries())[0].runs.map(({ status }: any) => status)).toEqual(['SUCCESS', 'SUCCESS'])
  })

  test('a night that went wrong does not take the file of the next night, though it has the same name', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ content: gz(dump(1)), put: null })
    await backups.scan()
    backups.set('03:00')
    await backups.scan()
    backups.set('02:05', '2026-01-16')
    backups.send({ content: gz(dump(2)), startedAt: '2026-01-16T02:00:00Z' })
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS', 'TRANSFER_INTEGRITY_FAILED'])
    expect(files(backups.quarantine)).toEqual([])
  })

  test('waiting together before one scan: the file is of the run whose hash it has', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ content: gz(dump(1)), runId: 'first' })
    backups.send({ content: gz(dump(2)), runId: 'second' })
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
    expect(files(backups.quarantine)).toEqual([])
    expect(files(backups.vault)).toHaveLength(1)
  })

  test('a good file that came before its report, and was condemned by an older one, is found in the quarantine', async () => {
    await backups.job()
    backups.set('02:05')
    const good = gz(dump(2))
    backups.send({
      content: gz(dump(1)).subarray(0, good.length),
      put: good,
      compress: { size: good.length, sha256_checksum: 'b'.repeat(64) },
    })
    await backups.scan()
    expect(await statuses()).toEqual(['TRANSFER_INTEGRITY_FAILED'])
    backups.set('02:20')
    backups.send({ content: good, put: null })
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
    expect(files(backups.vault)).toEqual(['lyon-01/crm/20260115T0200_crm.sql.gz'])
    expect(files(backups.quarantine).filter((file) => file.endsWith('.gz'))).toEqual([])
  })

  test('from before the job was made make their entry; MISSING is never raised for such a time', async () => {
    backups.set('12:00')
    await backups.job()
    backups.send({ startedAt: '2026-01-14T02:00:00Z' })
    await backups.scan()
    expect(await backups.entries()).toMatchObject([{ status: 'SUCCESS', expectedAt: '2026-01-14T02:00:00.000Z' }])
    backups.send({ startedAt: `${NIGHT}T02:00:00Z`, put: null })
    await backups.scan()
    backups.set('13:00')
    await backups.scan()
    expect(await statuses()).not.toContain('MISSING')
  })

  test('a run belongs to the newest due time at or before its start plus a quarter of the period', async () => {
    await backups.job()
    backups.set('23:00', '2026-01-14')
    backups.api.clock.now = new Date('2026-01-14T20:30:00Z')
    backups.send({ startedAt: '2026-01-14T20:00:00Z' })
    await backups.scan()
    expect((await backups.entries())[0].expectedAt).toBe('2026-01-15T02:00:00.000Z')
    backups.send({ startedAt: '2026-01-14T19:59:59Z', content: gz(dump(7)) })
    await backups.scan()
    expect((await backups.entries()).map(({ expectedAt }) => expectedAt)).toEqual([
      '2026-01-15T02:00:00.000Z',
      '2026-01-14T02:00:00.000Z',
    ])
  })

  test('a run of an agent whose clock was never set counts when it came', async () => {
    await backups.job()
    backups.set('02:10')
    backups.send({ startedAt: '1970-01-01T00:05:00Z' })
    await backups.scan()
    expect(await backups.entries()).toMatchObject([{ status: 'SUCCESS', expectedAt: '2026-01-15T02:00:00.000Z' }])
  })

  test('an agent whose clock is ten minutes ahead is told so; one that is days ahead is refused', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ startedAt: `${NIGHT}T02:15:00Z` })
    await backups.scan()
    expect(await codes()).toEqual(['CLOCK_OFF'])
    backups.send({ startedAt: '2026-01-17T02:00:00Z', database: 'erp' })
    await backups.scan()
    expect(await inbox()).toMatchObject([{ databaseName: 'erp', outcome: 'CLOCK_AHEAD' }])
  })
})

const inbox = async (): Promise<any[]> =>
  (await backups.api.ask('{ reportInbox { nodes { id agentId databaseName outcome detail reportPath raw } } }')).data
    .reportInbox.nodes
const events = async (type: string): Promise<any[]> =>
  (await backups.api.ask(`{ events(filter: { type: [${type}] }) { nodes { type subject detail } } }`)).data.events.nodes

describe('A report', () => {
  test('of the second dialect tells the same', async () => {
    await backups.job()
    const content = gz(dump())
    backups.set('02:05')
    backups.put('lyon-01/databases/crm.sql.gz', content)
    backups.put(
      'lyon-01/OPERATION_20260115_0200_lyon-01.json',
      JSON.stringify({
        operation_timestamp_utc: '2026-01-15T02:04:00',
        agent_id: 'lyon-01',
        databases: {
          crm: {
            backup_process: {
              status: true,
              backup_process_start_time: '2026-01-15T02:00:00',
              timestamp: '2026-01-15T02:03:00',
              size_bytes: 99,
            },
            compress_process: {
              status: 'success',
              sha256_checksum: sha256(content),
              size_bytes: String(content.length),
            },
            transfer_process: { status: true, error_message: '' },
            staged_file_name: 'crm.sql.gz',
            logs_summary: { lines: 3 },
          },
        },
      }),
    )
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
  })

  test.each([
    ['truncated', '{"agent_id": "lyon-01", "databases": {', 'NOT_JSON'],
    ['no JSON', 'backup ok', 'NOT_JSON'],
    ['empty', '', 'NOT_JSON'],
    ['without databases', '{"agent_id": "lyon-01"}', 'WRONG_TYPES'],
    [
      'with a hostile field',
      '{"agent_id":"lyon-01","overall_status":{"toString":null},"databases":{"erp":{"BACKUP":{"status":[]}}}}',
      'WRONG_TYPES',
    ],
    ['too large', `{"x": "${'y'.repeat(1024 * 1024)}"}`, 'TOO_LARGE'],
    ['of another agent', '{"agent_id":"paris-01","databases":{"crm":{"BACKUP":{"status":true}}}}', 'FOREIGN_AGENT'],
  ])(
    'that is %s is shown at once, told when a second scan finds it unchanged, and stops nothing',
    async (_, content, outcome) => {
      await backups.job()
      backups.set('02:05')
      backups.put('lyon-01/log/A.json', content)
      backups.send()
      await backups.scan()
      expect(await statuses()).toEqual(['SUCCESS'])
      const refused = (await inbox()).find(
        (run) => run.reportPath === 'lyon-01/log/A.json' || outcome === 'WRONG_TYPES',
      )
      expect(refused).toMatchObject({ outcome })
      expect(existsSync(join(backups.deposit, 'lyon-01/log/A.json'))).toBe(refused.databaseName === '')
      if (refused.databaseName !== '') return
      expect(await events('REPORT_REFUSED')).toEqual([])
      await backups.scan()
      expect(await events('REPORT_REFUSED')).toHaveLength(1)
      await backups.scan()
      expect(await events('REPORT_REFUSED')).toHaveLength(1)
      unlinkSync(join(backups.deposit, 'lyon-01/log/A.json'))
      await backups.scan()
      expect(await inbox()).toEqual([])
      backups.put('lyon-01/log/A.json', content)
      await backups.scan()
      expect(await inbox()).toHaveLength(1)
    },
  )

  test('with one bad part loses nothing of the others, and shows the bad one, whatever its name', async () => {
    await backups.job()
    const content = gz(dump())
    backups.set('02:05')
    backups.put('lyon-01/databases/crm.sql.gz', content)
    backups.put(
      'lyon-01/log/S.json',
      JSON.stringify({
        agent_id: 'lyon-01',
        databases: {
          'my db': { BACKUP: { status: true } },
          '../etc': { BACKUP: { status: true } },
          erp: { BACKUP: { status: 'maybe' } },
          crm: {
            BACKUP: { status: true, sha256_checksum: sha256(content), size: content.length },
            staged_file_name: 'crm.sql.gz',
          },
        },
      }),
    )
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
    expect((await inbox()).map(({ databaseName }) => databaseName).sort()).toEqual(['../etc', 'erp', 'my db'])
    await backups.scan()
    expect(await inbox()).toHaveLength(3)
  })

  test('that names a file elsewhere is refused, and nothing outside is read or moved', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ file: '../../../../etc/passwd', put: null, report: 'log/S.json' })
    await backups.scan()
    expect(await inbox()).toMatchObject([{ databaseName: 'crm', outcome: 'WRONG_TYPES' }])
  })

  test('of a database that nobody declared waits in the inbox, is told once, and belongs to the job that is made of it', async () => {
    backups.set('02:05')
    backups.send()
    await backups.scan()
    backups.send({ content: gz(dump(4)) })
    await backups.scan()
    expect(await inbox()).toMatchObject([{ outcome: 'UNDECLARED' }, { outcome: 'UNDECLARED' }])
    expect(await events('REPORT_UNDECLARED')).toHaveLength(1)
    expect(files(backups.deposit)).toEqual(['lyon-01/databases/crm.sql.gz'])
    await backups.job()
    await backups.scan()
    expect(await inbox()).toEqual([])
    expect(files(backups.quarantine)).toEqual([])
    expect(files(backups.vault)).toHaveLength(1)
  })

  test('by mutation tells the same, once for each run id', async () => {
    await backups.job()
    const content = gz(dump())
    backups.set('02:05')
    backups.put('lyon-01/databases/crm.sql.gz', content)
    const report = () =>
      backups.api.ask(
        'mutation ($run: BackupRunInput!) { reportBackupRun(run: $run) { repeated runs { databaseName outcome } } }',
        {
          run: {
            runId: 'run-1',
            agentId: 'lyon-01',
            startedAt: `${NIGHT}T02:00:00Z`,
            endedAt: `${NIGHT}T02:04:00Z`,
            databases: [
              {
                name: 'crm',
                stagedFileName: 'crm.sql.gz',
                backup: { ok: true, sha256: sha256(content), size: content.length },
              },
            ],
          },
        },
      )
    expect((await report()).data.reportBackupRun).toEqual({
      repeated: false,
      runs: [{ databaseName: 'crm', outcome: 'ACCEPTED' }],
    })
    expect((await report()).data.reportBackupRun.repeated).toBe(true)
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
    expect((await backups.entries())[0].runs).toHaveLength(1)
  })
})

describe('The scanner', () => {
  test('never calls anything missing while it cannot see, tells of itself once, and judges when it sees again', async () => {
    await backups.job()
    await backups.scan()
    backups.set('02:30')
    renameSync(backups.deposit, `${backups.deposit}.away`)
    mkdirSync(backups.deposit)
    expect((await backups.scan()).outcome).toBe('BLIND')
    backups.set('03:10')
    await backups.scan()
    expect(await backups.entries()).toMatchObject([
      { status: 'UNKNOWN', phase: 'LATE', reasons: [{ code: 'SCANNER_BLIND' }] },
    ])
    expect(await events('SCANNER_BLIND')).toHaveLength(1)
    rmSync(backups.deposit, { recursive: true })
    renameSync(`${backups.deposit}.away`, backups.deposit)
    backups.send()
    await backups.scan()
    expect(await statuses()).toEqual(['SUCCESS'])
    expect(await events('SCANNER_SEES')).toHaveLength(1)
  })

  test('after an outage reads everything before it judges anything, and says that it was away', async () => {
    await backups.job({ frequency: 'DAILY' })
    await backups.scan()
    for (const day of ['2026-01-15', '2026-01-16'])
      backups.send({
        startedAt: `${day}T02:00:00Z`,
        file: `crm-${day}.sql.gz`,
        content: gz(dump(day.length + Number(day.slice(-2)))),
      })
    backups.set('12:00', '2026-01-17')
    await backups.scan()
    expect(await statuses()).toEqual(['MISSING', 'SUCCESS', 'SUCCESS'])
    expect(await events('SCANNER_AWAY')).toHaveLength(1)
  })

  test('reads a folder again only when something in it changed', async () => {
    await backups.job()
    backups.put('lyon-01/log/keep.txt', 'x')
    const old = new Date(Date.now() - 60_000)
    for (const folder of ['lyon-01', 'lyon-01/log']) utimesSync(join(backups.deposit, folder), old, old)
    expect(await backups.scan()).toMatchObject({ scan: { foldersRead: 2, foldersUnchanged: 0 } })
    expect(await backups.scan()).toMatchObject({ scan: { foldersRead: 0, foldersUnchanged: 2 } })
    backups.send()
    expect(await backups.scan()).toMatchObject({ scan: { runsRecorded: 1 } })
  })

  test('does not follow links: neither a file, nor a report, nor a folder on the way', async () => {
    await backups.job()
    backups.set('02:05')
    const outside = join(backups.api.folder, 'secret.sql.gz')
    const content = gz(dump())
    writeFileSync(outside, content)
    mkdirSync(join(backups.deposit, 'lyon-01/databases'), { recursive: true })
    symlinkSync(outside, join(backups.deposit, 'lyon-01/databases/crm.sql.gz'))
    backups.send({ content, put: null })
    await backups.scan()
    expect(await codes()).toEqual(['NOT_A_FILE'])
    expect(readFileSync(outside)).toEqual(content)
    symlinkSync('/etc', join(backups.deposit, 'paris-01'))
    symlinkSync(outside, join(backups.deposit, 'lyon-01/log/latest.json'))
    await backups.scan()
    backups.set('03:00', '2026-01-16')
    await backups.scan()
    // A linked report is a bad report; it makes nobody blind.
    expect(await statuses()).toContain('MISSING')
  })

  test(
    'finds that a folder may not be read, and goes on to the others',
    { skip: process.getuid?.() !== 0 },
    async () => {
      await backups.job()
      await backups.job({ agentId: 'paris-01' })
      backups.put('paris-01/log/x.txt', '')
      backups.put('lyon-01/log/x.txt', '')
      const answer = execFileSync(process.execPath, ['-e', UNREADABLE, backups.deposit], { encoding: 'utf8' })
      expect(JSON.parse(answer)).toMatchObject({ error: 'EACCES' })
    },
  )

  test('calls an agent whose folder it cannot read unknown, not missing, and judges the others', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root can become somebody else')
    await backups.job()
    await backups.job({ agentId: 'paris-01' })
    await backups.scan()
    for (const agent of ['lyon-01', 'paris-01']) backups.put(`${agent}/log/x.txt`, '')
    chmodSync(join(backups.deposit, '..'), 0o755)
    chmodSync(backups.deposit, 0o755)
    chmodSync(join(backups.deposit, '.deposit-id'), 0o644)
    chmodSync(join(backups.deposit, 'paris-01'), 0o700)
    backups.set('03:00')
    // Nobody scans: the database is open already, and the deposit is judged by his rights.
    process.seteuid?.(65534)
    try {
      expect((await backups.scan()).scan.trouble).toMatch(/paris-01.*EACCES/)
    } finally {
      process.seteuid?.(0)
    }
    const entries = await backups.entries()
    const by = (code: string) => entries.filter(({ reasons }) => reasons[0]?.code === code).map(({ status }) => status)
    expect([by('NOTHING_CAME'), by('SCANNER_BLIND')]).toEqual([['MISSING'], ['UNKNOWN']])
    return undefined
  })

  test('runs once at a time: who asks meanwhile is told so', async () => {
    const answers = await Promise.all([backups.scanOnce(), backups.scanOnce(), backups.scanOnce()])
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['ALREADY_RUNNING', 'ALREADY_RUNNING', 'DONE'])
  })

  test('calls somebody outside after each scan that saw everything, and not after a blind one', async () => {
    let calls = 0
    const server = createServer((_request, response) => {
      calls += 1
      response.end()
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    onTestFinished(() => void server.close())
    backups = await backupsForThisTest({
      VIGIE_HEARTBEAT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping`,
    })
    await backups.scan()
    expect(calls).toBe(1)
    unlinkSync(join(backups.deposit, '.deposit-id'))
    expect((await backups.scan()).outcome).toBe('BLIND')
    expect(calls).toBe(1)
  })

  describe.each(['vault', 'quarantine'] as const)('while the %s is not mounted', (name) => {
    /** As an unmounted folder looks: it is there, and empty. */
    const unmount = (root: string): (() => void) => {
      renameSync(root, `${root}-away`)
      mkdirSync(root)
      return () => {
        rmSync(root, { recursive: true })
        renameSync(`${root}-away`, root)
      }
    }

    test('and its folder is gone altogether, it is noticed as well, and no less where a pipe stands for its sentinel', async () => {
      await backups.scan()
      const sentinel = join(backups[name], `.${name}-id`)
      const back = (): void => renameSync(`${backups[name]}-away`, backups[name])
      renameSync(backups[name], `${backups[name]}-away`)
      expect(await backups.scan()).toMatchObject({
        outcome: 'BLIND',
        scan: { trouble: expect.stringMatching(/ENOENT/) },
      })
      back()
      expect((await backups.scan()).outcome).toBe('DONE')
      renameSync(sentinel, `${sentinel}-kept`)
      execFileSync('mkfifo', [sentinel])
      expect(await backups.scan()).toMatchObject({
        outcome: 'BLIND',
        scan: { trouble: expect.stringMatching(/is not the file that Vigie wrote/) },
      })
      unlinkSync(sentinel)
      renameSync(`${sentinel}-kept`, sentinel)
      expect((await backups.scan()).outcome).toBe('DONE')
    })

    test('promotes, deletes and loses nothing, says so once, and goes on when it is back', async () => {
      const { id } = await backups.job({ keepLast: 1 })
      for (const day of ['2026-11-20', '2026-11-21', '2026-11-22']) {
        backups.set('02:05', day)
        backups.send({ startedAt: `${day}T02:00:00Z`, content: gz(dump(Number(day.slice(-2)))) })
        await backups.scan()
      }
      const kept = files(backups.vault)
      expect(kept).toHaveLength(3)
      const mount = unmount(backups[name])
      backups.set('02:05', '2026-11-23')
      backups.send({ startedAt: '2026-11-23T02:00:00Z', content: gz(dump(99)) })
      const seen = (await backups.api.ask('{ scanner { lastScanEndedAt } }')).data.scanner.lastScanEndedAt
      for (let turn = 0; turn < 2; turn += 1) {
        const answer = await backups.scan()
        expect([answer.outcome, answer.scan.trouble]).toEqual([
          'BLIND',
          expect.stringMatching(/is not there: is .* mounted\?/),
        ])
      }
      expect(files(backups[name])).toEqual([])
      expect(files(backups.deposit).filter((file) => file.endsWith('.gz'))).toHaveLength(1)
      const retention = await backups.api.ask('mutation ($id: ID!) { applyRetention(jobId: $id) { id } }', { id })
      expect(retention.errors?.[0]?.extensions.code).toBe('UNSEEN')
      const { data } = await backups.api.ask(
        '{ scanner { lastScanEndedAt troubles { text } } events { nodes { type } } backupEntries(filter: {}) { nodes { file { id state } } } }',
      )
      expect(data.scanner.lastScanEndedAt).toBe(seen)
      expect(data.events.nodes.filter((event: any) => event.type === 'SCANNER_BLIND')).toHaveLength(1)
      const file = data.backupEntries.nodes.find((entry: any) => entry.file?.state === 'VAULT').file.id
      await expect(backups.api.app.scanner.reverify()).rejects.toThrow(/is not there/)
      const reread = await backups.api.ask('mutation ($id: ID!) { reverifyBackup(id: $id) { state } }', { id: file })
      if (name === 'vault') expect(reread.errors?.[0]?.extensions.code).toBe('UNSEEN')
      else expect(reread.data.reverifyBackup.state).toBe('VAULT')
      expect(
        (await backups.api.ask('{ events { nodes { type } } }')).data.events.nodes.map((event: any) => event.type),
      ).not.toContain('BACKUP_LOST')
      mount()
      expect((await backups.scan()).outcome).toBe('DONE')
      expect(files(backups.vault)).toHaveLength(4)
      expect((await backups.api.ask('{ scanner { troubles { text } } }')).data.scanner.troubles).toEqual([])
    })
  })

  test('applies the rules of each job, though those of one cannot be applied', async () => {
    for (const agentId of ['lyon-01', 'paris-01', 'brest-01']) {
      await backups.job({ agentId, keepLast: 1 })
      for (const day of ['2026-11-20', '2026-11-21', '2026-11-22']) {
        backups.set('02:05', day)
        backups.send({ agent: agentId, startedAt: `${day}T02:00:00Z`, content: gz(dump(Number(day.slice(-2)))) })
        await backups.scan()
      }
    }
    const { orm } = backups.api
    // A row that is not as it should be: its job fails, whatever the reason.
    await orm.em.execute("update expected_job set time_zone = 'Nowhere/At all' where agent_id = 'lyon-01'")
    await applyAllRetention(nightly(backups.api))
    expect(
      files(backups.vault)
        .map((file) => file.split('/')[0])
        .sort(),
    ).toEqual(['brest-01', 'lyon-01', 'lyon-01', 'lyon-01', 'paris-01'])
  })

  test('reads first what waits longest, also what cannot be read each time', async () => {
    for (let n = 0; n < 3; n += 1) {
      await backups.job({ agentId: `agent-${n}` })
      backups.send({ agent: `agent-${n}`, content: gz(dump(n)) })
    }
    backups.set('02:05')
    await backups.scan()
    const tried = async () =>
      (
        await backups.api.orm.em
          .getConnection()
          .execute<{ path: string }[]>('select path from backup_file where tried_at is not null')
      ).length
    await tables(backups.api.orm.em.fork())
      .updateTable('BackupFile')
      .set({ verifiedAt: new Date(0) })
      .where('path', 'like', '%agent-1%')
      .execute()
    // Nobody can read a folder as a file.
    const [unreadable] = files(backups.vault).filter((file) => file.includes('agent-1'))
    const path = join(backups.vault, unreadable as string)
    renameSync(path, `${path}.away`)
    symlinkSync('/nowhere', path)
    for (let night = 1; night <= 3; night += 1) {
      backups.set('03:30', `2026-11-${21 + night}`)
      await backups.api.app.scanner.reverify()
      expect(await tried()).toBe(night)
    }
  })

  test('stops between two backups when it is asked to, and gives its lease back', async () => {
    for (let n = 0; n < 30; n += 1) {
      await backups.job({ agentId: `agent-${n}` })
      backups.send({ agent: `agent-${n}`, content: gz(dump(n)) })
    }
    backups.set('02:05')
    const { scanner } = backups.api.app
    const scanning = scanner.scan('test')
    await expect.poll(() => files(backups.vault).length, { timeout: 20_000 }).toBeGreaterThan(2)
    await scanner.stop()
    expect((await scanning).outcome).toBe('ALREADY_RUNNING')
    expect(files(backups.vault).length + files(backups.deposit).filter((file) => file.endsWith('.gz')).length).toBe(30)
    const [lease] = await backups.api.orm.em
      .getConnection()
      .execute<{ lease_token: string | null }[]>('select lease_token from scanner')
    expect(lease?.lease_token).toBeNull()
  })

  test('keeps a good file in the deposit while the vault is not there, and says what hinders it', async () => {
    await backups.job()
    backups.set('02:05')
    renameSync(backups.vault, `${backups.vault}.away`)
    backups.send()
    expect((await backups.scan()).scan.trouble).toMatch(/is not there/)
    expect(await codes()).toEqual(['NOT_PROMOTED'])
    expect(files(backups.deposit)).toEqual(['lyon-01/databases/crm.sql.gz'])
    renameSync(`${backups.vault}.away`, backups.vault)
    // The file is as it was: it is not read again.
    expect((await backups.scan()).scan).toMatchObject({ trouble: null, filesRead: 0, filesPromoted: 1 })
    expect(await statuses()).toEqual(['SUCCESS'])
  })
})

/** As nobody, in a folder of root's: what the worker answers. */
const UNREADABLE = `
const { mkdirSync, chmodSync } = require('node:fs'); const { join } = require('node:path')
const root = process.argv[1]; chmodSync(join(root, '..'), 0o755); chmodSync(root, 0o755)
chmodSync(join(root, 'paris-01'), 0o700)
import(${JSON.stringify(new URL('../src/deposit/read-folders.ts', import.meta.url).href)})
  .then(({ readFolders }) => {
  // Loaded before: nobody may not read the project itself.
  process.setgid(65534); process.setuid(65534)
  const { folders } = readFolders({ root, others: [], known: {}, settledMs: 2000 })
  console.log(JSON.stringify(folders.find(({ path, error }) => path.startsWith('paris-01') && error)))
})`

describe('The vault', () => {
  const LATEST = { finalStoragePathTemplate: '{agent_id}/{database_name}/{file_name}' }

  test('keeps the latest at its path and older ones beside it, where the template says so', async () => {
    await backups.job(LATEST)
    const night = async (day: string, rows: number): Promise<Buffer> => {
      backups.set('02:05', day)
      const content = backups.send({ content: gz(dump(rows)), startedAt: `${day}T02:00:00Z` })
      await backups.scan()
      return content
    }
    const [first, second] = [await night('2026-01-15', 1), await night('2026-01-16', 2)]
    expect(files(backups.vault)).toEqual(['lyon-01/crm/crm.sql.gz', 'lyon-01/crm/versions/20260115T0200Z_crm.sql.gz'])
    expect(readFileSync(join(backups.vault, 'lyon-01/crm/crm.sql.gz'))).toEqual(second)
    expect(readFileSync(join(backups.vault, 'lyon-01/crm/versions/20260115T0200Z_crm.sql.gz'))).toEqual(first)
    expect((await backups.entries()).map(({ file }) => file.path)).toEqual([
      'lyon-01/crm/crm.sql.gz',
      'lyon-01/crm/versions/20260115T0200Z_crm.sql.gz',
    ])
    // An unchanged one is a file of its own: one damage must not hit two days.
    await night('2026-01-17', 2)
    expect(files(backups.vault)).toHaveLength(3)
    expect((await backups.entries())[0]).toMatchObject({
      status: 'HASH_MISMATCH',
      file: { path: 'lyon-01/crm/crm.sql.gz' },
    })
    for (const { file } of await backups.entries()) expect(existsSync(join(backups.vault, file.path))).toBe(true)
  })

  test('puts a backup that comes after a newer one among the versions', async () => {
    await backups.job(LATEST)
    backups.set('02:05', '2026-01-16')
    const newer = backups.send({ content: gz(dump(2)), startedAt: '2026-01-16T02:00:00Z' })
    await backups.scan()
    backups.send({ content: gz(dump(1)), startedAt: `${NIGHT}T02:00:00Z` })
    await backups.scan()
    expect(readFileSync(join(backups.vault, 'lyon-01/crm/crm.sql.gz'))).toEqual(newer)
    expect(files(backups.vault)).toContain('lyon-01/crm/versions/20260115T0200Z_crm.sql.gz')
  })

  test('overwrites nothing: what lies there already stays, and the new file is kept apart', async () => {
    await backups.job()
    mkdirSync(join(backups.vault, 'lyon-01/crm'), { recursive: true })
    const target = join(backups.vault, 'lyon-01/crm/20260115T0200_crm.sql.gz')
    writeFileSync(target, 'somebody else')
    backups.set('02:05')
    backups.send()
    await backups.scan()
    expect(readFileSync(target, 'utf8')).toBe('somebody else')
    expect(await codes()).toEqual(['TARGET_TAKEN'])
    expect(files(backups.quarantine).some((file) => file.endsWith('crm.sql.gz'))).toBe(true)
  })

  test('reads a file again on demand, and tells when it was damaged, lost, or is intact after all', async () => {
    await backups.job()
    backups.set('02:05')
    const content = backups.send()
    await backups.scan()
    const [{ id, file }] = await backups.entries()
    const path = join(backups.vault, file.path)
    const reverify = async () =>
      (await backups.api.ask('mutation ($id: ID!) { reverifyBackup(id: $id) { state intact } }', { id })).data
        .reverifyBackup
    expect(await reverify()).toEqual({ state: 'VAULT', intact: true })
    chmodSync(path, 0o600)
    writeFileSync(path, Buffer.concat([content.subarray(0, -1), Buffer.from('x')]))
    expect(await reverify()).toEqual({ state: 'VAULT', intact: false })
    expect(await events('BACKUP_DAMAGED')).toHaveLength(1)
    unlinkSync(path)
    expect(await reverify()).toMatchObject({ state: 'LOST' })
    writeFileSync(path, content)
    expect(await reverify()).toEqual({ state: 'VAULT', intact: true })
    expect(await events('BACKUP_INTACT')).toHaveLength(1)
  })

  test('takes a quarantined file after all, for a reason that is kept; or it is deleted for good', async () => {
    await backups.job()
    backups.set('02:05')
    backups.send({ content: gz(dump(3, false)) })
    await backups.scan()
    const quarantined = async () =>
      (await backups.api.ask('{ quarantinedBackups { nodes { id } } }')).data.quarantinedBackups.nodes
    const [{ id }] = await quarantined()
    const accept = (reason: string) =>
      backups.api.ask(
        'mutation ($id: ID!, $reason: String!) { acceptQuarantined(id: $id, reason: $reason) { state } }',
        { id, reason },
      )
    expect((await accept(' ')).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'reason' })
    expect((await accept('taken with --skip-comments')).data.acceptQuarantined).toEqual({ state: 'VAULT' })
    expect(await statuses()).toEqual(['SUCCESS'])
    expect((await backups.entries())[0].reasons[0].sentence).toContain('test: taken with --skip-comments')
    expect(files(backups.quarantine)).toEqual([])
    backups.set('02:05', '2026-01-16')
    backups.send({ content: gz(dump(4, false)), startedAt: '2026-01-16T02:00:00Z' })
    await backups.scan()
    const [other] = await quarantined()
    // A scan that a new job rang for may just be at work (BUSY).
    await until(async () => {
      await backups.api.ask('mutation ($id: ID!) { deleteQuarantined(id: $id) { state } }', { id: other.id })
      return (await quarantined()).length === 0
    }, 'the file to be deleted')
    expect(files(backups.quarantine)).toEqual([])
    expect(await statuses()).toEqual(['FAILED', 'SUCCESS'])
  })

  test('gives several jobs the same rules of retention, or none of them', async () => {
    const ids = [(await backups.job({ keepLast: 2 })).id, (await backups.job({ databaseName: 'erp' })).id]
    const set = (rules: string, wanted = ids) =>
      backups.api.ask(
        `mutation ($ids: [ID!]!) { setRetention(ids: $ids, rules: ${rules}) { keepLast keepDaily keepWeekly } }`,
        { ids: wanted },
      )
    const { data } = await set('{ keepDaily: 7, keepWeekly: 4 }')
    for (const job of data.setRetention) expect(job).toEqual({ keepLast: null, keepDaily: 7, keepWeekly: 4 })
    expect((await set('{ keepDaily: 0 }')).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect((await set('{ keepLast: 1 }', [...ids, 'nobody'])).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
    const { data: after } = await backups.api.ask('{ expectedJobs { nodes { keepLast keepDaily } } }')
    for (const job of after.expectedJobs.nodes) expect(job).toEqual({ keepLast: null, keepDaily: 7 })
  })

  test('deletes only what the rules of a job do not keep, never a protected one, and shows it before', async () => {
    const job = await backups.job({ keepLast: 2 })
    for (let day = 15; day < 20; day += 1) {
      backups.set('02:05', `2026-01-${day}`)
      backups.send({ content: gz(dump(day)), startedAt: `2026-01-${day}T02:00:00Z` })
      await backups.scan()
    }
    const oldest = (await backups.entries()).at(-1)
    await backups.api.ask('mutation ($id: ID!) { protectBackup(id: $id, protected: true) { protected } }', {
      id: oldest.id,
    })
    const plan = (
      await backups.api.ask('query ($id: ID!) { retentionPlan(jobId: $id) { plan { rules backup { expectedAt } } } }', {
        id: job.id,
      })
    ).data.retentionPlan.plan
    expect(plan.map(({ rules }: any) => rules.join())).toEqual(['FLOOR,LAST', 'FLOOR,LAST', '', '', 'PROTECTED'])
    expect(files(backups.vault)).toHaveLength(5)
    const dryRun = async (rules: string) => {
      const { data, errors } = await backups.api.ask(
        `{ retentionOfJobs(${rules}) { totalCount nodes { job { id } keepsEverything keptCount goneCount goneBytes oldestKept } } }`,
      )
      return data?.retentionOfJobs.nodes[0] ?? errors?.[0]?.extensions
    }
    expect(await dryRun('rules: {}')).toMatchObject({
      keepsEverything: true,
      keptCount: 5,
      goneCount: 0,
      goneBytes: '0',
    })
    expect(await dryRun('rules: { keepDaily: 3 }')).toMatchObject({ keptCount: 4, goneCount: 1 })
    expect(await dryRun('rules: { keepDaily: -1 }')).toMatchObject({ code: 'BAD_USER_INPUT', field: 'keepDaily' })
    expect(await dryRun('rules: { keepLast: 0, keepDaily: 0 }')).toMatchObject({ code: 'BAD_USER_INPUT' })
    const expected = await dryRun('first: 10')
    expect(expected).toMatchObject({ job: { id: job.id }, keptCount: 3, goneCount: 2 })
    expect(expected.oldestKept).toBe(oldest.expectedAt)
    const bytes = (): number =>
      files(backups.vault).reduce((sum, file) => sum + statSync(join(backups.vault, file)).size, 0)
    const before = bytes()
    // A new job rings for a scan by itself; that one may just be at work (BUSY).
    const deleted = await until(async () => {
      const query = 'mutation ($id: ID!) { applyRetention(jobId: $id) { expectedAt } }'
      const { data, errors } = await backups.api.ask(query, { id: job.id })
      if (errors) expect(errors[0]?.extensions.code).toBe('BUSY')
      return data
    }, 'retention')
    expect(deleted.applyRetention).toHaveLength(2)
    expect(String(before - bytes())).toBe(expected.goneBytes)
    expect(files(backups.vault)).toEqual([
      'lyon-01/crm/20260115T0200_crm.sql.gz',
      'lyon-01/crm/20260118T0200_crm.sql.gz',
      'lyon-01/crm/20260119T0200_crm.sql.gz',
    ])
  })
})
