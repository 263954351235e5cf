import type { Row } from '../database/rows.ts'
import type { FileSystem } from './file-system.entity.ts'
import type { StorageGraph } from './storage-graph.ts'

/** A file system of which it matters that it fills up, and what it is called. */
export interface WatchedRoom {
  row: Row<FileSystem>
  name: string
  /** What it is known by: its id, or its machine and pool. */
  key: string
  /** Bytes; null = not told this time. */
  room: { used: number; free: number } | null
}

/** What is written once and is full from then on. */
const READ_ONLY = new Set(['squashfs', 'iso9660', 'udf', 'erofs', 'cramfs', 'romfs'])

/**
 * The file systems that can fill up, of those that a report shows. Data sets of ZFS share the room of their pool, which is
 * known by one of them: the one that it was known by, while it is there.
 */
export function watchedRooms(
  rows: readonly Row<FileSystem>[],
  { zpool, df }: Pick<StorageGraph, 'zpool' | 'df'>,
): WatchedRoom[] {
  const readOnly = new Set(df?.fileSystems.flatMap((each) => (each.readOnly ? each.mountpoint : [])))
  const mounted = rows.filter(
    ({ mountpoint, fstype }) => mountpoint !== null && !READ_ONLY.has(fstype ?? '') && !readOnly.has(mountpoint),
  )
  const [datasets, others] = [mounted.filter(isDataset), mounted.filter((row) => !isDataset(row))]
  const byPool = Map.groupBy(datasets, poolOf)
  const pools = [...byPool].map(([name, rowsOfIt]): WatchedRoom => {
    const [known] = rowsOfIt.toSorted(
      (a, b) =>
        Number(b.level !== null) - Number(a.level !== null) || lengthOf(a) - lengthOf(b) || (a.key < b.key ? -1 : 1),
    )
    const told = zpool?.pools.find((pool) => pool.name === name)
    const row = known as Row<FileSystem>
    return { row, name, key: keyOf(row), room: roomOf(told?.allocatedBytes, told?.freeBytes) }
  })
  return [
    ...others.map((row) => ({
      row,
      name: row.mountpoint ?? '',
      key: keyOf(row),
      room: roomOf(row.usedBytes, row.freeBytes),
    })),
    ...pools,
  ]
}

/** Which room a file system is in: data sets of one pool are in one. */
export const keyOf = (row: Row<FileSystem>): string => (isDataset(row) ? `${row.machine} ${poolOf(row)}` : row.id)
const poolOf = ({ source }: Row<FileSystem>): string => source?.split('/')[0] ?? ''

const isDataset = ({ fstype }: Row<FileSystem>): boolean => fstype === 'zfs'
const lengthOf = ({ source }: Row<FileSystem>): number => source?.length ?? 0

/** Of no size nothing can be said. */
const roomOf = (used: number | null | undefined, free: number | null | undefined): WatchedRoom['room'] =>
  used == null || free == null || used + free <= 0 ? null : { used, free }
