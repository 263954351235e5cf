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
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import type { Row } from '../database/rows.ts'
import { Execution } from '../executions/execution.entity.ts'
import type { Context } from '../graphql/context.ts'
import { COSTLY } from '../graphql/cost.ts'
import { Scope } from '../graphql/scope.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { Severity } from '../reasons/reason.ts'
import { ImportantMessage } from './important-message.entity.ts'
import { MessageOccurrence } from './message-occurrence.entity.ts'
import { MessageCategory } from './message-rules.ts'
import type { MessageConditions } from './messages.service.ts'

@InputType()
export class MessageFilter implements MessageConditions {
  @Field(() => ID, { nullable: true, description: 'Of this machine' })
  machine?: string | null

  @Field(() => ID, { nullable: true, description: 'Said while this was done' })
  execution?: string | null

  @Field(() => String, { nullable: true, description: 'Part of the text' })
  search?: string | null

  @Field(() => [MessageCategory], { nullable: true, description: 'One of these' })
  category?: MessageCategory[] | null

  @Field(() => [Severity], { nullable: true, description: 'One of these' })
  severity?: Severity[] | null

  @Field(() => Boolean, { nullable: true, description: 'False: only those that nobody has taken note of' })
  acknowledged?: boolean | null
}

@ArgsType()
export class MessagesArgs extends PageArgs {
  @Field(() => MessageFilter, { nullable: true })
  filter?: MessageFilter | null
}

export const ImportantMessageConnection = connectionOf(ImportantMessage, 'ImportantMessage')

@Resolver(() => ImportantMessage)
export class MessagesResolver {
  @Authorized(Scope.READ)
  @Query(() => ImportantMessageConnection, {
    description: 'What programs said on machines in service and somebody should read, the newest first',
  })
  importantMessages(
    @Args(() => MessagesArgs) { filter, ...page }: MessagesArgs,
    @Ctx() { messages }: Context,
  ): Promise<Page<Row<ImportantMessage>>> {
    return messages.list(filter, page)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => [ImportantMessage], {
    description:
      'Takes note of at most 500 messages. An error that is said again afterwards waits again; a warning does not. Those that are gone are left out. Errors: BAD_USER_INPUT',
  })
  acknowledgeMessages(
    @Arg('ids', () => [ID]) ids: string[],
    @Arg('until', () => GraphQLISODateTime, {
      nullable: true,
      description: 'Only what was said last by then, so that nothing is noted that nobody has read; null = all',
    })
    until: Date | null,
    @Ctx() { messages, caller }: Context,
  ): Promise<Row<ImportantMessage>[]> {
    return messages.acknowledge(ids, until ?? null, caller.name)
  }

  @FieldResolver(() => Machine)
  machine(@Root() { machine }: Row<ImportantMessage>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(machine)
  }

  @FieldResolver(() => Execution, { description: 'What the machine did when it was said last' })
  execution(@Root() { execution }: Row<ImportantMessage>, @Ctx() { executions }: Context): Promise<Row<Execution>> {
    return executions.load(execution)
  }
}

@Resolver(() => MessageOccurrence)
export class OccurrencesResolver {
  @FieldResolver(() => ImportantMessage)
  message(@Root() { message }: Row<MessageOccurrence>, @Ctx() { messages }: Context): Promise<Row<ImportantMessage>> {
    return messages.load(message)
  }
}

@Resolver(() => Execution)
export class MessagesOfExecutionsResolver {
  @FieldResolver(() => [MessageOccurrence], {
    complexity: COSTLY,
    description:
      'What its log says and somebody should read, in its order: at most 500. [] = nothing, or it was not read yet',
  })
  messages(@Root() { id }: Row<Execution>, @Ctx() { messages }: Context): Promise<Row<MessageOccurrence>[]> {
    return messages.ofExecution(id)
  }
}
