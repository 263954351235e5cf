import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { EntityManager } from '../database/database.ts'
import type { Transact } from '../events/outbox.ts'
import { findRows, insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { Event, EventType } from '../events/event.entity.ts'
import { type Clock, DAY, HOUR } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { Severity, SEVERITY_ORDER } from '../reasons/reason.ts'
import { Alert, AlertCursor, AlertType, Channel, Delivery, DeliveryKind, DeliveryState } from './alert.entity.ts'
import { type Addressed, ALERTING, type Consequence, consequencesOf, groupMessages } from './alert-rules.ts'

/** Where messages go, apart from what jobs say. */
export interface Addresses {
  mailIsOn: boolean
  adminRecipient: string | null
  /** The webhook's host, for showing; null = there is none. */
  webhookHost: string | null
}

/** Events read in one transaction: as many as a bad night of a large fleet has, so that they become one message. */
const BATCH = 5000
/** SQLite takes so many values in one list with ease. */
const CHUNK = 1000
const REMIND_AFTER = DAY
/** Alerts about what is in a machine: they end when it is retired. */
const OF_MACHINES = new Set([
  AlertType.DISK,
  AlertType.ARRAY,
  AlertType.ACTION,
  AlertType.FILE_SYSTEM,
  AlertType.MESSAGES,
])

/**
 * Opens and resolves alerts from what happened: the events are the outbox. Alerts, the messages to be sent and how far
 * the events were read are written in one transaction, so that a crash neither loses one nor sends two.
 */
export class AlertOpener {
  private working: Promise<void> = Promise.resolve()

  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
    private readonly addresses: Addresses,
  ) {}

  /**
   * Marks where reading begins: a database that already holds history does not tell all of it again, only the disks that
   * stand badly now.
   */
  prepare(): Promise<void> {
    return this.transact(this.em, async ({ em, tell }) => {
      if ((await selectRows(em, AlertCursor, 'id', ['alerts'])).length > 0) return
      const newest = await tables(em).selectFrom('Event').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
      await insertRows(em, AlertCursor, [{ id: 'alerts', eventId: newest?.id ?? 0, digestDay: null }])
      const verdicts = await findRows(em, Event, (query) =>
        query.where('id', 'in', (eb) =>
          eb
            .selectFrom('Event')
            .select((each) => each.fn.max('id').as('newest'))
            .where('type', '=', EventType.HEALTH_CHANGED)
            .groupBy('disk'),
        ),
      )
      const { opened } = await this.apply(em, verdicts, tell.alerts)
      await this.announce(em, opened, DeliveryKind.ALERT)
    })
  }

  /** Reads on from where it stopped; one after the other, whoever asks. */
  run(): Promise<void> {
    const next = this.working.then(async () => {
      while ((await this.readOn()) === BATCH);
      await this.remind()
    })
    this.working = next.catch(() => undefined)
    return next
  }

  private readOn(): Promise<number> {
    return this.transact(this.em, async ({ em, tell }) => {
      const cursor = await cursorOf(em)
      const events = await findRows(em, Event, (query) =>
        query
          .where('id', '>', cursor.eventId)
          .where('type', 'in', [...ALERTING])
          .orderBy('id')
          .limit(BATCH),
      )
      const last = events.at(-1)
      if (!last) return 0
      cursor.eventId = last.id
      await saveRows(em, AlertCursor, [cursor])
      const { opened, resolved } = await this.apply(em, events, tell.alerts)
      // What was over before anybody could be told is not told.
      await this.announce(
        em,
        opened.filter((alert) => alert.resolvedAt === null),
        DeliveryKind.ALERT,
      )
      await this.announce(
        em,
        resolved.filter((alert) => !opened.includes(alert)),
        DeliveryKind.RECOVERY,
      )
      return events.length
    })
  }

  /** Alerts as these events leave them, saved; those that somebody must hear of. */
  private async apply(
    em: EntityManager,
    events: Row<Event>[],
    told: Set<string>,
  ): Promise<{ opened: Row<Alert>[]; resolved: Row<Alert>[] }> {
    const now = this.clock()
    const consequences = events.flatMap((event) => consequencesOf(event).map((consequence) => ({ event, consequence })))
    const causes = [...new Set(consequences.map(({ consequence }) => consequence.cause))]
    const open = new Map<string, Row<Alert>>()
    for (let at = 0; at < causes.length; at += CHUNK) {
      const some = causes.slice(at, at + CHUNK)
      const lasting = await findRows(em, Alert, (query) =>
        query.where('resolvedAt', 'is', null).where('cause', 'in', some),
      )
      for (const alert of lasting) open.set(alert.cause, alert)
    }
    const muted = await this.mutedCauses(em, causes)
    for (const alert of await this.ofRetired(em, events)) open.set(alert.cause, alert)
    const made = new Set<Row<Alert>>()
    const [opened, resolved, changed] = [new Set<Row<Alert>>(), new Set<Row<Alert>>(), new Set<Row<Alert>>()]
    for (const { event, consequence } of consequences) {
      const known = open.get(consequence.cause)
      if (consequence.action === 'RESOLVE' || consequence.action === 'CLOSE') {
        if (!known) continue
        resolve(known, event, now)
        open.delete(consequence.cause)
        changed.add(known)
        if (consequence.action === 'RESOLVE') resolved.add(known)
      } else if (known) {
        const worse =
          event.facts.worse === true || SEVERITY_ORDER.indexOf(event.severity) > SEVERITY_ORDER.indexOf(known.severity)
        Object.assign(known, { ...lastWord(event, consequence), count: known.count + 1 })
        changed.add(known)
        // Who knew of less does not know of this.
        if (worse) {
          Object.assign(known, { acknowledgedAt: null, acknowledgedBy: null })
          opened.add(known)
        }
      } else {
        const alert = newAlert(event, consequence, now)
        alert.mutedUntil = muted.get(consequence.cause) ?? null
        made.add(alert)
        if (consequence.action === 'NOTICE') alert.resolvedAt = now
        else open.set(consequence.cause, alert)
        changed.add(alert)
        opened.add(alert)
      }
    }
    const retired = new Set(
      events.flatMap((event) => (event.type === EventType.MACHINE_ARCHIVED ? (event.machine ?? []) : [])),
    )
    for (const alert of open.values()) {
      if (!OF_MACHINES.has(alert.type) || !retired.has(alert.machine ?? '')) continue
      Object.assign(alert, { resolvedAt: now, remindAt: null })
      changed.add(alert)
    }
    // Those that were there first: a new one of the same cause may follow in the same breath.
    await saveRows(
      em,
      Alert,
      [...changed].filter((alert) => !made.has(alert)),
    )
    await saveRows(
      em,
      Alert,
      [...changed].filter((alert) => made.has(alert)),
    )
    for (const { id } of changed) told.add(id)
    return { opened: [...opened].filter((alert) => !isMuted(alert, now)), resolved: [...resolved] }
  }

  /** A silence lasts as long as was said, also where the cause comes back meanwhile. */
  private async mutedCauses(em: EntityManager, causes: string[]): Promise<Map<string, Date>> {
    const muted = await tables(em)
      .selectFrom('Alert')
      .select(['cause', 'mutedUntil'])
      .where('mutedUntil', '>', this.clock())
      .where('resolvedAt', 'is not', null)
      // Of several the newest holds.
      .orderBy('id')
      .execute()
    const wanted = new Set(causes)
    return new Map(
      muted.flatMap(({ cause, mutedUntil }) => (mutedUntil && wanted.has(cause) ? [[cause, mutedUntil] as const] : [])),
    )
  }

  /** Open alerts about the disks and arrays of machines that were retired. */
  private async ofRetired(em: EntityManager, events: Row<Event>[]): Promise<Row<Alert>[]> {
    const machines = events.flatMap((event) => (event.type === EventType.MACHINE_ARCHIVED ? (event.machine ?? []) : []))
    const alerts = await selectRows(em, Alert, 'machine', machines)
    return alerts.filter((alert) => alert.resolvedAt === null && OF_MACHINES.has(alert.type))
  }

  /** Reminds of what is still open, a day after it was told last. */
  private remind(): Promise<void> {
    return this.transact(this.em, async ({ em }) => {
      const now = this.clock()
      const due = await findRows(em, Alert, (query) =>
        query.where('resolvedAt', 'is', null).where('remindAt', '<=', now).limit(BATCH),
      )
      for (const alert of due) {
        alert.remindAt = alert.acknowledgedAt ? null : new Date(now.getTime() + REMIND_AFTER)
      }
      await saveRows(em, Alert, due)
      await this.announce(
        em,
        due.filter((alert) => !alert.acknowledgedAt && !isMuted(alert, now)),
        DeliveryKind.REMINDER,
      )
    })
  }

  /** Writes the messages that these alerts are told by. */
  private async announce(em: EntityManager, alerts: Row<Alert>[], kind: DeliveryKind): Promise<void> {
    if (alerts.length === 0) return
    const jobs = new Map(
      (await selectRows(em, ExpectedJob, 'id', [...new Set(alerts.flatMap((alert) => alert.job ?? []))])).map((job) => [
        job.id,
        job,
      ]),
    )
    const addressed: Addressed<Row<Alert>>[] = alerts.flatMap((alert) => {
      const job = jobs.get(alert.job ?? '')
      return recipientsOf(job ?? null, this.addresses).map((recipient) => ({
        recipient,
        alert,
        agentId: job?.agentId ?? null,
      }))
    })
    const now = this.clock()
    const deliveries = this.addresses.mailIsOn
      ? groupMessages(addressed).map(({ recipient, alerts: told }) =>
          newDelivery(Channel.MAIL, kind, recipient, told, now),
        )
      : []
    const { webhookHost } = this.addresses
    if (webhookHost !== null) {
      for (let at = 0; at < alerts.length; at += MOST_IN_A_POST)
        deliveries.push(newDelivery(Channel.WEBHOOK, kind, webhookHost, alerts.slice(at, at + MOST_IN_A_POST), now))
    }
    await insertRows(em, Delivery, deliveries)
  }
}

