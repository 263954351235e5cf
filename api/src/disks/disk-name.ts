import type { Row } from '../database/rows.ts'
import type { Disk } from './disk.entity.ts'

/** What stands on its sticker, else what is known of it. */
export const diskName = (disk: Pick<Row<Disk>, 'label' | 'serial' | 'model' | 'device'> | null | undefined): string =>
  disk?.label ?? disk?.serial ?? disk?.model ?? disk?.device ?? '?'
