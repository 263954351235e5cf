import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { machineName } from '../reasons/names.ts'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import { GOOD } from '../backups/backup-status.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Config } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import { type Dialect, dialectOf } from '../database/dialect.ts'
import { literal } from '../database/literal.ts'
import type { Transact } from '../events/outbox.ts'
import { type Row, selectRows, updateRow } from '../database/rows.ts'
import { type Tables, tables } from '../database/tables.ts'
import { Disk } from '../disks/disk.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Place, PlacesService } from '../places/places.service.ts'
import { type Clock, MINUTE, SECOND } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { sentence } from '../reasons/sentence.ts'
import type { Reason } from '../reasons/reason.ts'
import { Alert, AlertType, Channel, Delivery, DeliveryKind, DeliveryState } from './alert.entity.ts'
import { LOUD, THREAD_WITHIN } from './alert-opener.ts'
import { endangeredBy, relationsOf } from './endangered-places.ts'
import { GIVE_UP_AFTER_MS, nextTry } from './alert-rules.ts'
import { CONNECTIONS, type Mailer, type Sent } from './mailer.ts'
import { type AlertFacts, type MessageOptions, messageOf, placesInWords } from './message.ts'
import { plainLine, renderMail } from './render-mail.ts'
import { postWebhook } from './webhook.ts'
import { WORDS } from './words.ts'

interface Options {
  em: EntityManager
  transact: Transact
  clock: Clock
  log: Log
  mailer: Mailer | null
  webhook: Config['webhook']
  message: MessageOptions
  /** Which data lies on what alerts are about. */
  placesOn: (em: EntityManager) => PlacesService
  /** Of the Message-IDs. */
  mailDomain: string
  random?: () => number
}

const LATER_WORDS = [DeliveryKind.REMINDER, DeliveryKind.RECOVERY]
/** Loaded and sent together. */
const BATCH = 100
/** A message that is being sent is not taken by another process for so long; after a crash it is sent again then. */
const CLAIM_MS = 5 * MINUTE
const STOP_PATIENCE_MS = 8 * SECOND

/**
 * Sends what waits. A delivery is claimed by one conditional UPDATE, sent, and then marked: a crash between the server's
 * answer and the mark may repeat a mail under its own Message-ID, and never loses one.
 */
export class DeliveryService {
  private running: Promise<void> | null = null
  private again = false
  private stopped = false

  constructor(private readonly options: Options) {}

  /** Sends everything that is due; whoever asks meanwhile waits for the same. */
  run(): Promise<void> {
    if (this.running) {
      this.again = true
      return this.running
    }
    this.running = this.sendAll().finally(() => (this.running = null))
    return this.running
  }

  /** What a process that is no more had claimed is due at once. Only for the one process on its database. */
  async takeUp(): Promise<void> {
    const { em, transact, clock } = this.options
    await transact(em, async ({ em: own }) => {
      await tables(own)
        .updateTable('Delivery')
        .set({ nextTryAt: clock() })
        .where('state', '=', literal(DeliveryState.WAITING))
        .execute()
    })
  }

  /** Begins no message any more. */
  halt(): void {
    this.stopped = true
  }

  /** Waits for those that are on their way, but not for ever: what is not marked is sent again, under the same Message-ID. */
  async stop(): Promise<void> {
    this.halt()
    const patience = new Promise<void>((resolve) => setTimeout(resolve, STOP_PATIENCE_MS).unref())
    await Promise.race([this.running?.catch(() => undefined), patience])
    this.options.mailer?.close()
  }

  /** Each channel goes its own pace: a webhook that hangs keeps no mail back. */
  private async sendAll(): Promise<void> {
    do {
      this.again = false
      await Promise.all(Object.values(Channel).map((channel) => this.sendChannel(channel)))
    } while (this.again && !this.stopped)
  }

  private async sendChannel(channel: Channel): Promise<void> {
    for (;;) {
      const batch = await this.claim(channel)
      if (batch.length === 0 || this.stopped) return
      await this.sendBatch(batch)
    }
  }

