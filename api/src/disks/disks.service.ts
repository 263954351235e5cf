import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import type { ExpressionBuilder, TraversedJSONPathBuilder } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import type { Transact } from '../events/outbox.ts'
import { type Row, requireRow, selectRows, updateRow } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import { AmbiguousError, InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import { LARGEST_PAGE, type Page, type PageArgs } from '../platform/page.ts'
import { type Point, thinned } from './attribute-history.ts'
import { DiskStay } from './disk-stay.entity.ts'
import { Disk } from './disk.entity.ts'
import { Health, HEALTH_SEVERITY, type Verdict } from './health.ts'
import { DiskOrder, type DiskQuery, type Disks, disksThat, orderOfDisks } from './disk-list.ts'
import { shownHealthSql } from './health-sql.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { type AcceptedFinding, isAbout, withAccepted } from './accepted-findings.ts'
import { healthBy } from './standing.ts'
import { serialKey } from './identity.ts'
import { shownHealth } from './shown-health.ts'
import { readJson } from '../platform/read-json.ts'
import { SmartDocument } from './smart-document.entity.ts'
import { readSmartctl } from './smartctl.ts'
import type { SmartFacts } from './smart-facts.ts'
import { type Counters, Snapshot } from './snapshot.entity.ts'
import { type DiskWear, wearOf } from './wear.ts'

const inflate = promisify(inflateRaw)

export interface HealthCount {
  health: Health
  count: number
}

const inService = (disks: Disks): Disks => disks.where('archivedAt', 'is', null)

const bySince = (a: Row<DiskStay>, b: Row<DiskStay>): number =>
  a.since.getTime() - b.since.getTime() || (a.id < b.id ? -1 : 1)

export interface HistoryQuery {
  attribute: string
  /** Null = a year before `to`. */
  from: Date | null
  /** Null = now. */
  to: Date | null
  /** The normalised value, which falls to a threshold, and not the raw one. */
  isNormalised: boolean
}

export class DisksService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  private readonly byId = rowLoader<string, Row<Disk>>(
    (ids) => selectRows(this.em, Disk, 'id', ids),
    (disk) => disk.id,
  )
  private readonly byMachine = groupLoader<string, Row<Disk>>(
    async (ids) =>
      (await selectRows(this.em, Disk, 'machine', ids)).filter((disk) => disk.archivedAt === null).sort(byPath),
    (disk) => disk.machine,
  )
  private readonly stays = groupLoader<string, Row<DiskStay>>(
    async (ids) => (await selectRows(this.em, DiskStay, 'disk', ids)).sort(bySince),
    (stay) => stay.disk,
  )
  private readonly snapshots = rowLoader<number, Row<Snapshot>>(
    (ids) => selectRows(this.em, Snapshot, 'id', ids),
    (snapshot) => snapshot.id,
  )
  /** Lists show a temperature and nothing else of a reading. */
  private readonly temperatures = rowLoader<number, { id: number; temperature: number | null }>(
    (ids) => tables(this.em).selectFrom('Snapshot').select(['id', 'temperature']).where('id', 'in', ids).execute(),
    (row) => row.id,
  )
  private readonly documents = rowLoader<string, Row<SmartDocument>>(
    (ids) => selectRows(this.em, SmartDocument, 'id', ids),
    (document) => document.id,
  )

  list({ filter, orderBy, reverse, includeArchived, ...page }: DiskQuery): Promise<Page<Row<Disk>>> {
    const query = disksThat(this.em, filter, { includeArchived, now: this.clock() })
    return this.page(query, page, orderBy, reverse)
  }

  /** Disks with a finding, the worst first, those of silent machines too. */
  atRisk(page: PageArgs): Promise<Page<Row<Disk>>> {
    const findings = [Health.WARNING, Health.AT_RISK, Health.FAILED]
    const query = inService(tables(this.em).selectFrom('Disk')).where('health', 'in', findings)
    return this.page(query, page, DiskOrder.WORST_FIRST)
  }

  moved(page: PageArgs): Promise<Page<Row<Disk>>> {
    return this.list({
      ...page,
      filter: { moved: true },
      orderBy: DiskOrder.LAST_SEEN,
      reverse: false,
      includeArchived: false,
    })
  }

  private page(query: Disks, page: PageArgs, orderBy: DiskOrder, reverse = false): Promise<Page<Row<Disk>>> {
    const order = orderOfDisks(orderBy, reverse, this.clock())
    return seekPage(this.em, { query, ...order }, page, (ids: string[]) => this.loadAll(ids))
  }

  async loadAll(ids: readonly string[]): Promise<Row<Disk>[]> {
    if (ids.length === 0) return []
    const disks = inOrder(ids, await selectRows(this.em, Disk, 'id', ids))
    for (const disk of disks) this.byId.prime(disk.id, disk)
    return disks
  }

  async load(id: string): Promise<Row<Disk>> {
    const disk = await this.byId.load(id)
    if (!disk) throw new NotFoundError('disk', `the id ${id}`)
    return disk
  }

  /** A serial is compared as disks are: without regard to case and blanks. */
  async one({ id, serial }: { id?: string | null; serial?: string | null }): Promise<Row<Disk>> {
    if (id) return this.load(id)
    if (!serial) throw new InvalidInputError('id', 'or serial must be given', 'Ask for disk(id: …) or disk(serial: …).')
    const key = serialKey(serial)
    const found = key ? await selectRows(this.em, Disk, 'serialKey', [key]) : []
    const inService = found.filter((disk) => disk.archivedAt === null)
    const candidates = inService.length ? inService : found
    if (candidates.length > 1) {
      throw new AmbiguousError(
        'disk',
        `the serial number "${serial}"`,
        candidates.map((disk) => disk.id),
      )
    }
    if (!candidates[0]) throw new NotFoundError('disk', `the serial number "${serial}"`)
    return candidates[0]
  }

  async countByHealth(): Promise<HealthCount[]> {
    const rows = await inService(tables(this.em).selectFrom('Disk'))
      .select((eb) => [shownHealthSql(eb, this.clock()).as('shown'), eb.fn.countAll<number>().as('count')])
      .groupBy('shown')
      .execute()
    const counts = new Map(rows.map(({ shown, count }) => [shown, count]))
    return Object.values(Health).map((health) => ({ health, count: counts.get(health) ?? 0 }))
  }

  verdict(disk: Row<Disk>): Verdict {
    return shownHealth(disk, this.clock())
  }

  inMachine(machineId: string): Promise<Row<Disk>[]> {
    return this.byMachine.load(machineId)
  }

  staysOf(diskId: string): Promise<Row<DiskStay>[]> {
    return this.stays.load(diskId)
  }

  /** The first and the newest reading of the last 400 days that tell what is used up, by one index look-up each. */
  private readonly wears = groupLoader<string, { disk: string; at: Date; used: number }>(
    async (ids) => {
      const since = new Date(this.clock().getTime() - 400 * DAY)
      const rows = await tables(this.em)
        .selectFrom('Disk')
        .innerJoin('Snapshot', (join) =>
          join.on((eb) => eb('Snapshot.id', 'in', [wearReading(eb, since, 'asc'), wearReading(eb, since, 'desc')])),
        )
        .select(['Snapshot.disk', 'Snapshot.at', 'Snapshot.percentageUsed'])
        .where('Disk.id', 'in', ids)
        .orderBy('Snapshot.at')
        .execute()
      return rows.flatMap(({ disk, at, percentageUsed: used }) => (used === null ? [] : [{ disk, at, used }]))
    },
    (reading) => reading.disk,
  )

  /** Null where nothing tells how much of its life is used, as for disks that turn. */
  async wear({ id }: Row<Disk>): Promise<DiskWear | null> {
    const readings = await this.wears.load(id)
    const [oldest, newest] = [readings[0], readings.at(-1)]
    return oldest && newest ? wearOf(oldest, newest) : null
  }

  async lastReading(disk: Row<Disk>): Promise<Row<Snapshot> | null> {
    return disk.lastSnapshot ? this.snapshots.load(disk.lastSnapshot) : null
  }

  async temperature(disk: Row<Disk>): Promise<number | null> {
    return disk.lastSnapshot ? ((await this.temperatures.load(disk.lastSnapshot))?.temperature ?? null) : null
  }

  snapshotsOf(diskId: string, page: PageArgs): Promise<Page<Row<Snapshot>>> {
    const query = tables(this.em).selectFrom('Snapshot').where('disk', '=', diskId)
    return seekPage(this.em, { query, order: ['at', 'id'], direction: 'desc' }, page, async (ids: number[]) =>
      inOrder(ids, await selectRows(this.em, Snapshot, 'id', ids)),
    )
  }

  async documentOf({ document }: Row<Snapshot>): Promise<Row<SmartDocument> | null> {
    return document ? this.documents.load(document) : null
  }

  async textOf(document: Row<SmartDocument>): Promise<string> {
    return (await inflate(document.content)).toString()
  }

  /** The attributes of the newest document with names, thresholds and flags. */
  async newestFacts(disk: Row<Disk>): Promise<SmartFacts | null> {
    const document = disk.lastDocument ? await this.documents.load(disk.lastDocument) : null
    return document ? readSmartctl(readJson(await this.textOf(document))) : null
  }

  /** One counter over time, at most 500 points, no step hidden. */
  async history(diskId: string, { attribute, from, to, isNormalised }: HistoryQuery): Promise<Point[]> {
    if (!isPlainText(attribute, 40) || !/^\w+$/.test(attribute)) {
      throw new InvalidInputError('attribute', 'is no code of an attribute', 'Ask for one like "5" or "media_errors".')
    }
    const until = to ?? this.clock()
    const since = from ?? new Date(until.getTime() - 365 * DAY)
    const column = isNormalised ? undefined : COLUMNS.get(attribute)
    const readings = await tables(this.em)
      .selectFrom('Snapshot')
      .select((eb) => ['at', (column ? eb.ref(column) : counterOf(eb, attribute, isNormalised)).as('counted')])
      .where('disk', '=', diskId)
      .where('at', '>=', since)
      .where('at', '<=', until)
      .orderBy('at')
      .orderBy('id')
      .execute()
    return thinned(readings.map(({ at, counted }) => ({ at, value: counted === null ? null : Number(counted) })))
  }

  private reload(id: string): Promise<Row<Disk>> {
    this.byId.clear(id)
    return this.load(id)
  }

  /** All of them or, where one is unknown, none. Errors: NOT_FOUND, BAD_USER_INPUT for more than a page. */
  async archive(ids: readonly string[], actor: string | null): Promise<Row<Disk>[]> {
    const wanted = [...new Set(ids)]
    if (wanted.length > LARGEST_PAGE)
      throw new InvalidInputError('ids', `are more than ${LARGEST_PAGE}`, 'Retire them in parts.')
    const at = this.clock()
    await this.transact(this.em, async ({ em, tell }) => {
      for (const id of wanted) {
        const disk = await requireRow(em, Disk, id, 'disk')
        if (disk.archivedAt) continue
        await updateRow(em, Disk, id, { archivedAt: at })
        tell.disks.add(id)
        tell.machines.add(disk.machine)
        tell.event({
          type: EventType.DISK_ARCHIVED,
          severity: Severity.INFO,
          at,
          cause: EventCause.USER,
          actor,
          disk: id,
          machine: disk.machine,
          from: disk.machine,
        })
      }
    })
    for (const id of wanted) this.byId.clear(id)
    return this.loadAll(wanted)
  }

  /** Lives with a finding until it grows: it is told and no longer counted. Errors: BAD_USER_INPUT, NOT_FOUND. */
  accept(id: string, code: string, actor: string | null): Promise<Row<Disk>> {
    return this.change(id, EventType.FINDING_ACCEPTED, actor, ({ reasons, accepted }) => {
      const found = reasons.find((each) => each.code === code && !each.acceptedAt)
      const known = reasons.map((each) => each.code).join(', ') || 'none'
      if (!found)
        throw new InvalidInputError(
          'code',
          `is no finding of this disk that counts now (${known})`,
          'Choose one of these.',
        )
      if (found.severity === Severity.INFO)
        throw new InvalidInputError('code', 'is a remark, which is never counted', 'There is nothing to accept.')
      if (found.severity === Severity.FAILED)
        throw new InvalidInputError(
          'code',
          'is the disk’s own word that it fails, which cannot be accepted',
          'Replace the disk; its alert can be acknowledged.',
        )
      const own = {
        code: found.code,
        severity: found.severity,
        subject: found.subject,
        value: found.value,
        at: this.clock().toISOString(),
        by: actor,
      }
      return { found, accepted: [...accepted.filter((each) => !isAbout(each, found)), own] }
    })
  }

  /** Counts an accepted finding again. Errors: BAD_USER_INPUT, NOT_FOUND. */
  countAgain(id: string, code: string, actor: string | null): Promise<Row<Disk>> {
    return this.change(id, EventType.FINDING_COUNTED, actor, ({ reasons, accepted }) => {
      const found = reasons.find((each) => each.code === code && each.acceptedAt)
      if (!found)
        throw new InvalidInputError(
          'code',
          'is no accepted finding of this disk',
          'Ask for disk { reasons { code acceptedAt } }.',
        )
      return { found, accepted: accepted.filter((each) => !isAbout(each, found)) }
    })
  }

  private async change(
    id: string,
    type: EventType,
    actor: string | null,
    decide: (disk: Row<Disk>) => { found: Reason; accepted: AcceptedFinding[] },
  ): Promise<Row<Disk>> {
    await this.transact(this.em, async ({ em, tell }) => {
      const disk = await requireRow(em, Disk, id, 'disk')
      const { found, accepted } = decide(disk)
      const { acceptedAt: _before, ...bare } = found
      const reasons = disk.reasons.map((each) => (each === found ? bare : each))
      const { verdict } = withAccepted({ health: healthBy(reasons), reasons }, accepted)
      await updateRow(em, Disk, id, { ...verdict, accepted })
      tell.disks.add(id)
      const about = { at: this.clock(), cause: EventCause.USER, actor, disk: id, machine: disk.machine }
      tell.event({ ...about, type, severity: Severity.INFO, facts: { reasons: [bare], device: disk.device } })
      if (verdict.health === disk.health) return
      tell.event({
        ...about,
        type: EventType.HEALTH_CHANGED,
        severity: HEALTH_SEVERITY[verdict.health],
        from: disk.health,
        to: verdict.health,
        facts: { reasons: verdict.reasons, device: disk.device },
      })
    })
    return this.reload(id)
  }

  /** Gives a disk a name or place of its owner's; null takes it back. */
  async label(id: string, label: string | null): Promise<Row<Disk>> {
    const trimmed = label?.trim() || null
    if (trimmed && !isPlainText(trimmed, 64)) {
      throw new InvalidInputError('label', 'must be one line of at most 64 characters', 'Choose a shorter one.')
    }
    await this.transact(this.em, async ({ em, tell }) => {
      await requireRow(em, Disk, id, 'disk')
      await updateRow(em, Disk, id, { label: trimmed })
      tell.disks.add(id)
    })
    return this.reload(id)
  }
}

