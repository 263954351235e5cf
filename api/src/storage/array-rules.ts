import { registerEnumType } from 'type-graphql'
import { notReadAgain, type Reason, Severity } from '../reasons/reason.ts'
import type { ReasonCode } from '../reasons/sentence.ts'
import { type Health, worstHealth } from '../disks/health.ts'
import { worstFirst } from '../disks/judge.ts'
import { reason } from '../disks/rules/rule.ts'
import { LOST_STATE } from './array-members.ts'
import { btrfsName } from './btrfs-name.ts'
import type { BlockDevice } from './lsblk.ts'
import type { BtrfsFacts, LvmFacts, MdraidFacts, ZpoolFacts } from '@vigie/agent/report'
import type { StorageGraph } from './storage-graph.ts'

export enum ArrayKind {
  MDRAID = 'MDRAID',
  ZFS = 'ZFS',
  LVM = 'LVM',
  BTRFS = 'BTRFS',
}
registerEnumType(ArrayKind, {
  name: 'ArrayKind',
  valuesConfig: {
    MDRAID: { description: 'An array of the md driver (mdadm)' },
    ZFS: { description: 'A ZFS pool' },
    LVM: { description: 'A volume group' },
    BTRFS: { description: 'A btrfs file system of several devices, while it is mounted' },
  },
})

/** Disks that hold something together, as one report shows them and with what that amounts to. */
export interface ArrayFacts {
  kind: ArrayKind
  name: string
  /** raid1, raidz …; null = not told. */
  level: string | null
  /** In the words of its driver; null = not told. */
  state: string | null
  expectedMembers: number | null
  workingMembers: number | null
  health: Health
  reasons: Reason[]
  /** What of it was not told this time: what that told before counts on. */
  untold: Untold[]
  /** Only its devices were seen, and not how it is: a btrfs that is not mounted. */
  onlyDevices: boolean
}

/** Findings whose source a report is without; `subject` null = all of that code. */
export interface Untold {
  code: ReasonCode
  subject: string | null
}

const { INFO, WARNING, AT_RISK, FAILED } = Severity

/** Pure: what arrays, pools, volume groups and btrfs a report tells of, judged. A member that is gone is a part of them. */
export function arraysOf({ devices, mdraid, zpool, lvm, btrfs }: StorageGraph): ArrayFacts[] {
  return [
    ...(mdraid?.arrays ?? []).filter(({ container }) => !container).map(ofMd),
    ...(zpool?.pools ?? []).map(ofPool),
    ...(lvm?.volumeGroups ?? []).map((group) => ofGroup(group, lvm as LvmFacts)),
    ...(btrfs?.fileSystems ?? []).map(ofBtrfs),
    ...unmountedBtrfs(devices ?? [], btrfs),
  ]
}

type Unjudged = Omit<ArrayFacts, 'health' | 'reasons' | 'untold' | 'onlyDevices'>
const judged = (array: Unjudged, reasons: Reason[], untold: Untold[] = []): ArrayFacts => ({
  ...array,
  health: worstHealth(reasons),
  reasons: worstFirst(reasons),
  untold,
  onlyDevices: false,
})

/** Members that an array may lose and still hold its data (md(4)); null = not known. */
export function redundancyOf(level: string | null, expected: number): number | null {
  switch (level) {
    case 'raid0':
    case 'linear':
      return 0
    case 'raid1':
      return expected - 1
    case 'raid4':
    case 'raid5':
      return 1
    case 'raid6':
      return 2
    case 'raid10':
      // At least one; which others it bears depends on where they lie.
      return Math.max(1, Math.floor(expected / 2))
    default:
      return null
  }
}

/**
 * NAS makers give their system arrays a slot for every bay: QNAP's md9 is a raid1 of 32 with 4 members, Synology's md0 one of
 * 8 or 12. Which members there have been is known to the recorder alone.
 */
const SLOTS_OF_NAS = 4

function ofMd({
  name,
  level,
  active,
  broken,
  syncAction,
  devices,
  expectedDevices,
  workingDevices,
}: MdraidFacts['arrays'][number]): ArrayFacts {
  const array: Unjudged = {
    kind: ArrayKind.MDRAID,
    name,
    level,
    state: broken ? 'broken' : !active ? 'inactive' : (syncAction ?? 'active'),
    expectedMembers: expectedDevices,
    workingMembers: workingDevices,
  }
  if (!active) return judged(array, [reason('ARRAY_INACTIVE', FAILED, devices.length, null, name)])
  if (broken) return judged(array, [reason('ARRAY_BROKEN', FAILED, null, null, name)])
  const reasons = devices
    .filter(({ failed }) => failed)
    .map(({ device }) => reason('ARRAY_MEMBER_FAILED', WARNING, null, null, device))
  const lost = (expectedDevices ?? 0) - (workingDevices ?? expectedDevices ?? 0)
  if (lost > 0 && expectedDevices !== null && workingDevices !== null) {
    const isNas = level === 'raid1' && expectedDevices >= SLOTS_OF_NAS && workingDevices >= 2
    const bears = redundancyOf(level, expectedDevices)
    const severity = isNas && reasons.length === 0 ? INFO : bears !== null && lost > bears ? FAILED : AT_RISK
    reasons.push(
      reason(
        severity === INFO ? 'ARRAY_SLOTS_EMPTY' : 'ARRAY_DEGRADED',
        severity,
        workingDevices,
        expectedDevices,
        name,
      ),
    )
  }
  if (syncAction === 'recover') reasons.push(reason('ARRAY_REBUILDING', INFO, null, null, name))
  return judged(array, reasons)
}

