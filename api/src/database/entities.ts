import { Execution } from '../executions/execution.entity.ts'
import { MessageOccurrence } from '../log-messages/message-occurrence.entity.ts'
import { ImportantMessage } from '../log-messages/important-message.entity.ts'
import { MachinePolicy } from '../executions/machine-policy.entity.ts'
import { ApiClient } from '../access/api-client.entity.ts'
import { DemoMark } from '../access/demo-mark.entity.ts'
import { Session } from '../access/session.entity.ts'
import { DiskStay } from '../disks/disk-stay.entity.ts'
import { Disk } from '../disks/disk.entity.ts'
import { SmartDocument } from '../disks/smart-document.entity.ts'
import { Alert, AlertCursor, Delivery } from '../alerts/alert.entity.ts'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import { ExpectedJob, Protection } from '../backups/expected-job.entity.ts'
import { Scan, Scanner } from '../deposit/scan.entity.ts'
import { ScheduledJob } from '../scheduler/scheduled-job.entity.ts'
import { BackupFile } from '../backups/backup-file.entity.ts'
import { Snapshot } from '../disks/snapshot.entity.ts'
import { Event } from '../events/event.entity.ts'
import { InventoryReport } from '../inventory/inventory-report.entity.ts'
import { Rollout } from '../rollouts/rollout.entity.ts'
import { InstalledPackage } from '../packages/installed-package.entity.ts'
import { PackageVersion } from '../packages/package-version.entity.ts'
import { MachineContainer } from '../docker/machine-container.entity.ts'
import { MachineDocker } from '../docker/machine-docker.entity.ts'
import { Threshold } from '../thresholds/threshold.entity.ts'
import { Machine } from '../machines/machine.entity.ts'
import { UnawaitedFile } from '../deposit/unawaited-file.entity.ts'
import { Room } from '../room/room.entity.ts'
import { MetricBucket } from '../metrics/metric-bucket.entity.ts'
import { MachinePackage } from '../state/machine-package.entity.ts'
import { MachineState } from '../state/machine-state.entity.ts'
import { SystemSnapshot } from '../state/system-snapshot.entity.ts'
import { FileSystemDisk } from '../storage/file-system-disk.entity.ts'
import { StorageArray } from '../storage/storage-array.entity.ts'
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
  StorageArray,
  SystemSnapshot,
  MachineState,
  MachinePackage,
  PackageVersion,
  InstalledPackage,
  MetricBucket,
  Threshold,
  MachineDocker,
  MachineContainer,
  ExpectedJob,
  Protection,
  BackupEntry,
  BackupRun,
  BackupFile,
  Scanner,
  Scan,
  UnawaitedFile,
  Room,
  MachinePolicy,
  Rollout,
  Execution,
  ImportantMessage,
  MessageOccurrence,
  Event,
  Alert,
  Delivery,
  AlertCursor,
  ScheduledJob,
  ApiClient,
  Session,
  DemoMark,
] as const
