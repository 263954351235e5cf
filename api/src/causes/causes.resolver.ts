import { diskName, machineName } from '../reasons/names.ts'
import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import { Alert, AlertState } from '../alerts/alert.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Row } from '../database/rows.ts'
import { Disk } from '../disks/disk.entity.ts'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { costOf, type PlaceCost } from '../places/place-cost.ts'
import { PlaceCostView, PlaceView } from '../places/places.resolver.ts'
import type { Place } from '../places/places.service.ts'
import { Severity } from '../reasons/reason.ts'
import { Language } from '../reasons/reasons.resolver.ts'
import { causeSentence } from './cause-sentence.ts'
import type { Cause } from './causes.service.ts'
import { CauseKind } from './group-causes.ts'

@ObjectType('EndangeredPlace', { simpleResolvers: true, description: 'Data that a cause endangers' })
export class EndangeredView {
  @Field(() => PlaceView)
  place!: Place

  @Field(() => PlaceCostView, { description: 'What a failure now would cost' })
  cost!: PlaceCost
}

@ObjectType('Cause', {
  description: 'What brought alerts about: a disk, an agent that sent nothing … Each lasting alert belongs to one',
})
export class CauseView {
  @Field(() => ID, { description: 'The same as long as it lasts' })
  id!: string

  @Field(() => CauseKind)
  kind!: CauseKind

  @Field(() => AlertState, { description: 'That of its alerts which asks most of somebody: OPEN, ACKNOWLEDGED, MUTED' })
  state!: AlertState

  @Field(() => GraphQLISODateTime, { description: 'When the first of its alerts was opened' })
  since!: Date
}

export const CauseConnection = connectionOf(CauseView, 'Cause')

@InputType()
export class CauseFilterInput {
  @Field(() => [AlertState], {
    nullable: true,
    description: 'OPEN, ACKNOWLEDGED or MUTED; a cause that is over is none',
  })
  state?: AlertState[] | null

  @Field(() => [CauseKind], { nullable: true })
  kind?: CauseKind[] | null

  @Field(() => [String], {
    nullable: true,
    description: 'About a machine, disk or job with one of these tags; without case and accents',
  })
  tag?: string[] | null
}

@ArgsType()
export class CausesArgs extends PageArgs {
  @Field(() => CauseFilterInput, { nullable: true })
  filter?: CauseFilterInput | null
}

@ObjectType('CausesOfState')
export class CausesOfStateView {
  @Field(() => AlertState)
  state!: AlertState

  @Field(() => Int)
  count!: number
}

const SEEN = 'Only these of its alerts, as they were seen; those that joined it since stay as they are. Null = all'

@Resolver(() => CauseView)
export class CausesResolver {
  @Authorized(Scope.READ)
  @Query(() => CauseConnection, {
    description:
      'What somebody must look at: every lasting alert, by what caused it. What nobody acknowledged first, then what would lose most',
  })
  causes(@Args(() => CausesArgs) args: CausesArgs, @Ctx() { causes }: Context): Promise<Page<Cause>> {
    return causes.list(args)
  }

