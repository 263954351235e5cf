import { EntityName, type Rel } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import {
  Action,
  ActionClass,
  type ActionParams,
  type ActionPlan,
  ExecutionStatus,
  PlannedStep,
  RefusalCode,
  ResultCode,
} from '@vigie/agent/actions'
import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { Machine } from '../machines/machine.entity.ts'
import { PlanOutcome } from './plan-results.ts'
import { Rollout } from '../rollouts/rollout.entity.ts'
import type { Caller } from '../access/caller.ts'

registerEnumType(Action, {
  name: 'Action',
  description: 'What a machine can be asked to do (docs/actions.md)',
  valuesConfig: {
    COLLECT: { description: 'Report at once' },
    APT_REFRESH: { description: 'Fetch the lists of what there is' },
    APT_APPLY: { description: 'Install what waits: all of it, what mends security holes, or some packages' },
    APT_AUTOREMOVE: { description: 'Remove what nothing needs any more' },
    APT_REPAIR: { description: 'Bring to its end what dpkg has begun' },
    SERVICE_RESTART: { description: 'Restart a service that the machine’s owner lists' },
    HOOK_RUN: { description: 'Run a script that lies on the machine and that its owner lists' },
    REBOOT: { description: 'Restart the machine' },
  },
})
registerEnumType(ActionClass, {
  name: 'ActionClass',
  valuesConfig: {
    READ: { description: 'Changes nothing; always allowed' },
    UPDATE: { description: 'Changes the machine; its owner allows it by its policy, and somebody approves the plan' },
    DANGEROUS: { description: 'The same, and an operator whose key Vigie does not have signs it' },
  },
})
registerEnumType(ExecutionStatus, {
  name: 'ExecutionStatus',
  valuesConfig: {
    DRAFT: { description: 'The machine is making its plan' },
    AWAITING_APPROVAL: { description: 'Its plan is here, and somebody has to approve it' },
    QUEUED: { description: 'Approved: the machine has not taken it yet' },
    CLAIMED: { description: 'The machine has taken it' },
    RUNNING: { description: 'It has begun' },
    SUCCEEDED: { description: 'It was carried out' },
    WARNINGS: { description: 'It was carried out, and not all of it went well' },
    FAILED: { description: 'It was not, or not wholly, carried out' },
    CANCELLED: { description: 'Somebody called it off' },
    INTERRUPTED: { description: 'It began, and nobody knows how far it came; it is never begun again by itself' },
    REJECTED: { description: 'The machine does not do it: refusal says why' },
    EXPIRED: { description: 'It was not approved, or not begun, in time' },
  },
})
registerEnumType(PlannedStep, { name: 'PlannedStep' })
registerEnumType(RefusalCode, { name: 'RefusalCode', description: 'Why a machine does not do what it is asked' })
registerEnumType(ResultCode, { name: 'ResultCode', description: 'Why an execution ended as it did' })

/** What an observation made after it says, whatever the programs ended with. */
export enum Verification {
  /** There is nothing to verify: it has not ended, or it changed nothing. */
  NONE = 'NONE',
  PENDING = 'PENDING',
  CONFIRMED = 'CONFIRMED',
  CONTRADICTED = 'CONTRADICTED',
  INCONCLUSIVE = 'INCONCLUSIVE',
}
registerEnumType(Verification, {
  name: 'Verification',
  description: 'What was seen of its effect by a report made after it; that its programs ended well proves nothing',
  valuesConfig: {
    NONE: { description: 'Nothing to verify: it has not ended, or it changes nothing' },
    PENDING: { description: 'No report that was made after it is here yet' },
    CONFIRMED: { description: 'A later report shows what it was to do' },
    CONTRADICTED: { description: 'A later report shows that it did not do what it was to do' },
    INCONCLUSIVE: { description: 'No report can show it, or none came in a day' },
  },
})

export enum StopKind {
  SOFT = 'SOFT',
  HARD = 'HARD',
}
registerEnumType(StopKind, {
  name: 'StopKind',
  valuesConfig: {
    SOFT: { description: 'After the step that it is at; a download is ended, dpkg never is' },
    HARD: { description: 'At once, by SIGKILL: what it was at stays half done' },
  },
})

@ObjectType({ simpleResolvers: true, description: 'One thing that an action would do to a machine' })
export class PlannedChange {
  @Field(() => PlannedStep)
  step!: PlannedStep

  @Field(() => String, { description: 'A package, a unit, a script, or the machine' })
  subject!: string

  @Field(() => String, { nullable: true, description: 'Version before it; null = there is none' })
  from!: string | null

  @Field(() => String, { nullable: true, description: 'Version after it; null = there is none' })
  to!: string | null

  @Field(() => Boolean, { nullable: true, description: 'Whether it mends a security hole; null = nobody can tell' })
  security!: boolean | null
}

