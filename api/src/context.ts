import { AccessService } from './access/access.service.ts'
import type { Caller } from './access/caller.ts'
import type { EntityManager } from './database/database.ts'
import { createRecorder } from './database/record.ts'
import { DiskRecorder } from './disks/disk-recorder.ts'
import { DisksService } from './disks/disks.service.ts'
import { EventsService } from './events/events.service.ts'
import type { Tell } from './events/told.ts'
import { InventoryService } from './inventory/inventory.service.ts'
import { MachineRecorder } from './machines/machine-recorder.ts'
import { MachinesService } from './machines/machines.service.ts'
import { OverviewService } from './overview/overview.service.ts'
import type { Platform } from './platform/platform.ts'
import { StorageRecorder } from './storage/storage-recorder.ts'
import { StorageService } from './storage/storage.service.ts'

/** The one place where services are made: for a request, a batch of changes or a command. */
export function createServices(em: EntityManager, platform: Platform) {
  const { clock } = platform
  const record = createRecorder(platform)
  const machines = new MachinesService(em, record, clock)
  const disks = new DisksService(em, record, clock)
  return {
    em,
    clock,
    publicUrl: platform.publicUrl,
    access: new AccessService(em, record, clock),
    inventory: new InventoryService(em, record, clock, platform.share),
    machines,
    disks,
    storage: new StorageService(em),
    overview: new OverviewService(em, clock),
    events: new EventsService(em),
  }
}
export type Services = ReturnType<typeof createServices>

/** The services that a record works with, on its transaction's own `em`. */
export function createRecordingServices(em: EntityManager, platform: Platform, tell: Tell) {
  const machineRecorder = new MachineRecorder(em, tell)
  return {
    em,
    access: new AccessService(em, createRecorder(platform), platform.clock),
    machineRecorder,
    diskRecorder: new DiskRecorder(em, tell, (ids) => machineRecorder.silent(ids, platform.clock())),
    storageRecorder: new StorageRecorder(em),
  }
}
export type RecordingServices = ReturnType<typeof createRecordingServices>

/** What resolvers get: the services, and who asks. */
export interface Context extends Services {
  caller: Caller
}
