import type { Row } from '../database/rows.ts'
import type { FileSystem } from './file-system.entity.ts'
import type { StorageGraph } from './storage-graph.ts'

/** A file system of which it matters that it fills up, and what it is called. */
export interface WatchedRoom {
  row: Row<FileSystem>
  name: string
  /** Bytes; null = not told this time. */
  room: { used: number; free: number } | null
}

/** What is written once and is full from then on. */
const READ_ONLY = new Set(['squashfs', 'iso9660', 'udf', 'erofs', 'cramfs', 'romfs'])

/**
 * The file systems that can fill up, of those that a report shows. Data sets of ZFS share the room of their pool, which is
 * known by the one that stands highest.
 */
export function watchedRooms(rows: readonly Row<FileSystem>[], zpool: StorageGraph['zpool']): WatchedRoom[] {
  const mounted = rows.filter(({ mountpoint, fstype }) => mountpoint !== null && !READ_ONLY.has(fstype ?? ''))
  const [datasets, others] = [mounted.filter(isDataset), mounted.filter((row) => !isDataset(row))]
  const byPool = Map.groupBy(datasets, ({ source }) => source?.split('/')[0] ?? '')
  const pools = [...byPool].map(([name, rowsOfIt]): WatchedRoom => {
    const [highest] = rowsOfIt.toSorted((a, b) => lengthOf(a) - lengthOf(b) || (a.key < b.key ? -1 : 1))
    const told = zpool?.pools.find((pool) => pool.name === name)
    return { row: highest as Row<FileSystem>, name, room: roomOf(told?.allocatedBytes, told?.freeBytes) }
  })
  return [
    ...others.map((row) => ({ row, name: row.mountpoint ?? '', room: roomOf(row.usedBytes, row.freeBytes) })),
    ...pools,
  ]
}

const isDataset = ({ fstype }: Row<FileSystem>): boolean => fstype === 'zfs'
const lengthOf = ({ source }: Row<FileSystem>): number => source?.length ?? 0

/** Of no size nothing can be said. */
const roomOf = (used: number | null | undefined, free: number | null | undefined): WatchedRoom['room'] =>
  used == null || free == null || used + free <= 0 ? null : { used, free }
