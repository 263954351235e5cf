import {
  Arg,
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
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Row } from '../database/rows.ts'
import type { Context } from '../graphql/context.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Scope } from '../graphql/scope.ts'
import { FileSystem } from '../storage/file-system.entity.ts'
import { LinkClue, type LinkOffer } from './link-offers.ts'
import type { LinkPreview } from './links.service.ts'
import { Elsewhere } from './place-verdict.ts'

@ObjectType('LinkOffer', { description: 'A backup that may hold a place: only a person says whether it does' })
export class LinkOfferView {
  @Field(() => String, { description: 'The path of the machine that it may hold' })
  path!: string

  @Field(() => [LinkClue], { description: 'Why it is offered, the strongest first' })
  clues!: LinkClue[]
}

@ObjectType('LinkPreview', { description: 'What a link between a job and a path of a machine would join' })
export class LinkPreviewView {
  @Field(() => FileSystem, {
    nullable: true,
    description: 'Where the path lies: the longest mountpoint that it begins with; null = nowhere that is known',
  })
  fileSystem!: Row<FileSystem> | null

  @Field(() => Elsewhere, { nullable: true, description: 'Where the copies would lie; null = not known' })
  elsewhere!: Elsewhere | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description:
      'Bytes of the newest proven backup: of its content where that was unpacked, else of its file; null = none is proven',
  })
  copyBytes!: number | null

  @Field(() => BigIntScalar, {
    nullable: true,
    description:
      'Bytes in use in the file system, where the path is all of it; null = it is a part of it, or not known',
  })
  heldBytes!: number | null

  @Field(() => Boolean, { description: 'Whether it is said already' })
  isLinked!: boolean
}

@Resolver(() => LinkPreviewView)
export class LinksResolver {
  @Authorized(Scope.READ)
  @Query(() => [LinkOfferView], {
    description:
      'Backups that may hold what lies in a place, the likeliest first, at most six; those that hold a part of it already are left out. Errors: NOT_FOUND',
  })
  linkOffers(@Arg('fileSystemId', () => ID) fileSystemId: string, @Ctx() { links }: Context): Promise<LinkOffer[]> {
    return links.offers(fileSystemId)
  }

  @Authorized(Scope.READ)
  @Query(() => LinkPreviewView, {
    description:
      'What it would mean that the backups of a job hold a path; nothing is stored. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  previewProtection(
    @Arg('jobId', () => ID) jobId: string,
    @Arg('machineId', () => ID) machineId: string,
    @Arg('path', () => String) path: string,
    @Ctx() { links }: Context,
  ): Promise<LinkPreview> {
    return links.preview(jobId, machineId, path)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => ExpectedJob, {
    description:
      'Says that the backups of a job hold a path of a machine; what else it protects stays. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  async linkProtection(
    @Arg('jobId', () => ID) jobId: string,
    @Arg('machineId', () => ID) machineId: string,
    @Arg('path', () => String) path: string,
    @Ctx() { protections, jobs, caller }: Context,
  ): Promise<Row<ExpectedJob>> {
    await protections.link({ jobId, machineId, path }, caller.name)
    return jobs.load(jobId)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => ExpectedJob, {
    description: 'Takes back that the backups of a job hold a path. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  async unlinkProtection(
    @Arg('jobId', () => ID) jobId: string,
    @Arg('machineId', () => ID) machineId: string,
    @Arg('path', () => String) path: string,
    @Ctx() { protections, jobs, caller }: Context,
  ): Promise<Row<ExpectedJob>> {
    await protections.unlink({ jobId, machineId, path }, caller.name)
    return jobs.load(jobId)
  }

  @FieldResolver(() => BackupEntry, {
    nullable: true,
    description: 'The newest proven backup of the job in the vault; null = none was ever proven',
  })
  async lastProven(@Root() { proven }: LinkPreview, @Ctx() { entries }: Context): Promise<Row<BackupEntry> | null> {
    return proven && entries.load(proven.entry)
  }
}

@Resolver(() => LinkOfferView)
export class LinkOffersResolver {
  @FieldResolver(() => ExpectedJob)
  job(@Root() { jobId }: LinkOffer, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob>> {
    return jobs.load(jobId)
  }
}
