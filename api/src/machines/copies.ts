// Which of several machines that use one key a report comes from: a disk image that is copied holds its agent's key. Pure.

import type { Row } from '../database/rows.ts'
import { isSameName } from './machine-names.ts'
import type { Machine } from './machine.entity.ts'

type MachineRow = Row<Machine>

/** What a report tells of who its machine is, beside its key; null = not told. */
export interface Marks {
  hostname: string | null
  machineIdHash: string | null
  hardwareHash: string | null
  bootHash: string | null
}

/** What is known at the moment of the report. */
export interface Moment {
  at: Date
  receivedAt: Date
  /** Of the disks in the report, as they are compared. */
  serials: readonly string[]
  /** Of the disks that the machine is known to have. */
  knownSerials: readonly string[]
}

/** What differs between the machine of a key and the one that reports with it; null = nothing does. */
export function differingMark(owner: MachineRow, marks: Marks): string | null {
  const { machineIdHash, hardwareHash } = marks
  if (differs(owner.machineIdHash, machineIdHash)) return machineIdHash
  return differs(owner.hardwareHash, hardwareHash) ? hardwareHash : null
}

/** Whether a report with a key that nobody knows is of this machine: system and hardware are both told, and both its own. */
export const isSameHost = (known: MachineRow, { machineIdHash, hardwareHash }: Marks): boolean =>
  machineIdHash !== null &&
  hardwareHash !== null &&
  machineIdHash === known.machineIdHash &&
  hardwareHash === known.hardwareHash

/** The copy that a report without any mark comes from: the one of its name, where only one machine of the key has it. */
export function copyByName(owner: MachineRow, copies: readonly MachineRow[], { hostname }: Marks): MachineRow | null {
  const named = [owner, ...copies].filter((row) => isSameName(hostname ?? '', row.hostname))
  return named.length === 1 && named[0] !== owner ? (named[0] ?? null) : null
}

/** Whether a report with the key of a machine and another mark is a second machine, and not the first, changed. */
export function isSecondMachine(owner: MachineRow, marks: Marks, moment: Moment): boolean {
  return differs(owner.machineIdHash, marks.machineIdHash)
    ? isSecondSystem(owner, marks, moment)
    : isSecondStart(owner, marks, moment)
}

/**
 * Another /etc/machine-id (machine-id(5)) is a new system on the first machine, or a second one. Its disks tell; where
 * they cannot, the first still reports and has another name, or its id of before has come back.
 */
function isSecondSystem(owner: MachineRow, marks: Marks, { at, receivedAt, serials, knownSerials }: Moment): boolean {
  const isReporting = owner.silentAt > receivedAt
  if (knownSerials.some((serial) => serials.includes(serial))) return false
  if (knownSerials.length > 0 && serials.length > 0 && isReporting) return true
  if (owner.formerIdHash === marks.machineIdHash) return at >= owner.lastSeenAt
  return isReporting && marks.hostname !== null && !isSameName(marks.hostname, owner.hostname)
}

/**
 * Another board or network card under the same machine-id is a repair, a moved disk, or a machine that was copied whole.
 * No start of a kernel comes back after a later one (random(4), boot_id), unless both run.
 */
const isSecondStart = (owner: MachineRow, { bootHash }: Marks, { at }: Moment): boolean =>
  bootHash !== null && bootHash === owner.formerBootHash && at >= owner.lastSeenAt

/** The marks of a machine after a report of it; what is not told stays. */
export function marksAfter(known: MachineRow, told: Partial<Marks> | null) {
  const machineIdHash = told?.machineIdHash ?? known.machineIdHash
  const bootHash = told?.bootHash ?? known.bootHash
  // A copy that is not yet known as one tells its own hardware once, and then the first comes back.
  const isSettled = known.hardwareHash === null || bootHash === known.bootHash
  return {
    machineIdHash,
    formerIdHash: machineIdHash === known.machineIdHash ? known.formerIdHash : known.machineIdHash,
    hardwareHash: (isSettled ? told?.hardwareHash : null) ?? known.hardwareHash,
    bootHash,
    formerBootHash: bootHash === known.bootHash ? known.formerBootHash : known.bootHash,
  }
}

const differs = (known: string | null, told: string | null): boolean =>
  known !== null && told !== null && known !== told
