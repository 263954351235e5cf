import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFolder } from '@vigie/agent/host'
import type { Roots } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import { type Row, selectRows } from '../database/rows.ts'
import type { Transact } from '../events/outbox.ts'
import { type Clock, HOUR, MINUTE, SECOND } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { threadScript } from '../platform/root.ts'
import { WorkerThread } from '../platform/worker-thread.ts'
import { writeManifests } from '../vault/manifests.ts'
import type { AtStep } from '../vault/move-file.ts'
import { takeUp } from '../vault/promotion.ts'
import { type Rereading, reverifyVault } from '../vault/reverify.ts'
import type { FileTasks } from '../files/file-tasks.ts'
import { FileWork } from '../files/file-work.ts'
import { forgetProven } from './forget.ts'
import { Ingest } from './ingest.ts'
import { holdLease, LEASE_MS, LeaseLostError, releaseLease, takeLease } from './lease.ts'
import { type LinkProbe, LinkProbes } from './link-probes.ts'
import { RootWatch, type Sight } from './root-watch.ts'
import type { Counts, ScanContext } from './scan-context.ts'
import { awayAfter, beginScan, emptyCounts, endScan, noticeAbsence, tellStandstill, tidy } from './scan-journal.ts'
import { Scan, ScanOutcome } from './scan.entity.ts'
import { readScannerRow } from './scanner-row.ts'
import { settleRuns } from './settle.ts'
import { lackOfRoom, makeRoots } from './sight.ts'
import { survey } from './survey.ts'
import type { ForgetRules } from '../config/config.ts'
import { closeWindows, mendFuture, openWindows } from './windows.ts'
import type { DepositTasks } from './worker.ts'

export interface ScanAnswer {
  outcome: ScanOutcome
  /** Null = another scan holds the lease. */
  scan: Row<Scan> | null
}

export interface ScannerOptions {
  em: EntityManager
  transact: Transact
  clock: Clock
  log: Log
  roots: Roots
  /** Private copies lie here while a tool reads them. */
  temporaryFolder: string
  intervalMinutes: number
  atStep?: AtStep
  /** How long a scan waits for files that are being read or copied; a later one takes what is not ready then. */
  patienceMs?: number
  /** The scripts of its threads. */
  threadOf?: (folder: 'deposit' | 'files') => URL
}

const scriptOf = (folder: 'deposit' | 'files'): URL => threadScript(`${folder}/worker`)

const PATIENCE_MS = 5 * SECOND
/** A scan that takes longer hangs on something, and keeps no alert back. */
const HANGS_AFTER = 2 * MINUTE
/** So long whoever moves files by hand waits for a scan that is at work. */
const LONGEST_WAIT = 30 * SECOND

class StoppedError extends Error {}

/** Looks at the deposit: reports in, files proven and moved, what is due judged. One scan at a time, whoever asks. */
export class Scanner {
  private readonly worker: WorkerThread<DepositTasks>
  private readonly rereader: WorkerThread<FileTasks>
  private readonly files: FileWork
  private readonly probes: LinkProbes
  private readonly watch: RootWatch
  private readonly ingest = new Ingest()
  private stopped = false
  private running: { began: number; answer: Promise<ScanAnswer> } | null = null
  /** When a scan ended last or wrote something, or this process began: by the clock, and by one that never jumps. */
  private movedOn: { at: Date; ticks: number }
  /** What moves files by hand just now: it is waited for at the end. */
  private exclusive: Promise<unknown> = Promise.resolve()
  /** The last file whose manifest was tried: those that cannot be written keep no other waiting. */
  private manifestsAfter = ''
  private soonTimer: NodeJS.Timeout | null = null
  /** Somebody asked for a scan while files were moved by hand. */
  private wasRefused = false
  /** Called after each scan: alerts are opened then, and the heartbeat is sent. */
  afterScan: (sawEverything: boolean) => Promise<void> = async () => undefined

  constructor(private readonly options: ScannerOptions) {
    const { clock, log, roots, threadOf = scriptOf } = options
    this.movedOn = { at: clock(), ticks: performance.now() }
    this.probes = new LinkProbes(roots, log)
    this.watch = new RootWatch(options)
    this.worker = new WorkerThread<DepositTasks>(threadOf('deposit'), 192)
    this.rereader = new WorkerThread<FileTasks>(threadOf('files'), 64)
    this.files = new FileWork(threadOf('files'))
    this.files.onReady = () => this.soon('FILES')
  }

  /** Whether promotion links or copies, for each folder that was tried at the start. */
  linkProbes(): readonly LinkProbe[] {
    return this.probes.list()
  }

  /** What is being read or copied, and what waits for its turn. */
  fileWork(): ReturnType<FileWork['list']> {
    return this.files.list()
  }

  get intervalMinutes(): number {
    return this.options.intervalMinutes
  }

  private get patienceMs(): number {
    return this.options.patienceMs ?? PATIENCE_MS
  }

  get isRunning(): boolean {
    return this.running !== null
  }

