import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createLog } from '../src/platform/log.ts'
import type { Nightly } from '../src/vault/nightly.ts'
import { apiForThisTest, type TestApi, until } from './start-api.ts'

// The clock of these tests stands before the day on which the files are made: then a report always "arrives now".

export const NIGHT = '2026-01-15'
export const at = (time: string, day = NIGHT): Date => new Date(`${day}T${time}:00.000Z`)

export const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

/** A whole mysqldump, in the words of MariaDB's tool. */
export const dump = (rows = 3, end = true): string =>
  `-- MariaDB dump 10.19  Distrib 10.11.14-MariaDB, for debian-linux-gnu (x86_64)\n--\n-- Host: localhost    Database: crm\nCREATE TABLE t (a int);\n${Array.from({ length: rows }, (_, index) => `INSERT INTO t VALUES (${index});\n`).join('')}${end ? '-- Dump completed on 2026-01-15  2:00:05\n' : ''}`

export const gz = (text: string): Buffer => gzipSync(text, { level: 1 })

/** What the tasks of a night work with. */
export const nightly = ({ app, orm, clock }: TestApi): Nightly => ({
  em: orm.em.fork(),
  vault: app.services().vault,
  keeper: app.scanner,
  clock: () => clock.now,
  log: createLog('silent'),
})

export interface Backups {
  api: TestApi
  deposit: string
  vault: string
  quarantine: string
  /** Puts a file into the deposit. */
  put(path: string, content: Buffer | string): void
  /** Puts a file and the report that names it, as an agent does. */
  send(options?: SendOptions): Buffer
  /** Scans, after a scan that may be at work. */
  scan(): Promise<any>
  /** Scans, or is told that another one is at work. */
  scanOnce(): Promise<any>
  job(input?: Record<string, unknown>): Promise<any>
  entries(jobId?: string): Promise<any[]>
  set(time: string, day?: string): void
}

export interface SendOptions {
  agent?: string
  database?: string
  file?: string
  content?: Buffer
  /** Null = only the report comes. */
  put?: Buffer | null
  runId?: string
  startedAt?: string
  backup?: Record<string, unknown>
  compress?: Record<string, unknown> | null
  transfer?: Record<string, unknown>
  report?: string
}

export async function backupsForThisTest(env: Record<string, string> = {}, scan?: number): Promise<Backups> {
  const backups = backupsOn(await apiForThisTest(env, scan === undefined ? {} : { scan }))
  backups.set('01:00')
  return backups
}

/** The same on an API that is there already. */
export function backupsOn(api: TestApi): Backups {
  const { roots } = api.app
  const put: Backups['put'] = (path, content) => {
    const file = join(roots.deposit, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  const backups: Backups = {
    api,
    put,
    deposit: roots.deposit,
    vault: roots.vault,
    quarantine: roots.quarantine,
    send: (options = {}) => {
      const {
        agent = 'lyon-01',
        database = 'crm',
        file = `${database}.sql.gz`,
        report = `log/STATUS.${randomUUID()}.json`,
      } = options
      const content = options.content ?? gz(dump())
      if (options.put !== null) put(`${agent}/databases/${file}`, options.put ?? content)
      put(`${agent}/${report}`, JSON.stringify(statusOf({ ...options, agent, database, file, content })))
      return content
    },
    scanOnce: async () => {
      const { data, errors } = await api.ask(
        'mutation { scanBackups { outcome scan { trouble runsRecorded reportsRefused filesRead filesPromoted filesQuarantined entriesOpened entriesJudged entriesMissing foldersRead foldersUnchanged } } }',
      )
      if (errors) throw new Error(errors[0]?.message)
      return data.scanBackups
    },
    // A new job rings for a scan by itself; that one may just be at work.
    scan: () =>
      until(async () => {
        const answer = await backups.scanOnce()
        return answer.outcome !== 'ALREADY_RUNNING' && answer
      }, 'the scan before to end'),
    job: async (input = {}) => {
      const { data, errors } = await api.ask(
        'mutation ($input: ExpectedJobInput!) { createExpectedJob(input: $input) { id nextDueAt cron graceMinutes } }',
        {
          input: {
            agentId: 'lyon-01',
            databaseName: 'crm',
            frequency: 'DAILY',
            expectedHourUtc: 2,
            graceMinutes: 60,
            ...input,
          },
        },
      )
      if (errors) throw Object.assign(new Error(errors[0]?.message), errors[0]?.extensions)
      return data.createExpectedJob
    },
    entries: async (jobId) => (await api.ask(ENTRIES, { filter: jobId ? { jobId } : {} })).data.backupEntries.nodes,
    set: (time, day) => {
      api.clock.now = at(time, day)
    },
  }
  return backups
}

const ENTRIES = `query ($filter: EntryFilter) { backupEntries(filter: $filter) { nodes {
  id status phase expectedAt windowEndsAt arrivedAt hashComparison reportedHash measuredHash reportedSize measuredSize
  previousSuccessfulHash stagedFileName reasons { code severity sentence value } runs { runId status outcome reasons { code } }
  file { root path state checks { name outcome detail expected measured } why { code } } job { currentStatus badInARow lastSuccessfulBackupAt } } } }`

export function statusOf(
  options: SendOptions & { agent: string; database: string; file: string; content: Buffer },
): object {
  const { agent, database, file, content, startedAt = `${NIGHT}T02:00:00Z` } = options
  const times = { start_time: startedAt, end_time: startedAt }
  return {
    ...(options.runId ? { run_id: options.runId } : {}),
    operation_start_time: startedAt,
    operation_end_time: startedAt,
    agent_id: agent,
    overall_status: 'completed',
    databases: {
      [database]: {
        BACKUP: { status: true, ...times, ...options.backup },
        ...(options.compress === null
          ? {}
          : {
              COMPRESS: {
                status: true,
                ...times,
                sha256_checksum: sha256(content),
                size: content.length,
                ...options.compress,
              },
            }),
        TRANSFER: { status: true, ...times, error_message: null, ...options.transfer },
        staged_file_name: file,
        logs_summary: `backed up ${randomUUID()}`,
      },
    },
  }
}
