import { type CompiledQuery, type Expression, type ExpressionBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { Cursor, Page, PageArgs } from '../platform/page.ts'
import { noCursor, pageOf, readPage } from '../platform/page.ts'
import type { EntityManager } from './database.ts'
import { engineOf } from './engine.ts'
import type { Tables } from './tables.ts'

type Table = keyof Tables

/** A column, or what is computed of columns. */
type Key<T extends Table> = (keyof Tables[T] & string) | ((eb: ExpressionBuilder<Tables, T>) => Expression<unknown>)

export interface List<T extends Table> {
  /** What is in the list: its table, and conditions. */
  query: SelectQueryBuilder<Tables, T, object>
  /** What the list is ordered by, all in one direction, the id last; none of them null. */
  order: readonly Key<T>[]
  direction: 'asc' | 'desc'
}

/** Selects one page by keyset: the cost does not grow with the pages before it. `load` turns ids into nodes, in one query. */
export async function seekPage<T extends Table, K extends string | number, N>(
  em: EntityManager,
  { query, order, direction }: List<T>,
  args: PageArgs,
  load: (ids: K[]) => Promise<N[]>,
): Promise<Page<N>> {
  const { first, cursor } = readPage(args, order.length)
  // Within, the builder's types cannot follow a table that is not known yet.
  const list = query as unknown as SelectQueryBuilder<Tables, 'Machine', object>
  const keysOf = (eb: ExpressionBuilder<Tables, 'Machine'>): Expression<unknown>[] =>
    (order as readonly Key<'Machine'>[]).map((key) => (typeof key === 'string' ? eb.ref(key) : key(eb)))
  const beyond = sql.raw(direction === 'asc' ? '>' : '<')
  let wanted = list.select((eb) => keysOf(eb).map((key, index) => sql`${key}`.as(`k${index}`))).limit(first + 1)
  if (cursor) wanted = wanted.where((eb) => sql<boolean>`(${sql.join(keysOf(eb))}) ${beyond} (${sql.join(cursor)})`)
  for (const index of order.keys()) wanted = wanted.orderBy(sql.ref(`k${index}`), direction)
  const rows = await run(em, wanted.compile(), cursor !== null)
  const cursors: Cursor[] = rows.map((row) => order.map((_, index) => row[`k${index}`] ?? null))
  const ids = cursors.map((values) => values.at(-1) as K)
  const nodes = await load(ids.slice(0, first))
  const count = async (): Promise<number> => {
    const { n } = await list.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
    return n
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

type Keys = Record<string, string | number>

/** The keys as the database holds them: a cursor goes back to it unchanged. */
async function run(em: EntityManager, query: CompiledQuery, hasCursor: boolean): Promise<Keys[]> {
  try {
    return (await em.getKysely().executeQuery<Keys>(query as CompiledQuery<Keys>)).rows
  } catch (error) {
    throw hasCursor && engineOf(em).isOtherType(error) ? noCursor() : error
  }
}

/** Puts loaded entities into the order of their keys. */
export function inOrder<K, T extends { id: unknown }>(keys: readonly K[], entities: readonly T[]): T[] {
  const byId = new Map(entities.map((entity) => [entity.id, entity]))
  return keys.flatMap((key) => byId.get(key) ?? [])
}