  /** Whether a scan is at work that will open alerts when it ends. */
  get endsSoon(): boolean {
    return this.running !== null && performance.now() - this.running.began < HANGS_AFTER
  }

  /** Whether scans come as often as they should: then what comes is judged, and what does not come is missed. */
  health(): { ok: boolean; detail: string | null } {
    const away = this.options.clock().getTime() - this.movedOn.at.getTime()
    // A scan that began in what was then the future tells nothing.
    const ok = away > -HOUR && away <= awayAfter(this.intervalMinutes)
    const what = this.running ? 'A scan has done nothing' : 'No scan has ended'
    return { ok, detail: ok ? null : `${what} since ${this.movedOn.at.toISOString()}` }
  }

  /** A scan that hangs, on a mount that does not answer, cannot say so itself. */
  async noticeStandstill(): Promise<void> {
    const { em, transact, clock } = this.options
    if (!this.running || performance.now() - this.movedOn.ticks < awayAfter(this.intervalMinutes)) return
    const detail = `A scan has done nothing since ${this.movedOn.at.toISOString()}: does each mount answer (df, ls)?`
    await tellStandstill(transact, em, clock(), detail)
  }

  /** Makes the folders, tries whether links are possible, and removes what an earlier process left half done. */
  async prepare(): Promise<void> {
    const { roots, temporaryFolder, log } = this.options
    rmSync(temporaryFolder, { recursive: true, force: true })
    await makeFolder(temporaryFolder, 0o700)
    const known = await readScannerRow(this.options.em)
    // A folder that Vigie knows and that is absent is not made anew: it may be a mount that is not there yet.
    const hindrance = known?.depositId ? null : await makeRoots(roots)
    if (hindrance) log.error({ hindrance }, 'The folders for backups cannot be made')
    await this.probes.start()
  }

  /** Scans now; a scan that is already running does the work. */
  async scan(trigger: string): Promise<ScanAnswer> {
    if (this.stopped || this.running) return { outcome: ScanOutcome.ALREADY_RUNNING, scan: null }
    const answer = this.scanOnce(trigger).finally(() => (this.running = null))
    this.running = { began: performance.now(), answer }
    await answer
    this.movedOn = { at: this.options.clock(), ticks: performance.now() }
    return answer
  }

  /** Scans in a moment, once for all who ask meanwhile, and after a scan that is at work: it may have looked already. */
  soon(trigger = 'REPORT'): void {
    if (this.soonTimer || this.stopped) return
    const scan = async (): Promise<void> => {
      this.soonTimer = null
      await this.running?.answer.catch(() => undefined)
      await this.scan(trigger)
    }
    this.soonTimer = setTimeout(() => {
      scan().catch((error: unknown) => this.options.log.error({ err: error }, 'A scan failed'))
    }, SECOND)
    this.soonTimer.unref()
  }

  /** Ends: a running scan stops between two backups, gives its lease back, and is waited for. */
  async stop(): Promise<void> {
    this.stopped = true
    if (this.soonTimer) clearTimeout(this.soonTimer)
    await Promise.all([this.worker.stop(), this.rereader.stop(), this.files.stop()])
    await this.running?.answer.catch(() => undefined)
    await this.exclusive
    await this.probes.stop()
    await this.worker.stop()
  }

  /** Whether deposit, vault and quarantine are there. */
  look(em: EntityManager): Promise<Sight> {
    return this.watch.look(em)
  }

  /** Waits for the end of a scan that runs here, or for a while where it runs elsewhere. */
  async idle(): Promise<void> {
    if (this.running) await this.running.answer.catch(() => undefined)
    else await delay(SECOND, undefined, { ref: false })
  }

  /** Reads a share of the vault again, beside scans, with a worker of its own. */
  async reverify(): Promise<void> {
    await this.watch.mustSee()
    const { read, bad } = await reverifyVault(this.rereading())
    this.options.log.info({ read, bad }, 'A share of the vault was read again')
  }

  /** Looks at what lies in deposit and quarantine and nobody awaits, and forgets of it what the rules say. */
  async survey(rules: ForgetRules): Promise<void> {
    await this.watch.mustSee()
    const { em, transact, clock, log, roots, temporaryFolder } = this.options
    const { files } = this
    const isStopping = (): boolean => this.stopped
    await survey({ em: em.fork(), transact, clock, log, roots, files, temporaryFolder, isStopping })
    // A report that was not read yet may await what is to be forgotten: only after a scan that read every one.
    while (this.running) await this.idle()
    const { outcome, scan } = await this.scan('FILES')
    if (outcome !== ScanOutcome.DONE || scan?.trouble) return
    while (!this.stopped && (await this.exclusively((context) => forgetProven(context, rules))));
  }

  rereading(): Rereading {
    const { em, transact, clock, log, roots, temporaryFolder } = this.options
    return {
      em: em.fork(),
      transact,
      clock,
      roots,
      temporaryFolder,
      worker: this.rereader,
      log,
      isStopping: () => this.stopped,
      mustSee: () => this.watch.mustSee(),
    }
  }

