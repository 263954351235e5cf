import type { EntityManager } from '../database/database.ts'
import { insertRows, type Row, saveRows, selectRows, updateRow } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import type { Tell } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import { newId } from '../platform/id.ts'
import { FileSystemDisk } from './file-system-disk.entity.ts'
import { FileSystem } from './file-system.entity.ts'
import type { FileSystemFacts, FileSystemSources } from './file-systems.ts'
import { tellReadOnly } from './read-only-watch.ts'
import { type MachineOfRooms, RoomWatch } from './room-watch.ts'
import type { StorageGraph } from './storage-graph.ts'

export interface StorageTold {
  facts: FileSystemFacts[]
  sources: FileSystemSources
  graph: StorageGraph | null
}

/** Finds the file system that is meant: by its own name, or by where it is mounted where lsblk did not tell names. */
function finderOf(
  known: readonly Row<FileSystem>[],
  { devices }: FileSystemSources,
): (facts: FileSystemFacts) => Row<FileSystem> | null {
  const byKey = new Map(known.map((row) => [row.key, row]))
  const present = known.filter(({ goneSince }) => goneSince === null)
  const byPoint = new Map(devices ? [] : present.toReversed().map((row) => [row.mountpoint, row]))
  return ({ key, mountpoint }) => byKey.get(key) ?? byPoint.get(mountpoint) ?? null
}

/** One without a name of its own is known by its device: what somebody said of it is not said of another one there. */
const isAnother = (before: Row<FileSystem>, { fstype, mountpoint, key }: FileSystemFacts): boolean =>
  key.startsWith('/dev/') && (before.fstype !== fstype || before.mountpoint !== mountpoint)

/** Data sets of ZFS stand in df alone, the others in lsblk. */
const couldBeTold = ({ fstype }: Row<FileSystem>, { devices, df }: FileSystemSources): boolean =>
  fstype === 'zfs' ? df : devices

/** What no report has told of a file system yet, and nobody has said. */
const UNSAID_COPY = { noCopyReason: null, noCopyBy: null, noCopyAt: null }
const UNSAID = {
  users: null,
  homeBytes: null,
  mayFail: null,
  level: null,
  fullAt: null,
  wentReadOnlyAt: null,
  judgedPercent: null,
  judgedDays: null,
  roomDays: [],
  ...UNSAID_COPY,
}

/** Records what lies where, inside of a report's transaction. */
export class StorageRecorder {
  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {}

  /** `diskIds` finds a disk by the kernel's name (or by the index of a script's list). */
  async record(
    machine: MachineOfRooms,
    at: Date,
    { facts, sources, graph }: StorageTold,
    diskIds: Map<string, string>,
  ) {
    const machineId = machine.id
    const known = await this.known(
      machineId,
      facts.map(({ key }) => key),
    )
    const find = finderOf(known, sources)
    const matched = facts.flatMap((each) => {
      const before = find(each)
      // Without lsblk it is not known which it is: what is mounted there was told before, or will be.
      return before || sources.devices ? [{ facts: each, before }] : []
    })
    const rows = matched.map(({ facts: each, before }): Row<FileSystem> => {
      const { disks: _disks, users, homeBytes, mayFail, ...told } = each
      const row = before ?? { id: newId(), machine: machineId, ...UNSAID }
      if (before && sources.devices && isAnother(before, each)) Object.assign(row, UNSAID_COPY)
      // Homes that were not measured this time keep their last value, with its age.
      const homes = users === null ? {} : { users, homeBytes }
      const { sizeBytes, usedBytes, freeBytes } = told
      const rest = sources.devices ? told : { sizeBytes, usedBytes, freeBytes }
      // What could not be asked this time is as it was.
      const bears = mayFail === null ? {} : { mayFail }
      return Object.assign(row, rest, homes, bears, { lastSeenAt: at, goneSince: null }) as Row<FileSystem>
    })
    const told = new Set(rows.map(({ id }) => id))
    const gone = known.filter((row) => row.goneSince === null && !told.has(row.id) && couldBeTold(row, sources))
    for (const row of gone) row.goneSince = at
    await saveRows(this.em, FileSystem, [...rows, ...gone])
    const rooms = { at, present: rows, gone, graph: { zpool: graph?.zpool ?? null, df: graph?.df ?? null } }
    tellReadOnly(this.tell, machine, rooms)
    // It saves what both have noticed.
    await new RoomWatch(this.em, this.tell).judge(machine, rooms)
    await this.join(
      matched.flatMap(({ facts: { disks } }, index) => {
        const row = rows[index]
        return row && disks ? [{ row, disks }] : []
      }),
      diskIds,
    )
    if (graph) await updateRow(this.em, Machine, machineId, { storageGraph: graph })
  }

  /** Those that are there, and those that are told again: what left long ago is not read at each report. */
  private async known(machineId: string, keys: readonly string[]): Promise<Row<FileSystem>[]> {
    const present = await selectRows(this.em, FileSystem, 'machine', [machineId], { goneSince: null })
    const seen = new Set(present.map(({ key }) => key))
    const other = await selectRows(
      this.em,
      FileSystem,
      'key',
      keys.filter((key) => !seen.has(key)),
      { machine: machineId },
    )
    return [...present, ...other]
  }

  /** Writes the joins that changed: most reports change none. */
  private async join(
    told: { row: Row<FileSystem>; disks: readonly string[] }[],
    diskIds: Map<string, string>,
  ): Promise<void> {
    const known = await selectRows(
      this.em,
      FileSystemDisk,
      'fileSystem',
      told.map(({ row }) => row.id),
    )
    const key = ({ fileSystem, disk }: Row<FileSystemDisk>): string => `${fileSystem} ${disk}`
    const wanted = new Map<string, Row<FileSystemDisk>>()
    for (const { row, disks } of told) {
      for (const name of disks) {
        const disk = diskIds.get(name)
        if (disk) wanted.set(key({ fileSystem: row.id, disk }), { fileSystem: row.id, disk })
      }
    }
    const present = new Set(known.map(key))
    await insertRows(
      this.em,
      FileSystemDisk,
      [...wanted].filter(([name]) => !present.has(name)).map(([, row]) => row),
    )
    for (const row of known.filter((row) => !wanted.has(key(row)))) {
      await tables(this.em)
        .deleteFrom('FileSystemDisk')
        .where('fileSystem', '=', row.fileSystem)
        .where('disk', '=', row.disk)
        .execute()
    }
  }
}
