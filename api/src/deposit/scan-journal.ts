import { BackupStatus } from '../backups/backup-status.ts'
import { RunOutcome } from '../backups/backup-run.entity.ts'
import type { EntityManager } from '../database/database.ts'
import { insertRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell, Transact } from '../events/outbox.ts'
import { DAY, HOUR, MINUTE } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import { Scan, Scanner as ScannerRow, ScanOutcome } from './scan.entity.ts'
import type { Counts, ScanContext } from './scan-context.ts'
import { readScannerRow } from './scanner-row.ts'
import { troublesAfter } from './troubles.ts'

// What is written down of each scan, and what of it somebody is told.

/** A run whose file has not come for a week is not looked for any more. */
const GIVE_UP_AFTER = 7 * DAY
const KEEP_SCANS = 30 * DAY

/** Without a scan for so long, somebody is told: at least an hour. */
export const awayAfter = (intervalMinutes: number): number => Math.max(HOUR, 3 * intervalMinutes * MINUTE)

export const emptyCounts = (): Counts => ({
  foldersRead: 0,
  foldersUnchanged: 0,
  runsRecorded: 0,
  reportsRefused: 0,
  filesRead: 0,
  filesPromoted: 0,
  filesQuarantined: 0,
  filesWaiting: 0,
  entriesOpened: 0,
  entriesJudged: 0,
  entriesMissing: 0,
})

/** Begins a scan; those that a crash cut off will not end any more. */
export async function beginScan(em: EntityManager, tell: Tell, trigger: string, startedAt: Date): Promise<Row<Scan>> {
  const scan = { id: newId(), trigger, startedAt, endedAt: null, outcome: null, trouble: null, ...emptyCounts() }
  await tables(em).updateTable('Scan').set({ endedAt: startedAt }).where('endedAt', 'is', null).execute()
  await insertRows(em, Scan, [scan])
  tell.scans.add(scan.id)
  return scan
}

/** Vigie was off, or its scheduler stood still: what came due meanwhile is judged late, and somebody should know. */
export async function noticeAbsence({ write, em, clock }: ScanContext, intervalMinutes: number): Promise<void> {
  const now = clock()
  // Called as the column, it is converted as the column.
  const { endedAt: last } = await tables(em)
    .selectFrom('Scan')
    .select((eb) => eb.fn.max('endedAt').as('endedAt'))
    .executeTakeFirstOrThrow()
  const away = last ? now.getTime() - last.getTime() : 0
  if (away < awayAfter(intervalMinutes)) return
  await write(async ({ tell }) =>
    tell.event({
      type: EventType.SCANNER_AWAY,
      severity: Severity.WARNING,
      at: now,
      cause: EventCause.READING,
      facts: { count: Math.round(away / MINUTE), lastSeenAt: last?.toISOString() ?? '' },
    }),
  )
}

/** Ends a scan. `outcome` null = it failed, or was stopped: then nothing is told. */
export async function endScan(
  { write, clock }: ScanContext,
  scan: Row<Scan>,
  {
    outcome,
    troubles,
    isStopped,
  }: { outcome: ScanOutcome | null; troubles: ReadonlyMap<string, string>; isStopped: boolean },
): Promise<void> {
  const endedAt = clock()
  const trouble = [...troubles.values()][0]?.slice(0, 500) ?? null
  await write(async ({ em, tell }) => {
    const row = await readScannerRow(em)
    const [stored] = await selectRows(em, Scan, 'id', [scan.id])
    if (stored) await saveRows(em, Scan, [Object.assign(stored, { ...scan, endedAt, outcome, trouble })])
    tell.scans.add(scan.id)
    if (!row || isStopped) return
    const { now, begun, over } = troublesAfter(row.troubles, troubles, {
      sawAll: outcome === ScanOutcome.DONE,
      at: endedAt,
    })
    const event = { at: endedAt, cause: EventCause.READING }
    for (const { cause, text } of begun)
      tell.event({
        ...event,
        type: EventType.SCANNER_BLIND,
        severity: Severity.AT_RISK,
        facts: { name: cause, detail: text },
      })
    for (const { cause, text } of over)
      tell.event({
        ...event,
        type: EventType.SCANNER_SEES,
        severity: Severity.INFO,
        facts: { name: cause, detail: text },
      })
    row.troubles = now
    if (outcome === ScanOutcome.DONE && trouble === null) row.lastScanEndedAt = endedAt
    await saveRows(em, ScannerRow, [row])
  })
}

const STANDSTILL = 'standstill'

/** Tells once that scans stand still; the next one that ends, and saw everything, ends it. */
export async function tellStandstill(transact: Transact, em: EntityManager, now: Date, detail: string): Promise<void> {
  await transact(em, async ({ em: own, tell }) => {
    const row = await readScannerRow(own)
    if (!row || row.troubles.some(({ cause }) => cause === STANDSTILL)) return
    row.troubles = [...row.troubles, { cause: STANDSTILL, text: detail, since: now.toISOString() }]
    await saveRows(own, ScannerRow, [row])
    tell.event({
      type: EventType.SCANNER_BLIND,
      severity: Severity.AT_RISK,
      at: now,
      cause: EventCause.READING,
      facts: { name: STANDSTILL, detail },
    })
  })
}

/** What nobody looks for any more, and scans of long ago. */
export async function tidy(em: EntityManager, now: number): Promise<void> {
  await tables(em)
    .updateTable('BackupRun')
    .set({ isOpen: false })
    .where((eb) => eb.ref('isOpen'))
    .where('outcome', '=', RunOutcome.ACCEPTED)
    .where('status', '=', BackupStatus.TRANSFER_INTEGRITY_FAILED)
    .where('receivedAt', '<', new Date(now - GIVE_UP_AFTER))
    .execute()
  await tables(em)
    .deleteFrom('Scan')
    .where('startedAt', '<', new Date(now - KEEP_SCANS))
    .execute()
}
