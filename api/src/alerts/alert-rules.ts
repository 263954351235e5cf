import { BackupStatus } from '../backups/backup-status.ts'
import { Health } from '../disks/health.ts'
import type { Row } from '../database/rows.ts'
import { isShownByReports } from '../executions/verify.ts'
import { type Event, EventCause, EventType } from '../events/event.entity.ts'
import { Severity } from '../reasons/reason.ts'
import { AlertType } from './alert.entity.ts'

/**
 * What an event means for alerts. NOTICE: somebody must know, and it is over already. CLOSE: nobody cares any more, and
 * nothing became good, so nobody is told of a recovery.
 */
export interface Consequence {
  action: 'OPEN' | 'NOTICE' | 'RESOLVE' | 'CLOSE'
  /** One alert for each cause: later events find it by this. */
  cause: string
  type: AlertType
  status: string | null
}

type Told = Pick<Row<Event>, 'type' | 'cause' | 'severity' | 'job' | 'disk' | 'machine' | 'to' | 'facts'>

/** The kinds of events that open or resolve alerts; others are not even read. */
export const ALERTING = [
  EventType.BACKUP_STATUS_CHANGED,
  EventType.JOB_ARCHIVED,
  EventType.JOB_CREATED,
  EventType.JOB_CHANGED,
  EventType.BACKUP_LOST,
  EventType.BACKUP_DAMAGED,
  EventType.BACKUP_INTACT,
  EventType.BACKUP_DOUBTED,
  EventType.BACKUP_TRUSTED,
  EventType.BACKUP_DELETED,
  EventType.REPORT_REFUSED,
  EventType.REPORT_UNDECLARED,
  EventType.REPORT_SETTLED,
  EventType.HEALTH_CHANGED,
  EventType.DISK_ARCHIVED,
  EventType.DISK_MISSING,
  EventType.DISK_BACK,
  EventType.ARRAY_CHANGED,
  EventType.ARRAY_GONE,
  EventType.ARRAY_FORGOTTEN,
  EventType.DISK_STOPPED_ANSWERING,
  EventType.DISK_ANSWERS,
  EventType.MACHINE_SILENT,
  EventType.SMART_LOST,
  EventType.SMART_READ,
  EventType.SECURITY_OVERDUE,
  EventType.SECURITY_UPDATED,
  EventType.REBOOT_OVERDUE,
  EventType.SECURITY_TOLERATED,
  EventType.REBOOT_TOLERATED,
  EventType.FILE_SYSTEM_LOW,
  EventType.FILE_SYSTEM_ENOUGH,
  EventType.FILE_SYSTEM_LEFT,
  EventType.FILE_SYSTEM_READ_ONLY,
  EventType.FILE_SYSTEM_WRITABLE,
  EventType.FILE_SYSTEM_UNMOUNTED,
  EventType.LOAD_HIGH,
  EventType.LOAD_NORMAL,
  EventType.MEMORY_HIGH,
  EventType.MEMORY_NORMAL,
  EventType.METRICS_LOST,
  EventType.REBOOTED,
  EventType.UPDATES_BROKEN,
  EventType.UPDATES_MENDED,
  EventType.EXECUTION_ENDED,
  EventType.EXECUTION_FAILED,
  EventType.EXECUTION_CONFIRMED,
  EventType.EXECUTION_CONTRADICTED,
  EventType.EXECUTION_CONFLICT,
  EventType.MESSAGES_FOUND,
  EventType.MESSAGES_ACKNOWLEDGED,
  EventType.MACHINE_BACK,
  EventType.MACHINE_ARCHIVED,
  EventType.SCANNER_BLIND,
  EventType.SCANNER_SEES,
  EventType.SCANNER_AWAY,
  EventType.ROOM_LOW,
  EventType.ROOM_ENOUGH,
] as const

