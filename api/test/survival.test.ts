import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { apiForThisTest, type TestApi, until } from './start-api.ts'
import { onPostgresql } from './test-database.ts'

const health = async (api: TestApi, path: string): Promise<{ status: number; body: any }> => {
  const response = await fetch(`${api.url}${path}`)
  return { status: response.status, body: await response.json() }
}
const job = (agentId: string): string =>
  `mutation { createExpectedJob(input: { agentId: "${agentId}", databaseName: "crm", frequency: DAILY, expectedHourUtc: 2 }) { id } }`
const codeOf = async (api: TestApi, query: string): Promise<string | null> =>
  (await api.ask(query)).errors?.[0]?.extensions.code ?? null

describe.skipIf(onPostgresql())('What keeps SQLite from its work is said, and is over when it is over', () => {
  test('another program that holds the lock of the file', async () => {
    const api = await apiForThisTest({}, { lock: 100 })
    const other = new DatabaseSync(join(api.folder, 'vigie.sqlite'))
    other.exec('begin immediate')
    expect(await codeOf(api, job('one'))).toBe('DATABASE_BUSY')
    expect(await codeOf(api, '{ expectedJobs { totalCount } }')).toBeNull()
    expect(await health(api, '/readyz')).toMatchObject({ status: 200 })
    other.exec('rollback')
    other.close()
    expect(await codeOf(api, job('one'))).toBeNull()
    expect((await api.ask('{ expectedJobs { totalCount } }')).data.expectedJobs.totalCount).toBe(1)
  })

  test.skipIf(process.getuid?.() !== 0)(
    'a file system without room: nothing is lost, and it goes on by itself',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'vigie-full-'))
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder])
      const before = process.env['TMPDIR']
      process.env['TMPDIR'] = folder
      onTestFinished(() => {
        execFileSync('umount', ['--lazy', folder])
        rmSync(folder, { recursive: true, force: true })
      })
      const api = await apiForThisTest({ VIGIE_LOG_LEVEL: 'silent' })
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
      expect(await codeOf(api, job('first'))).toBeNull()
      const filler = join(folder, 'filler')
      expect(() => writeFileSync(filler, Buffer.alloc(8 * 1024 * 1024))).toThrow(/ENOSPC/)
      // What lies in the journal's file already may be written over: it takes some before the room is needed.
      const answers: (string | null)[] = []
      await until(async () => {
        answers.push(await codeOf(api, job(`during-${answers.length}`)))
        return answers.at(-1) === 'DATABASE_FULL'
      }, 'the file system to be full')
      expect(answers.slice(0, -1).every((answer) => answer === null)).toBe(true)
      expect(await health(api, '/healthz')).toMatchObject({ status: 200 })
      expect((await api.ask('{ expectedJobs { totalCount } }')).data.expectedJobs.totalCount).toBe(answers.length)
      rmSync(filler)
      expect(await codeOf(api, job('after'))).toBeNull()
      expect((await api.ask('{ expectedJobs { totalCount } }')).data.expectedJobs.totalCount).toBe(answers.length + 1)
    },
  )

  test('a transaction that never ends: who waits is told, /readyz at once and /healthz when it stands still', async () => {
    const api = await apiForThisTest({ VIGIE_LOG_LEVEL: 'silent' }, { turn: 3000 })
    const connection = api.orm.em.getConnection()
    const stuck = await connection.begin()
    const waiting = codeOf(api, job('waits'))
    await until(async () => (await health(api, '/readyz')).status === 503, 'the database to be called busy', 3500)
    expect((await health(api, '/readyz')).body).toMatchObject({ ok: false, database: 'busy' })
    expect((await health(api, '/healthz')).status).toBe(200)
    expect(await waiting).toBe('DATABASE_BUSY')
    await connection.rollback(stuck)
    expect(await codeOf(api, job('waits'))).toBeNull()
    expect((await health(api, '/readyz')).status).toBe(200)
  })
})

test('/readyz tells of a scanner that is late, and no more once it has scanned', async () => {
  const api = await apiForThisTest()
  expect((await health(api, '/readyz')).body).toMatchObject({ ok: true, scanner: 'ok' })
  api.clock.now = new Date(api.clock.now.getTime() + 8 * 3_600_000)
  expect((await health(api, '/readyz')).body).toMatchObject({ ok: true, scanner: 'degraded', degraded: ['scanner'] })
  await api.ask('mutation { scanBackups { outcome } }')
  expect((await health(api, '/readyz')).body).toMatchObject({ ok: true, scanner: 'ok' })
})
