import { type RawBuilder, sql } from 'kysely'
import type { Cursor, Page, PageArgs } from '../platform/page.ts'
import { pageOf, readPage } from '../platform/page.ts'
import type { EntityManager } from './database.ts'

type Sql = RawBuilder<unknown>

export interface List {
  /** Table and joins, after `from`. */
  from: Sql
  where: Sql[]
  /** What the list is ordered by, all in one direction, the key last; none of them null. */
  order: Sql[]
  direction: 'asc' | 'desc'
}

/** The conditions joined by `and`. */
export const all = (conditions: Sql[]): Sql => (conditions.length ? sql.join(conditions, sql` and `) : sql`true`)

/** `%` and `_` in what somebody searches for mean themselves. */
export const contains = (column: Sql, text: string): Sql => sql`${column} like ${`%${escaped(text)}%`} escape '\\'`
export const endsWith = (column: Sql, text: string): Sql => sql`${column} like ${`%${escaped(text)}`} escape '\\'`
const escaped = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`)

/** Selects one page by keyset: the cost does not grow with the pages before it. `load` turns keys into nodes, in one query. */
export async function seekPage<K extends string | number, T>(
  em: EntityManager,
  list: List,
  args: PageArgs,
  load: (keys: K[]) => Promise<T[]>,
): Promise<Page<T>> {
  const { first, cursor } = readPage(args, list.order.length)
  const direction = sql.raw(list.direction)
  const beyond = sql.raw(list.direction === 'asc' ? '>' : '<')
  const where = cursor ? [...list.where, sql`(${sql.join(list.order)}) ${beyond} (${sql.join(cursor)})`] : list.where
  const columns = list.order.map((order, index) => sql`${order} as ${sql.ref(`k${index}`)}`)
  const order = list.order.map((_, index) => sql`${sql.ref(`k${index}`)} ${direction}`)
  const kysely = em.getKysely()
  const { rows } = await sql<Record<string, string | number>>`
    select ${sql.join(columns)} from ${list.from} where ${all(where)} order by ${sql.join(order)} limit ${first + 1}`.execute(
    kysely,
  )
  const cursors: Cursor[] = rows.map((row) => list.order.map((_, index) => row[`k${index}`] ?? null))
  const keys = cursors.map((values) => values.at(-1) as K)
  const nodes = await load(keys.slice(0, first))
  const count = async (): Promise<number> => {
    const counted = await sql<{ n: number }>`select count(*) as n from ${list.from} where ${all(list.where)}`.execute(
      em.getKysely(),
    )
    return counted.rows[0]?.n ?? 0
  }
  const page = pageOf(cursors, first, (values) => values, count)
  return {
    nodes,
    pageInfo: page.pageInfo,
    get totalCount() {
      return page.totalCount
    },
  }
}

/** Puts loaded entities into the order of their keys. */
export function inOrder<K, T extends { id: unknown }>(keys: readonly K[], entities: readonly T[]): T[] {
  const byId = new Map(entities.map((entity) => [entity.id, entity]))
  return keys.flatMap((key) => byId.get(key) ?? [])
}
