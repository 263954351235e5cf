import { SECTION_VERSION, SECTIONS } from '@vigie/agent/report'
import { Field, GraphQLISODateTime, ID, InputType, Int } from 'type-graphql'

@InputType({ description: 'Why a section could not be collected' })
export class UnavailableInput {
  @Field(() => String, { description: 'MISSING_COMMAND, NOT_ROOT, TIMEOUT, UNPARSABLE, FAILED …' })
  code!: string

  @Field(() => String, { description: 'For a human, with what to do about it' })
  text!: string
}

@InputType({ description: 'One part of a report; docs/report.md shows the payload of each kind' })
export class ReportSectionInput {
  @Field(() => String, { description: `One of ${Object.keys(SECTIONS).join(', ')}` })
  kind!: string

  @Field(() => Int, { description: `Version of the shape: ${SECTION_VERSION}` })
  version!: number

  @Field(() => String, { nullable: true, description: 'For smartctl the device: sda, or sda:megaraid,0' })
  subject?: string | null

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was collected; null = with the report' })
  collectedAt?: Date | null

  @Field(() => UnavailableInput, { nullable: true, description: 'Set where there is no payload' })
  unavailable?: UnavailableInput | null

  @Field(() => String, {
    nullable: true,
    description: 'In place of a payload that was accepted before: its SHA-256, in hexadecimal. Of apt alone',
  })
  unchanged?: string | null

  @Field(() => String, { nullable: true, description: 'JSON text; of lsblk and smartctl exactly as printed' })
  payload?: string | null
}

@InputType({ description: 'What one machine collected at one time' })
export class InventoryReportInput {
  @Field(() => ID, { description: 'Made by the agent; a report with a known id is answered and changes nothing' })
  id!: string

  @Field(() => String, { description: 'Made by the agent at its first run and kept' })
  machineKey!: string

  @Field(() => String)
  hostname!: string

  @Field(() => GraphQLISODateTime, { description: 'By the clock of the machine' })
  collectedAt!: Date

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description:
      'The time by the clock of the machine at the moment of sending: what that clock is off by is taken out of collectedAt. Null = the clock is taken at its word',
  })
  sentAt?: Date | null

  @Field(() => String)
  agentVersion!: string

  @Field(() => [ReportSectionInput])
  sections!: ReportSectionInput[]
}
