import type { Caller } from '../access/caller.ts'
import type { EntityManager } from '../database/database.ts'
import type { Recorder } from '../database/record.ts'
import { insertRows, selectRows } from '../database/rows.ts'
import { ForbiddenError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { FairShare } from '../platform/fair-share.ts'
import { readAgentReport } from './agent-report.ts'
import type { InventoryReportInput } from './inventory-report.input.ts'
import { InventoryReport } from './inventory-report.entity.ts'
import type { Inventory } from './inventory.ts'
import type { SectionOutcome } from './section.ts'

export interface Receipt {
  id: string
  /** True: this report was known, and nothing changed. */
  repeated: boolean
  machine: { id: string; hostname: string | null; ip: string | null }
  sections: SectionOutcome[]
  notes: string[]
}

/** The one way in for reports, whoever sends them: everything of a report is recorded in one transaction, or nothing. */
export class InventoryService {
  constructor(
    private readonly em: EntityManager,
    private readonly record: Recorder,
    private readonly clock: Clock,
    private readonly share: FairShare,
  ) {}

  report(input: InventoryReportInput, caller: Caller): Promise<Receipt> {
    return this.accept(readAgentReport(input, this.clock()), caller)
  }

  accept(inventory: Inventory, caller: Caller): Promise<Receipt> {
    return this.share.report(() => this.store(inventory, caller))
  }

  private store(inventory: Inventory, caller: Caller): Promise<Receipt> {
    const { id, times, sections, notes } = inventory
    return this.record(this.em, async ({ em, machineRecorder, diskRecorder, storageRecorder, access }) => {
      const known = (await selectRows(em, InventoryReport, 'id', [id]))[0]
      if (known) return repeat(em, known, inventory, caller)
      const { machine, newest } = await machineRecorder.record(inventory.machine, times, notes)
      await access.bind(caller, machine.id)
      const diskIds = await diskRecorder.record({
        machineId: machine.id,
        hostname: machine.hostname ?? machine.ip,
        times,
        newest,
        disks: inventory.disks,
        complete: inventory.complete,
        notes,
      })
      if (newest && inventory.fileSystems) {
        await storageRecorder.record(machine.id, times.at, inventory.fileSystems, inventory.graph, diskIds)
      }
      await insertRows(em, InventoryReport, [{ id, machine: machine.id, ...times, sections, notes }])
      return { id, repeated: false, machine, sections, notes }
    })
  }
}

async function repeat(
  em: EntityManager,
  known: { machine: string; sections: SectionOutcome[]; notes: string[] },
  inventory: Inventory,
  caller: Caller,
): Promise<Receipt> {
  const machine = (await selectRows(em, Machine, 'id', [known.machine]))[0]
  const sameMachine =
    machine && (machine.machineKey === inventory.machine.machineKey || inventory.machine.machineKey === null)
  if (!machine || !sameMachine || (caller.machineId && caller.machineId !== machine.id)) {
    throw new ForbiddenError(
      'A report with this id came from another machine. Make a new id for each report, such as a UUID.',
    )
  }
  return { id: inventory.id, repeated: true, machine, sections: known.sections, notes: known.notes }
}