  /** A later word about an alert waits until the earlier one to the same person has left. */
  private async claim(channel: Channel): Promise<Row<Delivery>[]> {
    const { em, transact, clock, mailer, webhook } = this.options
    if (this.stopped || (channel === Channel.MAIL ? !mailer : !webhook)) return []
    const dialect = dialectOf(em)
    const now = clock()
    return transact(em, ({ em: own }) =>
      tables(own)
        .updateTable('Delivery')
        .set({ nextTryAt: new Date(now.getTime() + CLAIM_MS) })
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('Delivery as due')
            .select('due.id')
            .where('due.state', '=', literal(DeliveryState.WAITING))
            .where('due.nextTryAt', '<=', now)
            .where('due.channel', '=', channel)
            .where((due) => due.or([due('due.kind', 'not in', LATER_WORDS), due.not(hasToWait(due, dialect))]))
            .orderBy('due.nextTryAt')
            .orderBy('due.id')
            .limit(BATCH),
        )
        .returningAll()
        .execute(),
    )
  }

  private async sendBatch(batch: Row<Delivery>[]): Promise<void> {
    const em = this.options.em.fork()
    const facts = await loadFacts(em, { places: this.options.placesOn(em), log: this.options.log }, batch)
    const waiting = [...batch]
    const results: { delivery: Row<Delivery>; sent: Sent }[] = []
    const sender = async (): Promise<void> => {
      for (let delivery = waiting.shift(); delivery; delivery = waiting.shift()) {
        if (this.stopped) return
        const sent = await this.send(em, delivery, facts).catch((error: Error): Sent => ({
          outcome: 'FAILED',
          error: error.message,
        }))
        results.push({ delivery, sent })
        // One by one: a crash may repeat the mails of which the mark is still missing, so few are left unmarked.
        await this.mark(delivery, sent)
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, sender))
    this.logFailures(results)
  }

  private logFailures(results: { sent: Sent }[]): void {
    const words = {
      FAILED: 'Messages could not be delivered; they are tried again',
      REFUSED: 'Messages were refused for good; the page of alerts shows them',
    }
    for (const outcome of ['FAILED', 'REFUSED'] as const) {
      const errors = results.flatMap(({ sent }) => (sent.outcome === outcome ? [sent.error] : []))
      if (errors.length > 0) this.options.log.warn({ count: errors.length, error: errors[0] }, words[outcome])
    }
  }

  private async mark(delivery: Row<Delivery>, sent: Sent): Promise<void> {
    const { em, transact, clock, random = Math.random } = this.options
    const now = clock()
    delivery.attempts += 1
    delivery.lastError = sent.outcome === 'SENT' ? null : sent.error
    const givenUp = now.getTime() - delivery.createdAt.getTime() > GIVE_UP_AFTER_MS
    if (sent.outcome === 'SENT') Object.assign(delivery, { state: DeliveryState.SENT, sentAt: now })
    else if (sent.outcome === 'REFUSED' || givenUp) delivery.state = DeliveryState.REFUSED
    else delivery.nextTryAt = nextTry(delivery.attempts, now, random)
    await transact(em, async ({ em: own, tell }) => {
      const { state, attempts, lastError, nextTryAt, sentAt } = delivery
      await updateRow(own, Delivery, delivery.id, { state, attempts, lastError, nextTryAt, sentAt })
      for (const id of delivery.alertIds) tell.alerts.add(id)
    })
  }

  private async send(em: EntityManager, delivery: Row<Delivery>, facts: Map<string, AlertFacts>): Promise<Sent> {
    const alerts = delivery.alertIds.flatMap((id) => facts.get(id) ?? [])
    if (delivery.channel === Channel.WEBHOOK) return this.post(delivery, alerts)
    const { mailer, message: options } = this.options
    if (!mailer) return { outcome: 'FAILED', error: 'mail is off' }
    const message = messageOf(delivery, alerts, options)
    return mailer.send({
      to: delivery.recipient,
      subject: plainLine(message.subject),
      ...renderMail(message, WORDS[options.language]),
      messageId: messageIdOf(delivery.id, this.options.mailDomain),
      inReplyTo: await this.threadOf(em, delivery),
      urgent: delivery.kind === DeliveryKind.ALERT && alerts.some(({ alert }) => LOUD.has(alert.severity)),
    })
  }

  /** The first mail about the same alert to the same person. */
  private async threadOf(em: EntityManager, { kind, recipient, alertIds }: Row<Delivery>): Promise<string | null> {
    const [first] = alertIds
    if (!first || !LATER_WORDS.includes(kind)) return null
    const [alert] = await selectRows(em, Alert, 'id', [first])
    if (!alert) return null
    const { textsOf } = dialectOf(em)
    const mail = await tables(em)
      .selectFrom('Delivery')
      .select('id')
      .where('createdAt', '>=', alert.openedAt)
      .where('createdAt', '<=', new Date(alert.openedAt.getTime() + THREAD_WITHIN))
      .where('recipient', '=', recipient)
      .where('kind', '=', DeliveryKind.ALERT)
      .where((eb) =>
        eb(eb.val(first), 'in', eb.selectFrom(textsOf(eb.ref('Delivery.alertIds')).as('told')).select('value')),
      )
      .limit(1)
      .executeTakeFirst()
    return mail ? messageIdOf(mail.id, this.options.mailDomain) : null
  }

  private post(delivery: Row<Delivery>, alerts: AlertFacts[]): Promise<Sent> {
    const { webhook, clock, message } = this.options
    if (!webhook) return Promise.resolve({ outcome: 'FAILED', error: 'the webhook is off' })
    const body = { id: delivery.id, kind: delivery.kind, alerts: alerts.map((facts) => alertBody(facts, message)) }
    return postWebhook(webhook, { id: delivery.id, at: clock(), body })
  }
}

