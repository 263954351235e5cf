import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  Float,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Machine } from '../machines/machine.entity.ts'
import { COSTLY } from '../graphql/cost.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { FileSystem } from '../storage/file-system.entity.ts'
import { AttributePoint, SmartAttribute } from './attributes.type.ts'
import { DiskStay } from './disk-stay.entity.ts'
import { CounterStep } from './counter-steps.ts'
import { Disk } from './disk.entity.ts'
import { type DiskConditions, DiskOrder } from './disk-list.ts'
import { DiskType } from './disk-words.ts'
import { Health } from './health.ts'
import { Reason } from '../reasons/reason.ts'
import { SnapshotConnection } from './snapshots.resolver.ts'
import { Snapshot } from './snapshot.entity.ts'
import { curveOf, type ReasonCurve } from './reason-curve.ts'
import { DiskWear } from './wear.ts'

registerEnumType(DiskOrder, {
  name: 'DiskOrder',
  description:
    'WORST_FIRST: by health, the worst first; UNKNOWN has its rank. LAST_SEEN and LAST_READ: the newest, CAPACITY: the largest, TEMPERATURE: the hottest, POWER_ON_HOURS: the longest first; the rest by name. What is not known stands last, whichever way the list goes.',
})

@InputType()
export class DiskFilter implements DiskConditions {
  @Field(() => String, {
    nullable: true,
    description: 'Last characters of the serial number; part of the model, label or hostname',
  })
  search?: string | null

  @Field(() => [Health], { nullable: true })
  health?: Health[] | null

  @Field(() => ID, { nullable: true })
  machineId?: string | null

  @Field(() => [DiskType], { nullable: true })
  type?: DiskType[] | null

  @Field(() => Boolean, { nullable: true })
  moved?: boolean | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: those that the reports of their machine are without; false: those that are there',
  })
  missing?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'True: only retired ones; false: only those in service' })
  archived?: boolean | null

  @Field(() => [String], {
    nullable: true,
    description: 'One of these tags, on the disk or on its machine; without case and accents',
  })
  tag?: string[] | null
}

@ArgsType()
export class DisksArgs extends PageArgs {
  @Field(() => DiskFilter, { nullable: true })
  filter?: DiskFilter | null

  @Field(() => DiskOrder, { defaultValue: DiskOrder.WORST_FIRST })
  orderBy: DiskOrder = DiskOrder.WORST_FIRST

  @Field(() => Boolean, { defaultValue: false, description: 'The other way round; what is not known stays last' })
  reverse: boolean = false

  @Field(() => Boolean, { defaultValue: false })
  includeArchived: boolean = false
}

@ArgsType()
class HistoryArgs {
  @Field(() => String, { description: 'Code of an attribute ("5", "media_errors"), or temperature, power_on_hours …' })
  attribute!: string

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = a year before `to`' })
  from?: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Null = now' })
  to?: Date | null

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'True: the normalised value of an attribute, which falls to its threshold; false: its raw one',
  })
  normalised: boolean = false
}

@ObjectType('ReasonCurve', {
  simpleResolvers: true,
  description: 'The counter over time that shows what a finding tells',
})
export class ReasonCurveView {
  @Field(() => String, { description: 'For attributeHistory' })
  attribute!: string

  @Field(() => Boolean, { description: 'Whether its normalised value tells it: for attributeHistory(normalised:)' })
  isNormalised!: boolean

  @Field(() => Float, { nullable: true, description: 'The line that was crossed, on that scale; null = there is none' })
  limit!: number | null
}

@Resolver(() => Reason)
export class ReasonCurvesResolver {
  @FieldResolver(() => ReasonCurveView, {
    nullable: true,
    description: 'Of a finding on a disk; null = no counter tells it',
  })
  curve(@Root() reason: Reason): ReasonCurve | null {
    return curveOf(reason)
  }
}

export const DiskConnection = connectionOf(Disk, 'Disk')

@ObjectType({ simpleResolvers: true, description: 'A disk with a finding' })
export class AtRiskDisk {
  @Field(() => Disk)
  disk!: Disk
}
export const AtRiskDiskConnection = connectionOf(AtRiskDisk, 'AtRiskDisk')

