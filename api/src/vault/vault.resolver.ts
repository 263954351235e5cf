import { join } from 'node:path'
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
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { BackupFile, FileState } from '../backups/backup-file.entity.ts'
import { rootOf } from './promotion.ts'
import { KeepRulesInput, readRules } from './keep-rules.input.ts'
import { KeepRule } from './retention.ts'

@ObjectType({ simpleResolvers: true, description: 'What retention would do with one good backup' })
export class KeptBackup {
  @Field(() => BackupEntry)
  backup!: BackupEntry

  @Field(() => [KeepRule], { description: 'Why it stays; [] = it would be deleted' })
  rules!: KeepRule[]
}

@ObjectType({ simpleResolvers: true, description: 'A dry run: nothing is deleted' })
export class RetentionPlanView {
  @Field(() => Boolean, { description: 'True: no rule is set' })
  keepsEverything!: boolean

  @Field(() => [KeptBackup], { description: 'Newest first' })
  plan!: KeptBackup[]
}

export const BackupFileConnection = connectionOf(BackupFile, 'BackupFile')

@Resolver(() => BackupFile)
export class VaultResolver {
  @Authorized(Scope.READ)
  @Query(() => BackupFileConnection, { description: 'Files that are kept apart, newest first' })
  quarantinedBackups(@Args(() => PageArgs) args: PageArgs, @Ctx() { vault }: Context): Promise<Page<Row<BackupFile>>> {
    return vault.quarantine(args)
  }

  @Authorized(Scope.READ)
  @Query(() => RetentionPlanView, {
    description:
      'What the rules of a job keep, or these rules would. Errors: NOT_FOUND, BAD_USER_INPUT for rules that no job may have',
  })
  retentionPlan(
    @Arg('jobId', () => ID) jobId: string,
    @Ctx() { vault }: Context,
    @Arg('rules', () => KeepRulesInput, { nullable: true, description: 'Null = the job’s own' }) rules?: KeepRulesInput,
  ): Promise<object> {
    return vault.retentionPlan(jobId, rules ? readRules(rules) : null)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [BackupEntry], {
    description:
      'Deletes what the rules of the job do not keep, as each night does; answers with what was deleted. Errors: NOT_FOUND, BUSY',
  })
  applyRetention(
    @Arg('jobId', () => ID) jobId: string,
    @Ctx() { vault, scanner, caller }: Context,
  ): Promise<Row<BackupEntry>[]> {
    return vault.applyRetention(jobId, caller.name, scanner)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => BackupEntry, { description: 'By the id of the entry: retention never deletes it. Errors: NOT_FOUND' })
  protectBackup(
    @Arg('id', () => ID) id: string,
    @Arg('protected', () => Boolean) isProtected: boolean,
    @Ctx() { vault, caller }: Context,
  ): Promise<Row<BackupEntry>> {
    return vault.protect(id, isProtected, caller.name)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => BackupFile, {
    description:
      'Takes a quarantined file into the vault after all, for a reason that is kept; INTENT = it is still being copied there. Errors: NOT_FOUND, BAD_USER_INPUT, BUSY',
  })
  acceptQuarantined(
    @Arg('id', () => ID, { description: 'Of the file or its entry' }) id: string,
    @Arg('reason', () => String) reason: string,
    @Ctx() { vault, scanner, caller }: Context,
  ): Promise<Row<BackupFile>> {
    return vault.accept(id, reason, caller.name, scanner)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => BackupFile, { description: 'Reads the file once more. Errors: NOT_FOUND, BAD_USER_INPUT, BUSY' })
  reverifyBackup(
    @Arg('id', () => ID, { description: 'Of the file or its entry' }) id: string,
    @Ctx() { vault, scanner }: Context,
  ): Promise<Row<BackupFile>> {
    return vault.reverify(id, scanner)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => BackupFile, {
    description: 'Deletes a quarantined file for good. Errors: NOT_FOUND, BAD_USER_INPUT, BUSY',
  })
  deleteQuarantined(
    @Arg('id', () => ID, { description: 'Of the file or its entry' }) id: string,
    @Ctx() { vault, scanner, caller }: Context,
  ): Promise<Row<BackupFile>> {
    return vault.delete(id, caller.name, scanner)
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Its absolute path on the server, for whoever restores it; null = it lies nowhere any more',
  })
  absolutePath(@Root() { root, path, state }: Row<BackupFile>, @Ctx() { roots }: Context): string | null {
    if (state === FileState.LOST || state === FileState.DELETED) return null
    return join(rootOf(roots, root), path)
  }

  @FieldResolver(() => ExpectedJob, { nullable: true })
  async job(@Root() file: Row<BackupFile>, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob> | null> {
    return file.job ? jobs.load(file.job) : null
  }

  @FieldResolver(() => BackupEntry, { nullable: true })
  async entry(@Root() file: Row<BackupFile>, @Ctx() { entries }: Context): Promise<Row<BackupEntry> | null> {
    return file.entry ? entries.load(file.entry) : null
  }
}
