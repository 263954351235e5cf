import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, type EventFacts, EventType } from '../events/event.entity.ts'
import type { Tell, Transact, Transaction } from '../events/outbox.ts'
import { ThresholdKind, type Thresholds } from '../thresholds/threshold.ts'
import { readThresholds } from '../thresholds/thresholds.service.ts'
import { Machine } from '../machines/machine.entity.ts'
import { type Clock, HOUR } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { unknownState } from '../state/derive-state.ts'
import { MachineState } from '../state/machine-state.entity.ts'
import { busyAfter, BusyWord, type Span } from './busy.ts'
import { MetricBucket } from './metric-bucket.entity.ts'
import { MetricRange, TIERS } from './tiers.ts'

/** Machines looked at in one transaction: reports wait for milliseconds only. */
const AT_ONCE = 100
/** A machine that reports once an hour tells an hour within these. */
const LOOKED_BACK = 3 * HOUR

/** Tells once of each machine that has been busier than it should for an hour, and once where it no longer is. */
export async function noticeBusy(em: EntityManager, transact: Transact, clock: Clock): Promise<void> {
  const { bucketMs } = TIERS[MetricRange.HALF_DAY]
  const now = clock()
  // The span that is not over yet says less than the others.
  const until = new Date(Math.floor(now.getTime() / bucketMs) * bucketMs)
  const since = new Date(until.getTime() - LOOKED_BACK)
  let last = ''
  for (;;) {
    const ids = await transact(em, (transaction) => noticeSome(transaction, { last, since, until, now }))
    if (ids.length < AT_ONCE) return
    last = ids.at(-1) ?? ''
  }
}

interface Look {
  /** The id after which to go on. */
  last: string
  since: Date
  until: Date
  now: Date
}

async function noticeSome({ em, tell }: Transaction, { last, since, until, now }: Look): Promise<string[]> {
  const machines = await findRows(em, Machine, (query) =>
    query.where('archivedAt', 'is', null).where('id', '>', last).orderBy('id').limit(AT_ONCE),
  )
  const ids = machines.map(({ id }) => id)
  if (ids.length === 0) return ids
  const buckets = await tables(em)
    .selectFrom('MetricBucket')
    .select(['machine', 'at', 'loads', 'loadSum', 'memories', 'memorySum', 'memoryBytes'])
    .where('range', '=', MetricRange.HALF_DAY)
    .where('machine', 'in', ids)
    .where('at', '>=', since)
    .where('at', '<', until)
    .orderBy('at')
    .execute()
  const byMachine = Map.groupBy(buckets, ({ machine }) => machine)
  const states = new Map((await selectRows(em, MachineState, 'machine', ids)).map((row) => [row.machine, row]))
  const thresholds = await readThresholds(em)
  const changed: Row<MachineState>[] = []
  for (const machine of machines) {
    const own = byMachine.get(machine.id) ?? []
    const known = states.get(machine.id)
    if (!known && own.length === 0) continue
    const state = known ?? { id: newId(), ...unknownState(machine.id) }
    const before = busyOf(state)
    noticeOne({ tell, machine, state, thresholds, now }, own)
    const after = busyOf(state)
    if (after.every((value, index) => value === before[index])) continue
    tell.machines.add(machine.id)
    changed.push(state)
  }
  await saveRows(em, MachineState, changed)
  return ids
}

const busyOf = ({ loadHighSince, memoryHighSince, loadThreshold, memoryThreshold }: Row<MachineState>) => [
  loadHighSince,
  memoryHighSince,
  loadThreshold,
  memoryThreshold,
]

interface Told {
  tell: Tell
  machine: Row<Machine>
  state: Row<MachineState>
  thresholds: Thresholds
  now: Date
}

type Bucket = Pick<Row<MetricBucket>, 'at' | 'loads' | 'loadSum' | 'memories' | 'memorySum' | 'memoryBytes'>

