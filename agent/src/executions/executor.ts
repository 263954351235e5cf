import { randomUUID } from 'node:crypto'
import { ACTIONS, ActionClass, classOf, isAction } from '../actions/action.ts'
import { effectOf, orderDigest } from '../actions/order.ts'
import { policyHash, type Policy, type Refusal, RefusalCode, refuse } from '../actions/policy.ts'
import { type ExecutionResult, Outcome, ResultCode } from '../actions/result.ts'
import { Refused } from '../platform/server.ts'
import type { Place } from './carry-out.ts'
import { conclude, giveUp } from './ending.ts'
import { type Beginning, isExecutionId, type Request } from './journal.ts'
import { isInHours, judgeOrder, judgeQuestion } from './judge-order.ts'
import { LogSender } from './log-sender.ts'
import { LogWriter } from './log-writer.ts'
import { isRefusal } from './operation.ts'
import { OPERATIONS } from './operations.ts'
import { collectOnly, readPolicy } from './policy.ts'
import { beginningOfThis, isAlive, readBootId } from './process-life.ts'
import { orderOf, type Work, type WorkOrder, type WorkServer } from './work-server.ts'

const DAY = 24 * 3_600_000
/** So long a process that was started may take until it has begun. */
const BEGINS_WITHIN = 60_000
const MOST_LAUNCHES = 3
/** More than any server of ours asks for at a time. */
const MOST_OPEN = 50
/** What was done is remembered for longer than any order lives. */
const REMEMBERED_FOR = 30 * DAY

/** Seconds until the next round: while something runs, after some that failed, and at most, whatever the server says. */
const NEXT = { busy: 1, failed: (rounds: number) => Math.min(60, 2 ** rounds), most: 300, usual: 60 }

export interface Executing extends Place {
  server: WorkServer
  launch: (id: string) => Promise<void>
  /** Reports at once; what it says is the log of a look. */
  report: () => Promise<string[]>
  say: (line: string) => void
}

/**
 * Takes what the server asks of this machine, has it carried out by a process of its own, and tells how it goes and ended.
 * It keeps nothing in memory that the journal does not say again: killed in any instant, it goes on where it was.
 */
export class Executor {
  private readonly launched = new Map<string, { count: number; at: number; trouble: string }>()
  private readonly logs: LogSender
  /** Those that the server says it does not know, as one that was restored does: nobody waits for their end. */
  private unknown = new Set<string>()
  /** Looks that this process is at. */
  private readonly looking = new Set<string>()
  /** Those that were taken and wait for the owner's hours. */
  private readonly waiting = new Set<string>()
  private hasFailed = false
  /** When what is long over was forgotten last. */
  private forgotAt = -Infinity
  /** In a row. */
  private failedRounds = 0
  /** As of the last round. */
  private policy = collectOnly(false)
  /** Whether its owner lets it do anything but look, as of the last round. */
  mayAct = false

  constructor(private readonly given: Executing) {
    this.logs = new LogSender(given.journal, given.server)
  }

  /** One round; how many seconds until the next. */
  async round(): Promise<number> {
    const { journal, server, etc, root } = this.given
    this.hasFailed = false
    this.waiting.clear()
    const policy = await readPolicy(etc, root)
    this.policy = policy
    this.mayAct = !policy.readOnly && policy.allow.length > 0
    const bootId = await readBootId()
    const work = await server.work({ bootId, policy, executions: await this.open() })
    await this.hearOf(work)
    for (const id of await journal.open()) await this.guarded(id, () => this.advance(id, bootId))
    for (const order of work.orders) await this.guarded(order.id, () => this.take(order, policy, bootId))
    if (Date.now() - this.forgotAt > DAY) {
      this.forgotAt = Date.now()
      await journal.forget(Date.now(), REMEMBERED_FOR)
    }
    this.failedRounds = this.hasFailed ? this.failedRounds + 1 : 0
    if (this.hasFailed) return NEXT.failed(this.failedRounds)
    if ((await journal.open()).length > this.waiting.size) return NEXT.busy
    return Math.min(NEXT.most, Math.max(1, Math.round(work.askAgainInSeconds) || NEXT.usual))
  }

