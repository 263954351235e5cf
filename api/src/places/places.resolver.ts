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
import type { Row } from '../database/rows.ts'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { Disk } from '../disks/disk.entity.ts'
import { diskSentence } from '../disks/disk-sentence.ts'
import { AtRiskDisk } from '../disks/disks.resolver.ts'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { Language } from '../reasons/reasons.resolver.ts'
import { FileSystem } from '../storage/file-system.entity.ts'
import type { ProtectedPath } from './copies.ts'
import { costOf, type PlaceCost, PlaceCostKind } from './place-cost.ts'
import { placeSentence, sentenceOnDisk } from './place-sentence.ts'
import { Elsewhere, gravestFirst, PlaceDoubt, PlaceVerdict } from './place-verdict.ts'
import type { Place } from './places.service.ts'

@ObjectType('PlaceCopy', {
  description: 'One path in a place that jobs protect, and what all of their jobs have of it',
})
export class PlaceCopyView {
  @Field(() => String)
  path!: string

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Of when the newest proven backup of it is; null = none in the vault was ever proven',
  })
  provenAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Until when no newer one need be here; null = nothing is proven, or none is due any more',
  })
  freshUntil!: Date | null
}

@ObjectType('Place', {
  description:
    'A file system that holds data: on which disks it lies, what may fail before it is lost, and the last proven backup of it',
})
export class PlaceView {
  @Field(() => FileSystem)
  fileSystem!: Row<FileSystem>

  @Field(() => PlaceVerdict)
  verdict!: PlaceVerdict

  @Field(() => [PlaceDoubt], { description: 'What could not be reckoned with, and why; [] = nothing' })
  doubts!: PlaceDoubt[]

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'Of when the last proven backup of all its protected paths is: changes since then have no copy. Null = of one of them there is none',
  })
  provenAt!: Date | null

  @Field(() => Int, {
    nullable: true,
    description: 'How many more of its disks may fail, whichever they are, before it is lost; null = not known',
  })
  mayStillFail!: number | null

  @Field(() => Elsewhere, { nullable: true, description: 'Where its copies lie; null = not known' })
  elsewhere!: Elsewhere | null

  @Field(() => Boolean, { description: 'Whether the protected paths are all of it' })
  whole!: boolean

  @Field(() => [PlaceCopyView], { description: 'By protected path; [] = no job says that it protects something here' })
  copies!: Place['copies']
}

@ObjectType('PlaceCost', { simpleResolvers: true, description: 'What one more failing disk would take from a place' })
export class PlaceCostView {
  @Field(() => PlaceCostKind)
  kind!: PlaceCostKind

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Of CHANGES: what changed since then would be lost; null for the others',
  })
  since!: Date | null

  @Field(() => Int, { nullable: true, description: 'Of NOTHING: how many disks more may fail; null for the others' })
  disks!: number | null
}

@ObjectType('NoCopy', { simpleResolvers: true, description: 'That no copy of a place is needed' })
export class NoCopyView {
  @Field(() => String)
  reason!: string

  @Field(() => String, { description: 'Who said so, by the name of the token or session' })
  by!: string

  @Field(() => GraphQLISODateTime)
  at!: Date
}

export const PlaceConnection = connectionOf(PlaceView, 'Place')

@InputType()
export class PlaceFilterInput {
  @Field(() => [PlaceVerdict], { nullable: true })
  verdict?: PlaceVerdict[] | null

  @Field(() => ID, { nullable: true })
  machineId?: string | null

  @Field(() => ID, { nullable: true })
  diskId?: string | null

  @Field(() => String, {
    nullable: true,
    description:
      'Part of a mount point or source, or of the name, hostname or address of the machine; without case and accents',
  })
  search?: string | null

  @Field(() => [String], { nullable: true, description: 'One of these tags on its machine; without case and accents' })
  tag?: string[] | null
}

@ArgsType()
export class PlacesArgs extends PageArgs {
  @Field(() => PlaceFilterInput, { nullable: true })
  filter?: PlaceFilterInput | null
}

@ObjectType()
export class PlacesOfVerdict {
  @Field(() => PlaceVerdict)
  verdict!: PlaceVerdict

  @Field(() => Int)
  count!: number
}

@Resolver(() => PlaceView)
export class PlacesResolver {
  @Authorized(Scope.READ)
  @Query(() => PlaceConnection, {
    description: 'Where data lies, and whether it is safe: the gravest first, then by machine and mountpoint',
  })
  places(@Args(() => PlacesArgs) args: PlacesArgs, @Ctx() { places }: Context): Promise<Page<Place>> {
    return places.list(args)
  }