/** How a half of it, load or memory, is kept and told. */
interface Half {
  kind: 'LOAD' | 'MEMORY'
  since: 'loadHighSince' | 'memoryHighSince'
  by: 'loadThreshold' | 'memoryThreshold'
  threshold: ThresholdKind
  high: EventType
  normal: EventType
  reason: 'LOAD_HIGH' | 'MEMORY_HIGH'
}
const LOAD: Half = {
  kind: 'LOAD',
  since: 'loadHighSince',
  by: 'loadThreshold',
  threshold: ThresholdKind.LOAD_PER_CPU,
  high: EventType.LOAD_HIGH,
  normal: EventType.LOAD_NORMAL,
  reason: 'LOAD_HIGH',
}
const MEMORY: Half = {
  kind: 'MEMORY',
  since: 'memoryHighSince',
  by: 'memoryThreshold',
  threshold: ThresholdKind.MEMORY_PERCENT,
  high: EventType.MEMORY_HIGH,
  normal: EventType.MEMORY_NORMAL,
  reason: 'MEMORY_HIGH',
}

function noticeOne(told: Told, buckets: readonly Bucket[]): void {
  const threads = told.state.hardware?.threads ?? null
  noticeHalf(told, LOAD, { spans: loadsOf(buckets, threads), subject: String(threads) })
  noticeHalf(told, MEMORY, { spans: memoriesOf(buckets), subject: null })
}

function noticeHalf(
  told: Told,
  half: Half,
  { spans, subject }: { spans: readonly Span[]; subject: string | null },
): void {
  const { machine, state, thresholds, now } = told
  const was = state[half.since]
  const limit = thresholds.of(half.threshold, machine.tags)
  const isMoved = was !== null && state[half.by] !== limit
  // By another threshold it is judged anew: no margin holds what it was by the former.
  const { word, since, average } = busyAfter(spans, limit, isMoved ? null : was)
  // One that reports seldom tells nothing for hours: only of one that fell silent nobody knows.
  if (word === BusyWord.UNKNOWN && was !== null && machine.silentAt > now) return
  // By another threshold an hour has to be told; until then it is as it was.
  if (isMoved && limit !== null && average === null) return
  state[half.since] = since && (was ?? since)
  state[half.by] = since && limit
  if (word === BusyWord.UNKNOWN) {
    if (was) tellOf(told, half.kind, { type: EventType.METRICS_LOST, cause: EventCause.READING })
  } else if (since && !was) {
    const reason: Reason = { code: half.reason, severity: Severity.WARNING, value: average, limit, subject }
    const facts = { since: since.toISOString(), reasons: [reason] }
    tellOf(told, half.kind, { type: half.high, cause: EventCause.READING, facts })
  } else if (was && !since) {
    // That somebody moved the threshold is no recovery.
    tellOf(told, half.kind, { type: half.normal, cause: isMoved ? EventCause.USER : EventCause.READING })
  }
}

/** Of how many processors, is told apart: a load alone says nothing. */
const loadsOf = (buckets: readonly Bucket[], threads: number | null): Span[] =>
  buckets.map(({ at, loads, loadSum }) => ({ at, value: !threads || loads === 0 ? null : loadSum / loads / threads }))

const memoriesOf = (buckets: readonly Bucket[]): Span[] =>
  buckets.map(({ at, memories, memorySum, memoryBytes }) => ({
    at,
    value: memories === 0 || !memoryBytes ? null : (memorySum / memories / memoryBytes) * 100,
  }))

function tellOf(
  { tell, machine, now }: Told,
  kind: Half['kind'],
  { type, cause, facts = {} }: { type: EventType; cause: EventCause; facts?: EventFacts },
): void {
  tell.event({
    type,
    severity: facts.reasons ? Severity.WARNING : Severity.INFO,
    at: now,
    cause,
    machine: machine.id,
    facts: { hostname: machine.hostname ?? machine.ip, kind, ...facts },
  })
}