  /**
   * Does something with the vault's files while no scan runs: something short, for scans wait for it. Null = a scan
   * holds the lease. Errors: UNSEEN
   */
  async exclusively<T>(work: (scan: ScanContext) => Promise<T>): Promise<T | null> {
    await this.watch.mustSee()
    const { em } = this.options
    const until = performance.now() + LONGEST_WAIT
    while (this.running && performance.now() < until)
      await Promise.race([this.idle(), delay(until - performance.now(), undefined, { ref: false })])
    const token = await this.options.transact(em, ({ em: own }) => takeLease(own, this.options.clock()))
    if (token === null) return null
    const renewal = this.renew(token)
    const working = work(this.context(em.fork(), token, emptyCounts(), () => undefined))
    this.exclusive = working.catch(() => undefined)
    try {
      return await working
    } finally {
      clearInterval(renewal)
      await this.options.transact(em, ({ em: own }) => releaseLease(own, token))
      if (this.wasRefused) this.soon()
    }
  }

  private async scanOnce(trigger: string): Promise<ScanAnswer> {
    const { em: root, clock, log, roots } = this.options
    const begun = await this.options.transact(root, async ({ em, tell }) => {
      const token = await takeLease(em, clock())
      return token === null ? null : { token, scan: await beginScan(em, tell, trigger, clock()) }
    })
    this.wasRefused = begun === null
    if (begun === null) return { outcome: ScanOutcome.ALREADY_RUNNING, scan: null }
    const { token, scan } = begun
    const renewal = this.renew(token)
    const troubles = new Map<string, string>()
    const em = root.fork()
    const context = this.context(em, token, scan, (cause, text) => troubles.set(cause, troubles.get(cause) ?? text))
    const end = (outcome: ScanOutcome | null): Promise<void> =>
      endScan(context, scan, { outcome, troubles, isStopped: this.stopped })
    let outcome = ScanOutcome.DONE
    try {
      await noticeAbsence(context, this.intervalMinutes)
      const sight = await this.look(em)
      const blind = sight.sees ? await lackOfRoom(roots) : sight.why
      if (sight.sees && blind === null) {
        const resting = await takeUp(context)
        const unreadable = await this.ingest.run(context, sight.hidden)
        await mendFuture(context)
        await openWindows(context)
        context.until = performance.now() + this.patienceMs
        await settleRuns(context, { resting, hidden: sight.hidden })
        await closeWindows(context, (agent) => unreadable.get(agent) ?? null)
        this.manifestsAfter = await writeManifests(context, this.manifestsAfter)
        await context.write(({ em: own }) => tidy(own, clock().getTime()))
        this.files.sweep()
      } else {
        outcome = ScanOutcome.BLIND
        context.trouble('roots', blind as string)
        await openWindows(context)
        await closeWindows(context, () => blind)
      }
      await end(outcome)
    } catch (error) {
      if (error instanceof StoppedError || this.stopped) {
        troubles.set('stopped', 'stopped')
        await end(null).catch(() => undefined)
        return { outcome: ScanOutcome.ALREADY_RUNNING, scan: null }
      }
      if (error instanceof LeaseLostError) return { outcome: ScanOutcome.ALREADY_RUNNING, scan: null }
      log.error({ err: error }, 'A scan failed; the next one does its work')
      troubles.set('scan', (error as Error).message)
      await end(null).catch(() => undefined)
      throw error
    } finally {
      clearInterval(renewal)
      // Between scans it would hold 30 MB for nothing; it starts within 50 ms.
      await this.worker.stop()
      await this.options.transact(root, ({ em: own }) => releaseLease(own, token)).catch(() => undefined)
    }
    await this.afterScan(outcome === ScanOutcome.DONE && troubles.size === 0)
    const [stored] = await selectRows(root.fork(), Scan, 'id', [scan.id])
    return { outcome, scan: stored ?? scan }
  }

  /** While a large file is read nothing is written: the lease is renewed all the same. */
  private renew(token: string): NodeJS.Timeout {
    const renewal = setInterval(() => {
      this.options
        .transact(this.options.em, ({ em }) => holdLease(em, token, this.options.clock()))
        .catch(() => undefined)
    }, LEASE_MS / 4)
    renewal.unref()
    return renewal
  }

  private context(em: EntityManager, token: string, counts: Counts, trouble: ScanContext['trouble']): ScanContext {
    const { transact, clock, log, roots, temporaryFolder } = this.options
    return {
      em,
      clock,
      log,
      roots,
      worker: this.worker,
      files: this.files,
      until: performance.now() + this.patienceMs,
      temporaryFolder,
      counts,
      trouble,
      atStep: this.options.atStep ?? (() => undefined),
      write: async (work) => {
        const written = await transact(this.options.em, async (transaction) => {
          await holdLease(transaction.em, token, clock())
          return work(transaction)
        })
        this.movedOn = { at: clock(), ticks: performance.now() }
        return written
      },
      check: () => {
        if (this.stopped) throw new StoppedError()
      },
      rethrow: (error) => {
        if (error instanceof LeaseLostError || error instanceof StoppedError) throw error
        if (this.stopped) throw new StoppedError()
      },
    }
  }
}
