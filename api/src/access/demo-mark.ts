import type { EntityManager } from '../database/database.ts'
import { insertRows, type Row, updateRow } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { DomainError } from '../platform/errors.ts'
import { DemoMark } from './demo-mark.entity.ts'

const ID = 'demo'

/** Null = this database is no demo. */
export async function readDemoMark(em: EntityManager): Promise<Row<DemoMark> | null> {
  return (await tables(em).selectFrom('DemoMark').selectAll().executeTakeFirst()) ?? null
}

export const markAsDemo = (em: EntityManager, mark: { firstDay: Date; until: Date }): Promise<void> =>
  insertRows(em, DemoMark, [{ id: ID, ...mark }])

/** Everything before that time has happened. */
export const moveDemoMark = (em: EntityManager, until: Date): Promise<void> => updateRow(em, DemoMark, ID, { until })

/** Something that only a real installation does was asked of the demo, or the other way round. */
export class DemoError extends DomainError {
  constructor(message: string) {
    super('DEMO', message)
  }
}
