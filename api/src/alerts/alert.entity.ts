import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { Disk } from '../disks/disk.entity.ts'
import type { EventFacts } from '../events/event.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import { Severity } from '../reasons/reason.ts'

export enum AlertType {
  BACKUP = 'BACKUP',
  FILE = 'FILE',
  REPORT = 'REPORT',
  DISK = 'DISK',
  ARRAY = 'ARRAY',
  MACHINE_SILENT = 'MACHINE_SILENT',
  SMART_LOST = 'SMART_LOST',
  SECURITY_OVERDUE = 'SECURITY_OVERDUE',
  REBOOT_OVERDUE = 'REBOOT_OVERDUE',
  UPDATES_BROKEN = 'UPDATES_BROKEN',
  ACTION = 'ACTION',
  SCANNER = 'SCANNER',
  FILE_SYSTEM = 'FILE_SYSTEM',
  BUSY = 'BUSY',
  MESSAGES = 'MESSAGES',
  ROOM = 'ROOM',
}
registerEnumType(AlertType, {
  name: 'AlertType',
  valuesConfig: {
    BACKUP: { description: 'An expected backup is not good; resolved by the next good one' },
    FILE: { description: 'A file of the vault was lost or damaged' },
    REPORT: { description: 'A report cannot be used, or nobody declared its database' },
    DISK: { description: 'A disk is AT_RISK or FAILED, stopped answering, or is missing' },
    ARRAY: { description: 'An array, pool or volume group is degraded or failed, or is gone' },
    SMART_LOST: { description: 'S.M.A.R.T. of a machine was read before and cannot be had any more' },
    SECURITY_OVERDUE: {
      description: 'Security updates of a machine wait for longer than they should, see thresholds',
    },
    UPDATES_BROKEN: {
      description: 'The package manager of a machine has been in trouble for two days, so that nobody knows what waits',
    },
    ACTION: {
      description:
        'What a machine was asked failed, was interrupted, or was not done as a later report shows; resolved by the next of its kind that is seen to be done there',
    },
    REBOOT_OVERDUE: { description: 'A machine should be restarted, for longer than its limit (see thresholds)' },
    MACHINE_SILENT: { description: 'A machine has not reported for three times its usual interval' },
    SCANNER: { description: 'Vigie itself cannot see the deposit folder, or was away' },
    FILE_SYSTEM: {
      description:
        'A file system of a machine is nearly full, or will be soon, see thresholds; or it became read-only after errors',
    },
    MESSAGES: {
      description:
        'Programs said something on a machine that somebody must take note of, see importantMessages; over when somebody has',
    },
    BUSY: {
      description:
        'For an hour more processes of a machine ran or waited than should, or more of its memory was in use, see thresholds',
    },
    ROOM: { description: 'A file system that backups or Vigie lie on is nearly full, or will be soon' },
  },
})

export enum AlertState {
  OPEN = 'OPEN',
  ACKNOWLEDGED = 'ACKNOWLEDGED',
  MUTED = 'MUTED',
  RESOLVED = 'RESOLVED',
}
registerEnumType(AlertState, { name: 'AlertState' })

/** Somebody must know: one alert for each cause, until it is resolved. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'Somebody must know: one for each cause until it is resolved' })
@Index({
  name: 'alert_open_cause',
  expression: 'create unique index "alert_open_cause" on "alert" ("cause") where resolved_at is null',
})
@Index({
  name: 'alert_reminder',
  expression: 'create index "alert_reminder" on "alert" ("remind_at") where resolved_at is null',
})
@Index({ properties: ['openedAt', 'id'] })
export class Alert {
  [EntityName]?: 'Alert'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  /** What it is about, such as `backup <job>`: the key by which later events find it. */
  @Property({ type: 'string' })
  cause!: string

  @Field(() => AlertType)
  @Property({ type: 'string' })
  type!: AlertType

  @Field(() => Severity)
  @Property({ type: 'string' })
  severity!: Severity

  @Field(() => String, { nullable: true, description: 'What it came to: a backup status or a health; null = neither' })
  @Property({ type: 'string', nullable: true })
  status!: string | null

  @Field(() => Int, { description: 'How many events have told of it' })
  @Property({ type: 'integer' })
  count!: number

  @ManyToOne(() => ExpectedJob, { nullable: true })
  job!: Rel<ExpectedJob> | null

  @ManyToOne(() => BackupEntry, { nullable: true, index: false })
  entry!: Rel<BackupEntry> | null

  @ManyToOne(() => Machine, { nullable: true })
  machine!: Rel<Machine> | null

  @ManyToOne(() => Disk, { nullable: true })
  disk!: Rel<Disk> | null

  @Property({ type: 'json' })
  facts!: EventFacts

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  openedAt!: Date

  @Field(() => GraphQLISODateTime, { description: 'When the newest event told of it' })
  @Property({ type: 'datetime' })
  changedAt!: Date

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = not acknowledged' })
  @Property({ type: 'datetime', nullable: true })
  acknowledgedAt!: Date | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'string', nullable: true })
  acknowledgedBy!: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Until then nobody is told; null = not muted' })
  @Property({ type: 'datetime', nullable: true })
  mutedUntil!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = it goes on' })
  @Property({ type: 'datetime', nullable: true })
  resolvedAt!: Date | null

  /** When somebody is reminded; null = nobody is. */
  @Property({ type: 'datetime', nullable: true })
  remindAt!: Date | null
}

