import { sql } from 'kysely'
import type { Config } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import { groupLoader } from '../database/loader.ts'
import type { Transact } from '../events/outbox.ts'
import { columnsOf, decodeRows, insertRows, type Row, requireRow, saveRows, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { readRecipients } from '../backups/job-draft.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { Severity } from '../reasons/reason.ts'
import { Alert, AlertState, type AlertType, Channel, Delivery, DeliveryKind } from './alert.entity.ts'
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
      const { rows } = await sql<Record<string, unknown>>`select ${sql.raw(columnsOf(this.em, Delivery))} from delivery
        where id in (select d.id from delivery d, json_each(d.alert_ids) a where a.value in (${sql.join([...ids])})
          and d.created_at >= (select min(opened_at) from alert where id in (${sql.join([...ids])})))
        order by id`.execute(this.em.getKysely())
      return decodeRows(this.em, Delivery, rows).flatMap((delivery) =>
        delivery.alertIds.map((alertId) => ({ alertId, delivery })),
      )
    },
    (row) => row.alertId,
  )

  /** Newest first. */
  list({ filter, ...page }: AlertQuery): Promise<Page<Row<Alert>>> {
    const now = this.clock().getTime()
    const where = []
    if (filter?.type?.length) where.push(sql`type in (${sql.join(filter.type)})`)
    if (filter?.jobId) where.push(sql`job_id = ${filter.jobId}`)
    if (filter?.state?.length) {
      const muted = sql`muted_until is not null and muted_until > ${now}`
      const states = {
        [AlertState.RESOLVED]: sql`resolved_at is not null`,
        [AlertState.MUTED]: sql`(resolved_at is null and ${muted})`,
        [AlertState.ACKNOWLEDGED]: sql`(resolved_at is null and acknowledged_at is not null and not (${muted}))`,
        [AlertState.OPEN]: sql`(resolved_at is null and acknowledged_at is null and not (${muted}))`,
      }
      where.push(
        sql`(${sql.join(
          filter.state.map((state) => states[state]),
          sql` or `,
        )})`,
      )
    }
    return seekPage<string, Row<Alert>>(
      this.em,
      { from: sql`alert`, where, order: [sql`opened_at`, sql`id`], direction: 'desc' },
      page,
      (ids) => this.loadAll(ids),
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

  /** Somebody knows: no more reminders. */
  async acknowledge(id: string, actor: string): Promise<Row<Alert>> {
    return this.change(id, EventType.ALERT_ACKNOWLEDGED, actor, (alert) => {
      alert.acknowledgedAt ??= this.clock()
      alert.acknowledgedBy ??= actor
    })
  }

  /** Nobody is told until then; afterwards it is told again if it still lasts. Null ends the silence. */
  async mute(id: string, until: Date | null, actor: string): Promise<Row<Alert>> {
    const now = this.clock()
    if (until && (until <= now || until.getTime() > now.getTime() + LONGEST_MUTE)) {
      throw new InvalidInputError('until', 'must lie ahead, within a year', 'Choose a later or an earlier time.')
    }
    return this.change(id, EventType.ALERT_MUTED, actor, (alert) => {
      alert.mutedUntil = until
      if (!alert.acknowledgedAt) alert.remindAt = until ?? new Date(now.getTime() + DAY)
    })
  }

  private change(id: string, type: EventType, actor: string, edit: (alert: Row<Alert>) => void): Promise<Row<Alert>> {
    return this.transact(this.em, async ({ em, tell }) => {
      const alert = await requireRow(em, Alert, id, 'alert')
      if (alert.resolvedAt) return alert
      edit(alert)
      await saveRows(em, Alert, [alert])
      tell.alerts.add(id)
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
      return alert
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
    const kysely = this.em.getKysely()
    const weekAgo = this.clock().getTime() - 7 * DAY
    const { rows } = await sql<{
      state: string
      n: number
      since: number
    }>`select state, count(*) as n, min(created_at) as since
      from delivery where state <> 'SENT' and created_at > ${weekAgo} group by state`.execute(kysely)
    const last = await sql<{ error: string }>`select last_error as error from delivery
      where state = 'WAITING' and last_error is not null order by next_try_at limit 1`.execute(kysely)
    const nobody = this.settings.adminRecipient
      ? { rows: [{ n: 0 }] }
      : await sql<{ n: number }>`select count(*) as n from expected_job
          where archived_at is null and active = 1 and recipients = '[]'`.execute(kysely)
    const of = (state: string) => rows.find((row) => row.state === state)
    const since = of('WAITING')?.since
    return {
      waiting: of('WAITING')?.n ?? 0,
      refused: of('REFUSED')?.n ?? 0,
      waitingSince: since ? new Date(since) : null,
      lastError: last.rows[0]?.error ?? null,
      unaddressed: nobody.rows[0]?.n ?? 0,
    }
  }
}
