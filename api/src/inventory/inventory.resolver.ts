import { Arg, Authorized, Ctx, Field, ID, Mutation, ObjectType, Resolver } from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import { InventoryReportInput } from './inventory-report.input.ts'
import type { Receipt } from './inventory.service.ts'
import { SectionOutcome } from './section.ts'

/** Not a Machine: a report token must not read the fleet through the answer to its report. */
@ObjectType({ simpleResolvers: true, description: 'The machine that a report was recorded for' })
export class ReportedMachine {
  @Field(() => ID)
  id!: string
}

@ObjectType({ simpleResolvers: true, description: 'What became of a report' })
export class ReportReceipt {
  @Field(() => ID, { description: 'As the agent gave it' })
  id!: string

  @Field(() => Boolean, { description: 'True: the report was known, and nothing changed' })
  repeated!: boolean

  @Field(() => ReportedMachine)
  machine!: ReportedMachine

  @Field(() => [SectionOutcome])
  sections!: SectionOutcome[]

  @Field(() => [String], { description: 'What was odd and how it was read; sentences for a human' })
  notes!: string[]
}

@Resolver()
export class InventoryResolver {
  @Authorized(Scope.REPORT)
  @Mutation(() => ReportReceipt, {
    description:
      'Records what a machine collected, all of it or nothing; a bad section is refused and never costs the others',
  })
  reportInventory(
    @Arg('report', () => InventoryReportInput) report: InventoryReportInput,
    @Ctx() { inventory, caller }: Context,
  ): Promise<Receipt> {
    return inventory.report(report, caller)
  }
}