registerEnumType(PlanOutcome, {
  name: 'PlanOutcome',
  description: 'What became of one thing that a plan named, as the machine’s own list of packages shows it',
  valuesConfig: {
    DONE: { description: 'It is as it was to be' },
    NOT_DONE: { description: 'It is as it was before' },
    OTHERWISE: { description: 'It is otherwise: somebody has done something else since' },
    UNKNOWN: { description: 'No list of packages tells it that was made after the action' },
  },
})

@ObjectType({ simpleResolvers: true, description: 'One thing that an action was to do, and what became of it' })
export class PlanResultType extends PlannedChange {
  @Field(() => PlanOutcome)
  outcome!: PlanOutcome

  @Field(() => String, {
    nullable: true,
    description: 'Version that is installed by the machine’s newest list; null = none, or not known',
  })
  installed!: string | null
}

@ObjectType({ simpleResolvers: true, description: 'How much an action would do to a machine' })
export class PlanCounts {
  @Field(() => Int, { description: 'Things that it would do' })
  changes!: number

  @Field(() => Int, { description: 'Those that are known to mend a security hole' })
  security!: number

  @Field(() => Int, { description: 'Packages that would be removed' })
  removed!: number
}

@ObjectType({ simpleResolvers: true, description: 'Why a machine does not do what it is asked' })
export class ExecutionRefusal {
  @Field(() => RefusalCode)
  code!: RefusalCode

  @Field(() => String, { nullable: true, description: 'More than the code says, such as a name; null = nothing' })
  detail!: string | null
}

@ObjectType({ simpleResolvers: true, description: 'How well what lies on a machine was proven when it was approved' })
export class ProofAtApproval {
  @Field(() => Int, { description: 'Jobs in service that protect this machine' })
  jobs!: number

  @Field(() => Int, { description: 'Those whose newest proven backup is as fresh as they promise' })
  proven!: number

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'The oldest of those backups; null = there is none',
  })
  oldest!: Date | null
}

/** Who did something, as they were then: whether they still may is looked up when it counts. */
export type By = Pick<Caller, 'kind' | 'id' | 'name'>

/** Those that have not ended. */
export const OPEN = [
  ExecutionStatus.DRAFT,
  ExecutionStatus.AWAITING_APPROVAL,
  ExecutionStatus.QUEUED,
  ExecutionStatus.CLAIMED,
  ExecutionStatus.RUNNING,
] as const

/** One thing that was asked of one machine: the only truth about whether it may still begin. */
@Entity()
@ObjectType({ simpleResolvers: true, description: 'One thing that was asked of one machine' })
@Index({ properties: ['machine', 'id'] })
@Index({ properties: ['status', 'id'] })
@Index({ properties: ['rollout', 'position'] })
@Index({
  name: 'execution_unverified',
  expression: 'create index "execution_unverified" on "execution" ("id") where "verification" = \'PENDING\'',
})
@Index({
  name: 'execution_unread',
  expression:
    'create index "execution_unread" on "execution" ("id") where "messages_read_at" is null and "ended_at" is not null',
})
@Index({
  name: 'execution_one_at_a_time',
  expression:
    "create unique index \"execution_one_at_a_time\" on \"execution\" (\"machine_id\") where changes and \"status\" in ('DRAFT', 'AWAITING_APPROVAL', 'QUEUED', 'CLAIMED', 'RUNNING')",
})
export class Execution {
  [EntityName]?: 'Execution'

