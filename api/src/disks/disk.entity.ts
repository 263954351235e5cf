import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { BigNumber } from '../database/big-number.ts'
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { DiskType } from './disk-words.ts'
import type { AcceptedFinding } from './accepted-findings.ts'
import { Health } from './health.ts'
import { Reason } from '../reasons/reason.ts'
import { SmartDocument } from './smart-document.entity.ts'
import { Snapshot } from './snapshot.entity.ts'

@Entity()
@ObjectType({ simpleResolvers: true, description: 'A physical disk, wherever it is' })
// Worst first and the counts by health are read from this index alone.
@Index({ properties: ['archivedAt', 'health', 'lastReadAt', 'missingSince', 'id'] })
export class Disk {
  [EntityName]?: 'Disk'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => String, {
    nullable: true,
    description: 'As the disk tells it, trimmed; null = it has no usable serial number',
  })
  @Property({ type: 'string', nullable: true })
  serial!: string | null

  /** The serial as it is compared: upper case, blanks collapsed. */
  @Property({ type: 'string', nullable: true })
  @Index()
  serialKey!: string | null

  @Field(() => String, { nullable: true, description: 'Null = not known' })
  @Property({ type: 'string', nullable: true })
  model!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'World Wide Name as hexadecimal digits (NAA), or eui./nguid identifier of NVMe; null = not known',
  })
  @Property({ type: 'string', nullable: true })
  @Index()
  wwn!: string | null

  @Field(() => [String], { description: 'Names below /dev/disk/by-id, and former identifiers of the same disk' })
  @Property({ type: 'json' })
  aliases!: string[]

  @Field(() => Boolean, {
    description:
      'True where the disk has no identifier of its own: it is then known by its place, and never counts as moved',
  })
  @Property({ type: 'boolean' })
  weak!: boolean

  /** Machine, place and size of a weak disk; null for one with an identifier. */
  @Property({ type: 'string', nullable: true, unique: true })
  weakKey!: string | null

  /** The serial number that the kernel showed last, as it is compared: of a USB disk it may be its bridge's. */
  @Property({ type: 'string', nullable: true })
  @Index()
  kernelSerial!: string | null

  /** Where it sat last, for a moment in which it does not say who it is. */
  @Property({ type: 'string', nullable: true })
  place!: string | null

  @Field(() => DiskType)
  @Property({ type: 'string' })
  type!: DiskType

  @Field(() => String, { nullable: true, description: 'sata, sas, nvme, usb, virtio …; null = not known' })
  @Property({ type: 'string', nullable: true })
  bus!: string | null

  @Field(() => String, {
    nullable: true,
    description:
      'What the disk serves: zfs_pool, ceph_osd, lvm, mdraid, luks, swap, file_system, partitions; null = nothing known to use it',
  })
  @Property({ type: 'string', nullable: true })
  role!: string | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes; null = not known' })
  @Property({ type: BigNumber, nullable: true })
  capacityBytes!: number | null

  @Field(() => String, { nullable: true })
  @Property({ type: 'string', nullable: true })
  firmware!: string | null

  @Field(() => Int, { nullable: true, description: 'Revolutions per minute; 0 = no moving parts, null = not known' })
  @Property({ type: 'integer', nullable: true })
  rotationRpm!: number | null

  @ManyToOne(() => Machine)
  machine!: Rel<Machine>

  @ManyToOne(() => Machine)
  firstMachine!: Rel<Machine>

  @Field(() => String, {
    nullable: true,
    description: "The kernel's name today, such as sda; it may change at every start",
  })
  @Property({ type: 'string', nullable: true })
  device!: string | null

  @Field(() => String, { nullable: true, description: 'The path below /dev, with the address behind a controller' })
  @Property({ type: 'string', nullable: true })
  path!: string | null

  /** As last judged; what is shown also looks at its age. */
  @Property({ type: 'string' })
  health!: Health

  @Property({ type: 'json' })
  reasons!: Reason[]

  /** What somebody accepted until it grows. */
  @Property({ type: 'json', default: '[]' })
  accepted!: AcceptedFinding[]

  @Field(() => Int, { description: 'Version of the rules that judged it last' })
  @Property({ type: 'integer' })
  rulesVersion!: number

  @Field(() => String, {
    nullable: true,
    description: 'A name or place given by its owner, such as "bay 3"; null = none',
  })
  @Property({ type: 'string', nullable: true })
  label!: string | null

  @Field(() => String, {
    nullable: true,
    description:
      'What its owner wants to remember of it, such as an order or a warranty: text of at most 1,000 characters, which may have several lines; null = nothing',
  })
  @Property({ type: 'text', nullable: true })
  note!: string | null

  @Field(() => [String], { description: 'What its owner sorts it by, see tags; sorted' })
  @Property({ type: 'json', default: '[]' })
  tags!: string[]

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  firstSeenAt!: Date

  @Field(() => GraphQLISODateTime, {
    description: 'When it was last seen in a machine, asleep and unreadable readings included',
  })
  @Property({ type: 'datetime' })
  lastSeenAt!: Date

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When its values were last read: the age of its health; null = never',
  })
  @Property({ type: 'datetime', nullable: true })
  lastReadAt!: Date | null

  /** How many readings in a row it did not answer, since it was read last. */
  @Property({ type: 'integer', default: 0 })
  failedReadings!: number

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when a disk that was read before gives no answer; null = it answers, or was never read',
  })
  @Property({ type: 'datetime', nullable: true })
  unreadableSince!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when the reports of its machine are without it; null = it is there',
  })
  @Property({ type: 'datetime', nullable: true })
  missingSince!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when two machines report it at the same time; null = only one does',
  })
  @Property({ type: 'datetime', nullable: true })
  conflictSince!: Date | null

  @ManyToOne(() => Snapshot, { nullable: true, fieldName: 'last_snapshot_id' })
  lastSnapshot!: Rel<Snapshot> | null

  @ManyToOne(() => SmartDocument, { nullable: true, fieldName: 'last_document_id' })
  lastDocument!: Rel<SmartDocument> | null

  /** Meaning and time of its newest document: whether a new one says anything new is told without reading that one. */
  @Property({ type: 'string', nullable: true })
  documentMeaning!: string | null

  @Property({ type: 'datetime', nullable: true })
  documentAt!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was retired; null = in service' })
  @Property({ type: 'datetime', nullable: true })
  archivedAt!: Date | null
}
