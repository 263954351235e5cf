import type { Row } from '../database/rows.ts'
import type { FileSystem } from './file-system.entity.ts'

/** Whether a path is a folder, or lies in it. */
export const isUnder = (path: string, mountpoint: string): boolean =>
  mountpoint === '/' || path === mountpoint || path.startsWith(`${mountpoint}/`)

/** Which file system a path lies on: the one with the longest mountpoint that it begins with, of several the first. Null = none. */
export function holdingOf<F extends Pick<Row<FileSystem>, 'mountpoints'>>(
  fileSystems: readonly F[],
  path: string,
): F | null {
  let found: { fileSystem: F; length: number } | null = null
  for (const fileSystem of fileSystems) {
    for (const point of fileSystem.mountpoints)
      if (isUnder(path, point) && (found === null || point.length > found.length))
        found = { fileSystem, length: point.length }
  }
  return found?.fileSystem ?? null
}
