/** What a smartctl document says, in one shape for ATA, NVMe and SCSI. Null = the document does not tell. */
export interface SmartFacts {
  protocol: 'ATA' | 'NVME' | 'SCSI' | null
  serial: string | null
  model: string | null
  /** NAA digits (ATA, SCSI) or eui.… (NVMe). */
  wwn: string | null
  firmware: string | null
  capacityBytes: number | null
  rotationRpm: number | null
  /** A disk of a hypervisor, a volume of a RAID controller or a bridge: its S.M.A.R.T. tells nothing about a real disk. */
  standIn: 'VIRTUAL' | 'RAID_VOLUME' | 'NO_DEVICE_TYPE' | null
  smartAvailable: boolean | null
  asleep: boolean
  exitStatus: number | null
  messages: string[]
  /** The overall self-assessment (SMART RETURN STATUS and its like). */
  passed: boolean | null
  temperature: number | null
  /** The drive's own limits, in degrees Celsius. */
  temperatureLimits: { warning: number | null; critical: number | null }
  powerOnHours: number | null
  attributes: AtaAttribute[]
  errorLogCount: number | null
  /** A failed newest test counts, else the newest extended one: a later short test does not clear a failed extended one. */
  selfTest: 'PASSED' | 'FAILED' | null
  /** Whether the log of self-tests was read, also where it holds none. */
  selfTestLogRead: boolean
  /** Per cent of the rated endurance used, from device statistics, the NVMe log or the SCSI page. */
  percentageUsed: number | null
  nvme: NvmeHealth | null
  scsi: ScsiHealth | null
}

export interface AtaAttribute {
  id: number
  name: string
  value: number | null
  worst: number | null
  threshold: number | null
  /** The first whole number of what smartctl prints; vendor-packed values are unpacked by the rule that reads them. */
  raw: number | null
  /** The 48 bits as a number, for rules that unpack them. */
  packed: number | null
  whenFailed: 'NOW' | 'PAST' | null
  prefailure: boolean
}

export interface NvmeHealth {
  criticalWarning: number | null
  availableSpare: number | null
  spareThreshold: number | null
  mediaErrors: number | null
}

export interface ScsiHealth {
  grownDefects: number | null
  readUncorrected: number | null
  writeUncorrected: number | null
  verifyUncorrected: number | null
}
