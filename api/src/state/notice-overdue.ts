import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { EventCause, type EventFacts, EventType } from '../events/event.entity.ts'
import type { Transact, Transaction } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import { Severity } from '../reasons/reason.ts'
import { MachineState } from './machine-state.entity.ts'

/** After how many days something that waits is told; null = never. */
export interface Patience {
  securityDays: number | null
  rebootDays: number | null
}

const TOLD_WITHIN = 2 * DAY
/** A night is enough for unattended upgrades to mend themselves. */
const TROUBLE_DAYS = 2
/** Machines looked at in one transaction: reports wait for milliseconds only. */
const AT_ONCE = 500

/**
 * Tells once of each machine whose security updates, or whose restart, wait for longer than they should; and of each whose
 * package manager has been in trouble for days, for then nobody knows what waits.
 */
export function noticeOverdue(
  em: EntityManager,
  transact: Transact,
  clock: Clock,
  { securityDays, rebootDays }: Patience,
): Promise<number> {
  return transact(em, async (transaction) => {
    const at = clock()
    const security = await lateSince(transaction.em, 'security', securityDays, at)
    for (const state of security) state.securityToldAt = at
    await tell(transaction, { states: security, type: EventType.SECURITY_OVERDUE, at }, (state) => ({
      ...(state.security === null ? {} : { count: state.security }),
      ...sinceOf(state.securitySince),
    }))
    const reboot = await lateSince(transaction.em, 'reboot', rebootDays, at)
    for (const state of reboot) state.rebootToldAt = at
    await tell(transaction, { states: reboot, type: EventType.REBOOT_OVERDUE, at }, (state) => ({
      ...sinceOf(state.rebootSince),
      detail: detailOf(state),
    }))
    const trouble = securityDays === null ? [] : await lateSince(transaction.em, 'trouble', TROUBLE_DAYS, at)
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
    return security.length + reboot.length + trouble.length
  })
}

const sinceOf = (since: Date | null): EventFacts => (since ? { since: since.toISOString() } : {})

const detailOf = ({ rebootReasons }: Row<MachineState>): string =>
  (rebootReasons ?? [])
    .flatMap(({ detail }) => detail ?? [])
    .join('; ')
    .slice(0, 500)

/** Of machines in service. */
async function lateSince(
  em: EntityManager,
  what: 'security' | 'reboot' | 'trouble',
  days: number | null,
  now: Date,
): Promise<Row<MachineState>[]> {
  if (days === null) return []
  return findRows(em, MachineState, (query) =>
    query
      .where(`${what}Since`, '<=', new Date(now.getTime() - days * DAY))
      .where(`${what}ToldAt`, 'is', null)
      .where((eb) => {
        const within = new Date(now.getTime() - TOLD_WITHIN)
        // Of a machine that does not tell it any more it is not known whether it still waits; that it cannot be asked is told.
        if (what === 'security') return eb('updatesAt', '>=', within)
        if (what === 'reboot') return eb('rebootAt', '>=', within)
        return eb('machine', 'in', eb.selectFrom('Machine').select('Machine.id').where('silentAt', '>', now))
      })
      .where('machine', 'in', (eb) => eb.selectFrom('Machine').select('Machine.id').where('archivedAt', 'is', null))
      .limit(AT_ONCE),
  )
}

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
      severity: Severity.WARNING,
      at,
      cause: EventCause.READING,
      machine: state.machine,
      facts: { hostname: names.get(state.machine) ?? null, ...factsOf(state) },
    })
  }
  await saveRows(em, MachineState, states)
}