@ObjectType({ simpleResolvers: true, description: 'A disk that is not in the machine where it was first seen' })
export class MovedDisk {
  @Field(() => Disk)
  disk!: Disk
}
export const MovedDiskConnection = connectionOf(MovedDisk, 'MovedDisk')

/** What the two types above are made of: the disk's row. */
interface OfDisk {
  disk: Row<Disk>
}

const wrapped = (page: Page<Row<Disk>>): Page<OfDisk> => ({
  nodes: page.nodes.map((disk) => ({ disk })),
  pageInfo: page.pageInfo,
  get totalCount() {
    return page.totalCount
  },
})

@Resolver(() => Disk)
export class DisksResolver {
  @Authorized(Scope.READ)
  @Query(() => DiskConnection, { description: 'Every disk' })
  disks(@Args(() => DisksArgs) args: DisksArgs, @Ctx() { disks }: Context): Promise<Page<Row<Disk>>> {
    return disks.list(args)
  }

  @Authorized(Scope.READ)
  @Query(() => Disk, { description: 'One disk, by id or serial number. Errors: NOT_FOUND, AMBIGUOUS' })
  disk(
    @Ctx() { disks }: Context,
    @Arg('id', () => ID, { nullable: true }) id?: string,
    @Arg('serial', () => String, { nullable: true }) serial?: string,
  ): Promise<Row<Disk>> {
    return disks.one({ id: id ?? null, serial: serial ?? null })
  }

  @Authorized(Scope.READ)
  @Query(() => AtRiskDiskConnection, {
    description: 'Disks that are WARNING, AT_RISK or FAILED, the worst first; those of silent machines too',
  })
  async atRiskDisks(@Args(() => PageArgs) page: PageArgs, @Ctx() { disks }: Context): Promise<Page<OfDisk>> {
    return wrapped(await disks.atRisk(page))
  }

  @Authorized(Scope.READ)
  @Query(() => MovedDiskConnection, { description: 'Disks that are not in the machine where they were first seen' })
  async movedDisks(@Args(() => PageArgs) page: PageArgs, @Ctx() { disks }: Context): Promise<Page<OfDisk>> {
    return wrapped(await disks.moved(page))
  }

  @FieldResolver(() => Health, {
    description: 'The verdict as it may be shown now: an OK older than 48 hours is UNKNOWN',
  })
  health(@Root() disk: Row<Disk>, @Ctx() { disks }: Context): Health {
    return disks.verdict(disk).health
  }

  @FieldResolver(() => [Reason], { description: 'Why, the gravest first' })
  reasons(@Root() disk: Row<Disk>, @Ctx() { disks }: Context): Reason[] {
    return disks.verdict(disk).reasons
  }

  @FieldResolver(() => Boolean, { description: 'True while it is not in the machine where it was first seen' })
  moved(@Root() disk: Row<Disk>): boolean {
    return !disk.weak && disk.machine !== disk.firstMachine
  }

