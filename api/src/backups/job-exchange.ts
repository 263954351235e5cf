import { Field, Int, ObjectType } from 'type-graphql'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, selectRows } from '../database/rows.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { Machine } from '../machines/machine.entity.ts'
import { ExpectedJob, Protection } from './expected-job.entity.ts'
import type { ExpectedJobChange } from './expected-job.input.ts'
import { draftJob } from './job-draft.ts'
import { COLUMNS, type ExchangeFormat, type Exchanged, readJobs, readLine, writeJobs } from './job-columns.ts'
import type { Roots } from '../config/config.ts'
import type { JobsService } from './jobs.service.ts'
import { machineWords, readProtected, withMachineIds } from './named-machines.ts'

@ObjectType({ simpleResolvers: true })
export class ImportRefusal {
  @Field(() => Int, { description: 'Which job of the text, from 1' })
  number!: number

  @Field(() => String)
  field!: string

  @Field(() => String)
  rule!: string

  @Field(() => String)
  cure!: string
}

@ObjectType({ simpleResolvers: true, description: 'What an import did, or would do' })
export class ImportOutcome {
  @Field(() => Boolean, { description: 'False: a dry run, or something was refused and nothing was stored' })
  stored!: boolean

  @Field(() => Int)
  created!: number

  @Field(() => Int)
  changed!: number

  @Field(() => [ImportRefusal])
  refusals!: ImportRefusal[]
}

const MOST = 20_000

/** Jobs as text, out and in. */
export class JobExchange {
  constructor(
    private readonly em: EntityManager,
    private readonly jobs: JobsService,
    private readonly roots: Roots,
  ) {}

  async export(format: ExchangeFormat): Promise<string> {
    const inService = await this.inService()
    const protects = await this.protections(inService)
    const all = [...protects.values()].flat()
    const words = await machineWords(this.em, [
      ...inService.flatMap(({ machine }) => machine ?? []),
      ...all.map((one) => one.machine),
    ])
    const jobs = inService.map((job) => ({
      ...exported(job),
      machine: job.machine && (words.get(job.machine) ?? job.machine),
      protects: (protects.get(job.id) ?? []).map(({ machine, path }) => `${words.get(machine) ?? machine}:${path}`),
    }))
    return writeJobs(format, jobs)
  }

  async import(
    format: ExchangeFormat,
    content: string,
    { dryRun, actor }: { dryRun: boolean; actor: string | null },
  ): Promise<ImportOutcome> {
    const rows = readJobs(format, content)
    if (rows.length > MOST) throw new InvalidInputError('content', `holds more than ${MOST} jobs`, 'Split it.')
    const known = new Map((await this.inService()).map((job) => [`${job.agentId} ${job.databaseName}`, job]))
    const targets = new Map([...known].map(([key, job]) => [job.targetKey, key]))
    const outcome: ImportOutcome = { stored: false, created: 0, changed: 0, refusals: [] }
    const wanted: { input: ExpectedJobChange; before: Row<ExpectedJob> | null }[] = []
    const seen = new Map<string, number>()
    for (const [index, row] of rows.entries()) {
      const refuse = (field: string, rule: string, cure: string) =>
        outcome.refusals.push({ number: index + 1, field, rule, cure })
      const { line, refusals } = readLine(row)
      if (!line) {
        for (const { field, rule, cure } of refusals) refuse(field, rule, cure)
        continue
      }
      const key = `${line.agentId} ${line.databaseName}`
      const before = known.get(key) ?? null
      try {
        const input = await this.withMachines(withOneSchedule(line, before))
        if (seen.has(key))
          throw new InvalidInputError('databaseName', `stands already in number ${seen.get(key)}`, 'Keep one.')
        seen.set(key, index + 1)
        const draft = draftJob(await withMachineIds(this.em, input), before, this.roots)
        const taken = targets.get(draft.targetKey)
        if (taken !== undefined && taken !== key) {
          throw new InvalidInputError(
            'finalStoragePathTemplate',
            `gives the same paths as ${taken.replace(' ', '/')}`,
            'Put {agent_id} and {database_name} into it.',
          )
        }
        targets.set(draft.targetKey, key)
        wanted.push({ input, before })
        outcome[before ? 'changed' : 'created'] += 1
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error
        refuse(error.field, error.rule, error.cure)
      }
    }
    if (dryRun || outcome.refusals.length > 0) return outcome
    await this.jobs.store(wanted, actor)
    return { ...outcome, stored: true }
  }

