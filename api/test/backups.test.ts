import 'reflect-metadata'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Backups, backupsForThisTest, sha256 } from './deposit.ts'

let backups: Backups
beforeEach(async () => {
  backups = await backupsForThisTest()
})

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
      ...{ status: 'SUCCESS', phase: 'JUDGED', expectedAt: '2026-01-15T02:00:00.000Z', reasons: [] },
      ...{ reportedHash: sha256(content), measuredHash: sha256(content), measuredSize: String(content.length) },
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
    expect(existsSync(join(backups.deposit, 'lyon-01/databases/crm.sql.gz'))).toBe(false)
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
})