/** Pure: an event in, what it opens or resolves out. Nothing else decides who is told. */
export function consequencesOf(event: Told): Consequence[] {
  const { type, facts } = event
  const one = (
    action: Consequence['action'],
    of: AlertType,
    cause: string,
    status: string | null = null,
  ): Consequence[] => [{ action, type: of, cause, status }]
  // One service that comes up says nothing of another that did not.
  const action = [`action ${event.machine} ${facts.action}`, facts.about].filter(Boolean).join(' ')
  const fileSystem = `file system ${facts.fileSystem}`
  const [load, memory] = [`load ${event.machine}`, `memory ${event.machine}`]
  const backup = `backup ${event.job}`
  const report = facts.name?.includes('/') ? facts.name : `${facts.name} ${facts.path ?? ''}`.trim()
  switch (type) {
    case EventType.BACKUP_STATUS_CHANGED:
      // A late word about an older backup says nothing of how the job stands now.
      if (facts.newest === false) return []
      // The file's own alert tells it.
      if (facts.reasons?.some(({ code }) => code === 'FILE_DAMAGED' || code === 'FILE_GONE')) return []
      return event.severity === Severity.INFO
        ? one('RESOLVE', AlertType.BACKUP, backup, event.to)
        : event.to === BackupStatus.UNKNOWN
          ? []
          : one('OPEN', AlertType.BACKUP, backup, event.to)
    case EventType.BACKUP_DOUBTED:
      return one('OPEN', AlertType.BACKUP, `doubt ${event.job}`, 'DOUBTFUL')
    case EventType.BACKUP_TRUSTED:
      return one('RESOLVE', AlertType.BACKUP, `doubt ${event.job}`)
    case EventType.JOB_ARCHIVED:
      return [...one('CLOSE', AlertType.BACKUP, backup), ...one('CLOSE', AlertType.BACKUP, `doubt ${event.job}`)]
    case EventType.JOB_CREATED:
      return one('CLOSE', AlertType.REPORT, `undeclared ${facts.name}`)
    case EventType.JOB_CHANGED:
      return [
        ...one('CLOSE', AlertType.REPORT, `undeclared ${facts.name}`),
        // Paused: nothing is expected of it.
        ...(facts.active === false ? one('CLOSE', AlertType.BACKUP, backup) : []),
      ]
    case EventType.BACKUP_LOST:
    case EventType.BACKUP_DAMAGED:
      return one('OPEN', AlertType.FILE, `file ${facts.path}`, type)
    case EventType.BACKUP_INTACT:
      return one('RESOLVE', AlertType.FILE, `file ${facts.path}`)
    case EventType.BACKUP_DELETED:
      return one('CLOSE', AlertType.FILE, `file ${facts.path}`)
    case EventType.REPORT_REFUSED:
      return one('OPEN', AlertType.REPORT, `report ${report}`, event.to)
    case EventType.REPORT_UNDECLARED:
      return one('OPEN', AlertType.REPORT, `undeclared ${facts.name}`, event.to)
    case EventType.REPORT_SETTLED:
      return [
        ...one('CLOSE', AlertType.REPORT, `report ${report}`),
        ...one('CLOSE', AlertType.REPORT, `undeclared ${facts.name}`),
      ]
    case EventType.HEALTH_CHANGED:
      if (event.to === Health.AT_RISK || event.to === Health.FAILED)
        return one('OPEN', AlertType.DISK, `disk ${event.disk}`, event.to)
      // Somebody lives with what was found: nothing became good.
      if (event.cause === EventCause.USER) return one('CLOSE', AlertType.DISK, `disk ${event.disk}`)
      // Not knowing is no recovery.
      return event.to === Health.OK || event.to === Health.WARNING
        ? one('RESOLVE', AlertType.DISK, `disk ${event.disk}`, event.to)
        : []
    case EventType.DISK_STOPPED_ANSWERING:
      return one('OPEN', AlertType.DISK, `answer ${event.disk}`, 'STOPPED_ANSWERING')
    case EventType.DISK_ANSWERS:
      return one('RESOLVE', AlertType.DISK, `answer ${event.disk}`)
    case EventType.DISK_MISSING:
      // A disk that is gone answers nobody: its absence is told.
      return [
        ...one('CLOSE', AlertType.DISK, `answer ${event.disk}`),
        ...one('OPEN', AlertType.DISK, `missing ${event.disk}`, 'MISSING'),
      ]
    case EventType.DISK_BACK:
      return one('RESOLVE', AlertType.DISK, `missing ${event.disk}`)
    case EventType.DISK_ARCHIVED:
      return ['disk', 'answer', 'missing'].flatMap((what) => one('CLOSE', AlertType.DISK, `${what} ${event.disk}`))
    case EventType.ARRAY_CHANGED: {
      const array = `array ${event.machine} ${facts.kind} ${facts.name}`
      const silence = `answer ${array}`
      return [
        ...(event.to === Health.AT_RISK || event.to === Health.FAILED
          ? one('OPEN', AlertType.ARRAY, array, event.to)
          : one('RESOLVE', AlertType.ARRAY, array)),
        // Its tool hangs, as it does on a pool that hangs.
        ...(facts.reasons?.some(({ code }) => code === 'ARRAY_NOT_ANSWERING')
          ? one('OPEN', AlertType.ARRAY, silence, 'NOT_ANSWERING')
          : one('RESOLVE', AlertType.ARRAY, silence)),
      ]
    }
    case EventType.ARRAY_GONE:
      // Taken apart or not started: told once, for only its owner knows which. What was broken is not mended by being gone.
      return [
        ...(event.to === Health.AT_RISK || event.to === Health.FAILED
          ? []
          : one('CLOSE', AlertType.ARRAY, `array ${event.machine} ${facts.kind} ${facts.name}`)),
        ...one('CLOSE', AlertType.ARRAY, `answer array ${event.machine} ${facts.kind} ${facts.name}`),
        ...one('NOTICE', AlertType.ARRAY, `gone ${event.machine} ${facts.kind} ${facts.name}`, 'GONE'),
      ]
    case EventType.ARRAY_FORGOTTEN:
      return ['', 'answer '].flatMap((what) =>
        one('CLOSE', AlertType.ARRAY, `${what}array ${event.machine} ${facts.kind} ${facts.name}`),
      )
    case EventType.MACHINE_SILENT:
      return one('OPEN', AlertType.MACHINE_SILENT, `machine ${event.machine}`)
    case EventType.MACHINE_BACK:
      return one('RESOLVE', AlertType.MACHINE_SILENT, `machine ${event.machine}`)
    case EventType.MACHINE_ARCHIVED:
      return [
        ...one('CLOSE', AlertType.MACHINE_SILENT, `machine ${event.machine}`),
        ...one('CLOSE', AlertType.SMART_LOST, `smart ${event.machine}`),
        ...one('CLOSE', AlertType.SECURITY_OVERDUE, `security ${event.machine}`),
        ...one('CLOSE', AlertType.REBOOT_OVERDUE, `reboot ${event.machine}`),
        ...one('CLOSE', AlertType.UPDATES_BROKEN, `updates ${event.machine}`),
        ...one('CLOSE', AlertType.BUSY, load),
        ...one('CLOSE', AlertType.BUSY, memory),
      ]
    case EventType.SMART_LOST:
      return one('OPEN', AlertType.SMART_LOST, `smart ${event.machine}`)
    case EventType.SMART_READ:
      return one('RESOLVE', AlertType.SMART_LOST, `smart ${event.machine}`)
    case EventType.SECURITY_OVERDUE:
      return one('OPEN', AlertType.SECURITY_OVERDUE, `security ${event.machine}`)
    case EventType.SECURITY_UPDATED:
      return one('RESOLVE', AlertType.SECURITY_OVERDUE, `security ${event.machine}`)
    case EventType.REBOOT_OVERDUE:
      return one('OPEN', AlertType.REBOOT_OVERDUE, `reboot ${event.machine}`)
    case EventType.REBOOTED:
      return one('RESOLVE', AlertType.REBOOT_OVERDUE, `reboot ${event.machine}`)
    case EventType.UPDATES_BROKEN:
      return one('OPEN', AlertType.UPDATES_BROKEN, `updates ${event.machine}`)
    case EventType.UPDATES_MENDED:
      return one('RESOLVE', AlertType.UPDATES_BROKEN, `updates ${event.machine}`)
    case EventType.EXECUTION_FAILED:
      return one('OPEN', AlertType.ACTION, action, event.to)
    case EventType.EXECUTION_ENDED:
      // Where a report can show it, that its programs ended well closes nothing.
      if (facts.action === undefined || isShownByReports(facts.action)) return []
      return event.to === 'SUCCEEDED' || event.to === 'WARNINGS' ? one('RESOLVE', AlertType.ACTION, action) : []
    case EventType.EXECUTION_CONFIRMED:
      return one('RESOLVE', AlertType.ACTION, action)
    case EventType.EXECUTION_CONTRADICTED:
      return one('OPEN', AlertType.ACTION, action, 'CONTRADICTED')
    case EventType.EXECUTION_CONFLICT:
      return one('NOTICE', AlertType.ACTION, `conflict ${facts.execution}`, 'CONFLICT')
    case EventType.SCANNER_BLIND:
      return one('OPEN', AlertType.SCANNER, `scanner ${facts.name ?? ''}`.trim())
    case EventType.SCANNER_SEES:
      return one('RESOLVE', AlertType.SCANNER, `scanner ${facts.name ?? ''}`.trim())
    case EventType.SCANNER_AWAY:
      return one('NOTICE', AlertType.SCANNER, 'scanner away')
    case EventType.SECURITY_TOLERATED:
      return one('CLOSE', AlertType.SECURITY_OVERDUE, `security ${event.machine}`)
    case EventType.REBOOT_TOLERATED:
      return one('CLOSE', AlertType.REBOOT_OVERDUE, `reboot ${event.machine}`)
    case EventType.FILE_SYSTEM_LOW:
      return one('OPEN', AlertType.FILE_SYSTEM, fileSystem, event.to)
    case EventType.FILE_SYSTEM_ENOUGH:
      return one(event.cause === EventCause.USER ? 'CLOSE' : 'RESOLVE', AlertType.FILE_SYSTEM, fileSystem)
    case EventType.FILE_SYSTEM_LEFT:
      return one('CLOSE', AlertType.FILE_SYSTEM, fileSystem)
    case EventType.FILE_SYSTEM_READ_ONLY:
      return one('OPEN', AlertType.FILE_SYSTEM, `read-only ${fileSystem}`, 'READ_ONLY')
    case EventType.FILE_SYSTEM_WRITABLE:
      return one('RESOLVE', AlertType.FILE_SYSTEM, `read-only ${fileSystem}`)
    case EventType.FILE_SYSTEM_UNMOUNTED:
      return one('CLOSE', AlertType.FILE_SYSTEM, `read-only ${fileSystem}`)
    case EventType.MESSAGES_FOUND:
      return one('OPEN', AlertType.MESSAGES, `messages ${event.machine}`)
    case EventType.MESSAGES_ACKNOWLEDGED:
      return one('CLOSE', AlertType.MESSAGES, `messages ${event.machine}`)
    case EventType.LOAD_HIGH:
      return one('OPEN', AlertType.BUSY, load, 'LOAD')
    case EventType.LOAD_NORMAL:
      // Somebody does not want to hear of it: nothing became good.
      return one(event.cause === EventCause.USER ? 'CLOSE' : 'RESOLVE', AlertType.BUSY, load)
    case EventType.MEMORY_HIGH:
      return one('OPEN', AlertType.BUSY, memory, 'MEMORY')
    case EventType.MEMORY_NORMAL:
      return one(event.cause === EventCause.USER ? 'CLOSE' : 'RESOLVE', AlertType.BUSY, memory)
    case EventType.METRICS_LOST:
      return one('CLOSE', AlertType.BUSY, facts.kind === 'MEMORY' ? memory : load)
    case EventType.ROOM_LOW:
      return one('OPEN', AlertType.ROOM, `room ${facts.name}`, event.to)
    case EventType.ROOM_ENOUGH:
      return one('RESOLVE', AlertType.ROOM, `room ${facts.name}`)
    default:
      return []
  }
}

