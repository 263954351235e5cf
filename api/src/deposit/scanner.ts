import { mkdirSync, rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Roots } from '../backups/job-draft.ts'
import type { EntityManager } from '../database/database.ts'
import { createRecorder } from '../database/record.ts'
import { insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { DomainError } from '../errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { HOUR, MINUTE, SECOND, DAY } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import type { Platform } from '../platform/platform.ts'
import { WorkerThread } from '../platform/worker-thread.ts'
import { Severity } from '../reasons/reason.ts'
import { takeUp } from '../vault/promotion.ts'
import { type Rereading, reverifyVault } from '../vault/reverify.ts'
import type { AtStep } from '../vault/move-file.ts'
import { Ingest } from './ingest.ts'
import { holdLease, LEASE_MS, LeaseLostError, releaseLease, takeLease } from './lease.ts'
import { Scan, Scanner as ScannerRow, ScanOutcome } from './scan.entity.ts'
import type { Counts, ScanContext } from './scan-context.ts'
import { settleRuns } from './settle.ts'
import {
  clearProbes,
  lackOfRoom,
  type LinkProbe,
  lookAtRoots,
  makeRoots,
  probeLinks,
  type RootIds,
  type Sight,
} from './sight.ts'
import type { DepositTasks } from './worker.ts'
import { troublesAfter } from './troubles.ts'
import { closeWindows, mendFuture, openWindows } from './windows.ts'

export interface ScanAnswer {
  outcome: ScanOutcome
  /** Null = another scan holds the lease. */
  scan: Row<Scan> | null
}

export interface ScannerOptions {
  em: EntityManager
  platform: Platform
  roots: Roots
  /** Private copies lie here while a tool reads them. */
  temporaryFolder: string
  intervalMinutes: number
  atStep?: AtStep
}

/** Without a scan for so long, somebody is told: at least an hour. */
const AWAY_AFTER = (intervalMinutes: number): number => Math.max(HOUR, 3 * intervalMinutes * MINUTE)
/** A run whose file has not come for a week is not looked for any more. */
const GIVE_UP_AFTER = 7 * DAY
const KEEP_SCANS = 30 * DAY

class StoppedError extends Error {}

/** Deposit, vault or quarantine is not there: what would be done with its files is not done. */
class UnseenError extends DomainError {
  constructor(why: string) {
    super('UNSEEN', `${why[0]?.toUpperCase()}${why.slice(1)}. Nothing was changed.`)
  }
}

/** Looks at the deposit: reports in, files proven and moved, what is due judged. One scan at a time, whoever asks. */
export class Scanner {
  private readonly worker: WorkerThread<DepositTasks>
  private readonly rereader: WorkerThread<DepositTasks>
  private readonly ingest = new Ingest()
  private readonly record
  private stopped = false
  private running: Promise<ScanAnswer> | null = null
  /** When the last scan ended, or this process began. */
  private lookedAt: Date
  private soonTimer: NodeJS.Timeout | null = null
  private probes: LinkProbe[] = []
  private probing: Promise<void> = Promise.resolve()
  /** Called after each scan: alerts are opened then, and the heartbeat is sent. */
  afterScan: (outcome: ScanOutcome) => Promise<void> = async () => undefined

  constructor(private readonly options: ScannerOptions) {
    this.record = createRecorder(options.platform)
    this.lookedAt = options.platform.clock()
    const script = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)
    this.worker = new WorkerThread<DepositTasks>(script, 192)
    this.rereader = new WorkerThread<DepositTasks>(script, 64)
  }

  /** Whether promotion links or copies, for each folder that was tried at the start. */
  linkProbes(): readonly LinkProbe[] {
    return this.probes
  }

  get intervalMinutes(): number {
    return this.options.intervalMinutes
  }

  get isRunning(): boolean {
    return this.running !== null
  }

  /** Whether scans come as often as they should: then what comes is judged, and what does not come is missed. */
  health(): { ok: boolean; detail: string | null } {
    const away = this.options.platform.clock().getTime() - this.lookedAt.getTime()
    // A scan that began in what was then the future tells nothing.
    const ok = away > -HOUR && (this.isRunning || away <= AWAY_AFTER(this.intervalMinutes))
    return { ok, detail: ok ? null : `No scan has ended since ${this.lookedAt.toISOString()}` }
  }

  /** Makes the folders, tries whether links are possible, and removes what an earlier process left half done. */
  async prepare(): Promise<void> {
    const { roots, temporaryFolder, platform } = this.options
    rmSync(temporaryFolder, { recursive: true, force: true })
    mkdirSync(temporaryFolder, { recursive: true, mode: 0o700 })
    const known = await this.row(this.options.em)
    // A folder that Vigie knows and that is absent is not made anew: it may be a mount that is not there yet.
    const hindrance = known?.depositId ? null : await makeRoots(roots)
    if (hindrance) platform.log.error({ hindrance }, 'The folders for backups cannot be made')
    await clearProbes(roots)
    const probes = probeLinks(roots)
    await this.takeProbe(probes)
    this.probing = this.probeAgents(probes)
  }

  /** The deposit itself is tried before Vigie listens, each agent's folder beside its work. */
  private async probeAgents(probes: AsyncGenerator<LinkProbe>): Promise<void> {
    while (!this.stopped && (await this.takeProbe(probes)));
  }

  private async takeProbe(probes: AsyncGenerator<LinkProbe>): Promise<boolean> {
    const { value, done } = await probes.next()
    if (done) return false
    this.probes.push(value)
    const { roots, platform } = this.options
    if (value.mode === 'COPY') {
      const folder = join(roots.deposit, value.folder)
      platform.log.warn({ folder, detail: value.detail }, 'Files are copied to the vault, not linked')
    }
    return true
  }

  /** Scans now; a scan that is already running does the work. */
  async scan(trigger: string): Promise<ScanAnswer> {
    if (this.stopped || this.running) return { outcome: ScanOutcome.ALREADY_RUNNING, scan: null }
    this.running = this.scanOnce(trigger).finally(() => (this.running = null))
    const answer = await this.running
    this.lookedAt = this.options.platform.clock()
    return answer
  }

  /** Scans in a moment, once for all who ask meanwhile. */
  soon(): void {
    if (this.soonTimer || this.stopped) return
    this.soonTimer = setTimeout(() => {
      this.soonTimer = null
      this.scan('REPORT').catch((error: unknown) => this.options.platform.log.error({ err: error }, 'A scan failed'))
    }, SECOND)
    this.soonTimer.unref()
  }

  /** Ends: a running scan stops between two backups, gives its lease back, and is waited for. */
  async stop(): Promise<void> {
    this.stopped = true
    if (this.soonTimer) clearTimeout(this.soonTimer)
    await Promise.all([this.worker.stop(), this.rereader.stop()])
    await this.running?.catch(() => undefined)
    await this.probing
    await this.worker.stop()
  }

  /** Whether deposit, vault and quarantine are there. Nothing is moved, deleted or called lost where one is not. */
  async look(em: EntityManager): Promise<Sight> {
    const row = await this.row(em)
    const known = {
      deposit: row?.depositId ?? null,
      vault: row?.vaultId ?? null,
      quarantine: row?.quarantineId ?? null,
    }
    const { rows } = known.vault
      ? { rows: [] }
      : await sql<{
          path: string
        }>`select path from backup_file where state = 'VAULT' order by id desc limit 20`.execute(em.getKysely())
    return lookAtRoots(
      this.options.roots,
      known,
      rows.map(({ path }) => path),
    )
  }

  /** @throws UNSEEN where one of the roots is not there */
  private async mustSee(): Promise<void> {
    const sight = await this.look(this.options.em.fork())
    if (!sight.sees) throw new UnseenError(sight.why)
    const { roots } = this.options
    for (const name of ['deposit', 'vault', 'quarantine'] as const)
      if (sight.ids[name] === null) throw new UnseenError(`${roots[name]} is absent, or closed to Vigie`)
  }

  /** Waits for the end of a scan that runs here, or for a while where it runs elsewhere. */
  async idle(): Promise<void> {
    if (this.running) await this.running.catch(() => undefined)
    else await delay(SECOND, undefined, { ref: false })
  }

  /** Reads a share of the vault again, beside scans, with a worker of its own. */
  async reverify(): Promise<void> {
    await this.mustSee()
    const { read, bad } = await reverifyVault(this.rereading())
    this.options.platform.log.info({ read, bad }, 'A share of the vault was read again')
  }

  rereading(): Rereading {
    const { em, platform, roots, temporaryFolder } = this.options
    return {
      em: em.fork(),
      record: this.record,
      clock: platform.clock,
      roots,
      temporaryFolder,
      worker: this.rereader,
      log: platform.log,
      isStopping: () => this.stopped,
      mustSee: () => this.mustSee(),
    }
  }

  /** Does something with the vault's files while no scan runs. Null = a scan holds the lease. Errors: UNSEEN */
  async exclusively<T>(work: (scan: ScanContext) => Promise<T>): Promise<T | null> {
    await this.mustSee()
    const { em } = this.options
    const token = await this.record(em, ({ em: own }) => takeLease(own, this.options.platform.clock()))
    if (token === null) return null
    const renewal = this.renew(token)
    try {
      return await work(this.context(em.fork(), token, emptyCounts(), () => undefined))
    } finally {
      clearInterval(renewal)
      await this.record(em, ({ em: own }) => releaseLease(own, token))
    }
  }

  private async scanOnce(trigger: string): Promise<ScanAnswer> {
    const { em: root, platform, roots } = this.options
    const { clock, log } = platform
    const startedAt = clock()
    const scan = newScan(trigger, startedAt)
    const token = await this.record(root, async ({ em }, tell) => {
      const taken = await takeLease(em, startedAt)
      if (taken === null) return null
      // Those that a crash cut off will not end any more.
      await sql`update scan set ended_at = ${startedAt.getTime()} where ended_at is null`.execute(em.getKysely())
      await insertRows(em, Scan, [scan])
      tell.scans.add(scan.id)
      return taken
    })
    if (token === null) return { outcome: ScanOutcome.ALREADY_RUNNING, scan: null }
    const renewal = this.renew(token)
    const troubles = new Map<string, string>()
    const em = root.fork()
    const context = this.context(em, token, scan, (cause, text) => troubles.set(cause, troubles.get(cause) ?? text))
    let outcome = ScanOutcome.DONE
    try {
      await this.noticeAbsence(context, startedAt)
      const sight = await this.look(em)
      const blind = sight.sees ? await lackOfRoom(roots) : sight.why
      if (sight.sees && blind === null) {
        await context.write(({ em: own }) => rememberRoots(own, sight.ids))
        await takeUp(context)
        const unreadable = await this.ingest.run(context)
        await mendFuture(context)
        await openWindows(context)
        await settleRuns(context)
        await closeWindows(context, (agent) => unreadable.get(agent) ?? null)
        await context.write(({ em: own }) => tidy(own, clock().getTime()))
      } else {
        outcome = ScanOutcome.BLIND
        context.trouble('roots', blind as string)
        await openWindows(context)
        await closeWindows(context, () => blind)
      }
      await this.finish(context, scan, { outcome, troubles })
    } catch (error) {
      if (error instanceof StoppedError || this.stopped) {
        await this.finish(context, scan, { outcome: null, troubles: new Map([['stopped', 'stopped']]) }).catch(
          () => undefined,
        )
        return { outcome: ScanOutcome.ALREADY_RUNNING, scan: null }
      }
      if (error instanceof LeaseLostError) return { outcome: ScanOutcome.ALREADY_RUNNING, scan: null }
      log.error({ err: error }, 'A scan failed; the next one does its work')
      troubles.set('scan', (error as Error).message)
      await this.finish(context, scan, { outcome: null, troubles }).catch(() => undefined)
      throw error
    } finally {
      clearInterval(renewal)
      // Between scans it would hold 30 MB for nothing; it starts within 50 ms.
      await this.worker.stop()
      await this.record(root, ({ em: own }) => releaseLease(own, token)).catch(() => undefined)
    }
    await this.afterScan(outcome)
    const [stored] = await selectRows(root.fork(), Scan, 'id', [scan.id])
    return { outcome, scan: stored ?? scan }
  }

  /** While a large file is read nothing is written: the lease is renewed all the same. */
  private renew(token: string): NodeJS.Timeout {
    const renewal = setInterval(() => {
      this.record(this.options.em, ({ em }) => holdLease(em, token, this.options.platform.clock())).catch(
        () => undefined,
      )
    }, LEASE_MS / 4)
    renewal.unref()
    return renewal
  }

  private context(em: EntityManager, token: string, counts: Counts, trouble: ScanContext['trouble']): ScanContext {
    const { platform, roots, temporaryFolder } = this.options
    const { clock, log } = platform
    return {
      em,
      clock,
      log,
      roots,
      worker: this.worker,
      temporaryFolder,
      counts,
      trouble,
      atStep: this.options.atStep ?? (() => undefined),
      write: (work) =>
        this.record(this.options.em, async (services, tell) => {
          await holdLease(services.em, token, clock())
          return work({ ...services, tell })
        }),
      check: () => {
        if (this.stopped) throw new StoppedError()
      },
      rethrow: (error) => {
        if (error instanceof LeaseLostError || error instanceof StoppedError) throw error
        if (this.stopped) throw new StoppedError()
      },
    }
  }

  private async row(em: EntityManager): Promise<Row<ScannerRow> | null> {
    return (await selectRows(em, ScannerRow, 'id', ['scanner']))[0] ?? null
  }

  /** Vigie was off, or its scheduler stood still: what came due meanwhile is judged late, and somebody should know. */
  private async noticeAbsence({ write, em }: ScanContext, now: Date): Promise<void> {
    const { rows } = await sql<{ at: number | null }>`select max(ended_at) as at from scan`.execute(em.getKysely())
    const last = rows[0]?.at ? new Date(rows[0].at) : null
    const away = last ? now.getTime() - last.getTime() : 0
    if (away < AWAY_AFTER(this.options.intervalMinutes)) return
    await write(async ({ tell }) =>
      tell.event({
        type: EventType.SCANNER_AWAY,
        severity: Severity.WARNING,
        at: now,
        cause: EventCause.READING,
        facts: { count: Math.round(away / MINUTE), lastSeenAt: last?.toISOString() ?? '' },
      }),
    )
  }

  private async finish(
    { write, clock }: ScanContext,
    scan: Row<Scan>,
    { outcome, troubles }: { outcome: ScanOutcome | null; troubles: ReadonlyMap<string, string> },
  ): Promise<void> {
    const endedAt = clock()
    const trouble = [...troubles.values()][0]?.slice(0, 500) ?? null
    await write(async ({ em, tell }) => {
      const [row] = await selectRows(em, ScannerRow, 'id', ['scanner'])
      const [stored] = await selectRows(em, Scan, 'id', [scan.id])
      if (stored) await saveRows(em, Scan, [Object.assign(stored, { ...scan, endedAt, outcome, trouble })])
      tell.scans.add(scan.id)
      if (!row || this.stopped) return
      const { now, begun, over } = troublesAfter(row.troubles, troubles, {
        sawAll: outcome === ScanOutcome.DONE,
        at: endedAt,
      })
      const event = { at: endedAt, cause: EventCause.READING }
      for (const { cause, text } of begun)
        tell.event({
          ...event,
          type: EventType.SCANNER_BLIND,
          severity: Severity.AT_RISK,
          facts: { name: cause, detail: text },
        })
      for (const { cause, text } of over)
        tell.event({
          ...event,
          type: EventType.SCANNER_SEES,
          severity: Severity.INFO,
          facts: { name: cause, detail: text },
        })
      row.troubles = now
      if (outcome === ScanOutcome.DONE && trouble === null) row.lastScanEndedAt = endedAt
      await saveRows(em, ScannerRow, [row])
    })
  }
}