/** Whether an earlier message to the same person tells of one of its alerts, and has not left yet. */
const hasToWait = (
  due: ExpressionBuilder<Tables & { due: Tables['Delivery'] }, 'due'>,
  { textsOf }: Dialect,
): Expression<SqlBool> =>
  due.exists(
    due
      .selectFrom('Delivery as before')
      .innerJoin(
        (eb) => textsOf(eb.ref('before.alertIds')).as('told'),
        (join) => join.onTrue(),
      )
      .select('before.id')
      .where('before.state', '=', literal(DeliveryState.WAITING))
      .whereRef('before.channel', '=', 'due.channel')
      .whereRef('before.recipient', '=', 'due.recipient')
      .whereRef('before.id', '<', 'due.id')
      .where('told.value', 'in', (eb) => eb.selectFrom(textsOf(eb.ref('due.alertIds')).as('tells')).select('value')),
  )

/** The domain is the sender's, which stays the same while Vigie's own address may change. */
export const messageIdOf = (deliveryId: string, domain: string): string => `<${deliveryId}@${domain}>`

export const domainOf = (sender: string | null): string =>
  /@([A-Za-z0-9.-]+)>?$/.exec(sender ?? '')?.[1] ?? 'vigie.invalid'

function alertBody(facts: AlertFacts, options: MessageOptions): object {
  const { alert, job, entry, machine, disk } = facts
  const reasons = (alert.facts.reasons ?? []) as Reason[]
  return {
    alert: {
      id: alert.id,
      type: alert.type,
      severity: alert.severity,
      status: alert.status,
      count: alert.count,
      openedAt: alert.openedAt,
      resolvedAt: alert.resolvedAt,
      reasons: reasons.map((reason) => ({ ...reason, sentence: sentence(reason, options.language) })),
      detail: alert.facts.detail ?? null,
      path: alert.facts.path ?? null,
      endangers: placesInWords(facts, options),
    },
    job: job && {
      id: job.id,
      agentId: job.agentId,
      databaseName: job.databaseName,
      companyName: job.companyName,
      city: job.city,
      neighborhood: job.neighborhood,
      currentStatus: job.currentStatus,
      link: `${options.baseUrl}/backups/${job.id}`,
    },
    entry: entry && { id: entry.id, expectedAt: entry.expectedAt, status: entry.status },
    machine: machine && { id: machine.id, hostname: machine.hostname },
    disk: disk && { id: disk.id, serial: disk.serial, model: disk.model, health: disk.health },
  }
}

