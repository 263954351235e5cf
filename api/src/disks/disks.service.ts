import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import type { ExpressionBuilder, TraversedJSONPathBuilder } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import { AmbiguousError, InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { type Point, thinned } from './attribute-history.ts'
import { COUNTED, type CounterStep, stepsIn } from './counter-steps.ts'
import { DiskStay } from './disk-stay.entity.ts'
import { Disk } from './disk.entity.ts'
import { Health, type Verdict } from './health.ts'
import { DiskOrder, type DiskQuery, type Disks, disksThat, orderOfDisks } from './disk-list.ts'
import { shownHealthSql } from './health-sql.ts'
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

  /**
   * Where its counters of damage rose or fell, the newest first. The database looks for them, so that what is carried
   * over grows with the steps and not with the readings.
   */
  async steps(diskId: string): Promise<CounterStep[]> {
    const rows = await tables(this.em)
      .selectFrom((eb) =>
        eb
          .selectFrom('Snapshot')
          .select((reading) => [
            'at',
            'id',
            ...COUNTED.map((counter) => reading.ref(counter).as(`${counter}Now`)),
            ...COUNTED.map((counter) =>
              reading.fn
                .agg<number | null>('lag', [counter])
                .over((over) => over.orderBy('at').orderBy('id'))
                .as(`${counter}Before`),
            ),
          ])
          .where('disk', '=', diskId)
          .where((reading) => reading.or(COUNTED.map((counter) => reading(counter, 'is not', null))))
          .as('reading'),
      )
      .selectAll()
      .where((eb) =>
        eb.or(COUNTED.map((counter) => eb(`${counter}Now`, 'is distinct from', eb.ref(`${counter}Before`)))),
      )
      .orderBy('at')
      .orderBy('id')
      .execute()
    return stepsIn(rows)
  }

  /** As they are now, also for who asked before they changed. */
  reload(ids: readonly string[]): Promise<Row<Disk>[]> {
    for (const id of ids) this.byId.clear(id)
    return this.loadAll(ids)
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
