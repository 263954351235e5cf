import { Field, GraphQLISODateTime, ID, InputType } from 'type-graphql'
import { BigIntScalar } from '../graphql/scalars.ts'

@InputType({ description: 'One step of a run, as the agent saw it' })
export class BackupStepInput {
  @Field(() => Boolean)
  ok!: boolean

  @Field(() => GraphQLISODateTime, { nullable: true })
  startedAt?: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true })
  endedAt?: Date | null

  @Field(() => String, { nullable: true, description: 'SHA-256 of what the step made' })
  sha256?: string | null

  @Field(() => BigIntScalar, { nullable: true, description: 'Bytes of what the step made' })
  size?: number | null

  @Field(() => String, { nullable: true })
  error?: string | null
}

@InputType()
export class BackupDatabaseInput {
  @Field(() => String)
  name!: string

  @Field(() => BackupStepInput, { nullable: true })
  backup?: BackupStepInput | null

  @Field(() => BackupStepInput, { nullable: true })
  compress?: BackupStepInput | null

  @Field(() => BackupStepInput, { nullable: true })
  transfer?: BackupStepInput | null

  @Field(() => String, { nullable: true, description: 'Name of the file in the deposit folder' })
  stagedFileName?: string | null

  @Field(() => String, { nullable: true })
  logsSummary?: string | null
}

@InputType({ description: 'One run of an agent: what a STATUS.json tells, by GraphQL' })
export class BackupRunInput {
  @Field(() => ID, { description: 'Made by the agent; a run that is known is answered and changes nothing' })
  runId!: string

  @Field(() => String)
  agentId!: string

  @Field(() => GraphQLISODateTime, { nullable: true })
  startedAt?: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true })
  endedAt?: Date | null

  @Field(() => [BackupDatabaseInput])
  databases!: BackupDatabaseInput[]
}
