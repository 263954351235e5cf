import { ExecutionStatus } from '@vigie/agent/actions'
import {
  Arg,
  Authorized,
  Ctx,
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Resolver,
  Subscription,
} from 'type-graphql'
import type { Caller } from '../access/caller.ts'
import type { Batch } from '../platform/changes.ts'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import type { Hello, Known, Work, WorkOrder } from './agent-work.service.ts'
import { StopKind } from './execution.entity.ts'

@InputType({ description: 'An execution that a machine has, and whose end it has not told' })
class HeldExecutionInput {
  @Field(() => ID)
  id!: string

  @Field(() => ID, { description: 'As it was claimed' })
  claimId!: string

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it began; null = it has not' })
  startedAt?: Date | null
}

@InputType({ description: 'What an agent says when it asks for work' })
export class AgentHelloInput implements Hello {
  @Field(() => String, { description: 'Of this start of its kernel (random(4), boot_id)' })
  bootId!: string

  @Field(() => String, { description: 'What its machine’s owner allows, JSON text in the shape of docs/actions.md' })
  policy!: string

  @Field(() => [HeldExecutionInput])
  executions!: HeldExecutionInput[]
}

@ObjectType({ simpleResolvers: true, description: 'What a machine is asked. Its digest is the SHA-256 of its text' })
class AgentOrder implements WorkOrder {
  @Field(() => ID)
  id!: string

  @Field(() => String, { description: 'Which machine: a hash of its key' })
  machine!: string

  @Field(() => String, { description: 'A verb of docs/actions.md; one that is not known is refused' })
  action!: string

  @Field(() => String, { description: 'JSON text' })
  params!: string

  @Field(() => String, { nullable: true, description: 'Digest of what may be touched; null = the action pins nothing' })
  effect!: string | null

  @Field(() => String, { nullable: true, description: 'ISO 8601; null = at once' })
  notBefore!: string | null

  @Field(() => String, { description: 'ISO 8601: after this it must not begin' })
  expiresAt!: string

  @Field(() => String)
  nonce!: string

  @Field(() => String, { nullable: true, description: 'By an operator, base64; null = nobody signed it' })
  signature!: string | null

  @Field(() => Boolean, { description: 'True: say what it would do (proposeExecution), and do nothing' })
  isPlanWanted!: boolean
}

@ObjectType({ simpleResolvers: true, description: 'What is known here of an execution that a machine has' })
class KnownExecution implements Known {
  @Field(() => ID)
  id!: string

  @Field(() => ExecutionStatus, { nullable: true, description: 'Null = nothing is known of it here' })
  status!: ExecutionStatus | null

  @Field(() => Int, { description: 'Bytes of its log that are here' })
  logSize!: number

  @Field(() => StopKind, { nullable: true })
  stop!: StopKind | null
}

@ObjectType({ simpleResolvers: true })
class AgentWork implements Work {
  @Field(() => Int)
  askAgainInSeconds!: number

  @Field(() => [AgentOrder])
  orders!: AgentOrder[]

  @Field(() => [KnownExecution])
  known!: KnownExecution[]
}

@ObjectType({ simpleResolvers: true })
class FinishAnswer {
  @Field(() => Boolean, {
    description: 'False: its log is not here whole; send it from logOffset, and tell the end again',
  })
  isTaken!: boolean

  @Field(() => Int, { description: 'Bytes of its log that are here' })
  logOffset!: number
}

/** A machine's own, by the token that speaks for it. */
const isFor = ({ payload, context }: { payload: Batch; context: { caller: Caller } }): boolean =>
  payload.changed.some((row) => (row as { machine?: string }).machine === context.caller.machineId)

/** For agents. Every one of these may be sent again: the answer is the same, and nothing is done twice. */
@Resolver()
export class AgentWorkResolver {
  @Authorized(Scope.REPORT)
  @Mutation(() => AgentWork, {
    description: 'What a machine is asked, for the token that speaks for it. Errors: FORBIDDEN, BAD_USER_INPUT',
  })
  agentWork(
    @Arg('hello', () => AgentHelloInput) hello: AgentHelloInput,
    @Ctx() { agentWork, caller }: Context,
  ): Promise<Work> {
    return agentWork.work(hello, caller)
  }

  @Authorized(Scope.REPORT)
  @Subscription(() => Boolean, {
    topics: 'executions',
    filter: isFor as never,
    description:
      'True whenever there may be something to ask for (agentWork), for the token that speaks for one machine',
  })
  agentWorkWaits(): boolean {
    return true
  }

  @Authorized(Scope.REPORT)
  @Mutation(() => Boolean, {
    description:
      'Tells what an action would do. False: nobody waits for it any more. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  proposeExecution(
    @Arg('id', () => ID) id: string,
    @Arg('plan', () => String, { description: 'JSON text, in the shape of docs/actions.md' }) plan: string,
    @Ctx() { agentWork, caller }: Context,
  ): Promise<boolean> {
    return agentWork.propose(id, plan, caller)
  }

  @Authorized(Scope.REPORT)
  @Mutation(() => Boolean, {
    description: 'Refuses it. False: nobody waits for it any more. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  rejectExecution(
    @Arg('id', () => ID) id: string,
    @Arg('code', () => String, { description: 'A RefusalCode' }) code: string,
    @Arg('detail', () => String, { nullable: true }) detail: string | null,
    @Ctx() { agentWork, caller }: Context,
  ): Promise<boolean> {
    return agentWork.reject(id, { code, detail: detail ?? null }, caller)
  }

  @Authorized(Scope.REPORT)
  @Mutation(() => Boolean, {
    description:
      'Takes it: true = it is this claim’s to begin. False = it is not to be begun, whatever was said before. Errors: NOT_FOUND',
  })
  claimExecution(
    @Arg('id', () => ID) id: string,
    @Arg('claimId', () => ID, { description: 'Made once for each taking' }) claimId: string,
    @Arg('digest', () => String, { description: 'Of the order as it is kept on the machine' }) digest: string,
    @Ctx() { agentWork, caller }: Context,
  ): Promise<boolean> {
    return agentWork.claim(id, { claimId, digest }, caller)
  }

  @Authorized(Scope.REPORT)
  @Mutation(() => Int, {
    description:
      'Adds to its log what begins at offset, where that is its end; the answer is where it ends now. Errors: NOT_FOUND, CONFLICT, BAD_USER_INPUT, QUOTA_EXCEEDED',
  })
  appendExecutionLog(
    @Arg('id', () => ID) id: string,
    @Arg('claimId', () => ID) claimId: string,
    @Arg('offset', () => Int, { description: 'Bytes' }) offset: number,
    @Arg('text', () => String, { description: 'At most 64 KiB of whole lines' }) text: string,
    @Ctx() { agentWork, caller }: Context,
  ): Promise<number> {
    return agentWork.append(id, { claimId, offset, text }, caller)
  }

  @Authorized(Scope.REPORT)
  @Mutation(() => FinishAnswer, {
    description: 'Tells how it ended, late or not. Errors: NOT_FOUND, CONFLICT, BAD_USER_INPUT',
  })
  finishExecution(
    @Arg('id', () => ID) id: string,
    @Arg('claimId', () => ID) claimId: string,
    @Arg('result', () => String, { description: 'JSON text, in the shape of docs/actions.md' }) result: string,
    @Ctx() { agentWork, caller }: Context,
  ): Promise<FinishAnswer> {
    return agentWork.finish(id, { claimId, result }, caller)
  }
}
