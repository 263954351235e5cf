import type { EntityManager } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import { type Row, saveRows, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Clock } from '../platform/clock.ts'
import { NotFoundError } from '../platform/errors.ts'
import { type Page, type PageArgs, readIds } from '../platform/page.ts'
import { Severity } from '../reasons/reason.ts'
import { ImportantMessage } from './important-message.entity.ts'
import { MessageOccurrence } from './message-occurrence.entity.ts'
import { GRAVE, isGrave } from './read-messages.ts'
import type { MessageCategory } from './message-rules.ts'

/** What is absent or null is not asked for. */
export interface MessageConditions {
  machine?: string | null | undefined
  execution?: string | null | undefined
  search?: string | null | undefined
  category?: MessageCategory[] | null | undefined
  severity?: Severity[] | null | undefined
  acknowledged?: boolean | null | undefined
}

export class MessagesService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  /** Of machines in service, the newest first. */
  list(filter: MessageConditions | null | undefined, page: PageArgs): Promise<Page<Row<ImportantMessage>>> {
    const { machine, execution, category, severity, acknowledged } = filter ?? {}
    const { contains } = dialectOf(this.em)
    let query = tables(this.em)
      .selectFrom('ImportantMessage')
      .where('machine', 'in', (eb) => eb.selectFrom('Machine').select('Machine.id').where('archivedAt', 'is', null))
    if (machine) query = query.where('machine', '=', machine)
    if (execution)
      query = query.where('id', 'in', (eb) =>
        eb
          .selectFrom('MessageOccurrence')
          .select('MessageOccurrence.message')
          .where('MessageOccurrence.execution', '=', execution),
      )
    if (category?.length) query = query.where('category', 'in', category)
    if (severity?.length) query = query.where('severity', 'in', severity)
    if (acknowledged != null) query = query.where('acknowledgedAt', acknowledged ? 'is not' : 'is', null)
    const search = filter?.search?.trim()
    if (search) query = query.where((eb) => contains(eb.ref('text'), search))
    return seekPage(this.em, { query, order: ['lastSeenAt', 'id'], direction: 'desc' }, page, async (ids: string[]) =>
      inOrder(ids, await selectRows(this.em, ImportantMessage, 'id', ids)),
    )
  }

  private readonly byExecution = groupLoader<string, Row<MessageOccurrence>>(
    (ids) => selectRows(this.em, MessageOccurrence, 'execution', ids),
    ({ execution }) => execution,
  )
  private readonly byId = rowLoader<string, Row<ImportantMessage>>(
    (ids) => selectRows(this.em, ImportantMessage, 'id', ids),
    ({ id }) => id,
  )

  /** What the log of an action says, from its beginning. */
  async ofExecution(id: string): Promise<Row<MessageOccurrence>[]> {
    return (await this.byExecution.load(id)).toSorted((a, b) => a.line - b.line)
  }

  async load(id: string): Promise<Row<ImportantMessage>> {
    const message = await this.byId.load(id)
    if (!message) throw new NotFoundError('message', `the id ${id}`)
    return message
  }

  /**
   * Takes note of what was said by a moment: what was said since, nobody has read. Those that are gone, or that somebody took
   * note of before, stay as they are. Errors: BAD_USER_INPUT
   */
  acknowledge(ids: readonly string[], until: Date | null, by: string): Promise<Row<ImportantMessage>[]> {
    const wanted = readIds(ids)
    return this.transact(this.em, async (transaction) => {
      const { em, tell } = transaction
      const at = this.clock()
      const rows = await selectRows(em, ImportantMessage, 'id', wanted)
      const noted = rows.filter(
        ({ acknowledgedAt, lastSeenAt }) => acknowledgedAt === null && (until === null || lastSeenAt <= until),
      )
      for (const row of noted) Object.assign(row, { acknowledgedAt: at, acknowledgedBy: by })
      await saveRows(em, ImportantMessage, noted)
      for (const { execution } of noted) tell.executions.add(execution)
      const machines = new Set(noted.flatMap(({ severity, machine }) => (isGrave(severity) ? machine : [])))
      for (const machine of machines) await tellWhereNoneIsLeft(transaction, { machine, at, by })
      return rows
    })
  }
}

/** Its alert ends where nobody has to read anything of a machine any more. */
async function tellWhereNoneIsLeft(
  { em, tell }: Transaction,
  { machine, at, by }: { machine: string; at: Date; by: string },
): Promise<void> {
  const left = await tables(em)
    .selectFrom('ImportantMessage')
    .select('id')
    .where('machine', '=', machine)
    .where('acknowledgedAt', 'is', null)
    .where('severity', 'in', [...GRAVE])
    .limit(1)
    .executeTakeFirst()
  if (left) return
  const [row] = await selectRows(em, Machine, 'id', [machine])
  tell.event({
    type: EventType.MESSAGES_ACKNOWLEDGED,
    severity: Severity.INFO,
    at,
    cause: EventCause.USER,
    actor: by,
    machine,
    facts: { hostname: row?.hostname ?? row?.ip ?? null },
  })
}
