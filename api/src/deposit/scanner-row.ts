import type { EntityManager } from '../database/database.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { Scanner } from './scan.entity.ts'

/** The only row of its table. */
export const SCANNER_ROW = 'scanner'

/** Null = nothing has needed it yet. */
export const readScannerRow = async (em: EntityManager): Promise<Row<Scanner> | null> =>
  (await selectRows(em, Scanner, 'id', [SCANNER_ROW]))[0] ?? null

/** Makes the row where there is none yet. */
export async function makeScannerRow(em: EntityManager): Promise<void> {
  await tables(em)
    .insertInto('Scanner')
    .values({ id: SCANNER_ROW, troubles: [], innerMounts: [] })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
