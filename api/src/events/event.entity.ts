import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import type { Action } from '@vigie/agent/actions'
import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from 'type-graphql'
import { Disk } from '../disks/disk.entity.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { PackageDifference } from './package-difference.ts'
import { Machine } from '../machines/machine.entity.ts'

export enum EventType {
  MACHINE_ADDED = 'MACHINE_ADDED',
  MACHINE_ARCHIVED = 'MACHINE_ARCHIVED',
  MACHINE_BACK = 'MACHINE_BACK',
  MACHINE_CLONED = 'MACHINE_CLONED',
  DISK_ADDED = 'DISK_ADDED',
  DISK_MOVED = 'DISK_MOVED',
  DISK_MISSING = 'DISK_MISSING',
  DISK_BACK = 'DISK_BACK',
  DISK_STOPPED_ANSWERING = 'DISK_STOPPED_ANSWERING',
  DISK_ANSWERS = 'DISK_ANSWERS',
  DISK_IN_CONFLICT = 'DISK_IN_CONFLICT',
  DISK_CONFLICT_ENDED = 'DISK_CONFLICT_ENDED',
  ARRAY_CHANGED = 'ARRAY_CHANGED',
  ARRAY_GONE = 'ARRAY_GONE',
  ARRAY_BACK = 'ARRAY_BACK',
  ARRAY_FORGOTTEN = 'ARRAY_FORGOTTEN',
  DISK_ARCHIVED = 'DISK_ARCHIVED',
  DISK_REFUSED = 'DISK_REFUSED',
  FINDING_ACCEPTED = 'FINDING_ACCEPTED',
  FINDING_COUNTED = 'FINDING_COUNTED',
  HEALTH_CHANGED = 'HEALTH_CHANGED',
  RULES_CHANGED = 'RULES_CHANGED',
  MACHINE_SILENT = 'MACHINE_SILENT',
  SMART_LOST = 'SMART_LOST',
  SMART_READ = 'SMART_READ',
  SECURITY_OVERDUE = 'SECURITY_OVERDUE',
  SECURITY_UPDATED = 'SECURITY_UPDATED',
  REBOOT_OVERDUE = 'REBOOT_OVERDUE',
  SECURITY_TOLERATED = 'SECURITY_TOLERATED',
  REBOOT_TOLERATED = 'REBOOT_TOLERATED',
  REBOOTED = 'REBOOTED',
  UPDATES_BROKEN = 'UPDATES_BROKEN',
  UPDATES_MENDED = 'UPDATES_MENDED',
  PACKAGES_CHANGED = 'PACKAGES_CHANGED',
  JOB_CREATED = 'JOB_CREATED',
  JOB_CHANGED = 'JOB_CHANGED',
  JOB_ARCHIVED = 'JOB_ARCHIVED',
  BACKUP_STATUS_CHANGED = 'BACKUP_STATUS_CHANGED',
  BACKUP_DOUBTED = 'BACKUP_DOUBTED',
  BACKUP_TRUSTED = 'BACKUP_TRUSTED',
  BACKUP_QUARANTINED = 'BACKUP_QUARANTINED',
  BACKUP_DAMAGED = 'BACKUP_DAMAGED',
  BACKUP_INTACT = 'BACKUP_INTACT',
  BACKUP_LOST = 'BACKUP_LOST',
  BACKUP_DELETED = 'BACKUP_DELETED',
  BACKUP_PROTECTED = 'BACKUP_PROTECTED',
  QUARANTINE_ACCEPTED = 'QUARANTINE_ACCEPTED',
  QUARANTINE_DELETED = 'QUARANTINE_DELETED',
  REPORT_REFUSED = 'REPORT_REFUSED',
  REPORT_UNDECLARED = 'REPORT_UNDECLARED',
  REPORT_SETTLED = 'REPORT_SETTLED',
  SCANNER_BLIND = 'SCANNER_BLIND',
  SCANNER_SEES = 'SCANNER_SEES',
  SCANNER_AWAY = 'SCANNER_AWAY',
  FILE_SYSTEM_LOW = 'FILE_SYSTEM_LOW',
  FILE_SYSTEM_ENOUGH = 'FILE_SYSTEM_ENOUGH',
  FILE_SYSTEM_LEFT = 'FILE_SYSTEM_LEFT',
  FILE_SYSTEM_READ_ONLY = 'FILE_SYSTEM_READ_ONLY',
  FILE_SYSTEM_WRITABLE = 'FILE_SYSTEM_WRITABLE',
  FILE_SYSTEM_UNMOUNTED = 'FILE_SYSTEM_UNMOUNTED',
  LOAD_HIGH = 'LOAD_HIGH',
  LOAD_NORMAL = 'LOAD_NORMAL',
  MEMORY_HIGH = 'MEMORY_HIGH',
  MEMORY_NORMAL = 'MEMORY_NORMAL',
  METRICS_LOST = 'METRICS_LOST',
  THRESHOLD_CHANGED = 'THRESHOLD_CHANGED',
  ROOM_LOW = 'ROOM_LOW',
  ROOM_ENOUGH = 'ROOM_ENOUGH',
  DEPOSIT_FORGOTTEN = 'DEPOSIT_FORGOTTEN',
  COPY_NOT_NEEDED = 'COPY_NOT_NEEDED',
  COPY_NEEDED = 'COPY_NEEDED',
  ALERT_ACKNOWLEDGED = 'ALERT_ACKNOWLEDGED',
  ALERT_UNACKNOWLEDGED = 'ALERT_UNACKNOWLEDGED',
  ALERT_MUTED = 'ALERT_MUTED',
  EXECUTION_APPROVED = 'EXECUTION_APPROVED',
  EXECUTION_REFUSED = 'EXECUTION_REFUSED',
  EXECUTION_ENDED = 'EXECUTION_ENDED',
  EXECUTION_FAILED = 'EXECUTION_FAILED',
  EXECUTION_CANCELLED = 'EXECUTION_CANCELLED',
  EXECUTION_EXPIRED = 'EXECUTION_EXPIRED',
  EXECUTION_CONFLICT = 'EXECUTION_CONFLICT',
  EXECUTION_CONFIRMED = 'EXECUTION_CONFIRMED',
  EXECUTION_CONTRADICTED = 'EXECUTION_CONTRADICTED',
  ROLLOUT_ENDED = 'ROLLOUT_ENDED',
  ROLLOUT_STOPPED = 'ROLLOUT_STOPPED',
  ROLLOUT_CANCELLED = 'ROLLOUT_CANCELLED',
  MESSAGES_FOUND = 'MESSAGES_FOUND',
  MESSAGES_ACKNOWLEDGED = 'MESSAGES_ACKNOWLEDGED',
  TOKEN_CREATED = 'TOKEN_CREATED',
  TOKEN_BOUND = 'TOKEN_BOUND',
  TOKEN_REVOKED = 'TOKEN_REVOKED',
}
registerEnumType(EventType, { name: 'EventType' })

