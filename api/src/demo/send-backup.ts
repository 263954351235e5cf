import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DAY, MINUTE, SECOND } from '../platform/clock.ts'
import { chance } from './chance.ts'
import type { DemoJob } from './jobs.ts'
import type { Night } from './nights.ts'

/** A dump of MariaDB as its own tool writes it, which grows a little each day. */
function dumpOf({ agentId, databaseName }: DemoJob, at: Date, isWhole: boolean): string {
  const named = `${agentId} ${databaseName}`
  const rows = Math.floor(40 + chance(`${named} rows`) * 400 + ((at.getTime() / DAY) % 365))
  return [
    '-- MariaDB dump 10.19  Distrib 10.11.14-MariaDB, for debian-linux-gnu (x86_64)',
    '--',
    `-- Host: localhost    Database: ${databaseName}`,
    'CREATE TABLE `entry` (`id` int, `at` date, `text` varchar(64));',
    ...Array.from({ length: rows }, (_, row) => {
      const text = createHash('sha256').update(`${named} ${row}`).digest('hex').slice(0, 40)
      return `INSERT INTO \`entry\` VALUES (${row},'${at.toISOString().slice(0, 10)}','${text}');`
    }),
    ...(isWhole ? [`-- Dump completed on ${at.toISOString().slice(0, 19).replace('T', ' ')}`] : []),
    '',
  ].join('\n')
}

interface Sent {
  job: DemoJob
  night: Night
  /** When it began by the clock of the agent. */
  at: Date
  dumpedFor: Date
}

/** Drops a file and the report that names it into the folder of the agent, as its script does by rsync. */
export async function sendBackup(deposit: string, { job, night, at, dumpedFor }: Sent): Promise<void> {
  if (night === 'NOTHING') return
  const { agentId, databaseName } = job
  const content = gzipSync(dumpOf(job, dumpedFor, night !== 'CUT'), { level: 6 })
  const ended = new Date(at.getTime() + 40 * SECOND + Math.floor(chance(`${agentId} ${at.getTime()}`) * 6 * MINUTE))
  const isDumped = night !== 'DUMP_FAILED'
  const file = `${databaseName}.sql.gz`
  const times = { start_time: at.toISOString(), end_time: ended.toISOString() }
  const hash = createHash('sha256').update(content).digest('hex')
  const status = {
    run_id: randomUUID(),
    operation_start_time: at.toISOString(),
    operation_end_time: ended.toISOString(),
    agent_id: agentId,
    overall_status: isDumped ? 'completed' : 'failed',
    databases: {
      [databaseName]: {
        BACKUP: { status: isDumped, ...times, ...(isDumped ? {} : { error_message: LOCKED }) },
        COMPRESS: isDumped
          ? {
              status: true,
              ...times,
              sha256_checksum:
                night === 'WRONG_HASH' ? hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) : hash,
              size: content.length,
            }
          : { status: false, ...times },
        TRANSFER: { status: isDumped, ...times, error_message: isDumped ? null : 'nothing to send' },
        staged_file_name: file,
        logs_summary: isDumped ? `dumped ${databaseName}, ${content.length} bytes` : LOCKED,
      },
    },
  }
  if (isDumped) await drop(join(deposit, agentId, 'databases', file), content, ended)
  await drop(join(deposit, agentId, 'log', `STATUS.${status.run_id}.json`), JSON.stringify(status, null, 2), ended)
}

const LOCKED = 'mariadb-dump: Got error: 1205: Lock wait timeout exceeded when using LOCK TABLES'

/** Under another name first, as rsync does: a scan never sees half of it. */
async function drop(path: string, content: Buffer | string, at: Date): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const unfinished = join(dirname(path), `.${randomUUID()}`)
  await writeFile(unfinished, content)
  await utimes(unfinished, at, at)
  await rename(unfinished, path)
}
