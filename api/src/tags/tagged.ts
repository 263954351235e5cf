import { type Expression, expressionBuilder, type SqlBool } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import { type Tables, tables } from '../database/tables.ts'
import { NotFoundError } from '../platform/errors.ts'
import { fold } from '../platform/fold.ts'
import { asSpelled, readAskedTags, readTags, retagged, type TagChange } from './tag.ts'

/** What carries tags, by its table, and what a mistake calls it. */
const TAGGED = { Machine: 'machine', Disk: 'disk', ExpectedJob: 'expected job' } as const
export type Tagged = keyof typeof TAGGED
export const TAGGED_NAMES = Object.keys(TAGGED) as Tagged[]

/** Whether one of some tags stands in a list of them, whatever the case and the accents. */
export function isTagged(em: EntityManager, list: Expression<unknown>, tags: readonly string[]): Expression<SqlBool> {
  const { textsOf } = dialectOf(em)
  const eb = expressionBuilder<Tables, never>()
  return eb.exists(
    eb
      .selectFrom(textsOf(list).as('tag'))
      .select((tag) => tag.lit(1).as('is'))
      .where((tag) => tag(tag.fn<string>('fold', ['tag.value']), 'in', readAskedTags(tags))),
  )
}

/** The ids of what carries one of some tags. */
export const withTag = (em: EntityManager, of: Tagged, tags: readonly string[]) =>
  tables(em)
    .selectFrom(of as 'Machine')
    .select('id')
    .where((eb) => isTagged(em, eb.ref(`${of as 'Machine'}.tags`), tags))

/** The ids of every machine, disk and job that carries one of some tags. */
export async function carriersOf(em: EntityManager, tags: readonly string[]): Promise<Set<string>> {
  const found: string[] = []
  for (const of of TAGGED_NAMES) for (const { id } of await withTag(em, of, tags).execute()) found.push(id)
  return new Set(found)
}

/** How often each spelling stands on what is in service. */
export async function tagCounts(em: EntityManager, of: Tagged): Promise<{ name: string; count: number }[]> {
  const { textsOf } = dialectOf(em)
  // Three tables with one column of that name: the builder's types know one at a time.
  return tables(em)
    .selectFrom(of as 'Machine')
    .where('archivedAt', 'is', null)
    .innerJoin(
      (eb) => textsOf(eb.ref(`${of as 'Machine'}.tags`)).as('tag'),
      (join) => join.onTrue(),
    )
    .select((eb) => ['tag.value as name', eb.fn.countAll<number>().as('count')])
    .groupBy('tag.value')
    .execute()
}

/**
 * Writes tags as they are spelled where one of them stands already, the most usual spelling first. `anew`: those whose old
 * spelling goes.
 */
export async function spelled(
  em: EntityManager,
  tags: readonly string[],
  anew: readonly string[] = [],
): Promise<string[]> {
  if (tags.length === 0) return []
  const known: { name: string; count: number }[] = []
  for (const of of TAGGED_NAMES) known.push(...(await tagCounts(em, of)))
  const gone = new Set(anew.map(fold))
  const usual = known.filter(({ name }) => !gone.has(fold(name))).toSorted((a, b) => a.count - b.count)
  return asSpelled(
    tags,
    usual.map(({ name }) => name),
  )
}

/**
 * Within a transaction: gives tags to some rows and takes others away, from all of them or, where one is unknown, none.
 * Returns those that carry other tags now. Errors: NOT_FOUND, BAD_USER_INPUT.
 */
export async function retag(
  em: EntityManager,
  of: Tagged,
  ids: readonly string[],
  { add, remove }: TagChange,
): Promise<string[]> {
  if (ids.length === 0) return []
  const asked = readTags('add', add)
  const change = { add: await spelled(em, asked, remove), remove }
  const table = of as 'Machine'
  const found = await tables(em).selectFrom(table).select(['id', 'tags']).where('id', 'in', ids).execute()
  const known = new Map(found.map(({ id, tags }) => [id, tags]))
  const changed: string[] = []
  for (const id of ids) {
    const before = known.get(id)
    if (!before) throw new NotFoundError(TAGGED[of], `the id ${id}`)
    const tags = retagged(before, change)
    if (tags.join() === before.join()) continue
    await tables(em).updateTable(table).set({ tags }).where('id', '=', id).execute()
    changed.push(id)
  }
  return changed
}