const wearReading = (eb: ExpressionBuilder<Tables, 'Disk'>, since: Date, direction: 'asc' | 'desc') =>
  eb
    .selectFrom('Snapshot as reading')
    .select('reading.id')
    .whereRef('reading.disk', '=', 'Disk.id')
    .where('reading.percentageUsed', 'is not', null)
    .where('reading.at', '>=', since)
    .orderBy('reading.at', direction)
    .limit(1)

const paths = new Intl.Collator('en', { numeric: true })
const byPath = (a: Row<Disk>, b: Row<Disk>): number =>
  paths.compare(a.path ?? '', b.path ?? '') || (a.id < b.id ? -1 : 1)

/** Values that are columns of a snapshot, beside the counters in its document. */
const COLUMNS = new Map(
  Object.entries({
    temperature: 'temperature',
    power_on_hours: 'powerOnHours',
    reallocated: 'reallocated',
    pending: 'pending',
    uncorrectable: 'uncorrectable',
    percentage_used: 'percentageUsed',
    media_errors: 'mediaErrors',
  } as const),
)

/** A counter's normalised or raw value; they are a list, which the builder knows, and not the pair that it is. */
const counterOf = (eb: ExpressionBuilder<Tables, 'Snapshot'>, code: string, isNormalised: boolean) => {
  const values: TraversedJSONPathBuilder<Counters | null, Counters[string][number][] | null> = eb
    .ref('counters', '->>')
    .key(code)
  return values.at(isNormalised ? 0 : 1)
}

export const countersAsList = (
  counters: Counters | null,
): { code: string; value: number | null; raw: number | null }[] =>
  Object.entries(counters ?? {}).map(([code, [value, raw]]) => ({ code, value, raw }))
