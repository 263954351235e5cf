import { isStateKind, KeptBack, PackageChange, STATE_KINDS } from '@vigie/agent/report'
import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Machine } from '../machines/machine.entity.ts'
import { InstalledPackage } from '../packages/installed-package.entity.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { MachinePackage } from './machine-package.entity.ts'
import { MachineState } from './machine-state.entity.ts'
import { areListsStale, standingOf, UpdateStanding } from './standing.ts'
import type { PackageConditions } from './state.service.ts'
import { SystemSnapshot } from './system-snapshot.entity.ts'

@InputType()
export class PackageFilter implements PackageConditions {
  @Field(() => ID, { nullable: true, description: 'Of this machine' })
  machine?: string | null

  @Field(() => String, { nullable: true, description: 'Part of the name' })
  search?: string | null

  @Field(() => [PackageChange], { nullable: true, description: 'One of these changes' })
  change?: PackageChange[] | null

  @Field(() => [KeptBack], { nullable: true, description: 'Kept back for one of these reasons' })
  kept?: KeptBack[] | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: only what mends a security hole; false: only what is known to mend none',
  })
  security?: boolean | null
}

@ArgsType()
export class PackagesArgs extends PageArgs {
  @Field(() => PackageFilter, { nullable: true })
  filter?: PackageFilter | null
}

@ArgsType()
export class SnapshotsArgs extends PageArgs {
  @Field(() => ID)
  machine!: string

  @Field(() => String, { nullable: true, description: `One of ${STATE_KINDS.join(', ')}; null = all` })
  kind?: string | null
}

export const MachinePackageConnection = connectionOf(MachinePackage, 'MachinePackage')
export const SystemSnapshotConnection = connectionOf(SystemSnapshot, 'SystemSnapshot')

@Resolver(() => MachineState)
export class StateResolver {
  @Authorized(Scope.READ)
  @Query(() => MachineState, {
    nullable: true,
    description: 'How a machine is; null = it told nothing of it. Errors: NOT_FOUND',
  })
  async machineState(
    @Arg('machine', () => ID) id: string,
    @Ctx() { machines, state }: Context,
  ): Promise<Row<MachineState> | null> {
    return state.ofMachine((await machines.load(id)).id)
  }

  @Authorized(Scope.READ)
  @Query(() => MachinePackageConnection, {
    description: 'Packages that package managers would change, or keep back, on machines in service; by name',
  })
  packages(
    @Args(() => PackagesArgs) { filter, ...page }: PackagesArgs,
    @Ctx() { state }: Context,
  ): Promise<Page<Row<MachinePackage>>> {
    return state.packages(filter, page)
  }

  @Authorized(Scope.READ)
  @Query(() => SystemSnapshotConnection, {
    description: 'What a machine told of itself, newest first. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  async systemSnapshots(
    @Args(() => SnapshotsArgs) { machine, kind = null, ...page }: SnapshotsArgs,
    @Ctx() { machines, state }: Context,
  ): Promise<Page<Row<SystemSnapshot>>> {
    if (kind !== null && !isStateKind(kind))
      throw new InvalidInputError('kind', `must be one of ${STATE_KINDS.join(', ')}`, 'Leave it out for all.')
    return state.snapshots((await machines.load(machine)).id, kind, page)
  }

  @FieldResolver(() => UpdateStanding, { description: 'How it stands with its updates, in one word' })
  updateStanding(@Root() state: Row<MachineState>, @Ctx() { clock }: Context): UpdateStanding {
    return standingOf(state, clock())
  }

  @FieldResolver(() => Boolean, {
    nullable: true,
    description:
      'True: its lists of packages were refreshed more than seven days ago, or are past their Valid-Until, so that others may wait than those that are known. Null = not told',
  })
  listsStale(@Root() state: Row<MachineState>, @Ctx() { clock }: Context): boolean | null {
    return areListsStale(state, clock())
  }
}

@Resolver(() => MachinePackage)
export class MachinePackagesResolver {
  @FieldResolver(() => Machine)
  machine(@Root() { machine }: Row<MachinePackage>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(machine)
  }
}

@Resolver(() => InstalledPackage)
export class InstalledUpdatesResolver {
  @FieldResolver(() => MachinePackage, {
    nullable: true,
    description: 'What its package manager would do with it; null = nothing, or that is not known',
  })
  async update(
    @Root() { machine, package: id }: Row<InstalledPackage>,
    @Ctx() { packages, state }: Context,
  ): Promise<Row<MachinePackage> | null> {
    const { name, architecture, version } = await packages.load(id)
    const found = await state.updateOf({ machine, name, architecture })
    // What is installed is told apart from what waits: one of another version is done already.
    return found?.installed === version ? found : null
  }
}

@Resolver(() => SystemSnapshot)
export class SystemSnapshotsResolver {
  @FieldResolver(() => String, { description: 'JSON text, in the shape of docs/report.md' })
  payload(@Root() { id }: Row<SystemSnapshot>, @Ctx() { state }: Context): Promise<string> {
    return state.payloadOf(id)
  }
}

@Resolver(() => Machine)
export class MachineStatesResolver {
  @FieldResolver(() => MachineState, { nullable: true, description: 'How it is; null = it told nothing of it' })
  state(@Root() { id }: Row<Machine>, @Ctx() { state }: Context): Promise<Row<MachineState> | null> {
    return state.ofMachine(id)
  }
}