  /** One of them that fails does not keep the others. */
  private async guarded(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.hasFailed = true
      this.given.say(`Action ${id.slice(0, 64)}: ${(error as Error).message}`)
    }
  }

  private async open(): Promise<{ id: string; claimId: string; startedAt: string | null }[]> {
    const { journal } = this.given
    const told = []
    for (const id of await journal.open()) {
      const request = await journal.request(id)
      const startedAt = (await journal.beginning(id))?.at ?? null
      if (request) told.push({ id, claimId: request.claimId, startedAt })
    }
    return told.slice(0, MOST_OPEN)
  }

  /** What the server says of those that are here: how much of their logs it has, and which of them to stop. */
  private async hearOf({ known }: Work): Promise<void> {
    const { journal } = this.given
    const open = new Set(await journal.open())
    this.unknown = new Set(known.flatMap(({ id, status }) => (status === null ? id : [])))
    for (const each of known) if (open.has(each.id)) await this.guarded(each.id, () => this.hearOne(each))
  }

  private async hearOne({ id, logSize, stop }: Work['known'][number]): Promise<void> {
    const { journal, say } = this.given
    this.logs.heard(id, logSize)
    if (stop === null) return
    await journal.stop(id)
    const beginning = await journal.beginning(id)
    // What this process began itself, it ends itself.
    if (stop !== 'HARD' || !beginning?.pid || beginning.pid === process.pid || !(await isAlive(beginning))) return
    say(`Action ${id} is ended by force, as asked`)
    // It leads its own group: what it started goes with it.
    process.kill(-beginning.pid, 'SIGKILL')
  }

  private async take(told: WorkOrder, policy: Policy, bootId: string): Promise<void> {
    const { journal, server, machineKey } = this.given
    const order = orderOf(told)
    if (!isExecutionId(order.id)) return
    const kept = await journal.digest(order.id)
    if (kept !== null) {
      // What is kept is gone on with; another order under its name is none.
      if (!told.isPlanWanted && kept !== orderDigest(order))
        await server.reject(order.id, refuse(RefusalCode.OTHER_CONTENT))
      return
    }
    if (told.isPlanWanted) return this.plan(told, policy)
    const now = new Date()
    // This clock may be behind the server's: it is asked again.
    if (order.notBefore !== null && Date.parse(order.notBefore) > now.getTime()) return
    const begunToday = await journal.begunSince(now.getTime() - DAY, order.id)
    const asked = judgeOrder(order, told.signature, { policy, machineKey, now, begunToday })
    // The owner's hours come, or its time passes.
    if (isRefusal(asked)) return asked.code === RefusalCode.OUT_OF_WINDOW ? undefined : this.reject(order.id, asked)
    if (classOf(asked.action) !== ActionClass.READ && !(await this.isFree())) return
    if ((await journal.open()).length >= MOST_OPEN) return
    await journal.add({ order, signature: told.signature, claimId: randomUUID() })
    await this.advance(order.id, bootId)
  }

  /** It waits for the one before it. */
  private async isFree(): Promise<boolean> {
    const { journal } = this.given
    for (const id of await journal.open()) {
      const verb = (await journal.request(id))?.order.action ?? ''
      if (!isAction(verb) || classOf(verb) !== ActionClass.READ) return false
    }
    return true
  }

  private async plan(told: WorkOrder, policy: Policy): Promise<void> {
    const { server, machineKey, run, etc } = this.given
    const asked = judgeQuestion(told, { policy, machineKey })
    if (isRefusal(asked)) return this.reject(told.id, asked)
    const prospect = await OPERATIONS[asked.action](asked.params, { run, etc, folder: null }).catch((error: Error) =>
      refuse(RefusalCode.CANNOT_PLAN, error.message.slice(0, 300)),
    )
    if (isRefusal(prospect)) return this.reject(told.id, prospect)
    const hash = policyHash(policy)
    const isPinned = 'pins' in ACTIONS[asked.action].effect
    await server.propose(told.id, {
      effect: isPinned ? effectOf(prospect.content ?? '', hash) : null,
      policyHash: hash,
      changes: prospect.changes,
      downloadBytes: prospect.downloadBytes,
    })
  }

  private async reject(id: string, refusal: Refusal): Promise<void> {
    const { server, say } = this.given
    say(`Action ${id} is refused: ${refusal.code}${refusal.detail === null ? '' : ` (${refusal.detail})`}`)
    await server.reject(id, refusal)
  }

  /** Goes on with one, from wherever it is. */
  private async advance(id: string, bootId: string): Promise<void> {
    const { journal } = this.given
    const request = await journal.request(id)
    if (!request || (await journal.has(id, 'told'))) return
    if (!(await this.isClaimed(request, bootId))) return
    const beginning = await journal.beginning(id)
    if (beginning === null) return this.begin(request, bootId)
    const result = await journal.result(id)
    if (result) return this.tellEnd(request, result)
    // Before it is asked whether it lives: what ended meanwhile has left its result.
    // A mark of this very process that it is not at any more was left by something that failed half-way.
    const isOwn = beginning.pid === process.pid
    const lives = isOwn ? this.looking.has(id) : await isAlive(beginning)
    await this.sendLog(id, request.claimId)
    if (!lives) await conclude(id, this.given, beginning)
  }

  /** The server gives it to this agent, and to no other; asked again by the same name, it says the same. */
  private async isClaimed({ order, claimId }: Request, bootId: string): Promise<boolean> {
    const { journal, server } = this.given
    if ((await journal.claimedIn(order.id)) !== null) return true
    // Nothing is taken that the owner's hours do not let begin.
    if (this.waitsForHours(order)) return false
    const isGranted = !this.unknown.has(order.id) && (await server.claim(order.id, claimId, orderDigest(order)))
    if (isGranted) await journal.noteClaimed(order.id, bootId)
    // It was never begun, and never will be.
    else await journal.drop(order.id)
    return isGranted
  }

  private waitsForHours({ id, action }: Request['order']): boolean {
    const looksOnly = isAction(action) && classOf(action) === ActionClass.READ
    if (looksOnly || isInHours(this.policy, new Date())) return false
    this.waiting.add(id)
    return true
  }

  private async begin({ order }: Request, bootId: string): Promise<void> {
    const { journal, launch } = this.given
    const { id } = order
    const before = this.launched.get(id) ?? { count: 0, at: -Infinity, trouble: '' }
    const isUnderWay = Date.now() - before.at < BEGINS_WITHIN
    if (isUnderWay) return
    const isSameStart = (await journal.claimedIn(id)) === bootId
    if (!(Date.parse(order.expiresAt) > Date.now())) return giveUp(id, journal, 'its time had passed')
    if (!isSameStart) return giveUp(id, journal, 'the machine was restarted')
    if (this.unknown.has(id)) return giveUp(id, journal, 'the server knows nothing of it')
    if (before.count >= MOST_LAUNCHES) return giveUp(id, journal, before.trouble || 'it did not begin')
    if (isAction(order.action) && classOf(order.action) === ActionClass.READ) return this.look(id)
    // It was taken at the end of the owner's hours: it waits for the next, or for its end.
    if (this.waitsForHours(order)) return
    const attempt = { count: before.count + 1, at: Date.now(), trouble: '' }
    this.launched.set(id, attempt)
    await launch(id).catch((error: Error) => {
      attempt.trouble = error.message.slice(0, 300)
      throw error
    })
  }

  /** A look is the agent's own report: nothing else is started for it. */
  private async look(id: string): Promise<void> {
    const { journal } = this.given
    const beginning = await beginningOfThis()
    if (!(await journal.begin(id, beginning))) return
    this.looking.add(id)
    try {
      await this.lookAndTell(id, beginning)
    } finally {
      this.looking.delete(id)
    }
  }

  private async lookAndTell(id: string, beginning: Beginning): Promise<void> {
    const { journal, report } = this.given
    const log = new LogWriter(journal.path(id, 'out.log'))
    const lines = await report().catch((error: Error) => error)
    const failed = lines instanceof Error ? lines.message.slice(0, 500) : null
    for (const line of lines instanceof Error ? [lines.message] : lines) log.line(line)
    const { size, sha256 } = log.end()
    await journal.end(id, {
      outcome: failed === null ? Outcome.SUCCEEDED : Outcome.FAILED,
      code: failed === null ? null : ResultCode.EXIT_CODE,
      detail: failed,
      exitCode: null,
      startedAt: beginning.at,
      endedAt: new Date().toISOString(),
      bootId: beginning.bootId,
      logSize: size,
      logSha256: sha256,
      leftBroken: [],
    })
  }

  /** True: the server has all that is there, or wants none of it. */
  private async sendLog(id: string, claimId: string): Promise<boolean> {
    return this.unknown.has(id) || this.orUnwanted(id, this.logs.send(id, claimId), true)
  }

  /** A server that was restored may know another claim of it, or none: it will never take this one's end. */
  private async orUnwanted<T>(id: string, answer: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.given.say(`Action ${id}: the server does not take it (${error.message})`)
      this.unknown.add(id)
      return otherwise
    }
  }

  private async tellEnd({ order, claimId }: Request, result: ExecutionResult): Promise<void> {
    const { journal, server, report } = this.given
    const { id, action } = order
    if (!(await this.sendLog(id, claimId))) return
    if (!this.unknown.has(id)) {
      const from = await this.orUnwanted(id, server.finish(id, claimId, result), null)
      if (from !== null) return this.logs.heard(id, from)
    }
    await journal.noteTold(id)
    this.logs.forget(id)
    this.launched.delete(id)
    // What is seen after it says whether it did what it was to do: not the program that did it.
    if (!isAction(action) || classOf(action) !== ActionClass.READ) await report()
  }
}