export enum EventCause {
  READING = 'READING',
  RULES = 'RULES',
  USER = 'USER',
}
registerEnumType(EventCause, {
  name: 'EventCause',
  description: 'What brought it about: a report, new rules, or somebody',
})

/** What happened, written in the transaction that made it so. Append-only: it is the outbox of subscriptions and alerts. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'Something that happened' })
@Index({ properties: ['machine', 'id'] })
@Index({ properties: ['disk', 'id'] })
@Index({ properties: ['job', 'id'] })
@Index({ properties: ['type', 'id'] })
export class Event {
  [EntityName]?: 'Event'

  @Field(() => ID)
  @PrimaryKey({ type: 'integer' })
  id!: number

  @Field(() => EventType)
  @Property({ type: 'string' })
  type!: EventType

  @Field(() => Severity)
  @Property({ type: 'string' })
  severity!: Severity

  @Field(() => GraphQLISODateTime, { description: 'When it happened, as far as is known' })
  @Property({ type: 'datetime' })
  @Index()
  at!: Date

  @Field(() => EventCause)
  @Property({ type: 'string' })
  cause!: EventCause

  @Field(() => String, {
    nullable: true,
    description: 'Who did it, by the name of the token or session; null = Vigie itself',
  })
  @Property({ type: 'string', nullable: true })
  actor!: string | null

  @ManyToOne(() => Machine, { nullable: true, index: false })
  machine!: Rel<Machine> | null

  @ManyToOne(() => Disk, { nullable: true, index: false })
  disk!: Rel<Disk> | null

  @ManyToOne(() => ExpectedJob, { nullable: true, index: false })
  job!: Rel<ExpectedJob> | null

  @ManyToOne(() => BackupEntry, { nullable: true, index: false })
  entry!: Rel<BackupEntry> | null

  @Field(() => String, {
    nullable: true,
    description: 'Before: a health, a backup status, or the id of a machine; null = nothing was before',
  })
  @Property({ type: 'string', nullable: true })
  from!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'After: a health, a backup status, or the id of a machine; null = nothing to tell',
  })
  @Property({ type: 'string', nullable: true })
  to!: string | null

  /** More that was known at that moment, such as reasons and names. */
  @Property({ type: 'json' })
  facts!: EventFacts
}

export interface EventFacts {
  reasons?: Reason[]
  hostname?: string | null
  fromHostname?: string | null
  device?: string | null
  lastSeenAt?: string
  count?: number
  name?: string
  /** The id of the file system that it is about. */
  fileSystem?: string
  /** Of an array or a threshold; of what is told no more: LOAD or MEMORY. */
  kind?: string
  /** Of a disk or array whose health stays as it was: something grave was found beside what was known. */
  worse?: boolean
  /** For a backup: when it was due, and what alerts are opened by. */
  expectedAt?: string
  /** Whether it is the newest judged one of its job. */
  newest?: boolean
  /** Of a changed job: whether it is expected at all. */
  active?: boolean
  path?: string
  detail?: string
  /** Of an alert that is over: the health that its disk has now. */
  endedAs?: string
  /** Of an alert that a later backup ended: when that one was due (ISO 8601). */
  recoveredBy?: string
  until?: string
  /** Of something that waits: since when (ISO 8601). */
  since?: string
  /** What was asked of a machine: the id of it, and the action. */
  execution?: string
  rollout?: string
  action?: Action
  /** Of packages that came, went, or are there in another version: the first of them; `count` = of all. */
  packages?: PackageDifference[]
  /** The unit or script that it is about. */
  about?: string
}
