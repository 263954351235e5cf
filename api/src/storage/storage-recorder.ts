import type { EntityManager } from '../database/database.ts'
import { insertRows, type Row, saveRows, selectRows, updateRow } from '../database/rows.ts'
import { Machine } from '../machines/machine.entity.ts'
import { newId } from '../platform/id.ts'
import { FileSystemDisk } from './file-system-disk.entity.ts'
import { FileSystem } from './file-system.entity.ts'
import type { FileSystemFacts } from './file-systems.ts'
import type { StorageGraph } from './storage-graph.ts'

/** Records what lies where, inside of a report's transaction. */
export class StorageRecorder {
  constructor(private readonly em: EntityManager) {}

  /** `diskIds` finds a disk by the kernel's name (or by the index of a script's list). */
  async record(
    machineId: string,
    at: Date,
    told: FileSystemFacts[],
    graph: StorageGraph | null,
    diskIds: Map<string, string>,
  ) {
    const known = await selectRows(this.em, FileSystem, 'machine', [machineId])
    const byKey = new Map(known.map((row) => [row.key, row]))
    const rows = told.map((facts): Row<FileSystem> => {
      const { disks: _disks, users, homeBytes, ...rest } = facts
      const before = byKey.get(facts.key)
      const row = before ?? { id: newId(), machine: machineId, users: null, homeBytes: null }
      // Homes that were not measured this time keep their last value, with its age.
      const homes = users === null ? {} : { users, homeBytes }
      return Object.assign(row, rest, homes, { lastSeenAt: at, goneSince: null })
    })
    const gone = known.filter((row) => row.goneSince === null && !rows.includes(row))
    for (const row of gone) row.goneSince = at
    await saveRows(this.em, FileSystem, [...rows, ...gone])
    await this.join(rows, told, diskIds)
    if (graph) await updateRow(this.em, Machine, machineId, { storageGraph: graph })
  }

  /** Writes the joins that changed: most reports change none. */
  private async join(rows: Row<FileSystem>[], told: FileSystemFacts[], diskIds: Map<string, string>): Promise<void> {
    const known = await selectRows(
      this.em,
      FileSystemDisk,
      'fileSystem',
      rows.map(({ id }) => id),
    )
    const key = ({ fileSystem, disk }: Row<FileSystemDisk>): string => `${fileSystem} ${disk}`
    const wanted = new Map<string, Row<FileSystemDisk>>()
    for (const [index, { disks }] of told.entries()) {
      for (const name of disks) {
        const disk = diskIds.get(name)
        const fileSystem = rows[index]?.id
        if (disk && fileSystem) wanted.set(key({ fileSystem, disk }), { fileSystem, disk })
      }
    }
    const present = new Set(known.map(key))
    await insertRows(
      this.em,
      FileSystemDisk,
      [...wanted].filter(([name]) => !present.has(name)).map(([, row]) => row),
    )
    const kysely = this.em.getKysely<Record<string, Record<string, unknown>>>()
    for (const row of known.filter((row) => !wanted.has(key(row)))) {
      await kysely
        .deleteFrom('file_system_disk')
        .where('file_system_id', '=', row.fileSystem)
        .where('disk_id', '=', row.disk)
        .execute()
    }
  }
}