/** What holds data: whoever hears that it is bad must hear what lies on it. */
const TELLS_PLACES = new Set([AlertType.DISK, AlertType.ARRAY])

/** Everything that the messages of one batch tell of, in a handful of queries whatever their number. */
async function loadFacts(
  em: EntityManager,
  { places, log }: { places: PlacesService; log: Log },
  batch: Row<Delivery>[],
): Promise<Map<string, AlertFacts>> {
  const alertIds = [...new Set(batch.flatMap((delivery) => delivery.alertIds))]
  const alerts = await selectRows(em, Alert, 'id', alertIds)
  const by = async <E extends { id: string }>(find: Promise<E[]>): Promise<Map<string, E>> =>
    new Map((await find).map((row) => [row.id, row]))
  const unique = (ids: (string | null)[]): string[] => [...new Set(ids.filter((id): id is string => id !== null))]
  const jobs = await by(selectRows(em, ExpectedJob, 'id', unique(alerts.map((alert) => alert.job))))
  const entries = await by(selectRows(em, BackupEntry, 'id', unique(alerts.map((alert) => alert.entry))))
  const runs = await by(selectRows(em, BackupRun, 'id', unique([...entries.values()].map((entry) => entry.bestRun))))
  const about = alerts.filter(({ type }) => TELLS_PLACES.has(type))
  const endangered = await endangeredBy(places, about, await relationsOf(em, about)).catch((error: unknown) => {
    // A mail that says less is better than none.
    log.error({ err: error }, 'What lies on failing disks could not be found out for a mail')
    return (): Place[] => []
  })
  const machines = await by(
    selectRows(
      em,
      Machine,
      'id',
      unique(alerts.flatMap((alert) => [alert.machine, ...endangered(alert).map(({ copyMachine }) => copyMachine)])),
    ),
  )
  const disks = await by(selectRows(em, Disk, 'id', unique(alerts.map((alert) => alert.disk))))
  const good = await previousGoods(em, [...entries.keys()])
  return new Map(
    alerts.map((alert) => {
      const entry = entries.get(alert.entry ?? '') ?? null
      return [
        alert.id,
        {
          alert,
          entry,
          job: jobs.get(alert.job ?? '') ?? null,
          run: runs.get(entry?.bestRun ?? '') ?? null,
          machine: machines.get(alert.machine ?? '') ?? null,
          disk: disks.get(alert.disk ?? '') ?? null,
          previousGood: good.get(entry?.id ?? '') ?? null,
          places: TELLS_PLACES.has(alert.type)
            ? endangered(alert).map((place) => ({
                place,
                copyMachine: machineName(machines.get(place.copyMachine ?? '')),
              }))
            : [],
        },
      ]
    }),
  )
}

async function previousGoods(
  em: EntityManager,
  entryIds: string[],
): Promise<Map<string, { expectedAt: Date; measuredSize: number | null }>> {
  if (entryIds.length === 0) return new Map()
  const found = await tables(em)
    .selectFrom('BackupEntry as entry')
    .innerJoin('BackupEntry as good', (join) =>
      join.on('good.id', '=', (eb) =>
        eb
          .selectFrom('BackupEntry as past')
          .select('past.id')
          .whereRef('past.job', '=', 'entry.job')
          .whereRef('past.expectedAt', '<', 'entry.expectedAt')
          .where('past.status', 'in', GOOD)
          .orderBy('past.expectedAt', 'desc')
          .limit(1),
      ),
    )
    .select(['entry.id', 'good.expectedAt', 'good.measuredSize'])
    .where('entry.id', 'in', entryIds)
    .execute()
  return new Map(found.map(({ id, expectedAt, measuredSize }) => [id, { expectedAt, measuredSize }]))
}
