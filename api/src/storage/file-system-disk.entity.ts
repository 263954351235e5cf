import { EntityName, PrimaryKeyProp, type Rel } from '@mikro-orm/core'
import { Entity, ManyToOne } from '@mikro-orm/decorators/legacy'
import { Disk } from '../disks/disk.entity.ts'
import { FileSystem } from './file-system.entity.ts'

/** A file system lies on a disk, whatever stands between them: partition, LVM, ZFS, md, LUKS. */
@Entity()
export class FileSystemDisk {
  [EntityName]?: 'FileSystemDisk';
  [PrimaryKeyProp]?: ['fileSystem', 'disk']

  @ManyToOne(() => FileSystem, { primary: true, index: false })
  fileSystem!: Rel<FileSystem>

  @ManyToOne(() => Disk, { primary: true, index: true })
  disk!: Rel<Disk>
}
