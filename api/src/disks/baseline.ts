import type { ExpressionBuilder, NotNull } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { type Tables, tables } from '../database/tables.ts'
import { DAY } from '../platform/clock.ts'
import type { Counters } from './snapshot.entity.ts'

export interface PastReading {
  at: Date
  counters: Counters
  /** When those were read that the reading of `at` lacks. */
  later?: ReadonlyMap<string, Date>
}

/** What a disk counted before, by the oldest reading of that time: "grows" is told against it. Null = there is none. */
export interface Baseline {
  week: PastReading | null
  month: PastReading | null
  /** Of the last 400 days: a disk that is read now and then has one that is a whole year old. */
  year: PastReading | null
}

export const NO_BASELINE: Baseline = { week: null, month: null, year: null }

const DAYS: Record<keyof Baseline, number> = { week: 7, month: 30, year: 400 }

const oldestReading = (eb: ExpressionBuilder<Tables, 'Disk'>, since: Date, before: Date) =>
  eb
    .selectFrom('Snapshot as reading')
    .select('reading.id')
    .whereRef('reading.disk', '=', 'Disk.id')
    .where('reading.at', '>=', since)
    .where('reading.at', '<', before)
    .where('reading.counters', 'is not', null)
    .orderBy('reading.at')
    .limit(1)

/** The oldest counters of the 7, 30 and 400 days before `at`, by one index look-up each. */
export async function baselinesOf(em: EntityManager, diskIds: string[], at: Date): Promise<Map<string, Baseline>> {
  if (diskIds.length === 0) return new Map()
  const ago = (days: number): Date => new Date(at.getTime() - days * DAY)
  const readings = await tables(em)
    .selectFrom('Disk')
    .innerJoin('Snapshot', (join) =>
      join.on((eb) =>
        eb(
          'Snapshot.id',
          'in',
          Object.values(DAYS).map((days) => oldestReading(eb, ago(days), at)),
        ),
      ),
    )
    .select(['Snapshot.disk', 'Snapshot.at', 'Snapshot.counters'])
    .$narrowType<{ counters: NotNull }>()
    .where('Disk.id', 'in', diskIds)
    .orderBy('Snapshot.at')
    .execute()
  const oldest = (past: readonly PastReading[], days: number): PastReading | null =>
    past.find((reading) => reading.at >= ago(days)) ?? null
  return new Map(
    [...Map.groupBy(readings, ({ disk }) => disk)].map(([disk, past]) => [
      disk,
      { week: oldest(past, DAYS.week), month: oldest(past, DAYS.month), year: oldest(past, DAYS.year) },
    ]),
  )
}

/**
 * The baselines with the counters that they lack and a new reading has: of a disk whose oldest reading was a poor one,
 * growth would go unseen for as long as that one is the oldest. `counters` are those of the new reading.
 */
export async function withOlderCounters(
  em: EntityManager,
  diskId: string,
  baseline: Baseline,
  counters: Counters,
  at: Date,
): Promise<Baseline> {
  const filled = { ...baseline }
  for (const name of ['week', 'month'] as const) {
    const past = baseline[name]
    const lacking = past === null ? [] : Object.keys(counters).filter((code) => past.counters[code] === undefined)
    if (past === null || lacking.length === 0) continue
    const readings = await tables(em)
      .selectFrom('Snapshot')
      .select(['at', 'counters'])
      .$narrowType<{ counters: NotNull }>()
      .where('disk', '=', diskId)
      .where('at', '>', past.at)
      .where('at', '<', at)
      .where('counters', 'is not', null)
      .orderBy('at')
      .execute()
    const found = lacking.flatMap((code) => {
      const first = readings.find((reading) => reading.counters[code] !== undefined)
      const counter = first?.counters[code]
      return counter ? [{ code, counter, at: first.at }] : []
    })
    filled[name] = {
      at: past.at,
      counters: { ...Object.fromEntries(found.map(({ code, counter }) => [code, counter])), ...past.counters },
      later: new Map(found.map((each) => [each.code, each.at])),
    }
  }
  return filled
}