  @Field(() => ID)
  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false })
  machine!: Rel<Machine>

  @Field(() => Action)
  @Property({ type: 'string' })
  action!: Action

  @Property({ type: 'json' })
  params!: ActionParams

  /** Whether it changes the machine: of those there is one at a time. */
  @Property({ type: 'boolean' })
  changes!: boolean

  @Field(() => ExecutionStatus)
  @Property({ type: 'string' })
  status!: ExecutionStatus

  @Property({ type: 'json' })
  requester!: By

  @Property({ type: 'json', nullable: true })
  approver!: By | null

  @Field(() => GraphQLISODateTime, { description: 'When it was asked for' })
  @Property({ type: 'datetime' })
  createdAt!: Date

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When its plan came; null = it has none' })
  @Property({ type: 'datetime', nullable: true })
  plannedAt!: Date | null

  @Field(() => GraphQLISODateTime, { description: 'Until when it may be approved' })
  @Property({ type: 'datetime' })
  approveBy!: Date

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was approved; null = it was not' })
  @Property({ type: 'datetime', nullable: true })
  approvedAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Not before this; null = as soon as the machine asks',
  })
  @Property({ type: 'datetime', nullable: true })
  notBefore!: Date | null

  /** It is one of several that are asked the same; null = it is asked alone. */
  @ManyToOne(() => Rollout, { nullable: true, index: false })
  rollout!: Rel<Rollout> | null

  /** Which one of them, from 0 on. */
  @Property({ type: 'integer', nullable: true })
  position!: number | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Of a rollout: since when it is its turn; null = its turn has not come, or it is asked alone',
  })
  @Property({ type: 'datetime', nullable: true })
  turnAt!: Date | null

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'If the machine has not taken it by then, it expires; null = it is not approved, or awaits its turn',
  })
  @Property({ type: 'datetime', nullable: true })
  startBy!: Date | null

  /** After this no machine begins it, whoever says so: it is part of what is signed. */
  @Property({ type: 'datetime' })
  expiresAt!: Date

  @Property({ type: 'string' })
  nonce!: string

  @Property({ type: 'json', nullable: true, lazy: true })
  plan!: ActionPlan | null

  @Field(() => String, {
    nullable: true,
    description: 'Names what its plan would touch: approving approves this, and nothing else. Null = it pins nothing',
  })
  @Property({ type: 'string', nullable: true })
  effect!: string | null

  @Field(() => ProofAtApproval, {
    nullable: true,
    description: 'How well the machine’s data was proven when it was approved; null = it was not approved',
  })
  @Property({ type: 'json', nullable: true })
  proof!: { jobs: number; proven: number; oldest: string | null } | null

  @Field(() => String, {
    nullable: true,
    description: 'Why it was approved though not all that lies on the machine was proven; null = it was',
  })
  @Property({ type: 'string', length: 500, nullable: true })
  overrideReason!: string | null

  @Property({ type: 'string', nullable: true })
  signature!: string | null

  @Field(() => String, { nullable: true, description: 'The operator who signed it; null = nobody had to' })
  @Property({ type: 'string', nullable: true })
  operator!: string | null

  @Property({ type: 'string', nullable: true })
  claimId!: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the machine took it; null = it has not' })
  @Property({ type: 'datetime', nullable: true })
  claimedAt!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it began; null = it has not, or nobody knows' })
  @Property({ type: 'datetime', nullable: true })
  startedAt!: Date | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it ended; null = it has not' })
  @Property({ type: 'datetime', nullable: true })
  endedAt!: Date | null

  /** The same as its own clock says: reports of the machine are told apart by that clock. */
  @Property({ type: 'datetime', nullable: true })
  machineEndedAt!: Date | null

  /** In which start of its kernel the machine took it. */
  @Property({ type: 'string', nullable: true })
  bootId!: string | null

  /** When it was told that something of it is not what was approved: once. */
  @Property({ type: 'datetime', nullable: true })
  conflictAt!: Date | null

  @Field(() => StopKind, { nullable: true, description: 'How it is to be stopped; null = nobody wants that' })
  @Property({ type: 'string', nullable: true })
  stop!: StopKind | null

  @Field(() => Int, { nullable: true, description: 'Of its last program; null = it gave none' })
  @Property({ type: 'integer', nullable: true })
  exitCode!: number | null

  @Field(() => ResultCode, { nullable: true, description: 'Why it ended as it did; null = its status says all' })
  @Property({ type: 'string', nullable: true })
  code!: ResultCode | null

  @Field(() => String, { nullable: true, description: 'More than the code says; null = nothing' })
  @Property({ type: 'string', length: 500, nullable: true })
  detail!: string | null

  @Field(() => ExecutionRefusal, {
    nullable: true,
    description: 'Why the machine does not do it; null = it did not say so',
  })
  @Property({ type: 'json', nullable: true })
  refusal!: ExecutionRefusal | null

  @Property({ type: 'string', nullable: true })
  resultHash!: string | null

  @Field(() => [String], {
    description: 'Packages that it left half installed, each with its state: still to be put right',
  })
  @Property({ type: 'json' })
  leftBroken!: string[]

  @Field(() => Verification)
  @Property({ type: 'string' })
  verification!: Verification

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When that was seen; null = it was not' })
  @Property({ type: 'datetime', nullable: true })
  verifiedAt!: Date | null

  @Field(() => [String], {
    description: 'What the later report shows to be otherwise, such as packages that still wait',
  })
  @Property({ type: 'json' })
  contradictions!: string[]

  @Field(() => Int, { description: 'Bytes of its log that are here' })
  @Property({ type: 'integer' })
  logSize!: number

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: its whole log is here, by its SHA-256; null = it has not ended, or has none',
  })
  @Property({ type: 'boolean', nullable: true })
  logIsWhole!: boolean | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When its log was deleted; null = it was not' })
  @Property({ type: 'datetime', nullable: true })
  logDeletedAt!: Date | null

  /** When its log was read for what somebody should read; null = it was not yet. */
  @Property({ type: 'datetime', nullable: true })
  messagesReadAt!: Date | null

  @Field(() => Int, {
    nullable: true,
    description:
      'How often its log says something else that somebody should read, for which there was no room; null = not read yet',
  })
  @Property({ type: 'integer', nullable: true })
  messagesLeft!: number | null

  @Field(() => Boolean, { description: 'True: its log is never deleted by itself' })
  @Property({ type: 'boolean' })
  pinned!: boolean
}