  @Authorized(Scope.READ)
  @Query(() => [PlacesOfVerdict], {
    description: 'How many places have each verdict, the gravest first, zeros included',
  })
  placesByVerdict(@Ctx() { places }: Context): Promise<PlacesOfVerdict[]> {
    return places.counts()
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => PlaceView, {
    description:
      'Says that no copy of a file system is needed, and why (3 to 500 characters); null takes that back. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  async setCopyNotNeeded(
    @Arg('fileSystemId', () => ID) fileSystemId: string,
    @Ctx() { storage, places, caller }: Context,
    @Arg('reason', () => String, { nullable: true }) reason?: string,
  ): Promise<Place> {
    await places.ofFileSystem(fileSystemId)
    await storage.setCopyNotNeeded(fileSystemId, reason ?? null, caller.name)
    return places.ofFileSystem(fileSystemId)
  }

  @FieldResolver(() => NoCopyView, { nullable: true, description: 'That no copy is needed; null = nobody said so' })
  noCopy(@Root() { fileSystem: { noCopyReason, noCopyBy, noCopyAt } }: Place): NoCopyView | null {
    return noCopyReason === null || noCopyBy === null || noCopyAt === null
      ? null
      : { reason: noCopyReason, by: noCopyBy, at: noCopyAt }
  }

  @FieldResolver(() => Machine)
  machine(@Root() { fileSystem }: Place, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(fileSystem.machine)
  }

  @FieldResolver(() => [Disk], { description: 'What it lies on; [] = not known' })
  disks(@Root() { disks: below }: Place, @Ctx() { disks }: Context): Promise<Row<Disk>[]> {
    return Promise.all(below.map(({ id }) => disks.load(id)))
  }

  @FieldResolver(() => PlaceCostView, { description: 'What a failure of one more of its disks would cost' })
  cost(@Root() place: Place): PlaceCost {
    return costOf(place)
  }

  @FieldResolver(() => Machine, {
    nullable: true,
    description: 'The machine that its copies lie on; null = its own, or not known: elsewhere tells which',
  })
  async copyMachine(@Root() { copyMachine }: Place, @Ctx() { machines }: Context): Promise<Row<Machine> | null> {
    return copyMachine === null ? null : machines.load(copyMachine)
  }

  @FieldResolver(() => String, { description: 'What this amounts to, as a sentence' })
  async sentence(
    @Root() place: Place,
    @Arg('language', () => Language, { defaultValue: Language.EN }) language: Language,
    @Ctx() { clock }: Context,
  ): Promise<string> {
    return placeSentence(place, language, clock())
  }
}

@Resolver(() => PlaceCopyView)
export class PlaceCopiesResolver {
  @FieldResolver(() => [ExpectedJob], { description: 'The jobs that protect it' })
  jobs(@Root() { jobs: ids }: ProtectedPath, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob>[]> {
    return Promise.all(ids.map((id) => jobs.load(id)))
  }

  @FieldResolver(() => BackupEntry, { nullable: true, description: 'The backup of provenAt; null = there is none' })
  async lastProven(@Root() { proven }: ProtectedPath, @Ctx() { entries }: Context): Promise<Row<BackupEntry> | null> {
    return proven && entries.load(proven.entry)
  }
}

@Resolver(() => Disk)
export class DiskPlacesResolver {
  @FieldResolver(() => [PlaceView], {
    description: 'What lies on it and holds data, with the last proven backup of each',
  })
  places(@Root() disk: Row<Disk>, @Ctx() { places }: Context): Promise<Place[]> {
    return places.ofDisk(disk)
  }

  @FieldResolver(() => PlaceView, {
    nullable: true,
    description: 'What would be lost first of all that lies on it; null = nothing on it is known to hold data',
  })
  async gravestPlace(@Root() disk: Row<Disk>, @Ctx() { places }: Context): Promise<Place | null> {
    return gravestFirst(await places.ofDisk(disk))[0] ?? null
  }

  @FieldResolver(() => Int, { description: 'How many places lie on it' })
  async placeCount(@Root() disk: Row<Disk>, @Ctx() { places }: Context): Promise<number> {
    return (await places.ofDisk(disk)).length
  }
}

@Resolver(() => Machine)
export class MachinePlacesResolver {
  @FieldResolver(() => [PlaceView], { description: 'Where its data lies, with the last proven backup of each' })
  places(@Root() machine: Row<Machine>, @Ctx() { places }: Context): Promise<Place[]> {
    return places.ofMachine(machine.id)
  }
}

@Resolver(() => AtRiskDisk)
export class AtRiskDiskPlacesResolver {
  @FieldResolver(() => [PlaceView], { description: 'What lies on it and holds data: what would be lost with it first' })
  async places(@Root() { disk }: { disk: Row<Disk> }, @Ctx() { places }: Context): Promise<Place[]> {
    return gravestFirst(await places.ofDisk(disk))
  }

  @FieldResolver(() => String, {
    description: 'That it is failing, what lies on it, and when and where that was last proven to have a copy',
  })
  async sentence(
    @Root() { disk }: { disk: Row<Disk> },
    @Arg('language', () => Language, { defaultValue: Language.EN }) language: Language,
    @Ctx() { places, machines, clock }: Context,
  ): Promise<string> {
    const machine = machineName(await machines.load(disk.machine))
    const status = disk.missingSince === null ? disk.health : 'MISSING'
    const told = gravestFirst(await places.ofDisk(disk)).map(async (place) => {
      const copyMachine = place.copyMachine === null ? null : machineName(await machines.load(place.copyMachine))
      return sentenceOnDisk(place, copyMachine, language, clock())
    })
    return [`${diskSentence({ disk: diskName(disk), machine, status }, language)}.`, ...(await Promise.all(told))].join(
      ' ',
    )
  }
}
