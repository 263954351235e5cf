import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { Field, GraphQLISODateTime, ID, ObjectType } from 'type-graphql'
import { BigNumber } from '../database/big-number.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { BackupFile, FileRoot } from '../backups/backup-file.entity.ts'

/** A file that lies in the deposit or the quarantine, and that no run awaits. */
@Entity()
@ObjectType({
  simpleResolvers: true,
  description:
    'A file that has lain in the deposit or the quarantine for a day, and that nobody awaits: of a run that failed, sent again, never reported',
})
@Unique({ properties: ['root', 'path'] })
@Index({ properties: ['size', 'id'] })
export class UnawaitedFile {
  [EntityName]?: 'UnawaitedFile'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @Field(() => FileRoot)
  @Property({ type: 'string' })
  root!: FileRoot

  @Field(() => String, { description: 'Below its root' })
  @Property({ type: 'string' })
  path!: string

  @Field(() => String, { description: 'Whose folder it lies in' })
  @Property({ type: 'string' })
  @Index()
  agentId!: string

  @Field(() => BigIntScalar, { description: 'Bytes' })
  @Property({ type: BigNumber })
  size!: number

  @Property({ type: 'string' })
  dev!: string

  @Property({ type: 'string' })
  ino!: string

  @Property({ type: 'string' })
  mtimeNs!: string

  @Property({ type: 'string' })
  ctimeNs!: string

  @Field(() => GraphQLISODateTime, { description: 'Since when it lies there, by the change time of its inode' })
  @Property({ type: 'datetime' })
  since!: Date

  /** Null = not read: no file of the vault has its size. */
  @Property({ type: 'string', nullable: true })
  sha256!: string | null

  /** The file of the vault that has the same content; null = none is known. */
  @ManyToOne(() => BackupFile, { nullable: true, deleteRule: 'set null' })
  provenBy!: Rel<BackupFile> | null
}
