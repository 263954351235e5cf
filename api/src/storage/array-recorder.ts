import type { EntityManager } from '../database/database.ts'
import { type Row, saveRows, selectRows } from '../database/rows.ts'
import { Health, HEALTH_RANK, HEALTH_SEVERITY, worstHealth } from '../disks/health.ts'
import { worstFirst } from '../disks/judge.ts'
import { reason } from '../disks/rules/rule.ts'
import { TELLING } from '../disks/silent-disk.ts'
import { utcMinute } from '../platform/clock.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/outbox.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import { againstBest, type ArrayFacts, ArrayKind } from './array-rules.ts'
import { StorageArray } from './storage-array.entity.ts'

export interface ArrayReport {
  machineId: string
  hostname: string | null
  at: Date
  arrays: ArrayFacts[]
  /** Of which kinds the report could tell: an array of these that it is without is gone, others stay as they were. */
  told: ReadonlySet<ArrayKind>
  /** Of which kinds the tool was asked and did not answer. */
  unanswered: ReadonlySet<ArrayKind>
}

/**
 * What is left of an array whose tool did not answer: what was told last, and from the second time on that it is old. A pool
 * that hangs makes `zpool status` hang too.
 */
function withoutAnswer(
  { unanswered, unansweredSince, reasons }: Row<StorageArray>,
  at: Date,
): Pick<Row<StorageArray>, 'unanswered' | 'unansweredSince' | 'reasons' | 'health'> {
  const since = unansweredSince ?? at
  const own = reasons.filter(({ code }) => code !== 'ARRAY_NOT_ANSWERING')
  const silence = reason('ARRAY_NOT_ANSWERING', Severity.WARNING, null, null, utcMinute(since))
  const all = worstFirst(unanswered + 1 < TELLING ? own : [...own, silence])
  return { unanswered: unanswered + 1, unansweredSince: since, reasons: all, health: worstHealth(all) }
}

/** Records the arrays of one report inside of its transaction. */
export class ArrayRecorder {
  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {}

  async record({ machineId, hostname, at, arrays, told, unanswered }: ArrayReport): Promise<void> {
    const known = await selectRows(this.em, StorageArray, 'machine', [machineId])
    const key = ({ kind, name }: Pick<ArrayFacts, 'kind' | 'name'>): string => `${kind} ${name}`
    const byKey = new Map(known.map((row) => [key(row), row]))
    const event = (row: Row<StorageArray>, type: EventType, severity: Severity, from: Health | null = null): void => {
      this.tell.machines.add(machineId)
      this.tell.event({
        type,
        severity,
        at,
        cause: EventCause.READING,
        machine: machineId,
        from,
        to: row.health,
        facts: {
          hostname,
          name: row.name,
          kind: row.kind,
          ...(type === EventType.ARRAY_CHANGED ? { reasons: row.reasons } : {}),
        },
      })
    }
    const changed: Row<StorageArray>[] = []
    for (const told of new Map(arrays.map((each) => [key(each), each])).values()) {
      const before = byKey.get(key(told))
      // A btrfs of one device is a file system like any other, unless it had more.
      if (!before && told.kind === ArrayKind.BTRFS && (told.expectedMembers ?? 0) < 2) continue
      const facts = againstBest(told, before?.mostMembers ?? null)
      const mostMembers = Math.max(before?.mostMembers ?? 0, facts.workingMembers ?? 0) || null
      const row = before ?? {
        id: newId(),
        machine: machineId,
        firstSeenAt: at,
        mostMembers,
        ...facts,
        lastSeenAt: at,
        goneSince: null,
        unanswered: 0,
        unansweredSince: null,
      }
      const from = before?.health ?? null
      const isBack = row.goneSince !== null
      Object.assign(row, facts, { mostMembers, lastSeenAt: at, goneSince: null, unanswered: 0, unansweredSince: null })
      changed.push(row)
      if (isBack) event(row, EventType.ARRAY_BACK, Severity.INFO)
      // What stands when it comes back is told anew: its alert may have been closed with its machine.
      const known = isBack && HEALTH_RANK[row.health] >= HEALTH_RANK.WARNING ? null : from
      if (row.health !== known && !(known === null && HEALTH_RANK[row.health] < HEALTH_RANK.WARNING))
        event(row, EventType.ARRAY_CHANGED, HEALTH_SEVERITY[row.health], known)
    }
    for (const row of known) {
      if (changed.includes(row) || row.goneSince !== null) continue
      if (unanswered.has(row.kind)) {
        const from = row.health
        Object.assign(row, withoutAnswer(row, at))
        changed.push(row)
        if (row.health !== from) event(row, EventType.ARRAY_CHANGED, HEALTH_SEVERITY[row.health], from)
        continue
      }
      if (!told.has(row.kind)) continue
      row.goneSince = at
      changed.push(row)
      event(row, EventType.ARRAY_GONE, Severity.WARNING)
    }
    await saveRows(this.em, StorageArray, changed)
  }
}
