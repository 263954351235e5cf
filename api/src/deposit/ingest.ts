import { createHash } from 'node:crypto'
import { unlink, lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { RunOutcome, BackupRun } from '../backups/backup-run.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { JOB_FIELDS } from '../backups/job-fields.ts'
import { renderFolder } from '../backups/path-template.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { findRows, type Row, saveRows, updateRow } from '../database/rows.ts'
import { bytesBelow } from '../files/open-below.ts'
import type { FolderFound, ReportFound } from './read-folders.ts'
import { RunRecorder } from './run-recorder.ts'
import { tellSettled } from './run-recorder.ts'
import type { ScanContext } from './scan-context.ts'

/** How many reports the worker reads at a time. */
const BATCH = 50
/** Within two seconds a folder can change twice and show one time. */
const SETTLED_MS = 2000

/**
 * Reads every report that has come, and records it: only then is its file removed. A bad one never stops a scan; it
 * stays where it is, is shown, and counts as bad for good when the next scan finds it unchanged.
 */
export class Ingest {
  /** Folders in which nothing was left to do, with the time of change at which that was so. */
  private readonly known = new Map<string, string>()

  /**
   * Answers with the agents of which a folder or a report cannot be read: nothing is missing of those. `hidden` are some whose
   * folder is not mounted: it is empty, and nothing in it has been settled.
   */
  async run(scan: ScanContext, hidden: ReadonlyMap<string, string>): Promise<Map<string, string>> {
    const { roots, worker, counts } = scan
    const folders = await customFolders(scan.em)
    const found = await worker.ask('readFolders', {
      root: roots.deposit,
      others: [...folders.keys()],
      known: Object.fromEntries(this.known),
      settledMs: SETTLED_MS,
    })
    counts.foldersUnchanged += found.unchanged
    counts.foldersRead += found.folders.length
    const unreadable = new Map(hidden)
    for (const [agent, why] of hidden) scan.trouble(`folder ${agent}`, why)
    for (const folder of found.folders) {
      const agents = folders.get(folder.path) ?? new Set([folder.path.split('/')[0] as string])
      if ([...agents].some((agent) => hidden.has(agent))) continue
      const trouble = await this.folder(scan, folder, agents)
      if (trouble) for (const agent of agents) unreadable.set(agent, trouble)
    }
    return unreadable
  }

  private async folder(scan: ScanContext, folder: FolderFound, agents: Set<string>): Promise<string | null> {
    this.known.delete(folder.path)
    if (folder.error) {
      // One report that may not be read is told as that report; a whole folder hinders the scan itself.
      scan.trouble(`folder ${folder.path}`, `${folder.path}: ${folder.error}`)
      return `${folder.path}: ${folder.error}`
    }
    let clean = folder.settled
    let trouble: string | null = null
    const bad = new Set<string>()
    for (let at = 0; at < folder.reports.length; at += BATCH) {
      const reports = folder.reports.slice(at, at + BATCH)
      for (const report of await scan.worker.ask('readReports', { root: scan.roots.deposit, reports })) {
        scan.check()
        if (await this.guarded(scan, report, agents)) continue
        clean = false
        bad.add(report.path)
        if (report.blind && !report.read.ok) trouble = `${report.path}: ${report.read.detail}`
      }
    }
    await settleGone(scan, folder.path, bad)
    if (clean) this.known.set(folder.path, folder.mtimeNs)
    return trouble
  }

  /** One report that cannot be recorded never keeps the others back. */
  private async guarded(scan: ScanContext, report: ReportFound, agents: Set<string>): Promise<boolean> {
    try {
      return await this.report(scan, report, agents)
    } catch (error) {
      scan.rethrow(error)
      scan.log.error({ err: error, report: report.path }, 'A report could not be recorded')
      scan.trouble(`report ${report.path}`, `${report.path}: ${(error as Error).message}`)
      return false
    }
  }

  /** True = recorded, and its file removed. */
  private async report(scan: ScanContext, found: ReportFound, agents: Set<string>): Promise<boolean> {
    const { read, path } = found
    // The clock of the file system and ours are one machine's; a report from the future would be one of a moved clock.
    const receivedAt = new Date(Math.min(found.arrivedAtMs, scan.clock().getTime()))
    const folderAgent = [...agents][0] ?? ''
    const foreign = read.ok && !agents.has(read.report.agentId)
    if (read.ok && !foreign) {
      const recorded = await scan.write(({ em, tell }) =>
        new RunRecorder(em, tell).record(read.report, { receivedAt, reportPath: path, size: found.size }),
      )
      scan.counts.runsRecorded += recorded.runs
      scan.counts.reportsRefused += recorded.refused
      await removeReport(scan.roots.deposit, found)
      return true
    }
    const refusal = read.ok
      ? {
          outcome: 'FOREIGN_AGENT' as const,
          runId: createHash('sha256')
            .update(`${path} ${found.ino} ${found.arrivedAtMs} ${read.report.runId}`)
            .digest('hex'),
          detail: `It names the agent ${read.report.agentId}, but lies in the folder of ${[...agents].slice(0, 3).join(', ')}.`,
          raw: null,
        }
      : read
    scan.counts.reportsRefused += 1
    await scan.write(async ({ em, tell }) => {
      const runs = new RunRecorder(em, tell)
      const key = { agentId: folderAgent, runId: refusal.runId, databaseName: '' }
      const [known] = await findRows(em, BackupRun, (query) =>
        query
          .where('agentId', '=', key.agentId)
          .where('runId', '=', key.runId)
          .where('databaseName', '=', key.databaseName),
      )
      if (!known) {
        await runs.refuse(refusal.outcome, {
          ...key,
          detail: refusal.detail,
          receivedAt,
          reportPath: path,
          sizeOfReport: found.size,
          raw: refusal.raw,
          told: false,
        })
      } else if (known.isOpen) {
        known.isOpen = false
        await saveRows(em, BackupRun, [known])
        await runs.announce(known)
      }
    })
    return false
  }
}

/** Folders that jobs name for their reports, with the agents whose reports may lie there. */
export async function customFolders(em: EntityManager): Promise<Map<string, Set<string>>> {
  const jobs = await findRows(em, ExpectedJob, (query) =>
    query
      .where('archivedAt', 'is', null)
      .where('agentLogDepositPathTemplate', '<>', JOB_FIELDS.agentLogDepositPathTemplate.otherwise),
  )
  const folders = new Map<string, Set<string>>()
  for (const job of jobs) {
    const folder = renderFolder(job.agentLogDepositPathTemplate, job)
    folders.set(folder, (folders.get(folder) ?? new Set()).add(job.agentId))
  }
  return folders
}

/** What was recorded is removed; a newer report of the same name stays. */
async function removeReport(root: string, { path, bytes, ino }: ReportFound): Promise<void> {
  const file = bytes ? bytesBelow(root, bytes) : join(root, path)
  try {
    const seen = await lstat(file, { bigint: true })
    if (String(seen.ino) === ino) await unlink(file)
  } catch {
    // Gone already, or the folder is the agent's alone: its runId keeps it from counting twice.
  }
}

/** Bad reports that were replaced or removed need nobody's attention any more. */
async function settleGone(scan: ScanContext, folder: string, bad: Set<string>): Promise<void> {
  const waiting = await waitingReports(scan, folder)
  const gone = waiting.filter((run) => run.reportPath !== null && !bad.has(run.reportPath))
  if (gone.length === 0) return
  await scan.write(async ({ em, tell }) => {
    for (const run of gone) {
      await updateRow(em, BackupRun, run.id, { settledAt: scan.clock(), isOpen: false })
      if (!run.isOpen) tellSettled(tell, { name: run.agentId, path: run.reportPath ?? '' }, scan.clock())
    }
  })
}

const WHOLE_FILES = [
  RunOutcome.NOT_JSON,
  RunOutcome.WRONG_TYPES,
  RunOutcome.TOO_LARGE,
  RunOutcome.FOREIGN_AGENT,
  RunOutcome.UNREADABLE,
]

/** Whole files that could not be used: those that were read but for a part are gone from the deposit. */
const waitingReports = ({ em }: ScanContext, folder: string): Promise<Row<BackupRun>[]> =>
  findRows(em, BackupRun, (query) =>
    query
      .where('outcome', '<>', literal(RunOutcome.ACCEPTED))
      .where('settledAt', 'is', null)
      .where('databaseName', '=', '')
      .where('outcome', 'in', WHOLE_FILES)
      .where('reportPath', '>', `${folder}/`)
      .where('reportPath', '<', `${folder}0`)
      // In the folder itself, not below.
      .where((eb) => eb(eb.fn<string>('substr', ['reportPath', eb.val(folder.length + 2)]), 'not like', '%/%')),
  )
