import type { EntityManager } from '../database/database.ts'
import { type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, type EventFacts, EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { ThresholdKind, type Thresholds } from '../thresholds/threshold.ts'
import { readThresholds } from '../thresholds/thresholds.service.ts'
import { Machine } from '../machines/machine.entity.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import { Severity } from '../reasons/reason.ts'
import { MachineState } from './machine-state.entity.ts'

const TOLD_WITHIN = 2 * DAY
/** A night is enough for unattended upgrades to mend themselves. */
const TROUBLE_DAYS = 2
/** Machines looked at in one transaction: reports wait for milliseconds only. */
const AT_ONCE = 500

/**
 * Tells once of each machine whose security updates, or whose restart, wait for longer than they should; and of each whose
 * package manager has been in trouble for days, for then nobody knows what waits.
 */
export function noticeOverdue(em: EntityManager, transact: Transact, clock: Clock): Promise<number> {
  return transact(em, async (transaction) => {
    const at = clock()
    const thresholds = await readThresholds(transaction.em)
    const security = await lateSince(transaction.em, 'security', thresholds, at)
    for (const state of security) state.securityToldAt = at
    await tell(transaction, { states: security, type: EventType.SECURITY_OVERDUE, at }, (state) => ({
      ...(state.security === null ? {} : { count: state.security }),
      ...sinceOf(state.securitySince),
    }))
    const reboot = await lateSince(transaction.em, 'reboot', thresholds, at)
    for (const state of reboot) state.rebootToldAt = at
    await tell(transaction, { states: reboot, type: EventType.REBOOT_OVERDUE, at }, (state) => ({
      ...sinceOf(state.rebootSince),
      detail: detailOf(state),
    }))
    const trouble = await lateSince(transaction.em, 'trouble', thresholds, at)
    for (const state of trouble) state.troubleToldAt = at
    await tell(transaction, { states: trouble, type: EventType.UPDATES_BROKEN, at }, (state) => ({
      ...sinceOf(state.troubleSince),
      detail:
        state.updatesProblem ??
        (state.broken ?? [])
          .map(({ name }) => name)
          .join(', ')
          .slice(0, 500),
    }))
    for (const [what, type] of TOLERATED) {
      const tolerated = await toleratedOf(transaction.em, what, thresholds, at)
      for (const state of tolerated) state[`${what}ToldAt`] = null
      await tell(transaction, { states: tolerated, type, at }, (state) => sinceOf(state[`${what}Since`]))
    }
    return security.length + reboot.length + trouble.length
  })
}

const TOLERATED = [
  ['security', EventType.SECURITY_TOLERATED],
  ['reboot', EventType.REBOOT_TOLERATED],
] as const

const sinceOf = (since: Date | null): EventFacts => (since ? { since: since.toISOString() } : {})

const detailOf = ({ rebootReasons }: Row<MachineState>): string =>
  (rebootReasons ?? [])
    .flatMap(({ detail }) => detail ?? [])
    .join('; ')
    .slice(0, 500)

type What = 'security' | 'reboot' | 'trouble'
const LIMIT_OF = { security: ThresholdKind.SECURITY_DAYS, reboot: ThresholdKind.REBOOT_DAYS }

/** Null = nobody wants to hear of it. That nobody knows what waits is always told. */
const daysOf = (what: What, thresholds: Thresholds, tags: readonly string[]): number | null =>
  what === 'trouble' ? TROUBLE_DAYS : thresholds.of(LIMIT_OF[what], tags)

/** Those of machines in service that wait for longer than they should, and of which nobody was told. */
async function lateSince(
  em: EntityManager,
  what: What,
  thresholds: Thresholds,
  now: Date,
): Promise<Row<MachineState>[]> {
  const least = what === 'trouble' ? TROUBLE_DAYS : thresholds.least(LIMIT_OF[what])
  if (least === null) return []
  const waiting = await waitingOf(em, what)
    .where(`MachineState.${what}Since`, '<=', new Date(now.getTime() - least * DAY))
    .where(`MachineState.${what}ToldAt`, 'is', null)
    .where((eb) => {
      const within = new Date(now.getTime() - TOLD_WITHIN)
      // Of a machine that does not tell it any more it is not known whether it still waits; that it cannot be asked is told.
      if (what === 'security') return eb('MachineState.updatesAt', '>=', within)
      if (what === 'reboot') return eb('MachineState.rebootAt', '>=', within)
      return eb('Machine.silentAt', '>', now)
    })
    .execute()
  return rowsOf(
    em,
    waiting.filter((row) => isLate(row[`${what}Since`], daysOf(what, thresholds, row.tags), now)),
  )
}

/** Those that were told, and may wait longer by now: somebody moved the threshold. */
async function toleratedOf(
  em: EntityManager,
  what: What,
  thresholds: Thresholds,
  now: Date,
): Promise<Row<MachineState>[]> {
  const told = await waitingOf(em, what).where(`MachineState.${what}ToldAt`, 'is not', null).execute()
  return rowsOf(
    em,
    told.filter((row) => !isLate(row[`${what}Since`], daysOf(what, thresholds, row.tags), now)),
  )
}

const waitingOf = (em: EntityManager, what: What) =>
  tables(em)
    .selectFrom('MachineState')
    .innerJoin('Machine', 'Machine.id', 'MachineState.machine')
    .select(['MachineState.id', `MachineState.${what}Since`, 'Machine.tags'])
    .where('Machine.archivedAt', 'is', null)
    .where(`MachineState.${what}Since`, 'is not', null)

const isLate = (since: Date | null, days: number | null, now: Date): boolean =>
  since !== null && days !== null && since.getTime() <= now.getTime() - days * DAY

const rowsOf = (em: EntityManager, found: readonly { id: string }[]): Promise<Row<MachineState>[]> =>
  selectRows(
    em,
    MachineState,
    'id',
    found.slice(0, AT_ONCE).map(({ id }) => id),
  )

const TOLD_QUIETLY = new Set<EventType>(TOLERATED.map(([, type]) => type))

async function tell(
  { em, tell: to }: Transaction,
  { states, type, at }: { states: Row<MachineState>[]; type: EventType; at: Date },
  factsOf: (state: Row<MachineState>) => EventFacts,
): Promise<void> {
  const ids = states.map(({ machine }) => machine)
  const machines = await selectRows(em, Machine, 'id', ids)
  const names = new Map(machines.map(({ id, hostname, ip }) => [id, hostname ?? ip]))
  for (const state of states) {
    to.machines.add(state.machine)
    to.event({
      type,
      severity: TOLD_QUIETLY.has(type) ? Severity.INFO : Severity.WARNING,
      at,
      cause: EventCause.READING,
      machine: state.machine,
      facts: { hostname: names.get(state.machine) ?? null, ...factsOf(state) },
    })
  }
  await saveRows(em, MachineState, states)
}
