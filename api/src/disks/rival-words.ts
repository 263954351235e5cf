import type { EntityManager } from '../database/database.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { Machine } from '../machines/machine.entity.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import type { DiskStay } from './disk-stay.entity.ts'
import { ReadingOutcome } from './disk-words.ts'
import { HEALTH_RANK, type Verdict, worstHealth } from './health.ts'
import { worstFirst } from './judge.ts'
import { reason } from './rules/rule.ts'

/** What tells of the place and the moment, and not of the disk. */
const MOMENTARY = new Set<string>([
  'TEMPERATURE_HIGH',
  'TEMPERATURE_CRITICAL',
  'NVME_WARNING_TEMPERATURE',
  'CRC_ERRORS_GROWING',
  'COMMAND_TIMEOUTS_GROWING',
  'POOL_MEMBER_DEGRADED',
  'POOL_MEMBER_ERRORS',
])

/** What another machine says of a disk that it may still have. */
export interface RivalWord extends Verdict {
  hostname: string
}

/**
 * The newest verdict of each other machine that has not given a disk up: it still reports, and its newest report was not
 * without the disk. A machine that fell silent, or that has reported without the disk, has no say any more.
 */
export async function rivalWords(
  em: EntityManager,
  stays: ReadonlyMap<string, readonly Row<DiskStay>[]>,
  machineId: string,
  now: Date,
): Promise<Map<string, RivalWord[]>> {
  const others = [...stays.values()].flat().filter((stay) => stay.machine !== machineId)
  const words = new Map<string, RivalWord[]>()
  if (others.length === 0) return words
  const machines = new Map(
    (await selectRows(em, Machine, 'id', [...new Set(others.map((stay) => stay.machine))])).map((row) => [row.id, row]),
  )
  for (const stay of others) {
    const machine = machines.get(stay.machine)
    const hasIt =
      machine &&
      machine.archivedAt === null &&
      machine.silentAt > now &&
      // A report that could not tell of disks was not without it.
      (machine.disksToldAt === null || machine.disksToldAt <= stay.lastSeenAt)
    if (!hasIt) continue
    const word = await wordOf(em, stay.disk, stay.machine)
    if (!word) continue
    const reasons = word.reasons.filter(({ code }) => !MOMENTARY.has(code))
    const health = reasons.length < word.reasons.length ? worstHealth(reasons) : word.health
    words.set(stay.disk, [...(words.get(stay.disk) ?? []), { health, reasons, hostname: machine.hostname ?? '?' }])
  }
  return words
}

/** The newest verdict by one machine's own readings; null = it has read none. */
export async function wordOf(em: EntityManager, diskId: string, machineId: string): Promise<Verdict | null> {
  const word = await tables(em)
    .selectFrom('Snapshot')
    .select(['health', 'reasons'])
    .where('disk', '=', diskId)
    .where('machine', '=', machineId)
    .where('outcome', '=', ReadingOutcome.READ)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return word ?? null
}

/** Whether what is shown of a disk is another machine's word. */
export const isAnothersWord = (reasons: readonly Reason[]): boolean =>
  reasons.some(({ code }) => code === 'CLAIMED_BY_TWO')

/** Of a disk that two machines claim the worst word counts until it is settled: who copies a serial heals nothing. */
export function worstWord(own: Verdict, rivals: readonly RivalWord[]): Verdict {
  const worst = rivals.toSorted((a, b) => HEALTH_RANK[b.health] - HEALTH_RANK[a.health])[0]
  if (!worst || HEALTH_RANK[worst.health] <= HEALTH_RANK[own.health] || HEALTH_RANK[worst.health] < HEALTH_RANK.WARNING)
    return own
  const claimed = reason('CLAIMED_BY_TWO', Severity.INFO, null, null, worst.hostname)
  return { health: worst.health, reasons: worstFirst([...worst.reasons, claimed]) }
}
