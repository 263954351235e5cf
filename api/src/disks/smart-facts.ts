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
  /** True where smartctl could not ask for it, and made its word of the attributes that it had. */
  passedGuessed: boolean
  /** The word of a script that reports the disk (ok, warn, fail); null = smartctl's document, or no such word. */
  reportedStatus: string | null
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
  /** True where smartctl guessed it from an attribute (7.5 and later, `endurance_used` of an ATA disk). */
  percentageUsedGuessed: boolean
  /** The drive family that smartctl's database names; how vendors use an attribute follows from it. */
  family: string | null
  /** False where the database does not know the model: the names of its attributes are defaults. */
  inDatabase: boolean | null
  /** ACS-4 device statistics, what is valid of them; null = the log was not read. */
  statistics: AtaStatistics | null
  /** Entries of the pending defects log (ATA log 0Ch; SBC-4, pending defects log page). */
  pendingDefects: number | null
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

/** ACS-4, 9.5: general errors (page 4), rotating media (page 3). Null = not supported, or its value is not valid. */
export interface AtaStatistics {
  reallocated: number | null
  candidates: number | null
  startFailures: number | null
  uncorrectable: number | null
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
  /** What the informational exceptions log page says (SPC-5, additional sense codes); null = nothing, or not read. */
  sense: { asc: number; ascq: number } | null
}

/** A document that tells nothing: what a poorer source knows is laid over it. */
export const NOTHING_READ: SmartFacts = {
  protocol: null,
  serial: null,
  model: null,
  wwn: null,
  firmware: null,
  capacityBytes: null,
  rotationRpm: null,
  standIn: null,
  smartAvailable: null,
  asleep: false,
  exitStatus: null,
  messages: [],
  passed: null,
  passedGuessed: false,
  reportedStatus: null,
  temperature: null,
  temperatureLimits: { warning: null, critical: null },
  powerOnHours: null,
  attributes: [],
  errorLogCount: null,
  selfTest: null,
  selfTestLogRead: false,
  percentageUsed: null,
  percentageUsedGuessed: false,
  family: null,
  inDatabase: null,
  statistics: null,
  pendingDefects: null,
  nvme: null,
  scsi: null,
}
