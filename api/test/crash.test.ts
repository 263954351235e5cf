import 'reflect-metadata'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { dump, gz, statusOf } from './deposit.ts'
import { smtpForThisTest } from './smtp.ts'

// Processes of their own, killed with -9: whatever they were doing, the next one ends it.

const NOW = '2026-01-15T02:05:00.000Z'

interface Place {
  folder: string
  run(env?: Record<string, string>): Promise<{ output: string; signal: string | null }>
  /** Kills it as soon as `reached`, wherever it is by then; false where it ended before. */
  runUntil(reached: () => boolean): Promise<boolean>
  sql<T = any>(query: string): T[]
  files(root: 'agent_deposits' | 'validated_backups' | 'quarantine'): string[]
}

type Finished = typeof onTestFinished

/** Tests that run side by side each clean up by their own hook. */
function place(finished: Finished, more: Record<string, string> = {}, vault: string | null = null): Place {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-crash-'))
  finished(() => rmSync(folder, { recursive: true, force: true }))
  const roots = {
    agent_deposits: join(folder, 'agent_deposits'),
    validated_backups: vault ?? join(folder, 'validated_backups'),
    quarantine: vault ? `${vault}-quarantine` : join(folder, 'quarantine'),
  }
  if (vault) finished(() => [vault, roots.quarantine].forEach((path) => rmSync(path, { recursive: true, force: true })))
  const start = (env: Record<string, string>) =>
    spawn(process.execPath, [fileURLToPath(new URL('scan-process.mjs', inject('scripts')))], {
      env: {
        PATH: process.env['PATH'],
        // Compiled once for all of them, and not by each.
        NODE_COMPILE_CACHE: fileURLToPath(new URL('compiled', inject('scripts'))),
        VIGIE_DATA_DIR: folder,
        VIGIE_PORT: '0',
        VIGIE_LOG_LEVEL: 'error',
        NOW,

        VALIDATED_BACKUPS_PATH: roots.validated_backups,
        QUARANTINE_PATH: roots.quarantine,
        SCANNER_INTERVAL_MINUTES: '1440',
        ...more,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  return {
    folder,
    run: (env = {}) =>
      new Promise((done) => {
        const child = start(env)
        let output = ''
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (text: string) => (output += text))
        child.once('close', (_code, signal) => done({ output, signal }))
      }),
    runUntil: (reached) =>
      new Promise((done) => {
        const child = start({})
        const watch = setInterval(() => {
          if (reached()) child.kill('SIGKILL')
        }, 5)
        child.once('close', (_code, signal) => {
          clearInterval(watch)
          done(signal === 'SIGKILL')
        })
      }),
    sql: (query) => {
      const database = new DatabaseSync(join(folder, 'vigie.sqlite'), { readOnly: true })
      try {
        return database.prepare(query).all() as never
      } finally {
        database.close()
      }
    },
    files: (root) =>
      readdirSync(roots[root], { recursive: true, withFileTypes: true })
        .filter(
          (entry) => entry.isFile() && !/^\.(deposit|vault|quarantine)-id$|^why\.json$|\.vigie\.json$/.test(entry.name),
        )
        .map((entry) => join(entry.parentPath, entry.name).slice(roots[root].length + 1))
        .sort(),
  }
}

const DAILY = { frequency: 'DAILY', expectedHourUtc: 2, graceMinutes: 60 }
const jobsOf = async (at: Place, jobs: object[]): Promise<void> => {
  const file = join(at.folder, 'jobs.json')
  writeFileSync(file, JSON.stringify(jobs))
  await at.run({ JOBS: file, NOW: '2026-01-15T00:30:00.000Z' })
}

function send(at: Place, { agent = 'lyon-01', content = gz(dump()), damaged = false, day = '2026-01-15' } = {}): void {
  for (const folder of ['databases', 'log'])
    mkdirSync(join(at.folder, 'agent_deposits', agent, folder), { recursive: true })
  const runId = `run-${day}`
  const written = damaged ? Buffer.concat([content, Buffer.from('!')]) : content
  writeFileSync(join(at.folder, 'agent_deposits', agent, 'databases', 'crm.sql.gz'), written)
  const status = statusOf({ agent, database: 'crm', file: 'crm.sql.gz', content, startedAt: `${day}T02:00:00Z`, runId })
  writeFileSync(join(at.folder, 'agent_deposits', agent, 'log', `STATUS.${runId}.json`), JSON.stringify(status))
}

const otherFileSystem = (): string | null => {
  try {
    return statSync('/dev/shm').dev === statSync(tmpdir()).dev ? null : mkdtempSync('/dev/shm/vigie-vault-')
  } catch {
    return null
  }
}

const LATEST = '{agent_id}/{database_name}/{file_name}'

describe.concurrent('A scan that is killed', () => {
  test.for([
    ...['fsync', 'mkdir', 'link', 'sync-folder', 'moved', 'unlink'].map((step) => ['to the vault', step] as const),
    ...['link', 'moved', 'unlink'].map((step) => ['to the quarantine', step] as const),
    ...['version', 'link', 'sync-folder', 'moved', 'unlink'].map((step) => ['over an older one', step] as const),
    ...['copy', 'link', 'sync-folder', 'moved', 'unlink'].map((step) => ['by copy', step] as const),
  ])(
    'while it moves a file %s, at the step %s, ends with the file in one place and the rows telling the truth',
    { timeout: 60_000 },
    async ([way, step], { onTestFinished: finished, skip }) => {
      const shm = way === 'by copy' ? otherFileSystem() : null
      if (way === 'by copy' && !shm) return skip('there is no second file system')
      const at = place(finished, {}, shm)
      await jobsOf(at, [
        {
          ...DAILY,
          agentId: 'lyon-01',
          databaseName: 'crm',
          ...(way === 'over an older one' ? { finalStoragePathTemplate: LATEST } : {}),
        },
      ])
      const older = way === 'over an older one'
      if (older) {
        send(at, { day: '2026-01-14', content: gz(dump(9)) })
        await at.run({ NOW: '2026-01-14T02:05:00.000Z' })
      }
      send(at, { damaged: way === 'to the quarantine' })
      expect((await at.run({ CRASH_AT: `${step}:1` })).signal).toBe('SIGKILL')
      const { output } = await at.run()
      expect(output).toContain('"outcome":"DONE"')
      const [expectedVault, expectedQuarantine] = way === 'to the quarantine' ? [0, 1] : [older ? 2 : 1, 0]
      expect([at.files('agent_deposits'), at.files('validated_backups').length, at.files('quarantine').length]).toEqual(
        [[], expectedVault, expectedQuarantine],
      )
      const rows = at.sql<{ state: string; path: string; leftover: string | null }>(
        'select state, path, leftover from backup_file order by path',
      )
      expect(rows.every(({ leftover }) => leftover === null)).toBe(true)
      expect(rows.filter(({ state }) => state === 'VAULT').map(({ path }) => path)).toEqual(
        at.files('validated_backups'),
      )
      expect(rows.filter(({ state }) => state === 'QUARANTINE').map(({ path }) => path)).toEqual(at.files('quarantine'))
      const [entry] = at.sql("select status from backup_entry where expected_at = unixepoch('2026-01-15 02:00') * 1000")
      expect(entry.status).toBe(way === 'to the quarantine' ? 'TRANSFER_INTEGRITY_FAILED' : 'SUCCESS')
    },
  )
})

describe('Two processes', () => {
  test('that scan at once promote each file once, and one of them tells that the other is at work', async () => {
    const at = place(onTestFinished)
    const agents = Array.from({ length: 60 }, (_, index) => `agent-${index}`)
    await jobsOf(
      at,
      agents.map((agentId) => ({ ...DAILY, agentId, databaseName: 'crm' })),
    )
    for (const [index, agent] of agents.entries()) send(at, { agent, content: gz(dump(index)) })
    const outputs = (await Promise.all([at.run(), at.run()])).map(({ output }) => output)
    const outcomes = outputs.map((output) => /"outcome":"(\w+)"/.exec(output)?.[1]).sort()
    expect([
      ['ALREADY_RUNNING', 'DONE'],
      ['DONE', 'DONE'],
    ]).toContainEqual(outcomes)
    expect(at.files('validated_backups')).toHaveLength(60)
    expect(at.sql("select count(*) as n from backup_file where state = 'VAULT'")).toEqual([{ n: 60 }])
    expect(at.sql("select count(*) as n from event where type = 'BACKUP_STATUS_CHANGED'")).toEqual([{ n: 60 }])
  }, 60_000)
})

test('Killed again and again while it scans 1,000 files and mails, it loses no file, doubles none, and loses no mail', async () => {
  const smtp = await smtpForThisTest()
  const at = place(onTestFinished, {
    EMAIL_HOST: '127.0.0.1',
    EMAIL_PORT: String(smtp.port),
    EMAIL_SECURITY: 'off',
    EMAIL_SENDER: 'vigie@example.org',
  })
  const agents = Array.from({ length: 1000 }, (_, index) => `agent-${index}`)
  // A recipient of its own for each job: each must hear exactly once of its own.
  await jobsOf(
    at,
    agents.map((agentId) => ({ ...DAILY, agentId, databaseName: 'crm', recipients: [`${agentId}@example.org`] })),
  )
  for (const [index, agent] of agents.entries())
    send(at, { agent, content: gz(dump(index % 7, true).replace('crm', agent)), damaged: index % 4 === 0 })
  // By what it has done, not by the clock: a fast machine would be through before it was killed.
  const moved = () => at.files('validated_backups').length + at.files('quarantine').length
  for (const files of [1, 350, 700, 999])
    expect(await at.runUntil(() => moved() >= files), `killed after ${files} files`).toBe(true)
  for (const mails of [1, 120])
    expect(await at.runUntil(() => smtp.mails.length >= mails), `killed after ${mails} mails`).toBe(true)
  await at.run()
  expect(at.files('agent_deposits')).toEqual([])
  expect([at.files('validated_backups').length, at.files('quarantine').length]).toEqual([750, 250])
  expect(at.sql('select state, count(*) as n from backup_file group by state order by state')).toEqual([
    { state: 'QUARANTINE', n: 250 },
    { state: 'VAULT', n: 750 },
  ])
  expect(at.sql('select status, count(*) as n from backup_entry group by status order by status')).toEqual([
    { status: 'SUCCESS', n: 750 },
    { status: 'TRANSFER_INTEGRITY_FAILED', n: 250 },
  ])
  const ids = new Set(smtp.mails.map(({ messageId }) => messageId))
  expect([ids.size, new Set(smtp.mails.map(({ to }) => to)).size]).toEqual([250, 250])
  expect(readFileSync(join(at.folder, 'agent_deposits', '.deposit-id'), 'utf8').trim()).not.toBe('')
}, 400_000)