function ofPool({
  name,
  state,
  devices,
  dataErrors,
  damagedFiles,
  scanErrors,
}: ZpoolFacts['pools'][number]): ArrayFacts {
  const isLost = (device: { state: string | null }): boolean => device.state !== null && LOST_STATE.test(device.state)
  // A spare, a cache or a log that is gone costs no redundancy of the data.
  const members = devices.filter(({ use }) => use === null)
  const lost = members.filter(isLost)
  const reasons: Reason[] = []
  if (state === 'DEGRADED' || lost.length > 0)
    reasons.push(reason('ARRAY_DEGRADED', AT_RISK, members.length - lost.length, members.length, name))
  if (state !== null && /^(FAULTED|UNAVAIL|SUSPENDED|REMOVED)$/.test(state))
    reasons.push(reason('POOL_UNAVAILABLE', FAILED, null, null, `${name}: ${state}`))
  for (const device of devices.filter(isLost))
    reasons.push(reason('ARRAY_MEMBER_FAILED', WARNING, null, null, device.path))
  for (const { path, errors } of devices) {
    const count = (errors?.read ?? 0) + (errors?.write ?? 0) + (errors?.checksum ?? 0)
    if (count > 0) reasons.push(reason('POOL_MEMBER_ERRORS', WARNING, count, 1, path))
  }
  if ((dataErrors ?? 0) > 0)
    reasons.push(
      reason(
        'POOL_DATA_LOST',
        AT_RISK,
        dataErrors,
        1,
        damagedFiles.length ? damagedFiles.slice(0, 5).join(', ').slice(0, 500) : name,
      ),
    )
  if ((scanErrors ?? 0) > 0) reasons.push(reason('POOL_SCRUB_ERRORS', AT_RISK, scanErrors, 1, name))
  const untold: Untold[] = [
    // A scrub that has begun says nothing yet of what the one before it found.
    ...(scanErrors === null ? [{ code: 'POOL_SCRUB_ERRORS', subject: null } as const] : []),
    ...(dataErrors === null ? [{ code: 'POOL_DATA_LOST', subject: null } as const] : []),
    ...devices
      .filter(({ errors }) => errors === null)
      .map(({ path }) => ({ code: 'POOL_MEMBER_ERRORS', subject: path }) as const),
  ]
  return judged(
    {
      kind: ArrayKind.ZFS,
      name,
      level: null,
      state,
      expectedMembers: members.length,
      workingMembers: members.length - lost.length,
    },
    reasons,
    untold,
  )
}

/** Percent of a thin pool's data or metadata; at its end writes fail, while the file systems on it still show room. */
const POOL_FILLING = 80
const POOL_FULL = 95

/** lvs(8), lv_health_status. A part that is absent is lost where nothing else holds it. */
function severityOf({ health, type }: LvmFacts['logicalVolumes'][number]): Severity {
  if (health === 'failed') return FAILED
  if (health === 'partial') return type === 'linear' || type === 'striped' || type === 'raid0' ? FAILED : AT_RISK
  // A mirror that runs on one leg until it is refreshed; a pool that takes no more writes.
  return health === 'refresh needed' || health === 'out_of_data' || health === 'metadata_read_only' ? AT_RISK : WARNING
}

