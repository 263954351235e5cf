import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import {
  AptProxyMode,
  type BrokenPackage,
  type HardwareFacts,
  type RebootFacts,
  RebootReason,
} from '@vigie/agent/report'
import { Field, GraphQLISODateTime, Int, ObjectType, registerEnumType } from 'type-graphql'
import { BigNumber } from '../database/big-number.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Machine } from '../machines/machine.entity.ts'
import { MachineHardware } from './machine-hardware.ts'

registerEnumType(AptProxyMode, {
  name: 'AptProxyMode',
  valuesConfig: {
    DIRECT: { description: 'Without a proxy' },
    PROXY: { description: 'By a proxy' },
    AUTO: { description: 'By a program that finds one each time' },
  },
})
registerEnumType(RebootReason, {
  name: 'RebootReason',
  valuesConfig: {
    ASKED: { description: 'A package asked for it (/run/reboot-required)' },
    KERNEL_NEWER: { description: 'A newer kernel of the same flavour is installed, or another one is pinned' },
    KERNEL_REBUILT: { description: 'The running kernel was built anew under the same name' },
  },
})

@ObjectType({ simpleResolvers: true, description: 'One reason why a machine should be restarted' })
export class RebootCause {
  @Field(() => RebootReason)
  code!: RebootReason

  @Field(() => String, {
    nullable: true,
    description: 'The packages that ask for it, or the kernel that waits; null = not told',
  })
  detail!: string | null
}

@ObjectType({ simpleResolvers: true, description: 'A package that is half installed' })
export class HalfInstalledPackage {
  @Field(() => String)
  name!: string

  @Field(() => String, { description: 'As dpkg calls it: half-installed, unpacked, half-configured, reinst-required' })
  state!: string
}

/**
 * How a machine is, derived from its newest snapshots alone (derive-state.ts): one row for each machine that told anything
 * of it. All counts of updates are null together: no plan could be made, or none was told.
 */
@Entity()
@ObjectType({
  simpleResolvers: true,
  description:
    'How a machine is: what could be updated, and whether it should be restarted. Null anywhere = not known, never zero',
})
export class MachineState {
  [EntityName]?: 'MachineState'

  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  @Unique()
  machine!: Rel<Machine>

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When its package manager was asked last' })
  @Property({ type: 'datetime', nullable: true })
  updatesAt!: Date | null

  @Field(() => String, {
    nullable: true,
    description:
      'Why its package manager could not be asked by its newest report, or can make no plan; in its own words. Null = it made one',
  })
  @Property({ type: 'string', length: 512, nullable: true })
  updatesProblem!: string | null

  @Field(() => Int, { nullable: true, description: 'Packages that would be upgraded' })
  @Property({ type: 'integer', nullable: true })
  installable!: number | null

  @Field(() => Int, {
    nullable: true,
    description:
      'Packages, installable or kept back, whose newer version mends a security hole; null also where it has no list of a security archive',
  })
  @Property({ type: 'integer', nullable: true })
  security!: number | null

  @Field(() => Int, {
    nullable: true,
    description: 'Packages, installable or kept back, of which nobody can tell whether they mend a security hole',
  })
  @Property({ type: 'integer', nullable: true })
  securityUnknown!: number | null

  @Field(() => Int, { nullable: true, description: 'Packages that would be installed beside them' })
  @Property({ type: 'integer', nullable: true })
  added!: number | null

  @Field(() => Int, { nullable: true, description: 'Packages that would be removed' })
  @Property({ type: 'integer', nullable: true })
  removed!: number | null

  @Field(() => Int, { nullable: true, description: 'Packages that would go back to an older version' })
  @Property({ type: 'integer', nullable: true })
  downgraded!: number | null

  @Field(() => Int, { nullable: true, description: 'Kept back: its owner holds them' })
  @Property({ type: 'integer', nullable: true })
  held!: number | null

  @Field(() => Int, { nullable: true, description: 'Kept back: their distribution gives them to others first' })
  @Property({ type: 'integer', nullable: true })
  phased!: number | null

  @Field(() => Int, { nullable: true, description: 'Kept back: what they need cannot be had' })
  @Property({ type: 'integer', nullable: true })
  keptForDependency!: number | null

  @Field(() => Int, { nullable: true, description: 'Kept back: their owner pins them (apt_preferences)' })
  @Property({ type: 'integer', nullable: true })
  pinned!: number | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes that would have to be fetched' })
  @Property({ type: BigNumber, nullable: true })
  downloadBytes!: number | null

  @Field(() => String, { nullable: true, description: 'Names the plan: another one is another plan' })
  @Property({ type: 'string', nullable: true })
  planHash!: string | null

