import { registerEnumType } from 'type-graphql'
import { AlertType, type Alert } from '../alerts/alert.entity.ts'
import { BackupStatus } from '../backups/backup-status.ts'
import type { Row } from '../database/rows.ts'
import { MINUTE } from '../platform/clock.ts'

/** What brought alerts about. */
export enum CauseKind {
  DISK = 'DISK',
  DISKS_MISSING = 'DISKS_MISSING',
  ARRAY = 'ARRAY',
  MACHINE_SILENT = 'MACHINE_SILENT',
  SMART_LOST = 'SMART_LOST',
  SECURITY_OVERDUE = 'SECURITY_OVERDUE',
  REBOOT_OVERDUE = 'REBOOT_OVERDUE',
  UPDATES_BROKEN = 'UPDATES_BROKEN',
  ACTION = 'ACTION',
  BACKUP = 'BACKUP',
  BACKUPS_MISSING = 'BACKUPS_MISSING',
  FILES = 'FILES',
  REPORTS = 'REPORTS',
  SCANNER = 'SCANNER',
  FILE_SYSTEM = 'FILE_SYSTEM',
  BUSY = 'BUSY',
  MESSAGES = 'MESSAGES',
  ROOM = 'ROOM',
}
registerEnumType(CauseKind, {
  name: 'CauseKind',
  valuesConfig: {
    DISK: { description: 'A disk is failing, at risk or stopped answering, with what it took along: its arrays' },
    DISKS_MISSING: { description: 'Disks that are not in their machine any more' },
    ARRAY: {
      description: 'An array, pool or volume group is degraded or failed, and no disk of it is known to be bad',
    },
    MACHINE_SILENT: { description: 'A machine does not report, and what should have come from it did not' },
    SMART_LOST: { description: 'No disk of a machine can be read any more, for a reason that is none of theirs' },
    SECURITY_OVERDUE: { description: 'Security updates of a machine wait for long' },
    UPDATES_BROKEN: { description: 'The package manager of a machine is in trouble: nobody knows what waits' },
    ACTION: { description: 'Something that a machine was asked failed, was interrupted, or is not what was approved' },
    REBOOT_OVERDUE: { description: 'A machine should be restarted, and has not been for long' },
    BACKUP: { description: 'A backup failed, was damaged on its way, or cannot be trusted' },
    BACKUPS_MISSING: { description: 'An agent sent nothing for one or several of its jobs' },
    FILES: { description: 'Files of the vault are lost, or damaged' },
    REPORTS: { description: 'Reports of an agent belong to no job, or cannot be used' },
    SCANNER: { description: 'Vigie cannot do its work' },
    FILE_SYSTEM: { description: 'A file system of a machine fills up, or became read-only after errors' },
    MESSAGES: { description: 'Programs said something on a machine that somebody must take note of' },
    BUSY: { description: 'A machine has been overloaded, or short of memory, for an hour' },
    ROOM: { description: 'A file system that backups or Vigie lie on fills up' },
  },
})

export type AlertRow = Pick<
  Row<Alert>,
  'id' | 'cause' | 'type' | 'severity' | 'status' | 'job' | 'machine' | 'disk' | 'openedAt' | 'facts'
>

/** What alerts are about that their rows do not say. */
export interface Related {
  /** The agent of a job. */
  agentOf(job: string): string
  /** The machines whose data a job protects; [] = not told. */
  machinesOf(job: string): readonly string[]
  /** The arrays that a disk is or was a member of, as `<kind> <name>`; [] = none, or not known. */
  arraysOf(disk: string): readonly string[]
}

export interface CauseGroup<A extends AlertRow> {
  /** The same as long as the cause is: a page may come back to it. */
  id: string
  kind: CauseKind
  /** The gravest first, then the oldest. */
  alerts: A[]
}

/** A disk that leaves takes its array along in the same report, or the next. */
const AT_ONCE = 30 * MINUTE

/**
 * Puts alerts to what caused them; each belongs to exactly one cause. Pure. What a silent machine should have sent is
 * missing because of its silence; what one agent did not send is one cause; an array goes with the disk that fails in it.
 */
export function groupCauses<A extends AlertRow>(alerts: readonly A[], related: Related): CauseGroup<A>[] {
  const silent = new Set(
    alerts.flatMap(({ type, machine }) => (type === AlertType.MACHINE_SILENT ? (machine ?? []) : [])),
  )
  const disks = alerts.filter(({ type, disk }) => type === AlertType.DISK && disk !== null)
  const byDisk = Map.groupBy(disks, ({ disk }) => disk)
  const byMachine = Map.groupBy(disks, ({ machine }) => machine)
  const groups = new Map<string, CauseGroup<A>>()
  for (const alert of alerts) {
    const [kind, subject] = causeOf(alert, { ...related, silent, byDisk, byMachine })
    const id = `${kind} ${subject}`
    const group = groups.get(id)
    if (group) group.alerts.push(alert)
    else groups.set(id, { id, kind, alerts: [alert] })
  }
  return [...groups.values()].map((group) => ({ ...group, alerts: group.alerts.toSorted(byGravity) }))
}