/** Alerts that one post to the webhook holds. */
const MOST_IN_A_POST = 200

/** A job's own recipients, else the administrator; without either nobody, and the pages say so. */
export const recipientsOf = (
  job: Pick<Row<ExpectedJob>, 'recipients'> | null,
  { adminRecipient }: Addresses,
): string[] => (job?.recipients.length ? job.recipients : adminRecipient ? [adminRecipient] : [])

const isMuted = ({ mutedUntil }: Row<Alert>, now: Date): boolean => mutedUntil !== null && mutedUntil > now

export async function cursorOf(em: EntityManager): Promise<Row<AlertCursor>> {
  return (await selectRows(em, AlertCursor, 'id', ['alerts']))[0] as Row<AlertCursor>
}

const lastWord = (event: Row<Event>, { status }: Consequence) => ({
  status,
  severity: event.severity,
  entry: event.entry,
  facts: event.facts,
  changedAt: event.at,
})

function newAlert(event: Row<Event>, consequence: Consequence, now: Date): Row<Alert> {
  return {
    id: newId(),
    cause: consequence.cause,
    type: consequence.type,
    count: 1,
    openedAt: now,
    ...lastWord(event, consequence),
    job: event.job,
    machine: event.machine,
    disk: event.disk,
    acknowledgedAt: null,
    acknowledgedBy: null,
    mutedUntil: null,
    resolvedAt: null,
    remindAt: new Date(now.getTime() + REMIND_AFTER),
  }
}

