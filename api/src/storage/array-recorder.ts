import type { EntityManager } from '../database/database.ts'
import { type Row, saveRows, selectRows } from '../database/rows.ts'
import { Health, HEALTH_RANK, HEALTH_SEVERITY, worstHealth } from '../disks/health.ts'
import { worstFirst } from '../disks/judge.ts'
import { reason } from '../disks/rules/rule.ts'
import { TELLING } from '../disks/silent-disk.ts'
import { graveNews } from '../disks/worsening.ts'
import { utcMinute } from '../platform/clock.ts'
import { EventCause, type EventFacts, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/outbox.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import { type ArrayFacts, ArrayKind, withKnown } from './array-rules.ts'
import { btrfsKey } from './btrfs-name.ts'
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
    const byKey = new Map(known.map((row) => [keyOf(row), row]))
    const event = (
      row: Row<StorageArray>,
      type: EventType,
      severity: Severity,
      from: Health | null = null,
      more: Pick<EventFacts, 'worse'> = {},
    ): void => {
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
          ...more,
        },
      })
    }
    const changed: Row<StorageArray>[] = []
    for (const told of new Map(arrays.map((each) => [keyOf(each), each])).values()) {
      const before = byKey.get(keyOf(told)) ?? null
      const facts = withKnown(told, before)
      if (!facts) continue
      const { untold: _untold, onlyDevices, ...shown } = facts
      // A btrfs of one device is a file system like any other, unless it had more or something is wrong with it.
      const isPlain = facts.kind === ArrayKind.BTRFS && (facts.expectedMembers ?? 0) < 2 && facts.health === Health.OK
      if (!before && isPlain) continue
      const mostMembers = Math.max(before?.mostMembers ?? 0, facts.workingMembers ?? 0) || null
      const row = before ?? {
        id: newId(),
        machine: machineId,
        firstSeenAt: at,
        mostMembers,
        ...shown,
        lastSeenAt: at,
        goneSince: null,
        unanswered: 0,
        unansweredSince: null,
      }
      const was = before && { ...before }
      const isBack = row.goneSince !== null
      // Its alert is known by its name.
      if (was && was.name !== shown.name && HEALTH_RANK[was.health] >= HEALTH_RANK.WARNING)
        event(row, EventType.ARRAY_FORGOTTEN, Severity.INFO)
      Object.assign(row, shown, {
        mostMembers: onlyDevices ? row.mostMembers : mostMembers,
        lastSeenAt: at,
        goneSince: null,
        unanswered: 0,
        unansweredSince: null,
      })
      changed.push(row)
      if (isBack) event(row, EventType.ARRAY_BACK, Severity.INFO)
      this.tellChange(row, was, event)
    }
    for (const row of known) {
      if (changed.includes(row) || row.goneSince !== null) continue
      if (unanswered.has(row.kind)) {
        const was = { ...row }
        Object.assign(row, withoutAnswer(row, at))
        changed.push(row)
        this.tellChange(row, was, event)
        continue
      }
      if (!told.has(row.kind)) continue
      row.goneSince = at
      changed.push(row)
      event(row, EventType.ARRAY_GONE, Severity.WARNING)
    }
    await saveRows(this.em, StorageArray, changed)
  }

  /** What changed of it, where somebody must hear of that. */
  private tellChange(
    row: Row<StorageArray>,
    was: Row<StorageArray> | null,
    event: (row: Row<StorageArray>, type: EventType, severity: Severity, from: Health | null, more?: object) => void,
  ): void {
    // What stands when it comes back, or bears another name, is told anew: its alert was closed.
    const isNew = was === null || was.goneSince !== null || was.name !== row.name
    const isBad = HEALTH_RANK[row.health] >= HEALTH_RANK.WARNING
    const tell = (from: Health | null, more = {}): void =>
      event(row, EventType.ARRAY_CHANGED, HEALTH_SEVERITY[row.health], from, more)
    if (isNew && isBad) tell(null)
    else if (was && was.health !== row.health) tell(was.health)
    else if (was && isNotAnswering(was) !== isNotAnswering(row)) tell(row.health)
    else if (was && graveNews(was.reasons, row.reasons).length > 0) tell(row.health, { worse: true })
  }
}

const isNotAnswering = ({ reasons }: Row<StorageArray>): boolean =>
  reasons.some(({ code }) => code === 'ARRAY_NOT_ANSWERING')

/** A btrfs may get another label, and stays the same. */
const keyOf = ({ kind, name }: Pick<ArrayFacts, 'kind' | 'name'>): string =>
  `${kind} ${kind === ArrayKind.BTRFS ? btrfsKey(name) : name}`