const emptyCounts = (): Counts => ({
  foldersRead: 0,
  foldersUnchanged: 0,
  runsRecorded: 0,
  reportsRefused: 0,
  filesRead: 0,
  filesPromoted: 0,
  filesQuarantined: 0,
  entriesOpened: 0,
  entriesJudged: 0,
  entriesMissing: 0,
})

const newScan = (trigger: string, startedAt: Date): Row<Scan> => ({
  id: newId(),
  trigger,
  startedAt,
  endedAt: null,
  outcome: null,
  trouble: null,
  ...emptyCounts(),
})

/** The sentinels, remembered in the transaction after they were found or made. */
async function rememberRoots(em: EntityManager, ids: RootIds): Promise<void> {
  await sql`update scanner set deposit_id = coalesce(deposit_id, ${ids.deposit}),
    vault_id = coalesce(vault_id, ${ids.vault}), quarantine_id = coalesce(quarantine_id, ${ids.quarantine})
    where id = 'scanner' and (deposit_id is null or vault_id is null or quarantine_id is null)`.execute(em.getKysely())
}

/** What nobody looks for any more, and scans of long ago. */
async function tidy(em: EntityManager, now: number): Promise<void> {
  const kysely = em.getKysely()
  await sql`update backup_run set is_open = 0 where is_open = 1 and outcome = 'ACCEPTED'
    and status = 'TRANSFER_INTEGRITY_FAILED' and received_at < ${now - GIVE_UP_AFTER}`.execute(kysely)
  await sql`delete from scan where started_at < ${now - KEEP_SCANS}`.execute(kysely)
}
