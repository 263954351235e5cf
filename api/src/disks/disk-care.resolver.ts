import { Arg, Args, Authorized, Ctx, ID, Mutation, Resolver } from 'type-graphql'
import type { Row } from '../database/rows.ts'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import { TagArgs } from '../tags/tags.resolver.ts'
import { Disk } from './disk.entity.ts'

@Resolver()
export class DiskCareResolver {
  @Authorized(Scope.OPERATE)
  @Mutation(() => Disk, { description: 'Retires a disk; it comes back by itself when a machine reports it' })
  async archiveDisk(@Arg('id', () => ID) id: string, @Ctx() { diskCare, caller }: Context): Promise<Row<Disk>> {
    const [disk] = await diskCare.archive([id], caller.name)
    return disk as Row<Disk>
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [Disk], {
    description:
      'Retires several disks, at most 500: all of them or, where one is not known, none. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  archiveDisks(@Arg('ids', () => [ID]) ids: string[], @Ctx() { diskCare, caller }: Context): Promise<Row<Disk>[]> {
    return diskCare.archive(ids, caller.name)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Disk, { description: 'Gives a disk a name or a place, such as "bay 3"; null takes it back' })
  labelDisk(
    @Arg('id', () => ID) id: string,
    @Ctx() { diskCare }: Context,
    @Arg('label', () => String, { nullable: true }) label?: string,
  ): Promise<Row<Disk>> {
    return diskCare.label(id, label ?? null)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Disk, {
    description:
      'Accepts a finding until it grows: the disk shows the health of the rest, with this one named. It counts again when its value is worse, and a finding that is gone and comes back counts anew. FAILED cannot be accepted. Errors: BAD_USER_INPUT, NOT_FOUND',
  })
  acceptReason(
    @Arg('diskId', () => ID) diskId: string,
    @Arg('code', () => String) code: string,
    @Ctx() { diskCare, caller }: Context,
  ): Promise<Row<Disk>> {
    return diskCare.accept(diskId, code, caller.name)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Disk, { description: 'Counts an accepted finding again. Errors: BAD_USER_INPUT, NOT_FOUND' })
  countReason(
    @Arg('diskId', () => ID) diskId: string,
    @Arg('code', () => String) code: string,
    @Ctx() { diskCare, caller }: Context,
  ): Promise<Row<Disk>> {
    return diskCare.countAgain(diskId, code, caller.name)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [Disk], {
    description:
      'Writes down one thing about several disks, at most 500, in place of what was noted; null or blank forgets it. All are noted or none. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  noteDisks(
    @Arg('ids', () => [ID]) ids: string[],
    @Ctx() { diskCare }: Context,
    @Arg('note', () => String, { nullable: true }) note?: string,
  ): Promise<Row<Disk>[]> {
    return diskCare.note(ids, note ?? null)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [Disk], {
    description:
      'Takes tags from disks, at most 500, and gives them others: all of them or, where one is not known, none. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  tagDisks(
    @Arg('ids', () => [ID]) ids: string[],
    @Args(() => TagArgs) change: TagArgs,
    @Ctx() { diskCare }: Context,
  ): Promise<Row<Disk>[]> {
    return diskCare.tag(ids, change)
  }
}
