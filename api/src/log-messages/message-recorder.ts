import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, saveRows, selectRows, updateRow } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { Execution } from '../executions/execution.entity.ts'
import type { ExecutionLogs } from '../executions/execution-log.ts'
import { Machine } from '../machines/machine.entity.ts'
import { type Clock, DAY, HOUR } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import { SEVERITY_ORDER } from '../reasons/reason.ts'
import { ImportantMessage } from './important-message.entity.ts'
import { MessageOccurrence } from './message-occurrence.entity.ts'
import { type FoundMessage, isGrave, readMessages } from './read-messages.ts'

const AT_ONCE = 20
/** A log that cannot be read for so long after its end is given up. */
const TRIED_FOR = HOUR
/** What nobody has heard of for so long is forgotten, noted or not. */
const KEPT_FOR = 365 * DAY

export interface RecorderParts {
  transact: Transact
  logs: ExecutionLogs
  clock: Clock
  log: Pick<Log, 'error'>
  isStopping: () => boolean
}

/** Reads the logs of what has ended, each once, for what somebody should read. One that cannot be read holds up no other. */
export async function recordMessages(em: EntityManager, parts: RecorderParts): Promise<void> {
  let last = ''
  for (;;) {
    const ended = await findRows(em.fork(), Execution, (query) =>
      query
        .where('messagesReadAt', 'is', null)
        .where('endedAt', 'is not', null)
        .where('id', '>', last)
        .orderBy('id')
        .limit(AT_ONCE),
    )
    for (const execution of ended) {
      if (parts.isStopping()) return
      await recordOne(em, execution, parts)
    }
    last = ended.at(-1)?.id ?? ''
    if (ended.length < AT_ONCE) return
  }
}

async function recordOne(
  em: EntityManager,
  { id, endedAt, logDeletedAt }: Row<Execution>,
  { transact, logs, clock, log }: RecorderParts,
): Promise<void> {
  try {
    // A file is read for as long as that takes, and no transaction waits for it.
    const read = logDeletedAt ? { messages: [], left: 0 } : await readMessages(logs.stream(id))
    await transact(em, (transaction) => record(transaction, { id, ...read, at: clock() }))
  } catch (error) {
    if (endedAt && clock().getTime() - endedAt.getTime() < TRIED_FOR) return
    log.error({ err: error, execution: id }, 'The log of an action cannot be read: what it says is told nowhere')
    await transact(em, ({ em: own }) => updateRow(own, Execution, id, { messagesReadAt: clock() }))
  }
}

async function record(
  { em, tell }: Transaction,
  { id, messages, left, at }: { id: string; messages: readonly FoundMessage[]; left: number; at: Date },
): Promise<void> {
  const [execution] = await selectRows(em, Execution, 'id', [id])
  if (!execution || execution.messagesReadAt !== null) return
  await updateRow(em, Execution, id, { messagesReadAt: at, messagesLeft: left })
  tell.executions.add(id)
  if (messages.length === 0) return
  const prints = messages.map(({ fingerprint }) => fingerprint)
  const known = await selectRows(em, ImportantMessage, 'fingerprint', prints, { machine: execution.machine })
  const byPrint = new Map(known.map((row) => [row.fingerprint, row]))
  // It may have been read before, when less of its log was here.
  const before = new Map((await selectRows(em, MessageOccurrence, 'execution', [id])).map((row) => [row.message, row]))
  const seenAt = execution.endedAt ?? at
  const rows: Row<ImportantMessage>[] = []
  const occurrences: Row<MessageOccurrence>[] = []
  let isNews = false
  for (const found of messages) {
    const old = byPrint.get(found.fingerprint)
    const wasOpen = old !== undefined && old.acknowledgedAt === null
    const said = old && before.get(old.id)
    const row = merged(old, { found, execution, seenAt, more: found.count - (said?.count ?? 0) })
    rows.push(row)
    const { line, offset, count } = found
    occurrences.push(Object.assign(said ?? { id: newId(), execution: id, message: row.id }, { line, offset, count }))
    isNews ||= isGrave(row.severity) && row.acknowledgedAt === null && !wasOpen
  }
  await saveRows(em, ImportantMessage, rows)
  await saveRows(em, MessageOccurrence, occurrences)
  await tellGrave({ em, tell }, { execution, rows, seenAt, isNews })
}

/** An error is told each time: where somebody knows of it, it is only counted. */
async function tellGrave(
  { em, tell }: Transaction,
  told: { execution: Row<Execution>; rows: readonly Row<ImportantMessage>[]; seenAt: Date; isNews: boolean },
): Promise<void> {
  const { execution, rows, seenAt, isNews } = told
  const open = rows
    .filter(({ severity, acknowledgedAt }) => isGrave(severity) && acknowledgedAt === null)
    .toSorted((a, b) => SEVERITY_ORDER.indexOf(b.severity) - SEVERITY_ORDER.indexOf(a.severity))
  const [worst] = open
  const [machine] = await selectRows(em, Machine, 'id', [execution.machine])
  // Of a machine that is retired nobody waits for anything.
  if (!worst || !machine || machine.archivedAt !== null) return
  tell.event({
    type: EventType.MESSAGES_FOUND,
    severity: worst.severity,
    at: seenAt,
    cause: EventCause.READING,
    machine: execution.machine,
    facts: {
      hostname: machine.hostname ?? machine.ip,
      count: open.length,
      execution: execution.id,
      detail: worst.text.slice(0, 500),
      worse: isNews,
    },
  })
}

/** What comes late says nothing of what was said since. */
function merged(
  old: Row<ImportantMessage> | undefined,
  { found, execution, seenAt, more }: { found: FoundMessage; execution: Row<Execution>; seenAt: Date; more: number },
): Row<ImportantMessage> {
  const { rule, text, fingerprint, line, offset, count } = found
  const told = { severity: rule.severity, category: rule.category, rule: rule.id, text, line, offset }
  const last = { lastSeenAt: seenAt, execution: execution.id }
  const open = { acknowledgedAt: null, acknowledgedBy: null }
  if (!old)
    return {
      id: newId(),
      machine: execution.machine,
      fingerprint,
      firstSeenAt: seenAt,
      ...told,
      ...last,
      ...open,
      count,
    }
  old.count += more
  if (seenAt < old.firstSeenAt) old.firstSeenAt = seenAt
  if (seenAt >= old.lastSeenAt) Object.assign(old, told, last)
  // Who took note of an error has not taken note of the next one; of a warning they have.
  if (isGrave(rule.severity) && old.acknowledgedAt !== null && seenAt > old.acknowledgedAt) Object.assign(old, open)
  return old
}

/** Forgets what was said long ago and never again. */
export async function forgetMessages(em: EntityManager, transact: Transact, clock: Clock): Promise<void> {
  const until = new Date(clock().getTime() - KEPT_FOR)
  for (;;) {
    const gone = await transact(em, async ({ em: own }) => {
      const old = await tables(own)
        .selectFrom('ImportantMessage')
        .select('id')
        .where('lastSeenAt', '<=', until)
        .orderBy('lastSeenAt')
        .limit(500)
        .execute()
      const ids = old.map(({ id }) => id)
      if (ids.length === 0) return 0
      await tables(own).deleteFrom('MessageOccurrence').where('message', 'in', ids).execute()
      await tables(own).deleteFrom('ImportantMessage').where('id', 'in', ids).execute()
      return ids.length
    })
    if (gone < 500) return
  }
}
