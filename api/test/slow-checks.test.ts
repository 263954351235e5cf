import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Scanner } from '../src/deposit/scanner.ts'
import { createLog } from '../src/platform/log.ts'
import type { AtStep } from '../src/vault/move-file.ts'
import { type Backups, backupsForThisTest, dump, gz } from './deposit.ts'
import { until } from './start-api.ts'

/** A pg_restore that takes all it is given, and ends when the test says so. */
function slowPgRestore(): { tool: string; open(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-slow-'))
  const gate = join(folder, 'gate')
  const tool = join(folder, 'pg_restore')
  writeFileSync(tool, `#!/bin/sh\ncat > /dev/null\nwhile [ ! -e '${gate}' ]; do sleep 0.02; done\n`)
  chmodSync(tool, 0o755)
  const path = process.env['PATH']
  process.env['PATH'] = `${folder}${delimiter}${path}`
  onTestFinished(() => {
    process.env['PATH'] = path
    rmSync(folder, { recursive: true, force: true })
  })
  return { tool, open: () => writeFileSync(gate, '') }
}

/** Whether a process runs this script. */
const running = (script: string): boolean =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(script)
      } catch {
        return false
      }
    })

/** The head of an archive of `pg_dump -Fc` (pg_backup_archiver.h): enough for the tool to be asked. */
const PG_ARCHIVE = gz(`PGDMP\u0001\u000e\u0000\u0004\u0008\u0001${'x'.repeat(2000)}`)

describe('A check that takes long', { timeout: 60_000 }, () => {
  test('keeps nobody else waiting: other backups are proven, what is missing is said, and its own file is not late', async () => {
    const backups = await backupsForThisTest({}, 2000)
    const { open } = slowPgRestore()
    await backups.job({ databaseName: 'slow' })
    await backups.job({ databaseName: 'quick' })
    await backups.job({ databaseName: 'absent' })
    const status = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        (
          await backups.api.ask(
            '{ backupEntries { nodes { status arrivedAt reasons { code } job { databaseName } } } }',
          )
        ).data.backupEntries.nodes.map((entry: any) => [
          entry.job.databaseName,
          [entry.status, ...entry.reasons.map(({ code }: any) => code)].join(' '),
        ]),
      )
    backups.set('02:10')
    backups.send({ database: 'slow', file: 'slow.dump', content: PG_ARCHIVE })
    backups.send({ database: 'quick' })
    expect(await backups.scan()).toMatchObject({ outcome: 'DONE', scan: { trouble: null } })
    expect(await status()).toEqual({ slow: 'UNKNOWN FILE_VERIFYING', quick: 'SUCCESS', absent: 'UNKNOWN' })
    const { data } = await backups.api.ask('{ scanner { fileWork { kind path size job { databaseName } } } }')
    expect(data.scanner.fileWork).toEqual([
      {
        kind: 'READING',
        path: 'lyon-01/databases/slow.dump',
        size: String(PG_ARCHIVE.length),
        job: { databaseName: 'slow' },
      },
    ])
    backups.set('03:00')
    await backups.scan()
    expect(await status()).toEqual({
      slow: 'UNKNOWN FILE_VERIFYING',
      quick: 'SUCCESS',
      absent: 'MISSING NOTHING_CAME',
    })
    open()
    // By itself: nobody asks for the scan that takes what was found.
    await until(async () => (await status())['slow'] === 'SUCCESS', 'the slow one to be proven')
    expect((await backups.api.ask('{ scanner { fileWork { path } } }')).data.scanner.fileWork).toEqual([])
  })

  test('is told when it has not ended six hours after the grace, and is good when it ends', async () => {
    const backups = await backupsForThisTest({}, 2000)
    const { open } = slowPgRestore()
    await backups.job()
    backups.set('02:10')
    backups.send({ file: 'crm.dump', content: PG_ARCHIVE })
    await backups.scan()
    backups.set('09:00')
    await backups.scan()
    expect(await backups.entries()).toMatchObject([
      { status: 'TRANSFER_INTEGRITY_FAILED', reasons: [{ code: 'NOT_SETTLED' }, { code: 'FILE_VERIFYING' }] },
    ])
    open()
    await until(async () => (await backups.entries())[0].status === 'SUCCESS', 'it to be proven')
    expect((await backups.entries())[0].reasons).toEqual([])
  })

  test('of a job keeps the next one of that job waiting: it is compared with it', async () => {
    const backups = await backupsForThisTest({}, 2000)
    const { open } = slowPgRestore()
    await backups.job({ frequency: 'HOURLY', expectedHourUtc: undefined, graceMinutes: 20 })
    backups.set('02:05')
    backups.send({ file: 'a.dump', content: PG_ARCHIVE, startedAt: '2026-01-15T02:00:00Z' })
    await backups.scan()
    backups.set('03:05')
    backups.send({ file: 'b.dump', content: PG_ARCHIVE, startedAt: '2026-01-15T03:00:00Z' })
    await backups.scan()
    expect((await backups.entries()).map(({ status }) => status)).toEqual(['UNKNOWN', 'UNKNOWN'])
    open()
    await until(async () => (await backups.entries()).every(({ status }) => status !== 'UNKNOWN'), 'both to be proven')
    // The newest first.
    expect((await backups.entries()).map(({ status }) => status)).toEqual(['HASH_MISMATCH', 'SUCCESS'])
  })

  test('ends with Vigie, and so does its tool', async () => {
    const backups = await backupsForThisTest({}, 2000)
    const { tool } = slowPgRestore()
    await backups.job()
    backups.set('02:10')
    backups.send({ file: 'crm.dump', content: PG_ARCHIVE })
    await backups.scan()
    expect(running(tool)).toBe(true)
    await backups.api.app.scanner.stop()
    await until(() => !running(tool), 'the tool to be ended')
  })
})