  @Authorized(Scope.READ)
  @Query(() => [CausesOfStateView], { description: 'How many causes are in each state, zeros included' })
  causesByState(@Ctx() { causes }: Context): Promise<CausesOfStateView[]> {
    return causes.countByState()
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [Alert], {
    description:
      'Somebody knows: no more reminders of its alerts. Those that this changed. Errors: NOT_FOUND, also where it is over meanwhile',
  })
  acknowledgeCause(
    @Arg('id', () => ID) id: string,
    @Ctx() { causes, caller }: Context,
    @Arg('alertIds', () => [ID], { nullable: true, description: SEEN }) alertIds?: string[],
    @Arg('known', () => Boolean, { defaultValue: true, description: 'False takes an acknowledgement back' })
    isKnown = true,
  ): Promise<Row<Alert>[]> {
    return causes.acknowledge(id, alertIds ?? null, { actor: caller.name, isKnown })
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [Alert], {
    description:
      'Nobody is told of its alerts until then; afterwards they are told again if they last. Null ends it. Those that this changed. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  muteCause(
    @Arg('id', () => ID) id: string,
    @Ctx() { causes, caller }: Context,
    @Arg('until', () => GraphQLISODateTime, { nullable: true }) until?: Date,
    @Arg('alertIds', () => [ID], { nullable: true, description: SEEN }) alertIds?: string[],
  ): Promise<Row<Alert>[]> {
    return causes.mute(id, alertIds ?? null, { actor: caller.name, until: until ?? null })
  }

  @FieldResolver(() => Severity, { description: 'That of its gravest alert' })
  severity(@Root() { alerts }: Cause): Severity {
    return alerts[0]?.severity ?? Severity.INFO
  }

  @FieldResolver(() => String, { description: 'What it is, without a full stop' })
  async sentence(
    @Root() cause: Cause,
    @Arg('language', () => Language, { defaultValue: Language.EN }) language: Language,
    @Ctx() { machines, disks }: Context,
  ): Promise<string> {
    const { machine, disk } = cause
    return causeSentence(
      {
        ...cause,
        machine: machineName(machine ? await machines.load(machine) : null),
        disk: diskName(disk ? await disks.load(disk) : null),
      },
      language,
    )
  }

  @FieldResolver(() => [Alert], {
    description: 'The first of its alerts, the gravest first; alertCount says of how many',
  })
  alerts(
    @Root() { alerts }: Cause,
    @Arg('first', () => Int, { defaultValue: 20, description: 'At most 500' }) first: number,
  ): Row<Alert>[] {
    return alerts.slice(0, Math.max(0, Math.min(500, first)))
  }

  @FieldResolver(() => Int)
  alertCount(@Root() { alerts }: Cause): number {
    return alerts.length
  }

  @FieldResolver(() => [EndangeredView], {
    description:
      'The first of the data that it endangers, what would be lost first; endangeredCount says of how much. [] = none that is known',
  })
  endangers(
    @Root() { endangers }: Cause,
    @Arg('first', () => Int, { defaultValue: 20, description: 'At most 500' }) first: number,
  ): EndangeredView[] {
    return endangers.slice(0, Math.max(0, Math.min(500, first))).map((place) => ({ place, cost: costOf(place) }))
  }

  @FieldResolver(() => Int)
  endangeredCount(@Root() { endangers }: Cause): number {
    return endangers.length
  }

  @FieldResolver(() => Machine, { nullable: true, description: 'Where it is; null = see its jobs' })
  async machine(@Root() { machine }: Cause, @Ctx() { machines }: Context): Promise<Row<Machine> | null> {
    return machine ? machines.load(machine) : null
  }

  @FieldResolver(() => Disk, { nullable: true, description: 'The disk that it is about; null = no one disk' })
  async disk(@Root() { disk }: Cause, @Ctx() { disks }: Context): Promise<Row<Disk> | null> {
    return disk ? disks.load(disk) : null
  }

  @FieldResolver(() => [ID], { description: 'All of its alerts: who says something about it says which were seen' })
  alertIds(@Root() { alerts }: Cause): string[] {
    return alerts.map(({ id }) => id)
  }

  @FieldResolver(() => [ExpectedJob], {
    description: 'The first of the jobs that its alerts are about, by agent and database; jobCount says of how many',
  })
  jobs(
    @Root() { jobs }: Cause,
    @Arg('first', () => Int, { defaultValue: 20, description: 'At most 500' }) first: number,
  ): Row<ExpectedJob>[] {
    return jobs.slice(0, Math.max(0, Math.min(500, first)))
  }

  @FieldResolver(() => Int)
  jobCount(@Root() { jobs }: Cause): number {
    return jobs.length
  }
}
