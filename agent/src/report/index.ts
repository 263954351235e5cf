// What agent and API both must know of a report, once. The agent's collectors make these shapes, the API reads with them,
// and docs/report.md lists them (report.test.ts).
export { isNoDisk, isPhysicalDisk } from './block-device.ts'
export {
  CLOCK_TOLERANCE,
  LARGEST_BODY,
  LONGEST_HOSTNAME,
  LONGEST_SUBJECT,
  LONGEST_VERSION,
  LONGEST_WHY,
  MACHINE_KEY,
  MOST_DEVICES,
  MOST_SECTIONS,
  REPORT_ID,
  SECTION_VERSION,
} from './limits.ts'
export { isSectionKind, type SectionKind, SECTIONS, type StorageKind } from './sections.ts'
export { isGated, isStateKind, STATE_KINDS, type StateKind } from './state-kinds.ts'
export { AptProxyMode } from './apt-proxy-mode.ts'
export { KeptBack, PackageChange } from './package-change.ts'
export { isSecurityArchive } from './security-archive.ts'
export { RebootReason } from './reboot-reason.ts'
export { MachineKind } from './machine-kind.ts'
export type { MachineFacts } from './machine.ts'
export type {
  BtrfsFacts,
  CephFacts,
  DfFacts,
  HomesFacts,
  LuksFacts,
  LvmFacts,
  MdraidFacts,
  ZpoolFacts,
} from './storage.ts'
export { isControllerType, readSubject, SCAN_FAILED } from './subject.ts'
export type { DockerContainer, DockerFacts, DockerImage, DockerRemote } from './docker.ts'
export type { HardwareFacts } from './hardware.ts'
export type { InstalledPackageFacts, PackagesFacts } from './packages.ts'
export type { MetricSample, MetricsFacts } from './metrics.ts'
export type { AptChange, AptFacts, AptOrigin, AptSource, BrokenPackage, RebootFacts } from './updates.ts'
