import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Disk } from '../disks/disk.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { UserHome } from './file-system.entity.ts'
import { StorageArray } from './storage-array.entity.ts'
import type { HomesOnDisk } from './storage.service.ts'

@ObjectType({ simpleResolvers: true, description: "A disk that holds users' homes, and so needs a backup" })
export class BackupNeeded {
  diskId!: string

  @Field(() => BigIntScalar, { description: 'Bytes of all homes on it that were measured' })
  bytes!: number

  @Field(() => [UserHome], { description: 'Largest first' })
  users!: UserHome[]
}

export const BackupNeededConnection = connectionOf(BackupNeeded, 'BackupNeeded')

@Resolver(() => StorageArray)
export class ArraysResolver {
  @Authorized(Scope.READ)
  @Query(() => [StorageArray], {
    description: 'Arrays, pools and volume groups that are WARNING, AT_RISK or FAILED: at most 500, the worst first',
  })
  arraysAtRisk(@Ctx() { storage }: Context): Promise<Row<StorageArray>[]> {
    return storage.badArrays()
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Machine, {
    description:
      'Forgets an array that is gone: its owner took it apart. It comes back by itself when it is told of again. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  async forgetArray(
    @Arg('id', () => ID) id: string,
    @Ctx() { storage, machines, caller }: Context,
  ): Promise<Row<Machine>> {
    return machines.load(await storage.forget(id, caller.name))
  }

  @FieldResolver(() => Machine)
  machine(@Root() array: Row<StorageArray>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(array.machine)
  }
}

@Resolver(() => BackupNeeded)
export class StorageResolver {
  @Authorized(Scope.READ)
  @Query(() => BackupNeededConnection, { description: "Disks that hold users' homes, the most bytes first" })
  backupNeeded(@Args(() => PageArgs) page: PageArgs, @Ctx() { storage }: Context): Promise<Page<HomesOnDisk>> {
    return storage.homes(page)
  }

  @FieldResolver(() => Disk)
  disk(@Root() { diskId }: HomesOnDisk, @Ctx() { disks }: Context): Promise<Row<Disk>> {
    return disks.load(diskId)
  }

  @FieldResolver(() => Machine)
  async machine(@Root() { diskId }: HomesOnDisk, @Ctx() { disks, machines }: Context): Promise<Row<Machine>> {
    return machines.load((await disks.load(diskId)).machine)
  }
}
