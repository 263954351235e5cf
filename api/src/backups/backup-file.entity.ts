import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType, registerEnumType } from 'type-graphql'
import { BackupEntry } from './backup-entry.entity.ts'
import type { BackupStatus } from './backup-status.ts'
import { ExpectedJob } from './expected-job.entity.ts'
import { BigNumber } from '../database/big-number.ts'
import { Check } from './check.ts'
import type { ReadFacts, Stamp } from './file-facts.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Reason } from '../reasons/reason.ts'

export enum FileRoot {
  DEPOSIT = 'DEPOSIT',
  VAULT = 'VAULT',
  QUARANTINE = 'QUARANTINE',
}
registerEnumType(FileRoot, { name: 'FileRoot' })

export enum FileState {
  SEEN = 'SEEN',
  INTENT = 'INTENT',
  VAULT = 'VAULT',
  QUARANTINE = 'QUARANTINE',
  LOST = 'LOST',
  DELETED = 'DELETED',
}
registerEnumType(FileState, {
  name: 'FileState',
  valuesConfig: {
    SEEN: { description: 'In the deposit, read' },
    INTENT: { description: 'On its way to the vault or the quarantine' },
    VAULT: { description: 'Proven, and in the vault' },
    QUARANTINE: { description: 'Kept apart, because something is wrong with it' },
    LOST: { description: 'It was known, and is not there any more' },
    DELETED: { description: 'Deleted by retention, or by hand out of the quarantine' },
  },
})

/** Where a file goes: written before it is moved, so that a crash can be taken up again. */
export interface Intent {
  to: FileRoot.VAULT | FileRoot.QUARANTINE
  path: string
  /** Where the older file that lies at the target is kept; null = nothing may lie there. */
  versionPath: string | null
  /** The verdict on its run, which becomes true when the file has arrived. */
  runId: string
  status: BackupStatus
  reasons: Reason[]
}

/** A file whose content lies elsewhere by now, or that retention deletes. */
export interface Leftover {
  root: FileRoot
  path: string
  stamp: Stamp
}

/** One file ever seen: cache of its hash, journal of its promotion, and the contents of vault and quarantine. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'One backup file, wherever it lies' })
@Index({ properties: ['dev', 'ino'] })
@Index({
  name: 'backup_file_intent',
  expression: 'create index "backup_file_intent" on "backup_file" ("state") where state = \'INTENT\'',
})
@Index({
  name: 'backup_file_quarantine',
  expression: 'create index "backup_file_quarantine" on "backup_file" ("seen_at", "id") where state = \'QUARANTINE\'',
})
@Index({
  name: 'backup_file_vault',
  expression: 'create index "backup_file_vault" on "backup_file" ("verified_at") where state = \'VAULT\'',
})
@Index({
  name: 'backup_file_manifest',
  expression:
    'create index "backup_file_manifest" on "backup_file" ("id") where state = \'VAULT\' and not has_manifest',
})
@Index({
  name: 'backup_file_leftover',
  expression: 'create index "backup_file_leftover" on "backup_file" ("id") where leftover is not null',
})
@Index({
  name: 'backup_file_vault_size',
  expression: 'create index "backup_file_vault_size" on "backup_file" ("size") where state = \'VAULT\'',
})
@Index({
  name: 'backup_file_vault_sha256',
  expression: 'create index "backup_file_vault_sha256" on "backup_file" ("sha256") where state = \'VAULT\'',
})
@Index({
  name: 'backup_file_of_job',
  expression: 'create index "backup_file_of_job" on "backup_file" ("job_id", "state")',
})
export class BackupFile {
  [EntityName]?: 'BackupFile'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => ExpectedJob, { nullable: true, index: false })
  job!: Rel<ExpectedJob> | null

  @ManyToOne(() => BackupEntry, { nullable: true, index: false })
  entry!: Rel<BackupEntry> | null

  @Field(() => FileRoot)
  @Property({ type: 'string' })
  root!: FileRoot

  @Field(() => String, { description: 'Below its root' })
  @Property({ type: 'string' })
  @Index()
  path!: string

  @Field(() => FileState)
  @Property({ type: 'string' })
  state!: FileState

  /** Device, inode and times as text: 64 bits do not fit into a JavaScript number. */
  @Property({ type: 'string' })
  dev!: string

  @Property({ type: 'string' })
  ino!: string

  @Field(() => BigIntScalar, { description: 'Bytes' })
  @Property({ type: BigNumber })
  size!: number

  @Property({ type: 'string' })
  mtimeNs!: string

  @Property({ type: 'string' })
  ctimeNs!: string

  @Field(() => String, { nullable: true, description: 'SHA-256 as measured; null = not measured' })
  @Property({ type: 'string', nullable: true })
  sha256!: string | null

  /** SHA-256 of the decompressed content without the lines that differ in every dump; null = not a text that has such. */
  @Property({ type: 'string', nullable: true })
  fingerprint!: string | null

  @Field(() => [Check], { description: 'Every check with its outcome; one that could not run is NOT_CHECKED' })
  @Property({ type: 'json' })
  checks!: Check[]

  @Field(() => [Reason], { description: 'Why it is in quarantine; [] elsewhere' })
  @Property({ type: 'json' })
  why!: Reason[]

  /** Bytes and SHA-256 of the content, with every check of it: what the verdict reads when the file is unchanged. */
  @Property({ type: 'json', nullable: true, lazy: true })
  facts?: ReadFacts | null

  @Property({ type: 'json', nullable: true })
  intent!: Intent | null

  /** Whether what is known of it lies beside it where it lies now (manifests.ts). */
  @Property({ type: 'boolean', default: false })
  hasManifest!: boolean

  /** What is still to be removed where it came from; null = nothing. Each scan tries again. */
  @Property({ type: 'json', nullable: true })
  leftover!: Leftover | null

  @Field(() => GraphQLISODateTime, {
    description:
      'When all of it was here, by the change time of its inode; that a scan came later does not make it late',
  })
  @Property({ type: 'datetime', defaultRaw: '0' })
  arrivedAt!: Date

  @Field(() => GraphQLISODateTime, { description: 'When Vigie first saw it' })
  @Property({ type: 'datetime' })
  seenAt!: Date

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was last read to its end; `intact` tells what was found. Null = never',
  })
  @Property({ type: 'datetime', nullable: true })
  verifiedAt!: Date | null

  /** When it was last to be read again, also where it could not be; null = never. What waits longest comes first. */
  @Property({ type: 'datetime', nullable: true })
  triedAt!: Date | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether that reading found it intact; null = not read since it came to the vault',
  })
  @Property({ type: 'boolean', nullable: true })
  intact!: boolean | null
}