/** A scanner that waits for no file: what is not ready at once, a later scan takes. */
async function impatient({ api }: Backups, atStep: AtStep = () => undefined): Promise<Scanner> {
  const scanner = new Scanner({
    em: api.orm.em,
    transact: api.app.transact,
    clock: () => api.clock.now,
    log: createLog('error'),
    roots: api.app.roots,
    intervalMinutes: 1440,
    temporaryFolder: mkdtempSync(join(tmpdir(), 'vigie-slow-')),
    patienceMs: 0,
    atStep,
  })
  await scanner.prepare()
  onTestFinished(() => scanner.stop())
  return scanner
}

test(
  'Scans that wait for nothing at all bring each file to the same end, one step at a time',
  { timeout: 30_000 },
  async () => {
    const backups = await backupsForThisTest()
    const { api } = backups
    const scanner = await impatient(backups)
    for (const databaseName of ['good', 'broken', 'larger', 'changed']) await backups.job({ databaseName })
    backups.set('02:10')
    backups.send({ database: 'good' })
    backups.send({ database: 'broken', content: gz(dump(3, false)) })
    backups.send({ database: 'larger', put: Buffer.concat([gz(dump()), Buffer.alloc(9)]) })
    backups.send({
      database: 'changed',
      put: Buffer.from(gz(dump()).map((byte, index) => (index === 30 ? byte ^ 1 : byte))),
    })
    await until(async () => {
      await scanner.scan('test')
      return (await backups.entries()).every(({ status }) => status !== 'UNKNOWN')
    }, 'all to be settled')
    const ended = await api.ask('{ backupEntries { nodes { status job { databaseName } file { root state } } } }')
    expect(
      Object.fromEntries(
        ended.data.backupEntries.nodes.map(({ status, job, file }: any) => [
          job.databaseName,
          `${status} ${file.root} ${file.state}`,
        ]),
      ),
    ).toEqual({
      good: 'SUCCESS VAULT VAULT',
      broken: 'FAILED QUARANTINE QUARANTINE',
      larger: 'TRANSFER_INTEGRITY_FAILED QUARANTINE QUARANTINE',
      changed: 'TRANSFER_INTEGRITY_FAILED QUARANTINE QUARANTINE',
    })
    expect(existsSync(join(backups.deposit, 'lyon-01/databases/good.sql.gz'))).toBe(false)
  },
)

test('A good file that an older report condemned is taken out of the quarantine, though it is not read at once', async () => {
  const backups = await backupsForThisTest()
  await backups.job()
  backups.set('02:05')
  const good = gz(dump(2))
  backups.send({ put: good, compress: { size: good.length, sha256_checksum: 'b'.repeat(64) } })
  const scanner = await impatient(backups)
  const becomes = (status: string) =>
    until(async () => {
      await scanner.scan('test')
      return (await backups.entries())[0]?.status === status
    }, `it to be ${status}`)
  await becomes('TRANSFER_INTEGRITY_FAILED')
  backups.set('02:20')
  backups.send({ content: good, put: null })
  await becomes('SUCCESS')
  expect((await backups.entries())[0].file).toMatchObject({ root: 'VAULT', state: 'VAULT' })
})

test('A broken file that is replaced while it is put apart is looked at anew', async () => {
  const backups = await backupsForThisTest()
  await backups.job()
  backups.set('02:05')
  backups.send({ content: gz(dump(3, false)) })
  const path = join(backups.deposit, 'lyon-01/databases/crm.sql.gz')
  const another = gz(dump(9))
  let isReplaced = false
  const scanner = await impatient(backups, (step) => {
    if (step !== 'mkdir' || isReplaced) return
    isReplaced = true
    rmSync(path)
    writeFileSync(path, another)
  })
  const ended = ['FAILED', 'TRANSFER_INTEGRITY_FAILED']
  await until(async () => {
    await scanner.scan('test')
    return ended.includes((await backups.entries())[0]?.status)
  }, 'it to be judged')
  // Of the size or the hash that was declared it is not: the other file was read.
  expect((await backups.entries())[0]).toMatchObject({
    status: 'TRANSFER_INTEGRITY_FAILED',
    file: { root: 'QUARANTINE' },
  })
  expect(existsSync(path)).toBe(false)
})
