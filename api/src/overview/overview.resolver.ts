import { Args, Authorized, Ctx, Field, FieldResolver, Int, ObjectType, Query, Resolver, Root } from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Disk } from '../disks/disk.entity.ts'
import { DiskConnection, DisksArgs } from '../disks/disks.resolver.ts'
import type { HealthCount } from '../disks/disks.service.ts'
import { Health } from '../disks/health.ts'
import { Machine } from '../machines/machine.entity.ts'
import { MachineConnection, MachinesArgs } from '../machines/machines.resolver.ts'
import { type Page, PageArgs } from '../platform/page.ts'
import { VERSION } from '../platform/version.ts'

@ObjectType({ simpleResolvers: true })
export class DisksOfHealth {
  @Field(() => Health)
  health!: Health

  @Field(() => Int)
  count!: number
}

@ObjectType({ simpleResolvers: true, description: 'The answer at a glance, without what is retired' })
export class Summary {
  @Field(() => Int)
  totalMachines!: number

  @Field(() => Int)
  silentMachines!: number

  @Field(() => Int)
  totalDisks!: number

  @Field(() => [DisksOfHealth], { description: 'Every health in the order of its enum, zeros included' })
  disksByHealth!: HealthCount[]

  @Field(() => Int, {
    description: 'Arrays, pools and volume groups that are WARNING, AT_RISK or FAILED: arraysAtRisk tells which',
  })
  arraysAtRisk!: number

  @Field(() => Int, { description: 'Disks that are not in the machine where they were seen last' })
  missingDisks!: number

  @Field(() => Int, { description: 'Disks that are in the machine where they were seen first' })
  disksInPlace!: number
}

@Resolver(() => Summary)
export class OverviewResolver {
  @Authorized(Scope.READ)
  @Query(() => String, { description: 'The version of this Vigie, with its build where an archive brought it' })
  version(): string {
    return VERSION
  }

  @Authorized(Scope.READ)
  @Query(() => Summary, { description: 'Counts, and the first machines and disks' })
  async summary(@Ctx() { overview, disks, storage }: Context): Promise<Summary> {
    const machines = await overview.machineCounts()
    const disksByHealth = await disks.countByHealth()
    const totalDisks = disksByHealth.reduce((sum, { count }) => sum + count, 0)
    const arraysAtRisk = await storage.countBadArrays()
    const { missing, inPlace } = await overview.diskPlaces()
    return {
      totalMachines: machines.total,
      silentMachines: machines.silent,
      totalDisks,
      disksByHealth,
      arraysAtRisk,
      missingDisks: missing,
      disksInPlace: inPlace,
    }
  }

  @Authorized(Scope.READ)
  @Query(() => MachineConnection, {
    description:
      'Machines that are silent, or have a bad array, or a disk that is missing or not known to be well: the worst first',
  })
  troubledMachines(@Args(() => PageArgs) args: PageArgs, @Ctx() { overview }: Context): Promise<Page<Row<Machine>>> {
    return overview.troubledMachines(args)
  }

  @FieldResolver(() => MachineConnection)
  machines(
    @Root() _summary: Summary,
    @Args(() => MachinesArgs) args: MachinesArgs,
    @Ctx() { machines }: Context,
  ): Promise<Page<Row<Machine>>> {
    return machines.list(args)
  }

  @FieldResolver(() => DiskConnection)
  disks(
    @Root() _summary: Summary,
    @Args(() => DisksArgs) args: DisksArgs,
    @Ctx() { disks }: Context,
  ): Promise<Page<Row<Disk>>> {
    return disks.list(args)
  }
}
