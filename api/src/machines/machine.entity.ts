import { EntityName, OptionalProps } from '@mikro-orm/core'
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { GraphQLISODateTime } from 'type-graphql'
import { Field, ID, ObjectType } from 'type-graphql'
import type { StorageGraph } from '../storage/storage-graph.ts'
import { MachineKind } from './machine-kind.ts'

@Entity()
@Index({
  name: 'machine_hostname_lower',
  expression: 'create index "machine_hostname_lower" on "machine" (lower("hostname"))',
})
@ObjectType({ simpleResolvers: true, description: 'A computer that reports' })
export class Machine {
  [EntityName]?: 'Machine';
  [OptionalProps]?: 'storageGraph'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  /** The key that its agent made at its first run; null for a machine known by scripts alone. */
  @Property({ type: 'string', nullable: true, unique: true })
  machineKey!: string | null

  /** The application-specific hash of /etc/machine-id (machine-id(5)): a hint at clones, never an identity. */
  @Property({ type: 'string', nullable: true })
  machineIdHash!: string | null

  /** The hash before that: one that comes back is no new system, but a second machine with the same key. */
  @Property({ type: 'string', nullable: true })
  formerIdHash!: string | null

  /** Of its board and network cards; null = not told. What a copy of its whole disk tells does not replace it at once. */
  @Property({ type: 'string', nullable: true })
  hardwareHash!: string | null

  /** Of its newest report that told of every disk that its kernel sees; null = none did yet. */
  @Property({ type: 'datetime', nullable: true })
  disksToldAt!: Date | null

  /** Of the start of its kernel that its newest report tells (random(4), boot_id), and of another that was before. */
  @Property({ type: 'string', nullable: true })
  bootHash!: string | null

  @Property({ type: 'string', nullable: true })
  formerBootHash!: string | null

  @Field(() => String, { nullable: true, description: 'As the machine tells it; null where a script knew none' })
  @Property({ type: 'string', nullable: true })
  hostname!: string | null

  @Field(() => String, { nullable: true, description: 'A name given by its owner; null = none given' })
  @Property({ type: 'string', nullable: true })
  name!: string | null

  @Field(() => [String], { description: 'What its owner sorts it by, see tags; sorted' })
  @Property({ type: 'json', default: '[]' })
  tags!: string[]

  @Field(() => String, { nullable: true, description: 'The source address of its default route; null = not known' })
  @Property({ type: 'string', nullable: true })
  @Index()
  ip!: string | null

  @Field(() => String, {
    nullable: true,
    description: 'debian, ubuntu, proxmox, raspbian, other, or as a script wrote it; null = not known',
  })
  @Property({ type: 'string', nullable: true })
  os!: string | null

  @Field(() => String, { nullable: true, description: 'Version of the operating system (of Proxmox VE on its hosts)' })
  @Property({ type: 'string', nullable: true })
  osVersion!: string | null

  @Field(() => String, { nullable: true, description: 'Processor architecture as uname -m prints it' })
  @Property({ type: 'string', nullable: true })
  arch!: string | null

  @Field(() => MachineKind)
  @Property({ type: 'string' })
  kind!: MachineKind

  @Field(() => String, {
    nullable: true,
    description: 'As systemd-detect-virt prints it (kvm, lxc, docker, none …); null = not known',
  })
  @Property({ type: 'string', nullable: true })
  virtualization!: string | null

  @Field(() => String, { nullable: true, description: 'Version of its agent; null for a script' })
  @Property({ type: 'string', nullable: true })
  agentVersion!: string | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'False: its agent did not run as root, so that parts are missing; null = not told',
  })
  @Property({ type: 'boolean', nullable: true })
  agentIsRoot!: boolean | null

  @Field(() => GraphQLISODateTime)
  @Property({ type: 'datetime' })
  firstSeenAt!: Date

  @Field(() => GraphQLISODateTime, { description: 'When its newest report was collected' })
  @Property({ type: 'datetime' })
  @Index()
  lastSeenAt!: Date

  @Field(() => GraphQLISODateTime, { description: 'When its newest report arrived' })
  @Property({ type: 'datetime' })
  lastReceivedAt!: Date

  /** The instants of its newest reports, oldest first: its rhythm is read from them. */
  @Property({ type: 'json' })
  reportTimes!: number[]

  @Field(() => GraphQLISODateTime, { description: 'From this instant on it is silent, unless it reports before' })
  @Property({ type: 'datetime' })
  @Index()
  silentAt!: Date

  /** When its silence was told as an event; null = it is not silent, or nobody has looked yet. */
  @Property({ type: 'datetime', nullable: true })
  silenceToldAt!: Date | null

  /** The last report in which a disk could be read. Null = none ever could. */
  @Property({ type: 'datetime', nullable: true })
  smartReadAt!: Date | null

  /** Reports in a row in which S.M.A.R.T. was asked and no disk could be read, for a reason that is none of theirs. */
  @Property({ type: 'integer', default: 0 })
  smartLost!: number

  @Field(() => [String], {
    description: 'Notes about its newest report: what was odd and how it was read. Sentences for a human, in English.',
  })
  @Property({ type: 'json' })
  notes!: string[]

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was retired; null = in service' })
  @Property({ type: 'datetime', nullable: true })
  archivedAt!: Date | null

  /** Block devices, volumes and mounts as one document; null until a report told them. Loaded only where asked for. */
  @Property({ type: 'json', nullable: true, lazy: true })
  storageGraph?: StorageGraph | null
}
