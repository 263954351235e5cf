import type { AccessService } from '../access/access.service.ts'
import type { Caller } from '../access/caller.ts'
import type { Quota } from '../access/quota.ts'
import { bindByReport } from '../access/token-binding.ts'
import type { EntityManager } from '../database/database.ts'
import { insertRows, type Row, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { DiskRecorder } from '../disks/disk-recorder.ts'
import { ConflictError, ForbiddenError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell, Transact } from '../events/outbox.ts'
import { Severity } from '../reasons/reason.ts'
import { MachineRecorder } from '../machines/machine-recorder.ts'
import type { Machine } from '../machines/machine.entity.ts'
import { MetricsRecorder } from '../metrics/metrics-recorder.ts'
import { StateRecorder } from '../state/state-recorder.ts'
import { ArrayRecorder } from '../storage/array-recorder.ts'
import { StorageRecorder } from '../storage/storage-recorder.ts'
import type { Clock } from '../platform/clock.ts'
import type { FairShare } from '../platform/fair-share.ts'
import { readAgentReport } from './agent-report.ts'
import type { InventoryReportInput } from './inventory-report.input.ts'
import { InventoryReport } from './inventory-report.entity.ts'
import type { Inventory } from './inventory.ts'
import { type SectionOutcome, SectionResult } from './section.ts'

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
    private readonly transact: Transact,
    private readonly limits: { clock: Clock; share: FairShare; quota: Quota },
    private readonly access: Pick<AccessService, 'noteRefusal'>,
  ) {}

  report(input: InventoryReportInput, caller: Caller): Promise<Receipt> {
    return this.accept(readAgentReport(input, this.limits.clock()), caller)
  }

  /** Errors: QUOTA_EXCEEDED, CONFLICT, FORBIDDEN */
  async accept(inventory: Inventory, caller: Caller): Promise<Receipt> {
    this.limits.quota.spend(caller, inventory.size)
    try {
      return await this.limits.share.report(() => this.store(inventory, caller))
    } catch (error) {
      if (error instanceof ForbiddenError) await this.access.noteRefusal(caller, error.message)
      throw error
    }
  }

  private store(inventory: Inventory, caller: Caller): Promise<Receipt> {
    const { id, times } = inventory
    return this.transact(this.em, async (transaction) => {
      // A transaction that is begun anew notes what it finds anew.
      const notes = [...inventory.notes]
      const { em, tell } = transaction
      const machines = new MachineRecorder(em, tell)
      const serials = inventory.disks.flatMap(({ evidence }) =>
        [evidence.serialKey, evidence.kernelKey].flatMap((key) => key ?? []),
      )
      const evidence = { machineId: caller.machineId, serials }
      const found = await machines.find(inventory.machine, evidence, times)
      const known = found.machine
      // A clone brings the token with the key: it speaks for the machine that both are of.
      const speaksFor = found.cloneOf ?? known
      if (speaksFor) {
        const knowsKey = speaksFor.machineKey !== null && speaksFor.machineKey === inventory.machine.machineKey
        await bindByReport(transaction, caller, { machine: speaksFor, knowsKey, at: times.receivedAt })
      }
      if (known) {
        const before = (await selectRows(em, InventoryReport, 'id', [id], { machine: known.id }))[0]
        if (before && before.contentHash !== null && before.contentHash !== inventory.contentHash)
          throw new ConflictError('id', 'was used for a report of other content', 'Make a new id for each report.')
        if (before) return { id, repeated: true, machine: known, sections: before.sections, notes: before.notes }
      }
      const readingsOnly = isPoorer(inventory, known)
      const { machine, newest } = readingsOnly
        ? { machine: readingsOnly, newest: false }
        : await machines.record(
            found,
            { ...inventory.machine, tellsDisks: inventory.complete.kernel, smart: inventory.smart },
            times,
            notes,
          )
      if (!speaksFor) await bindByReport(transaction, caller, { machine, knowsKey: true, at: times.receivedAt })
      const disks = await new DiskRecorder(em, tell).record({
        machineId: machine.id,
        hostname: machine.hostname ?? machine.ip,
        times,
        newest,
        disks: inventory.disks,
        complete: inventory.complete,
        readingsOnly: readingsOnly !== null,
      })
      notes.push(...disks.notes)
      if (newest && inventory.fileSystems) {
        const { fileSystems: facts, sources, graph } = inventory
        await new StorageRecorder(em, tell).record(machine, times.at, { facts, sources, graph }, disks.ids)
      }
      if (newest)
        await new ArrayRecorder(em, tell).record({
          machineId: machine.id,
          hostname: machine.hostname ?? machine.ip,
          at: times.at,
          arrays: inventory.arrays,
          told: inventory.arrayKinds,
          unanswered: inventory.unansweredKinds,
        })
      // Those of a report that waited on disk are none the less of their time.
      await new MetricsRecorder(em).record(machine.id, inventory.metrics, times)
      const wanted = newest
        ? await new StateRecorder(em, tell).record({
            machineId: machine.id,
            hostname: machine.hostname ?? machine.ip,
            at: times.at,
            told: inventory.state,
          })
        : new Set<string>()
      const sections = inventory.sections.map((section) =>
        section.outcome === SectionResult.UNCHANGED && wanted.has(section.kind)
          ? { ...section, outcome: SectionResult.WANTED }
          : section,
      )
      await tellRefused(em, tell, machine, inventory)
      await insertRows(em, InventoryReport, [
        { id, machine: machine.id, contentHash: inventory.contentHash, ...times, sections, notes },
      ])
      return { id, repeated: false, machine, sections, notes }
    })
  }
}

/** What was not taken of a report is told once, and again where it is something else: scripts send the same each hour. */
async function tellRefused(
  em: EntityManager,
  tell: Tell,
  machine: Row<Machine>,
  { refused, times }: Inventory,
): Promise<void> {
  if (refused.length === 0) return
  const detail = refused.slice(0, 10).join('; ').slice(0, 1000)
  const last = await tables(em)
    .selectFrom('Event')
    .select((eb) => eb.ref('facts', '->>').key('detail').as('detail'))
    .where('machine', '=', machine.id)
    .where('type', '=', EventType.DISK_REFUSED)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (last?.detail === detail) return
  tell.event({
    type: EventType.DISK_REFUSED,
    severity: Severity.WARNING,
    at: times.at,
    cause: EventCause.READING,
    machine: machine.id,
    facts: { hostname: machine.hostname ?? machine.ip, count: refused.length, detail },
  })
}

/**
 * The machine, where an agent reports for it and this report is a script's: it adds readings and nothing else. What the
 * agent tells of the machine, its disks' places and its file systems is richer, and would come and go with each report.
 */
const isPoorer = (inventory: Inventory, known: Row<Machine> | null): Row<Machine> | null =>
  known?.machineKey && inventory.machine.machineKey === null && known.silentAt > inventory.times.receivedAt
    ? known
    : null
