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
import { Scope } from '../graphql/scope.ts'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Disk } from '../disks/disk.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { Reason } from '../reasons/reason.ts'
import { Alert, AlertState, AlertType, Delivery } from './alert.entity.ts'

@InputType()
export class AlertFilter {
  @Field(() => [AlertState], { nullable: true })
  state?: AlertState[] | null

  @Field(() => [AlertType], { nullable: true })
  type?: AlertType[] | null

  @Field(() => ID, { nullable: true })
  jobId?: string | null
}

@ArgsType()
export class AlertsArgs extends PageArgs {
  @Field(() => AlertFilter, { nullable: true })
  filter?: AlertFilter | null
}

@ObjectType({ simpleResolvers: true, description: 'Whether messages reach anybody' })
export class AlertingHealth {
  @Field(() => String, { nullable: true, description: 'Why mail is off; null = it is on' })
  mailOff!: string | null

  @Field(() => Boolean)
  webhook!: boolean

  @Field(() => String, { nullable: true, description: 'Who is told where a job names nobody; null = nobody' })
  adminRecipient!: string | null

  @Field(() => Int, { description: 'Jobs of which nobody is told, because neither they nor the settings name anybody' })
  unaddressed!: number

  @Field(() => Int, { description: 'Messages of the last week that wait, or are tried again' })
  waiting!: number

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Since when the oldest waits; null = none does' })
  waitingSince!: Date | null

  @Field(() => String, { nullable: true, description: 'What the server said last; null = nothing bad' })
  lastError!: string | null

  @Field(() => Int, { description: 'Messages of the last week that were refused for good' })
  refused!: number
}

@Resolver(() => AlertingHealth)
export class AlertingResolver {
  @FieldResolver(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When a mail server or a webhook took the newest message that was taken; null = none ever was',
  })
  lastSentAt(@Ctx() { alerts }: Context): Promise<Date | null> {
    return alerts.lastSentAt()
  }
}

export const AlertConnection = connectionOf(Alert, 'Alert')

@Resolver(() => Alert)
export class AlertsResolver {
  @Authorized(Scope.READ)
  @Query(() => AlertConnection, { description: 'What somebody must know, newest first; resolved ones too' })
  alerts(@Args(() => AlertsArgs) args: AlertsArgs, @Ctx() { alerts }: Context): Promise<Page<Row<Alert>>> {
    return alerts.list(args)
  }

  @Authorized(Scope.READ)
  @Query(() => AlertingHealth)
  async alerting(@Ctx() { alerts, settings }: Context): Promise<AlertingHealth> {
    const { mailOff, webhook, adminRecipient } = settings
    return { ...(await alerts.health()), mailOff, adminRecipient, webhook: webhook !== null }
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Alert, { description: 'Somebody knows: no more reminders. Errors: NOT_FOUND' })
  async acknowledgeAlert(@Arg('id', () => ID) id: string, @Ctx() { alerts, caller }: Context): Promise<Row<Alert>> {
    await alerts.acknowledgeAll([id], { actor: caller.name, isKnown: true })
    return alerts.load(id)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Alert, {
    description:
      'Nobody is told until then; afterwards it is told again if it lasts. Null ends it. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  async muteAlert(
    @Arg('id', () => ID) id: string,
    @Ctx() { alerts, caller }: Context,
    @Arg('until', () => GraphQLISODateTime, { nullable: true }) until?: Date,
  ): Promise<Row<Alert>> {
    await alerts.muteAll([id], { actor: caller.name, until: until ?? null })
    return alerts.load(id)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Delivery, { description: 'Sends a mail that only tries the settings. Errors: BAD_USER_INPUT' })
  async sendTestMail(
    @Arg('recipient', () => String) recipient: string,
    @Ctx() { alerts, delivery }: Context,
  ): Promise<Row<Delivery>> {
    const test = await alerts.sendTest(recipient)
    await delivery.run()
    return (await alerts.delivery(test.id))[0] ?? test
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => Delivery, {
    description:
      'Posts to the webhook what only tries it: kind TEST, no alerts, signed like any other. lastError is what its server said. Errors: BAD_USER_INPUT',
  })
  async sendTestWebhook(@Ctx() { alerts, delivery }: Context): Promise<Row<Delivery>> {
    const test = await alerts.sendTestPost()
    await delivery.run()
    return (await alerts.delivery(test.id))[0] ?? test
  }

  @FieldResolver(() => AlertState)
  state(@Root() alert: Row<Alert>, @Ctx() { alerts }: Context): AlertState {
    return alerts.state(alert)
  }

  @FieldResolver(() => [Reason], { description: 'Why, as it was told last; [] = see its type' })
  reasons(@Root() alert: Row<Alert>): Reason[] {
    return (alert.facts.reasons ?? []) as Reason[]
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'What it is about by name; null = see job, machine, disk',
  })
  subject(@Root() alert: Row<Alert>): string | null {
    return alert.facts.name ?? alert.facts.path ?? null
  }

  @FieldResolver(() => String, { nullable: true, description: 'More about it, in English; null = nothing to add' })
  detail(@Root() alert: Row<Alert>): string | null {
    return alert.facts.detail ?? null
  }

  @FieldResolver(() => [Delivery], { description: 'Who was told, and how it went; oldest first' })
  deliveries(@Root() alert: Row<Alert>, @Ctx() { alerts }: Context): Promise<Row<Delivery>[]> {
    return alerts.deliveriesOf(alert.id)
  }

  @FieldResolver(() => ExpectedJob, { nullable: true })
  async job(@Root() alert: Row<Alert>, @Ctx() { jobs }: Context): Promise<Row<ExpectedJob> | null> {
    return alert.job ? jobs.load(alert.job) : null
  }

  @FieldResolver(() => BackupEntry, { nullable: true })
  async entry(@Root() alert: Row<Alert>, @Ctx() { entries }: Context): Promise<Row<BackupEntry> | null> {
    return alert.entry ? entries.load(alert.entry) : null
  }

  @FieldResolver(() => Machine, { nullable: true })
  async machine(@Root() alert: Row<Alert>, @Ctx() { machines }: Context): Promise<Row<Machine> | null> {
    return alert.machine ? machines.load(alert.machine) : null
  }

  @FieldResolver(() => Disk, { nullable: true })
  async disk(@Root() alert: Row<Alert>, @Ctx() { disks }: Context): Promise<Row<Disk> | null> {
    return alert.disk ? disks.load(alert.disk) : null
  }
}
