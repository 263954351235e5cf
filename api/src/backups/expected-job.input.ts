import { Field, ID, InputType, Int } from 'type-graphql'
import { ExpectChange } from './backup-status.ts'
import { JOB_FIELD_NAMES, JOB_FIELDS, type JobField, type JobFieldName, jobField, type JobValue } from './job-fields.ts'
import { DayOfWeek, DueMeans, Frequency } from './schedule.ts'

@InputType({ description: 'A path on a machine that the backup protects' })
export class ProtectionInput {
  @Field(() => ID, { nullable: true, description: 'This or hostname' })
  machineId?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'Without case (RFC 4343); a short name stands for the whole one where that is one machine’s alone',
  })
  hostname?: string | null

  @Field(() => String, { description: 'Absolute, such as /var/lib/postgresql' })
  path!: string
}

/** The enumerations that a field may choose from. */
export const CHOICES = { Frequency, DayOfWeek, DueMeans, ExpectChange }
interface Choices {
  Frequency: Frequency
  DayOfWeek: DayOfWeek
  DueMeans: DueMeans
  ExpectChange: ExpectChange
}

/** The value of a field. */
export type ValueOf<Name extends JobFieldName> = JobValue<(typeof JOB_FIELDS)[Name], Choices>
type Needed = 'agentId' | 'databaseName'

/** Omitted = kept, null = cleared. */
export type JobSettings = { [Name in JobFieldName]?: ValueOf<Name> | null }

function typeOf(field: JobField) {
  switch (field.type) {
    case 'text':
      return String
    case 'integer':
      return Int
    case 'boolean':
      return Boolean
    case 'texts':
      return [String]
    case 'choice':
      return field.many ? [CHOICES[field.of]] : CHOICES[field.of]
  }
}

/** Adds the fields of a job to an input, as `@Field` does: with null where `needed` does not name them. */
function addFields(input: object, needed: readonly Needed[]): void {
  for (const name of JOB_FIELD_NAMES) {
    const field = jobField(name)
    const nullable = !needed.includes(name as Needed)
    Field(() => typeOf(field), { nullable, description: field.about })(input, name)
  }
}

@InputType()
abstract class JobLinks {
  @Field(() => ID, { nullable: true, description: 'The machine that the agent runs on' })
  machineId?: string | null

  @Field(() => String, { nullable: true, description: 'The same machine by its hostname; not with machineId' })
  machineHostname?: string | null

  @Field(() => [ProtectionInput], { nullable: true, description: 'What it protects' })
  protects?: ProtectionInput[] | null
}

@InputType('ExpectedJobInput', { description: 'A backup that must come' })
class NewJob extends JobLinks {}
addFields(NewJob.prototype, ['agentId', 'databaseName'])

@InputType('ExpectedJobChange', { description: 'A change of a job: omitted = kept, null = cleared' })
class ChangedJob extends JobLinks {}
addFields(ChangedJob.prototype, [])

export type ExpectedJobInput = JobLinks & Omit<JobSettings, Needed> & { [Name in Needed]: string }
export const ExpectedJobInput = NewJob
export type ExpectedJobChange = JobLinks & JobSettings
export const ExpectedJobChange = ChangedJob