  @FieldResolver(() => Machine, { description: 'The machine that it is in, or was last seen in' })
  machine(@Root() disk: Row<Disk>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(disk.machine)
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: 'Degrees Celsius at the newest reading; null = asleep or not read',
  })
  temperature(@Root() disk: Row<Disk>, @Ctx() { disks }: Context): Promise<number | null> {
    return disks.temperature(disk)
  }

  @FieldResolver(() => DiskWear, {
    nullable: true,
    complexity: COSTLY,
    description: 'How its rated life is used up; null = nothing tells, as of disks that turn',
  })
  wear(@Root() disk: Row<Disk>, @Ctx() { disks }: Context): Promise<DiskWear | null> {
    return disks.wear(disk)
  }

  @FieldResolver(() => Snapshot, { nullable: true, description: 'Its newest reading; null = none yet' })
  lastReading(@Root() disk: Row<Disk>, @Ctx() { disks }: Context): Promise<Row<Snapshot> | null> {
    return disks.lastReading(disk)
  }

  @FieldResolver(() => [DiskStay], {
    description: 'Where it has been, the first stay first; two open ones are a conflict',
  })
  stays(@Root() disk: Row<Disk>, @Ctx() { disks }: Context): Promise<Row<DiskStay>[]> {
    return disks.staysOf(disk.id)
  }

  @FieldResolver(() => [FileSystem], { description: 'What lies on it, as the newest report of its machine tells' })
  fileSystems(@Root() disk: Row<Disk>, @Ctx() { storage }: Context): Promise<Row<FileSystem>[]> {
    return storage.ofDisk(disk)
  }

  @FieldResolver(() => SnapshotConnection, { description: 'Its readings, newest first' })
  snapshots(
    @Root() disk: Row<Disk>,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { disks }: Context,
  ): Promise<Page<Row<Snapshot>>> {
    return disks.snapshotsOf(disk.id, page)
  }

  @FieldResolver(() => [CounterStep], {
    complexity: COSTLY,
    description:
      'Where reallocated, pending, uncorrectable sectors or media errors rose or fell: the newest first, 100 at most',
  })
  steps(@Root() disk: Row<Disk>, @Ctx() { disks }: Context): Promise<CounterStep[]> {
    return disks.steps(disk.id)
  }

  @FieldResolver(() => [SmartAttribute], { description: 'Its attributes of the newest document; [] = none was read' })
  async attributes(@Root() disk: Row<Disk>, @Ctx() { disks }: Context): Promise<SmartAttribute[]> {
    return SmartAttribute.of(await disks.newestFacts(disk), (await disks.lastReading(disk))?.counters ?? null)
  }

  @FieldResolver(() => [AttributePoint], {
    complexity: COSTLY,
    description: 'One attribute over time, oldest first: at most 500 points, thinned so that no step is hidden',
  })
  attributeHistory(
    @Root() disk: Row<Disk>,
    @Args(() => HistoryArgs) { attribute, from, to, normalised }: HistoryArgs,
    @Ctx() { disks }: Context,
  ): Promise<AttributePoint[]> {
    return disks.history(disk.id, { attribute, from: from ?? null, to: to ?? null, isNormalised: normalised })
  }
}

@Resolver(() => AtRiskDisk)
export class AtRiskDisksResolver {
  @FieldResolver(() => Health)
  health(@Root() { disk }: OfDisk): Health {
    return disk.health
  }

  @FieldResolver(() => [Reason])
  reasons(@Root() { disk }: OfDisk): Reason[] {
    return disk.reasons
  }

  @FieldResolver(() => GraphQLISODateTime)
  lastSeenAt(@Root() { disk }: OfDisk): Date {
    return disk.lastSeenAt
  }

  @FieldResolver(() => Int, { description: 'Seconds since it was last seen' })
  ageSeconds(@Root() { disk }: OfDisk, @Ctx() { clock }: Context): number {
    const seconds = Math.round((clock().getTime() - disk.lastSeenAt.getTime()) / 1000)
    return Math.min(Math.max(0, seconds), 2 ** 31 - 1)
  }

  @FieldResolver(() => Machine)
  machine(@Root() { disk }: OfDisk, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(disk.machine)
  }
}

@Resolver(() => MovedDisk)
export class MovedDisksResolver {
  @FieldResolver(() => Machine, { description: 'Where it was first seen' })
  fromMachine(@Root() { disk }: OfDisk, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(disk.firstMachine)
  }

  @FieldResolver(() => GraphQLISODateTime, { description: 'Since when it was there: the beginning of its first stay' })
  async fromDate(@Root() { disk }: OfDisk, @Ctx() { disks }: Context): Promise<Date> {
    return (await disks.staysOf(disk.id))[0]?.since ?? disk.firstSeenAt
  }

  @FieldResolver(() => Machine, { description: 'Where it is' })
  toMachine(@Root() { disk }: OfDisk, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(disk.machine)
  }

  @FieldResolver(() => GraphQLISODateTime, { description: 'Since when it is there: the beginning of its present stay' })
  async toDate(@Root() { disk }: OfDisk, @Ctx() { disks }: Context): Promise<Date> {
    const stays = await disks.staysOf(disk.id)
    return stays.findLast((stay) => stay.machine === disk.machine)?.since ?? disk.lastSeenAt
  }
}

@Resolver(() => DiskStay)
export class DiskStaysResolver {
  @FieldResolver(() => Machine)
  machine(@Root() stay: Row<DiskStay>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(stay.machine)
  }
}
