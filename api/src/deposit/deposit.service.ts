import type { Caller } from '../access/caller.ts'
import { isAgentName } from '../access/agent-name.ts'
import type { Quota } from '../access/quota.ts'
import { BackupRun, RunOutcome } from '../backups/backup-run.entity.ts'
import { fileName, LONGEST_DATABASE, plainName } from '../backups/name.ts'
import type { EntityManager } from '../database/database.ts'
import { type Row, requireRow, saveRows, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import { ForbiddenError, InvalidInputError } from '../platform/errors.ts'
import type { Transact } from '../events/outbox.ts'
import type { Clock } from '../platform/clock.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import type { BackupDatabaseInput, BackupRunInput, BackupStepInput } from './backup-run.input.ts'
import type { DeclaredDatabase, DeclaredReport, DeclaredStep } from '../backups/declared.ts'
import { RunRecorder } from './run-recorder.ts'
import { tellSettled } from './run-recorder.ts'
import { Scan, type Scanner as ScannerRow } from './scan.entity.ts'
import { readScannerRow } from './scanner-row.ts'
import { UnawaitedFile } from './unawaited-file.entity.ts'
import type { UnawaitedOfAgent } from './unawaited.resolver.ts'

const LONGEST_TEXT = 8 * 1024

/** What agents report by mutation, and what is known of scans. */
export class DepositService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
    private readonly quota: Quota,
  ) {}

  /** The newest first. */
  scans(page: PageArgs): Promise<Page<Row<Scan>>> {
    const query = tables(this.em).selectFrom('Scan')
    return seekPage(this.em, { query, order: ['startedAt', 'id'], direction: 'desc' }, page, (ids: string[]) =>
      this.loadScans(ids),
    )
  }

  async loadScans(ids: readonly string[]): Promise<Row<Scan>[]> {
    return inOrder(ids, await selectRows(this.em, Scan, 'id', ids))
  }

  state(): Promise<Row<ScannerRow> | null> {
    return readScannerRow(this.em)
  }

  unawaitedByAgent(): Promise<UnawaitedOfAgent[]> {
    return tables(this.em)
      .selectFrom('UnawaitedFile')
      .select((eb) => [
        'agentId',
        eb.fn.countAll<number>().as('files'),
        eb.fn.sum<number>('size').as('size'),
        // Called as the column, it is converted as the column.
        eb.fn.min('since').as('since'),
        eb.fn.coalesce(eb.fn.sum<number>('size').filterWhere('provenBy', 'is not', null), eb.lit(0)).as('provenSize'),
      ])
      .groupBy('agentId')
      .orderBy((eb) => eb.fn.sum('size'), 'desc')
      .orderBy('agentId')
      .execute()
  }

  /** The largest first. */
  unawaited(page: PageArgs): Promise<Page<Row<UnawaitedFile>>> {
    const query = tables(this.em).selectFrom('UnawaitedFile')
    return seekPage(this.em, { query, order: ['size', 'id'], direction: 'desc' }, page, async (ids: string[]) =>
      inOrder(ids, await selectRows(this.em, UnawaitedFile, 'id', ids)),
    )
  }

  /** Records a run; the next scan looks for its files. */
  async report(input: BackupRunInput, caller: Caller): Promise<{ repeated: boolean; runs: Row<BackupRun>[] }> {
    const declared = readRun(input)
    this.quota.spend(caller, JSON.stringify(input).length)
    const receivedAt = this.clock()
    return this.transact(this.em, async ({ em, tell }) => {
      const runRecorder = new RunRecorder(em, tell)
      await refuseForeign(em, declared.agentId, caller)
      const recorded = await runRecorder.record(declared, { receivedAt, reportPath: null, size: 0 })
      const told = Map.groupBy(await runRecorder.ofRun(declared.agentId, declared.runId), (run) => run.databaseName)
      const runs = declared.databases.flatMap(({ name }) => told.get(name)?.at(-1) ?? [])
      return { repeated: recorded.repeated && recorded.runs === 0, runs }
    })
  }

  /** Takes a report out of the inbox; its row stays. */
  async dismiss(id: string): Promise<Row<BackupRun>> {
    return this.transact(this.em, async ({ em, tell }) => {
      const run = await requireRow(em, BackupRun, id, 'report')
      if (run.outcome === RunOutcome.ACCEPTED)
        throw new InvalidInputError(
          'id',
          'is a run that belongs to a job',
          'Only what is in reportInbox can be dismissed.',
        )
      if (run.settledAt) return run
      await saveRows(em, BackupRun, [Object.assign(run, { settledAt: this.clock(), isOpen: false })])
      const name = run.databaseName ? `${run.agentId}/${run.databaseName}` : run.agentId
      tellSettled(tell, { name, ...(run.reportPath ? { path: run.reportPath } : {}) }, this.clock())
      return run
    })
  }
}

