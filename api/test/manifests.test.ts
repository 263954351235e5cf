import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tables } from '../src/database/tables.ts'
import { type Backups, backupsForThisTest, dump, gz, sha256 } from './deposit.ts'

const QUIET = { VIGIE_LOG_LEVEL: 'silent' }
const day = (n: number): string => `2026-01-${n}`
const night = async (backups: Backups, n: number): Promise<Buffer> => {
  backups.set('02:05', day(n))
  const content = backups.send({ startedAt: `${day(n)}T02:00:00Z`, content: gz(dump(n).replace('2026-01-15', day(n))) })
  await backups.scan()
  return content
}
const manifest = ({ vault }: Backups, path: string) =>
  JSON.parse(readFileSync(join(vault, `${path}.vigie.json`), 'utf8'))

describe('Beside each file of the vault', () => {
  test('lies what Vigie knew of it when it came, readable without Vigie', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ companyName: 'Martin & Fils' })
    const content = await night(backups, 15)
    expect(manifest(backups, 'lyon-01/crm/20260115T0200_crm.sql.gz')).toEqual({
      vigie: 1,
      id: expect.any(String),
      file: {
        name: '20260115T0200_crm.sql.gz',
        size: content.length,
        sha256: sha256(content),
        contentSize: dump(15).length,
        contentSha256: null,
      },
      job: { agentId: 'lyon-01', databaseName: 'crm', companyName: 'Martin & Fils', city: null, neighborhood: null },
      expectedAt: '2026-01-15T02:00:00.000Z',
      run: {
        runId: expect.any(String),
        startedAt: '2026-01-15T02:00:00.000Z',
        endedAt: '2026-01-15T02:00:00.000Z',
        receivedAt: '2026-01-15T02:05:00.000Z',
      },
      arrivedAt: '2026-01-15T02:05:00.000Z',
      status: 'SUCCESS',
      reasons: [],
      proof: 'INTACT',
      checks: expect.arrayContaining([expect.objectContaining({ name: 'COMPLETION_MARK', outcome: 'PASSED' })]),
    })
  })

  test('it follows the file to its older versions, and goes with it', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job({ finalStoragePathTemplate: '{agent_id}/crm.sql.gz', keepLast: 1 })
    const first = await night(backups, 15)
    const second = await night(backups, 16)
    const versioned = 'lyon-01/versions/20260115T0200Z_crm.sql.gz'
    expect([manifest(backups, 'lyon-01/crm.sql.gz'), manifest(backups, versioned)]).toMatchObject([
      { file: { name: 'crm.sql.gz', sha256: sha256(second) }, expectedAt: '2026-01-16T02:00:00.000Z' },
      { file: { name: '20260115T0200Z_crm.sql.gz', sha256: sha256(first) }, expectedAt: '2026-01-15T02:00:00.000Z' },
    ])
    const { data } = await backups.api.ask('{ expectedJobs { nodes { id } } }')
    await backups.api.app.services().vault.applyRetention(data.expectedJobs.nodes[0].id, null, backups.api.app.scanner)
    expect([
      existsSync(join(backups.vault, versioned)),
      existsSync(join(backups.vault, `${versioned}.vigie.json`)),
    ]).toEqual([false, false])
    expect(manifest(backups, 'lyon-01/crm.sql.gz').file.sha256).toBe(sha256(second))
  })

  test('it comes to the files of a vault from before in the course of some scans', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    await night(backups, 15)
    const path = join(backups.vault, 'lyon-01/crm/20260115T0200_crm.sql.gz.vigie.json')
    rmSync(path)
    await tables(backups.api.orm.em.fork()).updateTable('BackupFile').set({ hasManifest: false }).execute()
    await backups.scan()
    expect(manifest(backups, 'lyon-01/crm/20260115T0200_crm.sql.gz').status).toBe('SUCCESS')
  })

  test('that cannot be written is told, and written when it can be', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    const folder = join(backups.vault, 'lyon-01/crm/20260115T0200_crm.sql.gz.vigie.json')
    // Root may write anywhere; a folder in its place hinders everybody.
    mkdirSync(folder, { recursive: true })
    await night(backups, 15)
    const troubles = async () => (await backups.api.ask('{ scanner { troubles { text } } }')).data.scanner.troubles
    expect(await troubles()).toEqual([{ text: expect.stringContaining('20260115T0200_crm.sql.gz.vigie.json cannot') }])
    expect((await backups.entries())[0].status).toBe('SUCCESS')
    rmSync(folder, { recursive: true })
    await backups.scan()
    expect(await troubles()).toEqual([])
    expect(manifest(backups, 'lyon-01/crm/20260115T0200_crm.sql.gz').proof).toBe('INTACT')
  })

  test('somebody’s own file of that name stays, and an agent can send none', async () => {
    const backups = await backupsForThisTest(QUIET)
    await backups.job()
    const own = join(backups.vault, 'lyon-01/crm/20260115T0200_crm.sql.gz.vigie.json')
    mkdirSync(dirname(own), { recursive: true })
    writeFileSync(own, '{"mine": true}')
    await night(backups, 15)
    expect(readFileSync(own, 'utf8')).toBe('{"mine": true}')
    backups.set('02:05', day(16))
    backups.send({ file: 'crm.sql.gz.vigie.json', startedAt: `${day(16)}T02:00:00Z` })
    await backups.scan()
    const { nodes } = (await backups.api.ask('{ reportInbox { nodes { outcome detail } } }')).data.reportInbox
    expect(nodes).toEqual([{ outcome: 'WRONG_TYPES', detail: expect.stringContaining('staged_file_name') }])
  })
})
