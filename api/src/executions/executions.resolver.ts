import {
  Action,
  ActionClass,
  classOf,
  ExecutionStatus,
  needsSignature,
  PlannedStep,
  refusalOf,
} from '@vigie/agent/actions'
import {
  Arg,
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Extensions,
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
import type { Context } from '../graphql/context.ts'
import { COSTLY, LARGE } from '../graphql/cost.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { Scope } from '../graphql/scope.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { ActionParameters, ActionParamsInput, paramsOf, parametersOf } from './action-parameters.ts'
import {
  Execution,
  ExecutionRefusal,
  PlanCounts,
  PlannedChange,
  PlanResultType,
  ProofAtApproval,
  StopKind,
  Verification,
} from './execution.entity.ts'
import { type PlanResult, planResults } from './plan-results.ts'
import type { ExecutionConditions } from './executions.service.ts'
import { MachinePolicy, PolicyRules } from './machine-policy.entity.ts'
import { isUnproven } from './proof-gate.ts'

@InputType()
export class ExecutionFilter implements ExecutionConditions {
  @Field(() => ID, { nullable: true, description: 'Of this machine' })
  machine?: string | null

  @Field(() => [ExecutionStatus], { nullable: true, description: 'In one of these states' })
  status?: ExecutionStatus[] | null

  @Field(() => [Action], { nullable: true, description: 'One of these actions' })
  action?: Action[] | null
}

@ArgsType()
export class ExecutionsArgs extends PageArgs {
  @Field(() => ExecutionFilter, { nullable: true })
  filter?: ExecutionFilter | null
}

@ObjectType({ simpleResolvers: true, description: 'A piece of a log' })
export class LogPiece {
  @Extensions({ largeText: true })
  @Field(() => String, { description: 'Whole lines' })
  text!: string

  @Field(() => Int, { description: 'Bytes: where it begins' })
  offset!: number

  @Field(() => Int, { description: 'Bytes: where the next begins' })
  nextOffset!: number

  @Field(() => Int, { description: 'Bytes that are here' })
  size!: number
}

@ObjectType({ simpleResolvers: true, description: 'What may be asked of a machine, and why not' })
export class ActionOffer {
  @Field(() => Action)
  action!: Action

  @Field(() => ActionClass)
  class!: ActionClass

  @Field(() => Boolean, { description: 'True: an operator has to sign it' })
  needsSignature!: boolean

  @Field(() => ExecutionRefusal, { nullable: true, description: 'Why the machine does not do it; null = it does' })
  refusal!: ExecutionRefusal | null
}

/** Of all that are asked for it is read at once. */
const ASKED_FOR_MANY = 10

export const ExecutionConnection = connectionOf(Execution, 'Execution')

@Resolver(() => Execution)
export class ExecutionsResolver {
  @Authorized(Scope.READ)
  @Query(() => ExecutionConnection, { description: 'What was asked of machines, newest first' })
  executions(
    @Args(() => ExecutionsArgs) { filter, ...page }: ExecutionsArgs,
    @Ctx() { executions }: Context,
  ): Promise<Page<Row<Execution>>> {
    return executions.list(filter, page)
  }

  @Authorized(Scope.READ)
  @Query(() => Execution, { description: 'Errors: NOT_FOUND' })
  execution(@Arg('id', () => ID) id: string, @Ctx() { executions }: Context): Promise<Row<Execution>> {
    return executions.load(id)
  }

  @Authorized(Scope.READ)
  @Query(() => LogPiece, {
    description: 'Its log from an offset on, at most 256 KiB: ask again from nextOffset. Errors: NOT_FOUND',
    complexity: LARGE,
  })
  async executionLog(
    @Arg('id', () => ID) id: string,
    @Arg('fromOffset', () => Int, { defaultValue: 0 }) fromOffset: number,
    @Ctx() { executions, executionLogs }: Context,
  ): Promise<LogPiece> {
    return executionLogs.read((await executions.load(id)).id, fromOffset)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Execution, {
    description:
      'Asks a machine for something. COLLECT is handed over at once; of everything else the machine makes a plan, which somebody approves. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT (also where its own policy refuses it)',
  })
  planExecution(
    @Arg('machine', () => ID) machine: string,
    @Arg('action', () => Action) action: Action,
    @Arg('params', () => ActionParamsInput, { nullable: true }) params: ActionParamsInput | null,
    @Arg('notBefore', () => GraphQLISODateTime, { nullable: true, description: 'Null = at once' })
    notBefore: Date | null,
    @Ctx() { executions, caller }: Context,
  ): Promise<Row<Execution>> {
    return executions.plan(
      {
        machine,
        action,
        params: paramsOf(action, params ?? null),
        notBefore: notBefore ?? null,
      },
      caller,
    )
  }

  @Authorized(Scope.ADMIN)
  @Mutation(() => Execution, {
    description: 'Approves the plan that effect names, and no other. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT',
  })
  approveExecution(
    @Arg('id', () => ID) id: string,
    @Arg('effect', () => String, { nullable: true, description: 'That of the plan that was read' })
    effect: string | null,
    @Arg('overrideReason', () => String, {
      nullable: true,
      description: 'Needed where not all that lies on the machine is proven: why it is done all the same',
    })
    overrideReason: string | null,
    @Arg('signature', () => String, {
      nullable: true,
      description: 'Of textToSign by an operator’s key, base64, where one is needed',
    })
    signature: string | null,
    @Ctx() { executions, caller }: Context,
  ): Promise<Row<Execution>> {
    return executions.approve(
      id,
      { effect: effect ?? null, overrideReason: overrideReason ?? null, signature: signature ?? null },
      caller,
    )
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Execution, {
    description: 'Calls it off, or asks the machine to stop. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT',
  })
  cancelExecution(
    @Arg('id', () => ID) id: string,
    @Arg('stop', () => StopKind, { defaultValue: StopKind.SOFT }) stop: StopKind,
    @Arg('confirm', () => String, { nullable: true, description: 'HARD: the name of the machine' })
    confirm: string | null,
    @Ctx() { executions, caller }: Context,
  ): Promise<Row<Execution>> {
    return executions.cancel(id, { stop, confirm: confirm ?? null }, caller)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Execution, { description: 'Keeps its log for good, or no longer. Errors: NOT_FOUND' })
  pinExecution(
    @Arg('id', () => ID) id: string,
    @Arg('pinned', () => Boolean) pinned: boolean,
    @Ctx() { executions }: Context,
  ): Promise<Row<Execution>> {
    return executions.pin(id, pinned)
  }

  @FieldResolver(() => Machine)
  machine(@Root() { machine }: Row<Execution>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(machine)
  }

  @FieldResolver(() => ActionClass)
  class(@Root() { action }: Row<Execution>): ActionClass {
    return classOf(action)
  }

  @FieldResolver(() => ActionParameters)
  params(@Root() { params }: Row<Execution>): ActionParameters {
    return parametersOf(params)
  }

  @FieldResolver(() => String, { description: 'Who asked for it' })
  requestedBy(@Root() { requester }: Row<Execution>): string {
    return requester.name
  }

  @FieldResolver(() => String, { nullable: true, description: 'Who approved it; null = nobody has' })
  approvedBy(@Root() { approver }: Row<Execution>): string | null {
    return approver?.name ?? null
  }

  @FieldResolver(() => [PlannedChange], {
    nullable: true,
    description: 'What it would do, as the machine says; null = there is no plan yet',
    complexity: COSTLY,
  })
  async plannedChanges(
    @Root() { id }: Row<Execution>,
    @Ctx() { executions }: Context,
  ): Promise<PlannedChange[] | null> {
    return (await executions.planOf(id))?.changes ?? null
  }

  @FieldResolver(() => [PlanResultType], {
    nullable: true,
    description:
      'Its plan against what is installed now; null = there is no plan, or it has not ended, or no report was made after it',
    complexity: COSTLY,
  })
  async planResults(@Root() execution: Row<Execution>, @Ctx() context: Context): Promise<PlanResult[] | null> {
    const { executions, packages } = context
    // Until a report that was made after it is here, what is known is from before.
    const isOver = execution.endedAt !== null && execution.verification !== Verification.PENDING
    const plan = isOver ? await executions.planOf(execution.id) : null
    if (!plan) return null
    const names = plan.changes.map(({ subject }) => subject.split(':')[0] ?? '')
    return planResults(plan, await packages.installedAfter(execution.machine, names, execution.endedAt))
  }

  @FieldResolver(() => PlanCounts, {
    nullable: true,
    description: 'How much it would do; null = there is no plan yet',
    complexity: ASKED_FOR_MANY,
  })
  async planCounts(@Root() { id }: Row<Execution>, @Ctx() { executions }: Context): Promise<PlanCounts | null> {
    const changes = (await executions.planOf(id))?.changes
    if (!changes) return null
    return {
      changes: changes.length,
      security: changes.filter(({ security }) => security === true).length,
      removed: changes.filter(({ step }) => step === PlannedStep.REMOVE).length,
    }
  }

  @FieldResolver(() => BigIntScalar, { nullable: true, description: 'Bytes that it would fetch; null = not told' })
  async downloadBytes(@Root() { id }: Row<Execution>, @Ctx() { executions }: Context): Promise<number | null> {
    return (await executions.planOf(id))?.downloadBytes ?? null
  }

  @FieldResolver(() => ProofAtApproval, {
    description: 'How well what lies on the machine is proven now: where not all of it is, approving needs a reason',
    complexity: ASKED_FOR_MANY,
  })
  proofNow(@Root() { machine }: Row<Execution>, @Ctx() { executions }: Context): Promise<ProofAtApproval> {
    return executions.proofOf(machine)
  }

  @FieldResolver(() => Boolean, {
    description: 'True: it awaits approval, and approving it now needs overrideReason',
    complexity: ASKED_FOR_MANY,
  })
  async needsReason(@Root() { machine, status }: Row<Execution>, @Ctx() { executions }: Context): Promise<boolean> {
    if (status !== ExecutionStatus.AWAITING_APPROVAL) return false
    return isUnproven(await executions.proofOf(machine))
  }

  @FieldResolver(() => ProofAtApproval, {
    nullable: true,
    description: 'How well it was proven when it was approved; null = it was not approved',
  })
  proof(@Root() { proof }: Row<Execution>): ProofAtApproval | null {
    return proof && { ...proof, oldest: proof.oldest === null ? null : new Date(proof.oldest) }
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'What an operator signs so that the machine obeys (node agent.mjs sign KEY); null = nobody has to, or it awaits no approval',
  })
  textToSign(@Root() execution: Row<Execution>, @Ctx() { executions }: Context): Promise<string | null> {
    return executions.textToSign(execution)
  }
}

@Resolver(() => MachinePolicy)
export class MachinePoliciesResolver {
  @FieldResolver(() => PolicyRules)
  rules(@Root() { policy }: Row<MachinePolicy>): PolicyRules {
    return policy
  }

  @FieldResolver(() => [ActionOffer], { description: 'Each action, and whether the machine does it' })
  offers(@Root() { policy }: Row<MachinePolicy>): ActionOffer[] {
    return Object.values(Action).map((action) => {
      // Any of what is listed: which one is said with the question.
      const params = { unit: policy.units[0] ?? '', hook: policy.hooks[0] ?? '' }
      return {
        action,
        class: classOf(action),
        needsSignature: needsSignature(policy, action),
        refusal: refusalOf(policy, action, params),
      }
    })
  }
}

@Resolver(() => Machine)
export class MachineActionsResolver {
  @FieldResolver(() => MachinePolicy, {
    nullable: true,
    description: 'What its owner lets it be asked; null = its agent has never asked for work',
  })
  policy(@Root() { id }: Row<Machine>, @Ctx() { executions }: Context): Promise<Row<MachinePolicy> | null> {
    return executions.policyOf(id)
  }
}