/** What one message is grouped by: who gets it, and what it is about. */
export interface Addressed<A> {
  recipient: string
  agentId: string | null
  alert: A
}

/** More than so many at once for one recipient are one message. */
export const MOST_SINGLE = 3

/** Puts alerts that arise together into messages: several of one agent are one, and many of one recipient are one. */
export function groupMessages<A>(addressed: readonly Addressed<A>[]): { recipient: string; alerts: A[] }[] {
  const messages: { recipient: string; alerts: A[] }[] = []
  for (const [recipient, own] of Map.groupBy(addressed, (one) => one.recipient)) {
    if (own.length > MOST_SINGLE) {
      messages.push({ recipient, alerts: own.map(({ alert }) => alert) })
      continue
    }
    for (const [agentId, ofAgent] of Map.groupBy(own, (one) => one.agentId)) {
      if (agentId !== null) messages.push({ recipient, alerts: ofAgent.map(({ alert }) => alert) })
      else messages.push(...ofAgent.map(({ alert }) => ({ recipient, alerts: [alert] })))
    }
  }
  return messages
}

/** When a delivery that failed is tried again: twice as long each time, from a minute to six hours, with some jitter. */
export function nextTry(attempts: number, now: Date, random: () => number): Date {
  const pause = Math.min(6 * 3600, 60 * 2 ** Math.min(attempts - 1, 20))
  return new Date(now.getTime() + pause * 1000 * (0.8 + 0.4 * random()))
}

/** A message that nobody took over for so long is told as refused. */
export const GIVE_UP_AFTER_MS = 7 * 24 * 3600 * 1000