/**
 * A token speaks for the backup agents that a person said it speaks for: by name, or by jobs on its machine. What a
 * machine calls itself says nothing: it may call itself as another.
 */
async function refuseForeign(
  em: EntityManager,
  agentId: string,
  { anyMachine, agents, machineId, name }: Caller,
): Promise<void> {
  if (anyMachine || agents.includes(agentId)) return
  if (machineId && (await hasJobOn(em, agentId, machineId))) return
  throw new ForbiddenError(
    `Nobody said that the token "${name}" reports for the agent ${agentId}. Set the machine of its jobs, name the agent with bindToken (access token NAME --agent ${agentId} for a new one), or make one with --any-machine.`,
  )
}

async function hasJobOn(em: EntityManager, agentId: string, machineId: string): Promise<boolean> {
  const jobs = await tables(em)
    .selectFrom('ExpectedJob')
    .select('id')
    .where('agentId', '=', agentId)
    .where('machine', '=', machineId)
    .where('archivedAt', 'is', null)
    .limit(1)
    .execute()
  return jobs.length > 0
}

function readRun(input: BackupRunInput): DeclaredReport {
  const { runId, agentId, startedAt, endedAt, databases } = input
  if (!/^[\x21-\x7e]{1,128}$/.test(runId))
    throw new InvalidInputError('run.runId', 'must be 1 to 128 visible ASCII characters', 'Send a UUID.')
  if (databases.length === 0 || databases.length > 1000)
    throw new InvalidInputError('run.databases', 'must be 1 to 1000', 'Send at least one.')
  const names = databases.map((database) => database.name)
  if (new Set(names).size < names.length)
    throw new InvalidInputError('run.databases', 'names one database twice', 'Send each once.')
  return {
    runId,
    agentId: given('run.agentId', isAgentName(agentId) ? agentId : null),
    overallStatus: null,
    refused: [],
    startedAt: startedAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
    databases: databases.map((database, index) => readDatabase(database, `run.databases[${index}]`)),
  }
}

function given(field: string, name: string | null): string {
  if (name !== null) return name
  throw new InvalidInputError(field, 'is no name that can be used', 'See docs/backups.md for what names may hold.')
}

function readDatabase(input: BackupDatabaseInput, field: string): DeclaredDatabase {
  const steps = {
    backup: readStep(input.backup, `${field}.backup`),
    compress: readStep(input.compress, `${field}.compress`),
    transfer: readStep(input.transfer, `${field}.transfer`),
  }
  if (!steps.backup && !steps.compress && !steps.transfer)
    throw new InvalidInputError(field, 'holds no step', 'Send backup, compress or transfer.')
  return {
    ...steps,
    name: given(`${field}.name`, plainName(input.name, LONGEST_DATABASE)),
    stagedFileName: input.stagedFileName ? given(`${field}.stagedFileName`, fileName(input.stagedFileName)) : null,
    logsSummary: input.logsSummary?.slice(-LONGEST_TEXT) ?? null,
    raw: JSON.stringify(input, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  }
}

function readStep(step: BackupStepInput | null | undefined, field: string): DeclaredStep | null {
  if (!step) return null
  const sha256 = step.sha256?.trim().toLowerCase() || null
  if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256))
    throw new InvalidInputError(`${field}.sha256`, 'must be 64 hexadecimal digits', 'Send the SHA-256 of the file.')
  const size = step.size === null || step.size === undefined ? null : Number(step.size)
  if (size !== null && (!Number.isSafeInteger(size) || size < 0))
    throw new InvalidInputError(`${field}.size`, 'must be a whole number of bytes', 'Send the size of the file.')
  const time = (at: Date | null | undefined): string | null => at?.toISOString() ?? null
  return {
    ok: step.ok,
    sha256,
    size,
    error: step.error?.slice(-LONGEST_TEXT) || null,
    startedAt: time(step.startedAt),
    endedAt: time(step.endedAt),
  }
}
