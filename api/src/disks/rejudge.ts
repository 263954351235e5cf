import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import type { EntityManager } from '../database/database.ts'
import type { Transact } from '../events/outbox.ts'
import { findRows, type Row, selectRows, updateRow } from '../database/rows.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Clock } from '../platform/clock.ts'
import { withAccepted } from './accepted-findings.ts'
import { baselinesOf, NO_BASELINE, withOlderCounters } from './baseline.ts'
import { Disk } from './disk.entity.ts'
import { ReadingOutcome } from './disk-words.ts'
import { HEALTH_SEVERITY, type Verdict } from './health.ts'
import { Severity } from '../reasons/reason.ts'
import { isAnothersWord } from './rival-words.ts'
import { withAnswering } from './silent-disk.ts'
import { readJson } from '../platform/read-json.ts'
import { standingOf, withStanding } from './standing.ts'
import { withUnread } from './unread-findings.ts'
import { countersOf, judge, RULES_VERSION } from './judge.ts'
import type { SmartFacts } from './smart-facts.ts'
import { readSmartctl } from './smartctl.ts'
import { SmartDocument } from './smart-document.entity.ts'
import { Snapshot } from './snapshot.entity.ts'

const inflate = promisify(inflateRaw)
const AT_ONCE = 50

/**
 * Judges again the disks that older rules judged, from their newest document and reading. Each change is an event with
 * the cause RULES; one more tells of all of them. Old readings keep the verdict of their day.
 */
export async function rejudge(
  em: EntityManager,
  transact: Transact,
  clock: Clock,
  stopped: () => boolean,
  version = RULES_VERSION,
): Promise<number> {
  let judged = 0
  let changed = 0
  let last = ''
  const failures: unknown[] = []
  while (!stopped()) {
    const fork = em.fork()
    const disks = await findRows(fork, Disk, (query) =>
      query.where('rulesVersion', '<', version).where('id', '>', last).orderBy('id').limit(AT_ONCE),
    )
    if (disks.length === 0) break
    last = disks.at(-1)?.id ?? last
    const newest = await newestOf(fork, disks)
    const verdicts = await Promise.allSettled(disks.map((disk) => verdictBy(fork, disk, newest)))
    // One that cannot be judged keeps its verdict, and nobody else from theirs.
    for (const answer of verdicts) if (answer.status === 'rejected') failures.push(answer.reason)
    changed += await transact(em, async ({ em: own, tell }) => {
      let count = 0
      const current = await selectRows(
        own,
        Disk,
        'id',
        disks.map(({ id }) => id),
      )
      for (const row of current) {
        const index = disks.findIndex(({ id }) => id === row.id)
        const answer = verdicts[index]
        if (answer?.status !== 'fulfilled') continue
        const verdict = answer.value
        // A report that came meanwhile was judged by the new rules.
        if (row.rulesVersion >= version || row.lastSnapshot !== (disks[index]?.lastSnapshot ?? null)) continue
        await updateRow(own, Disk, row.id, { ...(verdict ?? {}), rulesVersion: version })
        if (!verdict || verdict.health === row.health) continue
        count += 1
        tell.disks.add(row.id)
        tell.event({
          type: EventType.HEALTH_CHANGED,
          severity: HEALTH_SEVERITY[verdict.health],
          at: clock(),
          cause: EventCause.RULES,

          disk: row.id,
          machine: row.machine,
          from: row.health,
          to: verdict.health,
          facts: { reasons: verdict.reasons },
        })
      }
      return count
    })
    judged += disks.length
  }
  if (changed > 0) {
    await transact(em, async ({ tell }) => {
      tell.event({
        type: EventType.RULES_CHANGED,
        severity: Severity.INFO,
        at: clock(),
        cause: EventCause.RULES,
        facts: { count: changed },
      })
    })
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} disks could not be judged anew`)
  return judged
}

/** What disks were read last, by the ids that they point to. */
interface Newest {
  documents: Map<string | null, Row<SmartDocument>>
  readings: Map<number | null, Row<Snapshot>>
}

async function newestOf(em: EntityManager, disks: Row<Disk>[]): Promise<Newest> {
  const ids = <T>(of: (disk: Row<Disk>) => T | null): T[] => disks.flatMap((disk) => of(disk) ?? [])
  const documents = await selectRows(
    em,
    SmartDocument,
    'id',
    ids(({ lastDocument }) => lastDocument),
  )
  const readings = await selectRows(
    em,
    Snapshot,
    'id',
    ids(({ lastSnapshot }) => lastSnapshot),
  )
  return {
    documents: new Map(documents.map((document) => [document.id, document])),
    readings: new Map(readings.map((reading) => [reading.id, reading])),
  }
}

/** Null where there is no document to judge by: a script's reading keeps its verdict. */
async function verdictBy(em: EntityManager, disk: Row<Disk>, newest: Newest): Promise<Verdict | null> {
  const document = newest.documents.get(disk.lastDocument)
  const reading = newest.readings.get(disk.lastSnapshot) ?? null
  if (!document || !disk.lastReadAt) return null
  const facts = readSmartctl(readJson((await inflate(document.content)).toString()))
  if (!facts) return null
  const oldest = (await baselinesOf(em, [disk.id], disk.lastReadAt)).get(disk.id) ?? NO_BASELINE
  const history = await withOlderCounters(em, disk.id, oldest, countersOf(facts), disk.lastReadAt)
  const presentCodes = disk.reasons.map(({ code }) => code)
  const judged = judge({
    facts: asRead(facts, reading),
    type: disk.type,
    at: disk.lastReadAt,
    history,
    presentCodes,
  })
  // Of a disk that two machines claim the newest reading's own findings, not the word of the other.
  const reasons = isAnothersWord(disk.reasons) ? (reading?.reasons ?? []) : disk.reasons
  const before = { reasons, lastReadAt: disk.lastReadAt }
  const cause = reading?.cause ?? null
  const found = withStanding(withAnswering(withUnread(judged, before, facts), disk, cause), standingOf(disk.reasons))
  return withAccepted(found, disk.accepted).verdict
}

/** The document may be a day older than the reading: what always changes is taken from the reading. */
function asRead(facts: SmartFacts, reading: Row<Snapshot> | null): SmartFacts {
  if (reading?.outcome !== ReadingOutcome.READ) return facts
  return { ...facts, temperature: reading.temperature, powerOnHours: reading.powerOnHours }
}