function resolve(alert: Row<Alert>, event: Row<Event>, now: Date): void {
  alert.resolvedAt = now
  alert.changedAt = event.at
  // What it was about stays; what it recovered to is told beside it.
  if (event.entry && event.entry !== alert.entry)
    alert.facts = { ...alert.facts, ...(event.facts.expectedAt ? { recoveredBy: event.facts.expectedAt } : {}) }
  if ((event.type === EventType.HEALTH_CHANGED || event.type === EventType.ARRAY_CHANGED) && event.to)
    alert.facts = { ...alert.facts, reasons: event.facts.reasons ?? [], endedAs: event.to }
  alert.remindAt = null
}

export function newDelivery(
  channel: Channel,
  kind: DeliveryKind,
  recipient: string,
  alerts: readonly Pick<Row<Alert>, 'id' | 'count'>[],
  now: Date,
): Row<Delivery> {
  const id = newId()
  return {
    id,
    channel,
    kind,
    recipient,
    alertIds: alerts.map((alert) => alert.id),
    state: DeliveryState.WAITING,
    dedupeKey: `${kind} ${channel} ${recipient} ${alerts[0] ? `${alerts[0].id} ${kind === DeliveryKind.REMINDER ? now.getTime() : alerts[0].count}` : id}`,
    attempts: 0,
    nextTryAt: now,
    lastError: null,
    sentAt: null,
    createdAt: now,
    facts: {},
  }
}

/** How long ago the first word of a thread may have been sent. */
export const THREAD_WITHIN = HOUR
export const LOUD = new Set([Severity.FAILED, Severity.AT_RISK])