  @Field(() => AptProxyMode, { nullable: true, description: 'By which way apt fetches, by its own settings' })
  @Property({ type: 'string', nullable: true })
  aptProxyMode!: AptProxyMode | null

  @Field(() => String, {
    nullable: true,
    description: 'The proxy, without user and password; null = there is none, or it is found by a program',
  })
  @Property({ type: 'string', nullable: true })
  aptProxyUrl!: string | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'The newest sign that its lists of packages were refreshed; null = there is none',
  })
  @Property({ type: 'datetime', nullable: true })
  listsRefreshedAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'When the newest list of a security archive that it has was made by its publisher, who makes it anew at least daily; null = it has none, so that nobody can tell what waits',
  })
  @Property({ type: 'datetime', nullable: true })
  securityListAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the first of its lists is too old by its own words (Valid-Until); null = none says so',
  })
  @Property({ type: 'datetime', nullable: true })
  listsValidUntil!: Date | null

  @Field(() => String, {
    nullable: true,
    description:
      'Who changed packages while it was asked, so that all of this is of a moment in between; null = nobody',
  })
  @Property({ type: 'string', nullable: true })
  busy!: string | null

  @Field(() => Boolean, { nullable: true, description: 'True: dpkg was interrupted (dpkg --configure -a)' })
  @Property({ type: 'boolean', nullable: true })
  interrupted!: boolean | null

  @Field(() => [HalfInstalledPackage], { nullable: true, description: 'Packages that are half installed' })
  @Property({ type: 'json', nullable: true })
  broken!: BrokenPackage[] | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when the oldest of its security updates waits; null = none waits, or none is known',
  })
  @Property({ type: 'datetime', nullable: true })
  securitySince!: Date | null

  @Field(() => Int, { nullable: true, description: 'Packages that are installed on it' })
  @Property({ type: 'integer', nullable: true })
  installedPackages!: number | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it told last which those are' })
  @Property({ type: 'datetime', nullable: true })
  packagesAt!: Date | null

  @Field(() => String, {
    nullable: true,
    description:
      'Why its newest report could not tell which those are; null = it could, or nothing was ever told of it',
  })
  @Property({ type: 'string', length: 512, nullable: true })
  packagesProblem!: string | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was asked last whether it should be restarted',
  })
  @Property({ type: 'datetime', nullable: true })
  rebootAt!: Date | null

  @Field(() => [RebootCause], {
    nullable: true,
    description: 'Why it should be restarted; empty = nothing says so; null = not known',
  })
  @Property({ type: 'json', nullable: true })
  rebootReasons!: RebootFacts['reasons'] | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Since when it should be restarted; null = it should not, or it is not known',
  })
  @Property({ type: 'datetime', nullable: true })
  rebootSince!: Date | null

  @Field(() => Boolean, {
    nullable: true,
    description:
      'False: nothing is known of its kernel, so that an empty rebootReasons says less; a container has none of its own',
  })
  @Property({ type: 'boolean', nullable: true })
  kernelChecked!: boolean | null

  @Field(() => String, { nullable: true, description: 'As uname -r prints it' })
  @Property({ type: 'string', nullable: true })
  runningKernel!: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was started' })
  @Property({ type: 'datetime', nullable: true })
  bootedAt!: Date | null

  @Field(() => MachineHardware, { nullable: true, description: 'What it is made of' })
  @Property({ type: 'json', nullable: true })
  hardware!: HardwareFacts | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When that was told last' })
  @Property({ type: 'datetime', nullable: true })
  hardwareAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'Since when its package manager cannot be asked, makes no plan, or has left packages half installed; null = it is well, or was never asked',
  })
  @Property({ type: 'datetime', nullable: true })
  troubleSince!: Date | null

  @Property({ type: 'datetime', nullable: true })
  troubleToldAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'Since when more processes run or wait than should, see thresholds; null = no more do, or it is not known',
  })
  @Property({ type: 'datetime', nullable: true })
  loadHighSince!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'Since when more memory is in use than should be, see thresholds; null = no more is, or it is not known',
  })
  @Property({ type: 'datetime', nullable: true })
  memoryHighSince!: Date | null

  /** By which threshold that was told; null = it was not. */
  @Property({ type: 'double', nullable: true })
  loadThreshold!: number | null

  @Property({ type: 'double', nullable: true })
  memoryThreshold!: number | null

  /** When it was told that a security update waits for long, and that a restart does; null = it was not, or it is over. */
  @Property({ type: 'datetime', nullable: true })
  securityToldAt!: Date | null

  @Property({ type: 'datetime', nullable: true })
  rebootToldAt!: Date | null
}