const GRAVITY = ['FAILED', 'AT_RISK', 'WARNING', 'INFO']
export const gravityOf = ({ severity }: Pick<AlertRow, 'severity'>): number => GRAVITY.indexOf(severity)
const byGravity = (a: AlertRow, b: AlertRow): number =>
  gravityOf(a) - gravityOf(b) || a.openedAt.getTime() - b.openedAt.getTime() || (a.id < b.id ? -1 : 1)

type Known = Related & {
  silent: ReadonlySet<string>
  /** Alerts about disks, by the disk and by the machine that they were opened for. */
  byDisk: ReadonlyMap<string | null, readonly AlertRow[]>
  byMachine: ReadonlyMap<string | null, readonly AlertRow[]>
}

function causeOf(alert: AlertRow, known: Known): [CauseKind, string] {
  switch (alert.type) {
    case AlertType.DISK:
      return causeOfDisk(alert, known)
    case AlertType.ARRAY:
      return causeOfArray(alert, known)
    case AlertType.MACHINE_SILENT:
      return [CauseKind.MACHINE_SILENT, String(alert.machine)]
    case AlertType.SMART_LOST:
      return [CauseKind.SMART_LOST, String(alert.machine)]
    case AlertType.SECURITY_OVERDUE:
      return [CauseKind.SECURITY_OVERDUE, String(alert.machine)]
    case AlertType.REBOOT_OVERDUE:
      return [CauseKind.REBOOT_OVERDUE, String(alert.machine)]
    case AlertType.UPDATES_BROKEN:
      return [CauseKind.UPDATES_BROKEN, String(alert.machine)]
    case AlertType.ACTION:
      return [CauseKind.ACTION, `${alert.machine} ${alert.facts.action} ${alert.facts.about ?? ''}`.trim()]
    case AlertType.BACKUP:
      return causeOfBackup(alert, known)
    case AlertType.FILE:
      return [CauseKind.FILES, String(alert.status)]
    case AlertType.REPORT:
      return [CauseKind.REPORTS, alert.facts.name?.split('/')[0] ?? '']
    case AlertType.SCANNER:
      return [CauseKind.SCANNER, '']
    case AlertType.FILE_SYSTEM:
      return [CauseKind.FILE_SYSTEM, String(alert.facts.fileSystem)]
    case AlertType.MESSAGES:
      return [CauseKind.MESSAGES, String(alert.machine)]
    case AlertType.BUSY:
      return [CauseKind.BUSY, String(alert.machine)]
    case AlertType.ROOM:
      return [CauseKind.ROOM, alert.facts.name ?? '']
  }
}

/** One disk that failed and left is one cause; several that left a machine are one. */
function causeOfDisk({ status, disk, machine }: AlertRow, { byDisk }: Known): [CauseKind, string] {
  const isOnlyMissing = status === 'MISSING' && !byDisk.get(disk)?.some((other) => other.status !== 'MISSING')
  return isOnlyMissing ? [CauseKind.DISKS_MISSING, String(machine)] : [CauseKind.DISK, String(disk)]
}

function causeOfArray(alert: AlertRow, known: Known): [CauseKind, string] {
  const array = `${alert.facts.kind} ${alert.facts.name}`
  const near = known.byMachine.get(alert.machine) ?? []
  const members = near.filter(({ disk }) => known.arraysOf(String(disk)).includes(array))
  const gone = near.filter(
    ({ status, openedAt }) =>
      status === 'MISSING' && Math.abs(openedAt.getTime() - alert.openedAt.getTime()) <= AT_ONCE,
  )
  const [worst] = (members.length > 0 ? members : gone).toSorted(byGravity)
  return worst ? causeOfDisk(worst, known) : [CauseKind.ARRAY, `${alert.machine} ${array}`]
}

function causeOfBackup({ status, job }: AlertRow, known: Known): [CauseKind, string] {
  if (job === null || status !== BackupStatus.MISSING) return [CauseKind.BACKUP, String(job)]
  const silent = known.machinesOf(job).find((machine) => known.silent.has(machine))
  return silent === undefined ? [CauseKind.BACKUPS_MISSING, known.agentOf(job)] : [CauseKind.MACHINE_SILENT, silent]
}
