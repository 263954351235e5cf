import { AccessService } from './access/access.service.ts'
import { AlertsService } from './alerts/alerts.service.ts'
import type { DeliveryService } from './alerts/delivery.ts'
import type { Caller } from './access/caller.ts'
import { EntriesService } from './backups/entries.service.ts'
import { EntryRecorder } from './backups/entry-recorder.ts'
import { JobExchange } from './backups/job-exchange.ts'
import { JobsService } from './backups/jobs.service.ts'
import type { EntityManager } from './database/database.ts'
import { createRecorder } from './database/record.ts'
import { DepositService } from './deposit/deposit.service.ts'
import { RunRecorder } from './deposit/run-recorder.ts'
import type { Scanner } from './deposit/scanner.ts'
import { DiskRecorder } from './disks/disk-recorder.ts'
import { DisksService } from './disks/disks.service.ts'
import { EventsService } from './events/events.service.ts'
import type { Tell } from './events/told.ts'
import type { Spending } from './limits.ts'
import { InventoryService } from './inventory/inventory.service.ts'
import { MachineRecorder } from './machines/machine-recorder.ts'
import { MachinesService } from './machines/machines.service.ts'
import { OverviewService } from './overview/overview.service.ts'
import type { Platform } from './platform/platform.ts'
import { ArrayRecorder } from './storage/array-recorder.ts'
import { StorageRecorder } from './storage/storage-recorder.ts'
import { StorageService } from './storage/storage.service.ts'
import { VaultService } from './vault/vault.service.ts'

/** The one place where services are made: for a request, a batch of changes or a command. */
export function createServices(em: EntityManager, platform: Platform) {
  const { clock } = platform
  const record = createRecorder(platform)
  const machines = new MachinesService(em, record, clock)
  const disks = new DisksService(em, record, clock)
  const access = new AccessService(em, record, clock)
  const jobs = new JobsService(em, record, clock, platform.roots)
  return {
    em,
    clock,
    publicUrl: platform.publicUrl,
    roots: platform.roots,
    access,
    inventory: new InventoryService(em, record, platform, access),
    machines,
    disks,
    storage: new StorageService(em),
    jobs,
    exchange: new JobExchange(em, jobs, platform.roots),
    entries: new EntriesService(em, clock),
    deposit: new DepositService(em, record, platform),
    vault: new VaultService(em, record, clock),
    alerts: new AlertsService(em, record, clock, platform.settings),
    settings: platform.settings,
    overview: new OverviewService(em, clock),
    events: new EventsService(em),
  }
}
export type Services = ReturnType<typeof createServices>

/** The services that a record works with, on its transaction's own `em`. */
export function createRecordingServices(em: EntityManager, platform: Platform, tell: Tell) {
  const machineRecorder = new MachineRecorder(em, tell)
  const entryRecorder = new EntryRecorder(em, tell)
  return {
    em,
    access: new AccessService(em, createRecorder(platform), platform.clock),
    machineRecorder,
    diskRecorder: new DiskRecorder(em, tell, (ids) => machineRecorder.silent(ids, platform.clock())),
    storageRecorder: new StorageRecorder(em),
    arrayRecorder: new ArrayRecorder(em, tell),
    entryRecorder,
    runRecorder: new RunRecorder(em, tell, entryRecorder),
  }
}
export type RecordingServices = ReturnType<typeof createRecordingServices>

/** What works by itself beside the requests. */
export interface Works {
  scanner: Scanner
  delivery: DeliveryService
  /** When each task runs next; nothing where no scheduler is attached. */
  schedule: { nextRuns(): Promise<Record<string, Date | null>> }
}

/** What resolvers get: the services, what works beside them, and who asks. */
export interface Context extends Services, Works {
  caller: Caller
  /** What the operation has made so far. */
  spending: Spending
}
