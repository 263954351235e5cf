import type { Row } from '../database/rows.ts'
import type { Machine } from './machine.entity.ts'

/** How people call a machine: as somebody named it, else as it is known. */
export const machineName = (machine: Pick<Row<Machine>, 'name' | 'hostname' | 'ip'> | null | undefined): string =>
  machine?.name ?? machine?.hostname ?? machine?.ip ?? '?'
