import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Config } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import { literal } from '../database/literal.ts'
import { groupLoader } from '../database/loader.ts'
import type { Transact } from '../events/outbox.ts'
import { findRows, insertRows, type Row, requireRow, saveRows, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import { readRecipients } from '../backups/job-draft.ts'
import { InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { Severity } from '../reasons/reason.ts'
import { Alert, AlertState, type AlertType, Channel, Delivery, DeliveryKind, DeliveryState } from './alert.entity.ts'
import { newDelivery } from './alert-opener.ts'

export interface AlertQuery extends PageArgs {
  filter?: { state?: AlertState[] | null; type?: AlertType[] | null; jobId?: string | null } | null
}

export type AlertSettings = Pick<Config, 'mail' | 'mailOff' | 'adminRecipient' | 'webhook'>

const LONGEST_MUTE = 366 * DAY

/** Reads alerts, and does what somebody says about them. */
export class AlertsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
    private readonly settings: AlertSettings,
  ) {}

  private readonly deliveries = groupLoader<string, { alertId: string; delivery: Row<Delivery> }>(
    async (ids) => {
      const { textsOf } = dialectOf(this.em)
      const found = await findRows(this.em, Delivery, (query) =>
        query
          .where('id', 'in', (eb) =>
            eb
              .selectFrom('Delivery')
              .innerJoin(
                (delivery) => textsOf(delivery.ref('Delivery.alertIds')).as('told'),
                (join) => join.onTrue(),
              )
              .select('Delivery.id')
              .where('told.value', 'in', ids)
              .where('createdAt', '>=', (alerts) =>
                alerts
                  .selectFrom('Alert')
                  .select((alert) => alert.fn.min('openedAt').as('first'))
                  .where('id', 'in', ids),
              ),
          )
          .orderBy('id'),
      )
      return found.flatMap((delivery) => delivery.alertIds.map((alertId) => ({ alertId, delivery })))
    },
    (row) => row.alertId,
  )

  /** Newest first. */
  list({ filter, ...page }: AlertQuery): Promise<Page<Row<Alert>>> {
    let query = tables(this.em).selectFrom('Alert')
    if (filter?.type?.length) query = query.where('type', 'in', filter.type)
    if (filter?.jobId) query = query.where('job', '=', filter.jobId)
    const states = [...new Set(filter?.state ?? [])]
    if (states.length)
      query = query.where((eb) => {
        const isIn = inState(eb, this.clock())
        return eb.or(states.map((state) => isIn[state]))
      })
    return seekPage(this.em, { query, order: ['openedAt', 'id'], direction: 'desc' }, page, (ids: string[]) =>
      this.loadAll(ids),
    )
  }

  async loadAll(ids: readonly string[]): Promise<Row<Alert>[]> {
    return inOrder(ids, await selectRows(this.em, Alert, 'id', ids))
  }

  load(id: string): Promise<Row<Alert>> {
    return requireRow(this.em, Alert, id, 'alert')
  }

  state({ resolvedAt, mutedUntil, acknowledgedAt }: Row<Alert>): AlertState {
    if (resolvedAt) return AlertState.RESOLVED
    if (mutedUntil && mutedUntil > this.clock()) return AlertState.MUTED
    return acknowledgedAt ? AlertState.ACKNOWLEDGED : AlertState.OPEN
  }

  async deliveriesOf(alertId: string): Promise<Row<Delivery>[]> {
    return (await this.deliveries.load(alertId)).map(({ delivery }) => delivery)
  }

  /** Somebody knows: no more reminders. Or takes that back: it is as if nobody had looked. Those that this changed. */
  acknowledgeAll(ids: readonly string[], by: { actor: string; isKnown: boolean }): Promise<Row<Alert>[]> {
    const now = this.clock()
    const { actor, isKnown } = by
    const type = isKnown ? EventType.ALERT_ACKNOWLEDGED : EventType.ALERT_UNACKNOWLEDGED
    return this.change(ids, { type, actor }, (alert) => {
      if (isKnown === (alert.acknowledgedAt !== null)) return false
      alert.acknowledgedAt = isKnown ? now : null
      alert.acknowledgedBy = isKnown ? actor : null
      if (!isKnown) alert.remindAt = new Date(now.getTime() + DAY)
      return true
    })
  }

  /** Nobody is told until then; afterwards it is told again if it still lasts. Null ends the silence. */
  async muteAll(ids: readonly string[], by: { actor: string; until: Date | null }): Promise<Row<Alert>[]> {
    const now = this.clock()
    const { actor, until } = by
    if (until && (until <= now || until.getTime() > now.getTime() + LONGEST_MUTE)) {
      throw new InvalidInputError('until', 'must lie ahead, within a year', 'Choose a later or an earlier time.')
    }
    return this.change(ids, { type: EventType.ALERT_MUTED, actor }, (alert) => {
      if (alert.mutedUntil?.getTime() === until?.getTime()) return false
      alert.mutedUntil = until
      if (!alert.acknowledgedAt) alert.remindAt = until ?? new Date(now.getTime() + DAY)
      return true
    })
  }

  /** What is over meanwhile stays as it is; `edit` says whether there was anything to change. */
  private change(
    ids: readonly string[],
    { type, actor }: { type: EventType; actor: string },
    edit: (alert: Row<Alert>) => boolean,
  ): Promise<Row<Alert>[]> {
    return this.transact(this.em, async ({ em, tell }) => {
      const alerts = inOrder(ids, await selectRows(em, Alert, 'id', ids))
      const missing = ids.find((id) => !alerts.some((alert) => alert.id === id))
      if (missing !== undefined) throw new NotFoundError('alert', missing)
      const changed = alerts.filter((alert) => alert.resolvedAt === null && edit(alert))
      await saveRows(em, Alert, changed)
      for (const alert of changed) {
        tell.alerts.add(alert.id)
        tell.event({
          type,
          severity: Severity.INFO,
          at: this.clock(),
          cause: EventCause.USER,
          actor,
          job: alert.job,
          machine: alert.machine,
          disk: alert.disk,
          facts: {
            ...(alert.facts.name ? { name: alert.facts.name } : {}),
            ...(alert.mutedUntil ? { until: alert.mutedUntil.toISOString() } : {}),
          },
        })
      }
      return changed
    })
  }

  /** A mail to try the settings with; it touches no alert. */
  async sendTest(recipient: string): Promise<Row<Delivery>> {
    if (this.settings.mailOff !== null) {
      throw new InvalidInputError(
        'EMAIL_HOST',
        `mail is off: ${this.settings.mailOff}`,
        'Set it and start Vigie again.',
      )
    }
    const [address] = readRecipients('recipient', [recipient])
    if (!address) throw new InvalidInputError('recipient', 'is empty', 'Write a mail address.')
    const delivery = newDelivery(Channel.MAIL, DeliveryKind.TEST, address, [], this.clock())
    await this.transact(this.em, async ({ em }) => insertRows(em, Delivery, [delivery]))
    return delivery
  }

  /** A post to try the webhook with; it touches no alert. */
  async sendTestPost(): Promise<Row<Delivery>> {
    const { webhook } = this.settings
    if (webhook === null) throw new InvalidInputError('WEBHOOK_URL', 'is not set', 'Set it and start Vigie again.')
    const delivery = newDelivery(Channel.WEBHOOK, DeliveryKind.TEST, new URL(webhook.url).host, [], this.clock())
    await this.transact(this.em, async ({ em }) => insertRows(em, Delivery, [delivery]))
    return delivery
  }

  delivery(id: string): Promise<Row<Delivery>[]> {
    return selectRows(this.em, Delivery, 'id', [id])
  }

  async health(): Promise<{
    waiting: number
    refused: number
    waitingSince: Date | null
    lastError: string | null
    unaddressed: number
  }> {
    const { milliseconds } = dialectOf(this.em)
    const unsent = await tables(this.em)
      .selectFrom('Delivery')
      .select((eb) => ['state', eb.fn.countAll<number>().as('count'), milliseconds(eb.fn.min('createdAt')).as('since')])
      .where('state', '<>', DeliveryState.SENT)
      .where('createdAt', '>', new Date(this.clock().getTime() - 7 * DAY))
      .groupBy('state')
      .execute()
    const last = await tables(this.em)
      .selectFrom('Delivery')
      .select('lastError')
      .where('state', '=', literal(DeliveryState.WAITING))
      .where('lastError', 'is not', null)
      .orderBy('nextTryAt')
      .limit(1)
      .executeTakeFirst()
    const waiting = unsent.find(({ state }) => state === DeliveryState.WAITING)
    const refused = unsent.find(({ state }) => state === DeliveryState.REFUSED)
    return {
      waiting: waiting?.count ?? 0,
      refused: refused?.count ?? 0,
      waitingSince: waiting ? new Date(waiting.since) : null,
      lastError: last?.lastError ?? null,
      unaddressed: this.settings.adminRecipient ? 0 : await this.countUnaddressed(),
    }
  }

  /** When a mail server or a webhook took the newest message that was taken; null = none ever was. */
  async lastSentAt(): Promise<Date | null> {
    const sent = await tables(this.em)
      .selectFrom('Delivery')
      .select('sentAt')
      .where('state', '=', DeliveryState.SENT)
      .orderBy('createdAt', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
    return sent?.sentAt ?? null
  }

  private async countUnaddressed(): Promise<number> {
    const { count } = await tables(this.em)
      .selectFrom('ExpectedJob')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('archivedAt', 'is', null)
      .where('active', '=', true)
      .where((eb) => eb('recipients', '=', eb.val([])))
      .executeTakeFirstOrThrow()
    return count
  }
}

/** The same rule as AlertsService.state. */
function inState(eb: ExpressionBuilder<Tables, 'Alert'>, now: Date): Record<AlertState, Expression<SqlBool>> {
  const lasts = eb('resolvedAt', 'is', null)
  const audible = eb.or([eb('mutedUntil', 'is', null), eb('mutedUntil', '<=', now)])
  return {
    [AlertState.RESOLVED]: eb('resolvedAt', 'is not', null),
    [AlertState.MUTED]: eb.and([lasts, eb('mutedUntil', '>', now)]),
    [AlertState.ACKNOWLEDGED]: eb.and([lasts, audible, eb('acknowledgedAt', 'is not', null)]),
    [AlertState.OPEN]: eb.and([lasts, audible, eb('acknowledgedAt', 'is', null)]),
  }
}
