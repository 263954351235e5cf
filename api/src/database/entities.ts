import { ApiClient } from '../access/api-client.entity.ts'
import { Session } from '../access/session.entity.ts'
import { DiskStay } from '../disks/disk-stay.entity.ts'
import { Disk } from '../disks/disk.entity.ts'
import { SmartDocument } from '../disks/smart-document.entity.ts'
import { Snapshot } from '../disks/snapshot.entity.ts'
import { Event } from '../events/event.entity.ts'
import { InventoryReport } from '../inventory/inventory-report.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import { FileSystemDisk } from '../storage/file-system-disk.entity.ts'
import { FileSystem } from '../storage/file-system.entity.ts'

/** Every table. A new entity is registered here and nowhere else. */
export const entities = [
  Machine,
  InventoryReport,
  Disk,
  DiskStay,
  Snapshot,
  SmartDocument,
  FileSystem,
  FileSystemDisk,
  Event,
  ApiClient,
  Session,
] as const
