import type { Row } from '../database/rows.ts'
import type { FileSystem } from '../storage/file-system.entity.ts'

/** Read-only images: what is on them came from elsewhere. */
const IMAGES = /^(squashfs|iso9660|udf|erofs|cramfs)$/
/** What starts the machine, and what programs mount for themselves (file-hierarchy(7)). */
const OF_THE_SYSTEM = /^\/(boot|efi|snap|run|proc|sys|dev)(\/|$)|^\/var\/(lib\/(docker|containers|snapd)|snap)(\/|$)/

/** Whether a file system is a place: one that is mounted and may hold somebody's data, or that homes were found on. */
export const holdsData = ({
  mountpoint,
  fstype,
  users,
}: Pick<Row<FileSystem>, 'mountpoint' | 'fstype' | 'users'>): boolean =>
  Boolean(users?.length) ||
  (mountpoint !== null && !OF_THE_SYSTEM.test(mountpoint) && !(fstype !== null && IMAGES.test(fstype)))
