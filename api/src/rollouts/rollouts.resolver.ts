import { Action } from '@vigie/agent/actions'
import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import type { Row } from '../database/rows.ts'
import { ActionParameters, ActionParamsInput, paramsOf, parametersOf } from '../executions/action-parameters.ts'
import { Execution } from '../executions/execution.entity.ts'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { isAwaitingTurn } from '../executions/turn.ts'
import { type LeftOut, Rollout } from './rollout.entity.ts'
import { MOST_MACHINES } from './rollouts.service.ts'

@ObjectType({ description: 'A machine that was not asked' })
export class RolloutLeftOut {
  machineId!: string

  @Field(() => String, { description: 'Why, in English' })
  why!: string
}

export const RolloutConnection = connectionOf(Rollout, 'Rollout')

@Resolver(() => Rollout)
export class RolloutsResolver {
  @Authorized(Scope.READ)
  @Query(() => RolloutConnection, { description: 'What several machines were asked, newest first' })
  rollouts(@Args(() => PageArgs) page: PageArgs, @Ctx() { rollouts }: Context): Promise<Page<Row<Rollout>>> {
    return rollouts.list(page)
  }

  @Authorized(Scope.READ)
  @Query(() => Rollout, { description: 'Errors: NOT_FOUND' })
  rollout(@Arg('id', () => ID) id: string, @Ctx() { rollouts }: Context): Promise<Row<Rollout>> {
    return rollouts.load(id)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Rollout, {
    description: `Asks up to ${MOST_MACHINES} machines for something that changes them. Each makes its plan at once; those that are approved do it one after the other, in the order of machines, each when the one before was seen to be done. Machines that do not do it are left out. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT (where none does it)`,
  })
  planRollout(
    @Arg('machines', () => [ID]) machines: string[],
    @Arg('action', () => Action) action: Action,
    @Arg('params', () => ActionParamsInput, { nullable: true }) params: ActionParamsInput | null,
    @Arg('maxFailures', () => Int, { defaultValue: 1, description: 'It stops when it has failed on so many' })
    maxFailures: number,
    @Ctx() { rollouts, caller }: Context,
  ): Promise<Row<Rollout>> {
    return rollouts.plan({ machines, action, params: paramsOf(action, params ?? null), maxFailures }, caller)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Rollout, {
    description:
      'Calls off what has not begun; what a machine is at goes on (cancelExecution stops it). Errors: NOT_FOUND, CONFLICT',
  })
  cancelRollout(@Arg('id', () => ID) id: string, @Ctx() { rollouts, caller }: Context): Promise<Row<Rollout>> {
    return rollouts.cancel(id, caller)
  }

  @FieldResolver(() => ActionParameters)
  params(@Root() { params }: Row<Rollout>): ActionParameters {
    return parametersOf(params)
  }

  @FieldResolver(() => String, { description: 'Who asked for it' })
  requestedBy(@Root() { requester }: Row<Rollout>): string {
    return requester.name
  }

  @FieldResolver(() => [Execution], {
    description: 'What each machine is asked, in their order',
    complexity: ({ childComplexity }) => MOST_MACHINES * childComplexity,
  })
  executions(@Root() { id }: Row<Rollout>, @Ctx() { rollouts }: Context): Promise<Row<Execution>[]> {
    return rollouts.membersOf(id)
  }

  @FieldResolver(() => [RolloutLeftOut], { description: 'Machines that were not asked' })
  leftOut(@Root() { leftOut }: Row<Rollout>): RolloutLeftOut[] {
    return leftOut.map(({ machine, why }: LeftOut) => ({ machineId: machine, why }))
  }
}

@Resolver(() => RolloutLeftOut)
export class RolloutLeftOutResolver {
  @FieldResolver(() => Machine)
  machine(@Root() { machineId }: RolloutLeftOut, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(machineId)
  }
}

@Resolver(() => Execution)
export class ExecutionRolloutsResolver {
  @FieldResolver(() => Rollout, {
    nullable: true,
    description: 'Several machines are asked the same, one after the other; null = it is asked alone',
  })
  async rollout(@Root() { rollout }: Row<Execution>, @Ctx() { rollouts }: Context): Promise<Row<Rollout> | null> {
    return rollout === null ? null : rollouts.load(rollout)
  }

  @FieldResolver(() => Boolean, { description: 'True: it is approved, and machines before it have not ended' })
  awaitsTurn(@Root() execution: Row<Execution>): boolean {
    return isAwaitingTurn(execution)
  }
}
