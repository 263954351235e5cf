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
  Int,
  Mutation,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Disk } from '../disks/disk.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { FileSystem } from '../storage/file-system.entity.ts'
import { StorageArray } from '../storage/storage-array.entity.ts'
import { Machine } from './machine.entity.ts'
import { type MachineConditions, MachineNeed, MachineOrder } from './machine-list.ts'
import { MachineKind } from './machine-kind.ts'
import { TagArgs } from '../tags/tags.resolver.ts'

registerEnumType(MachineOrder, {
  name: 'MachineOrder',
  description:
    'NAME: by the name that is shown. LAST_SEEN: the newest report, FIRST_SEEN: the newest machine, DISKS: the most disks first. SYSTEM: by the name of the operating system; SECURITY_UPDATES: the most of them first; what is not known stands last, whichever way the list goes.',
})

registerEnumType(MachineNeed, {
  name: 'MachineNeed',
  valuesConfig: {
    SECURITY_UPDATES: { description: 'Updates that mend security holes wait on it, installable or kept back' },
    UPDATES: { description: 'Updates can be installed on it' },
    RESTART: { description: 'It should be restarted' },
  },
})

@InputType()
export class MachineFilter implements MachineConditions {
  @Field(() => String, { nullable: true, description: 'Part of the hostname, name or address' })
  search?: string | null

  @Field(() => Boolean, { nullable: true, description: 'True: only silent machines; false: only those that report' })
  silent?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'True: only retired ones; false: only those in service' })
  archived?: boolean | null

  @Field(() => [MachineKind], { nullable: true, description: 'One of these kinds' })
  kind?: MachineKind[] | null

  @Field(() => [MachineNeed], { nullable: true, description: 'Known to need one of these' })
  needs?: MachineNeed[] | null

  @Field(() => [String], { nullable: true, description: 'One of these tags; without case and accents' })
  tag?: string[] | null
}

@ArgsType()
export class MachinesArgs extends PageArgs {
  @Field(() => MachineFilter, { nullable: true })
  filter?: MachineFilter | null

  @Field(() => MachineOrder, { defaultValue: MachineOrder.NAME })
  orderBy: MachineOrder = MachineOrder.NAME

  @Field(() => Boolean, { defaultValue: false, description: 'The other way round; what is not known stays last' })
  reverse: boolean = false

  @Field(() => Boolean, { defaultValue: false })
  includeArchived: boolean = false
}

export const MachineConnection = connectionOf(Machine, 'Machine')

@Resolver(() => Machine)
export class MachinesResolver {
  @Authorized(Scope.READ)
  @Query(() => MachineConnection, { description: 'Every machine' })
  machines(@Args(() => MachinesArgs) args: MachinesArgs, @Ctx() { machines }: Context): Promise<Page<Row<Machine>>> {
    return machines.list(args)
  }

  @Authorized(Scope.READ)
  @Query(() => Machine, { description: 'One machine, by id or hostname. Errors: NOT_FOUND, AMBIGUOUS' })
  machine(
    @Ctx() { machines }: Context,
    @Arg('id', () => ID, { nullable: true }) id?: string,
    @Arg('hostname', () => String, { nullable: true }) hostname?: string,
  ): Promise<Row<Machine>> {
    return machines.one({ id: id ?? null, hostname: hostname ?? null })
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Machine, {
    description: 'Retires a machine and the disks in it; it comes back by itself when it reports',
  })
  async archiveMachine(@Arg('id', () => ID) id: string, @Ctx() { machines, caller }: Context): Promise<Row<Machine>> {
    const [machine] = await machines.archive([id], caller.name)
    return machine as Row<Machine>
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [Machine], {
    description:
      'Retires several machines, at most 500, with the disks in them: all or, where one is not known, none. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  archiveMachines(
    @Arg('ids', () => [ID]) ids: string[],
    @Ctx() { machines, caller }: Context,
  ): Promise<Row<Machine>[]> {
    return machines.archive(ids, caller.name)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [Machine], {
    description:
      'Takes tags from machines, at most 500, and gives them others: all of them or, where one is not known, none. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  tagMachines(
    @Arg('ids', () => [ID]) ids: string[],
    @Args(() => TagArgs) change: TagArgs,
    @Ctx() { machines }: Context,
  ): Promise<Row<Machine>[]> {
    return machines.tag(ids, change)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Machine, { description: 'Gives a machine a name of yours; null takes it back' })
  renameMachine(
    @Arg('id', () => ID) id: string,
    @Ctx() { machines }: Context,
    @Arg('name', () => String, { nullable: true }) name?: string,
  ): Promise<Row<Machine>> {
    return machines.rename(id, name ?? null)
  }

  @FieldResolver(() => Int, { description: 'Disks that are in it, without retired ones' })
  diskCount(@Root() machine: Row<Machine>, @Ctx() { machines }: Context): Promise<number> {
    return machines.diskCount(machine.id)
  }

  @FieldResolver(() => Boolean, {
    description:
      'True: no report for three times its usual interval, at least an hour (26 hours until three are known)',
  })
  silent(@Root() machine: Row<Machine>, @Ctx() { machines }: Context): boolean {
    return machines.isSilent(machine)
  }

  @FieldResolver(() => Boolean, { description: 'The opposite of silent' })
  online(@Root() machine: Row<Machine>, @Ctx() { machines }: Context): boolean {
    return !machines.isSilent(machine)
  }

  @FieldResolver(() => [Disk], { description: 'The disks in it, by their device names; missing ones included' })
  disks(@Root() machine: Row<Machine>, @Ctx() { disks }: Context): Promise<Row<Disk>[]> {
    return disks.inMachine(machine.id)
  }

  @FieldResolver(() => [StorageArray], {
    description: 'Its arrays, pools and volume groups, the worst first; those that are gone too, with their day',
  })
  arrays(@Root() machine: Row<Machine>, @Ctx() { storage }: Context): Promise<Row<StorageArray>[]> {
    return storage.arraysOf(machine.id)
  }

  @FieldResolver(() => [FileSystem], { description: 'What is mounted on it, by mountpoint' })
  fileSystems(@Root() machine: Row<Machine>, @Ctx() { storage }: Context): Promise<Row<FileSystem>[]> {
    return storage.ofMachine(machine.id)
  }
}