function ofGroup(
  { name, partial }: LvmFacts['volumeGroups'][number],
  { physicalVolumes, logicalVolumes }: LvmFacts,
): ArrayFacts {
  const members = physicalVolumes.filter(({ volumeGroup }) => volumeGroup === name)
  const missing = members.filter((volume) => volume.missing).length
  const own = logicalVolumes.filter(({ volumeGroup }) => volumeGroup === name)
  const unwell = own.filter(({ health }) => health !== null)
  // Hidden parts of a mirror or pool (mir_rimage_1) say again what the whole says.
  const sick = unwell.filter(
    (part) => part.path !== null || !unwell.some((whole) => whole !== part && part.name.startsWith(`${whole.name}_`)),
  )
  const reasons: Reason[] = []
  if (partial || missing > 0)
    reasons.push(
      reason('ARRAY_DEGRADED', AT_RISK, members.length - Math.max(missing, partial ? 1 : 0), members.length, name),
    )
  for (const volume of sick.slice(0, 5))
    reasons.push(reason('VOLUME_UNHEALTHY', severityOf(volume), null, null, `${volume.name}: ${volume.health}`))
  for (const pool of own) {
    const full = Math.max(pool.dataPercent ?? 0, pool.metadataPercent ?? 0)
    if (pool.type === 'thin-pool' && full >= POOL_FILLING)
      reasons.push(
        reason('POOL_FILLING', full >= POOL_FULL ? AT_RISK : WARNING, Math.floor(full), POOL_FILLING, pool.name),
      )
  }
  return judged(
    {
      kind: ArrayKind.LVM,
      name,
      level: null,
      state: partial ? 'partial' : null,
      expectedMembers: members.length,
      workingMembers: members.length - missing,
    },
    reasons,
    own
      .filter(({ dataPercent, metadataPercent }) => dataPercent === null && metadataPercent === null)
      .map((pool) => ({ code: 'POOL_FILLING', subject: pool.name })),
  )
}

function ofBtrfs({ uuid, label, devices, vanished }: BtrfsFacts['fileSystems'][number]): ArrayFacts {
  const missing = Math.max(vanished, devices.filter((device) => device.missing === true).length)
  const name = btrfsName({ uuid, label })
  const reasons: Reason[] = []
  if (missing > 0) reasons.push(reason('ARRAY_DEGRADED', AT_RISK, devices.length - missing, devices.length, name))
  for (const { id, errors } of devices)
    if ((errors ?? 0) > 0) reasons.push(reason('POOL_MEMBER_ERRORS', WARNING, errors, 1, `devid ${id}`))
  return judged(
    {
      kind: ArrayKind.BTRFS,
      name,
      level: null,
      state: null,
      expectedMembers: devices.length,
      workingMembers: devices.length - missing,
    },
    reasons,
    devices
      .filter(({ errors }) => errors === null)
      .map(({ id }) => ({ code: 'POOL_MEMBER_ERRORS', subject: `devid ${id}` })),
  )
}

/** What lsblk shows of btrfs that is mounted nowhere: after a start without one of its devices it is just that. */
function unmountedBtrfs(devices: readonly BlockDevice[], btrfs: BtrfsFacts | null): ArrayFacts[] {
  if (btrfs === null) return []
  const mounted = new Set(btrfs.fileSystems.map(({ uuid }) => uuid))
  const members = devices.filter(({ fstype, uuid }) => fstype === 'btrfs' && uuid !== null && !mounted.has(uuid))
  return [...Map.groupBy(members, ({ uuid }) => uuid as string)].map(([uuid, own]) => ({
    ...judged(
      {
        kind: ArrayKind.BTRFS,
        name: uuid,
        level: null,
        state: null,
        expectedMembers: null,
        workingMembers: own.length,
      },
      [],
      [{ code: 'POOL_MEMBER_ERRORS', subject: null }],
    ),
    onlyDevices: true,
  }))
}

/** What is known of an array before a report tells of it. */
export interface KnownArray {
  name: string
  mostMembers: number | null
  expectedMembers: number | null
  reasons: readonly Reason[]
  lastSeenAt: Date
}

/**
 * An array as a report tells of it, with what was known of it before. One whose slots were never all filled is whole while it
 * has as many members as it ever had, and degraded when it has fewer. What was found and not asked again counts on. Null =
 * the report tells nothing new of it.
 */
export function withKnown(array: ArrayFacts, before: KnownArray | null): ArrayFacts | null {
  if (before === null) return array.onlyDevices ? null : array
  const most = before.mostMembers
  const isFewer = most !== null && array.workingMembers !== null && array.workingMembers < most
  if (array.onlyDevices && !isFewer) return null
  const degraded = reason('ARRAY_DEGRADED', AT_RISK, array.workingMembers, most, before.name)
  const told = !isFewer
    ? array.reasons
    : array.onlyDevices
      ? [degraded]
      : array.reasons.map((each) => (each.code === 'ARRAY_SLOTS_EMPTY' ? { ...degraded, subject: array.name } : each))
  const kept = before.reasons.filter(
    ({ code, subject, severity }) =>
      severity !== INFO &&
      array.untold.some((each) => each.code === code && (each.subject === null || each.subject === subject)) &&
      !told.some((each) => each.code === code && each.subject === subject),
  )
  const reasons = worstFirst([...told, ...notReadAgain(kept, before.lastSeenAt)])
  return {
    ...array,
    ...(array.onlyDevices ? { name: before.name, expectedMembers: before.expectedMembers } : {}),
    health: worstHealth(reasons),
    reasons,
  }
}