export enum Channel {
  MAIL = 'MAIL',
  WEBHOOK = 'WEBHOOK',
}
registerEnumType(Channel, { name: 'Channel' })

export enum DeliveryKind {
  ALERT = 'ALERT',
  REMINDER = 'REMINDER',
  RECOVERY = 'RECOVERY',
  DAILY = 'DAILY',
  TEST = 'TEST',
}
registerEnumType(DeliveryKind, { name: 'DeliveryKind' })

export enum DeliveryState {
  WAITING = 'WAITING',
  SENT = 'SENT',
  REFUSED = 'REFUSED',
}
registerEnumType(DeliveryState, {
  name: 'DeliveryState',
  valuesConfig: {
    WAITING: { description: 'To be sent, or to be tried again' },
    SENT: { description: 'Taken over by the server' },
    REFUSED: { description: 'Refused for good, or not taken over for a week' },
  },
})

/** How many backups of a recipient are good, and which are not. */
export interface DigestFacts {
  total: number
  good: number
  bad: { name: string; status: string; jobId: string }[]
  /** Arrived and not proven: not among the good. */
  unproven?: number
  /** What whoever runs Vigie looks after; absent for others. */
  beside?: DigestBeside
}

/** What lies beside the good backups. */
export interface DigestBeside {
  paused: number
  quarantined: number
  damaged: number
  undeclared: number
  /** Files in deposit and quarantine that nobody awaits. */
  unawaited: number
  unawaitedBytes: number
  /** Each file system, in bytes and per cent; [] = none was read yet. `fullOn` null = it does not grow, or nobody knows. */
  rooms: { path: string; free: number; used: number; fullOn: string | null }[]
}

/** One message to one recipient. Its row is written with the alert; its Message-ID never changes. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'One message to one recipient' })
@Index({
  name: 'delivery_waiting',
  expression: 'create index "delivery_waiting" on "delivery" ("next_try_at", "id") where state = \'WAITING\'',
})
@Unique({ properties: ['dedupeKey'] })
@Index({ properties: ['createdAt', 'id'] })
export class Delivery {
  [EntityName]?: 'Delivery'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => Channel)
  @Property({ type: 'string' })
  channel!: Channel

  @Field(() => DeliveryKind)
  @Property({ type: 'string' })
  kind!: DeliveryKind

  @Field(() => String, { description: 'A mail address, or the host of the webhook' })
  @Property({ type: 'string' })
  recipient!: string

  /** The alerts that it tells of. */
  @Property({ type: 'json' })
  alertIds!: string[]

  /** What is told beside the alerts: the counts of a daily digest. */
  @Property({ type: 'json' })
  facts!: DigestFacts | Record<string, never>

  /** Event and channel: a repeat after a crash finds the row that is there. */
  @Property({ type: 'string' })
  dedupeKey!: string

  @Field(() => DeliveryState)
  @Property({ type: 'string' })
  state!: DeliveryState

  @Field(() => Int)
  @Property({ type: 'integer' })
  attempts!: number

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  nextTryAt!: Date

  @Field(() => String, { nullable: true, description: 'What the server said last; null = nothing bad' })
  @Property({ type: 'string', nullable: true })
  lastError!: string | null

  @Field(() => GraphQLISODateTime, { nullable: true })
  @Property({ type: 'datetime', nullable: true })
  sentAt!: Date | null

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  createdAt!: Date
}

/** One row: the newest event that alerts were opened from. */
@Entity()
export class AlertCursor {
  [EntityName]?: 'AlertCursor'

  @PrimaryKey({ type: 'string' })
  id!: string

  @Property({ type: 'integer' })
  eventId!: number

  /** The day (UTC) of the newest daily digest. */
  @Property({ type: 'string', nullable: true })
  digestDay!: string | null
}