  /** The machines that a text names, by hostname or id. */
  private async withMachines({ machine, protects, ...input }: Partial<Exchanged>): Promise<ExpectedJobChange> {
    const given = (protects ?? []).map((line, index) => {
      const read = readProtected(line)
      if (read) return read
      throw new InvalidInputError(
        `protects[${index}]`,
        `"${line.slice(0, 100)}" names no machine and path`,
        'Write atlas:/srv.',
      )
    })
    const named = [...(machine ? [machine] : []), ...given.map((one) => one.machine)]
    const ids = new Set((await selectRows(this.em, Machine, 'id', named)).map(({ id }) => id))
    return {
      ...input,
      ...(machine === undefined
        ? {}
        : machine && !ids.has(machine)
          ? { machineHostname: machine }
          : { machineId: machine }),
      ...(protects === undefined
        ? {}
        : {
            protects: given.map((one) =>
              ids.has(one.machine)
                ? { machineId: one.machine, path: one.path }
                : { hostname: one.machine, path: one.path },
            ),
          }),
    } as ExpectedJobChange
  }

  private async protections(jobs: readonly Row<ExpectedJob>[]): Promise<Map<string, Row<Protection>[]>> {
    const rows = await selectRows(
      this.em,
      Protection,
      'job',
      jobs.map(({ id }) => id),
    )
    return Map.groupBy(
      rows.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      ({ job }) => job,
    )
  }

  private inService(): Promise<Row<ExpectedJob>[]> {
    return findRows(this.em, ExpectedJob, (query) =>
      query.where('archivedAt', 'is', null).orderBy('agentId').orderBy('databaseName'),
    )
  }
}

/** A plain schedule is told plainly: its cron line would be refused beside it. */
function exported(job: Row<ExpectedJob>): Partial<Record<keyof Exchanged, unknown>> {
  const told = Object.fromEntries(
    COLUMNS.flatMap((column) => (column === 'machine' || column === 'protects' ? [] : [[column, job[column]]])),
  )
  return job.frequency ? { ...told, cron: null, timeZone: null } : told
}

/** What an export leaves empty beside the other kind of schedule is not a clearing of it. */
function withOneSchedule(row: Exchanged, before: Row<ExpectedJob> | null): Partial<Exchanged> {
  const {
    cron,
    timeZone,
    frequency,
    expectedHourUtc,
    expectedMinuteUtc,
    daysOfWeek,
    dayOfMonth,
    lastDayOfMonth,
    ...rest
  } = row
  const given = <T extends object>(values: T): Partial<T> =>
    Object.fromEntries(
      Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
    ) as Partial<T>
  const schedule = given({
    cron,
    timeZone,
    frequency,
    expectedHourUtc,
    expectedMinuteUtc,
    daysOfWeek,
    dayOfMonth,
    lastDayOfMonth,
  })
  // Without any word about it a known job keeps its schedule; with one, the fields of another kind of it are cleared.
  const days = frequency && before ? { daysOfWeek: null, dayOfMonth: null, lastDayOfMonth: null } : {}
  return { ...given(rest), ...clearedOf(row, rest, before), ...days, ...schedule }
}

/** An empty cell clears what a known job had; of a new one it means the default. */
const clearedOf = (row: object, rest: object, before: Row<ExpectedJob> | null): object =>
  before
    ? Object.fromEntries(
        Object.keys(rest)
          .filter((key) => key in row && (row as Record<string, unknown>)[key] === null)
          .map((key) => [key, null]),
      )
    : {}
