// What every long list is made of: what it can be asked for, its columns, and how all of it stands in an address.

export type Direction = 'ascending' | 'descending'

interface Column<Order> {
  /** The key of its words. */
  label: string
  /** By what the API can sort it; null = by nothing. */
  order: Order | null
  /** Which way it goes first. */
  usual: Direction
  /** A row says nothing without it. */
  isFixed: boolean
}

/** One list. Its words stand in the messages under its name: `that`, `condition.…`, `view.…`. */
export interface ListKind<Condition extends string, Name extends string, View extends string, Order = string> {
  name: 'disks' | 'machines' | 'backups'
  /** Each as it stands in the address: `health.FAILED`, `moved`. Those of one kind, before the dot, are alternatives. */
  conditions: readonly Condition[]
  /** What people look for most, each with what it asks for. */
  views: Record<View, readonly Condition[]>
  columns: Record<Name, Column<Order>>
  /** What it is sorted by where nothing is said. */
  first: Name
  hiddenAtFirst: readonly Name[]
}

type Conditions<C extends string> = Pick<ListKind<C, string, string>, 'conditions'>
type Columns<N extends string, Order> = Pick<ListKind<string, N, string, Order>, 'columns' | 'first'>

/** What an address asks for, in the order of the list's conditions; what it does not know is left out. */
export function readConditions<C extends string>({ conditions }: Conditions<C>, text: string): C[] {
  const named = new Set(text.split(' '))
  return conditions.filter((condition) => named.has(condition))
}

/** In the order of the list's conditions: the same question has one address. */
export const writeConditions = <C extends string>({ conditions }: Conditions<C>, chosen: readonly C[]): string =>
  conditions.filter((condition) => chosen.includes(condition)).join(' ')

/** Tags stand beside the conditions: everybody makes their own. No tag holds a comma. */
export const readTags = (text: string): string[] => [...new Set(text.split(',').filter(Boolean))]
export const writeTags = (tags: readonly string[]): string => tags.join(',')

/** Conditions of one kind are alternatives; those of different kinds are all asked for. */
export function groupsOf<C extends string>(conditions: readonly C[]): C[][] {
  const groups = new Map<string, C[]>()
  for (const condition of conditions) {
    const kind = condition.split('.')[0] as string
    groups.set(kind, [...(groups.get(kind) ?? []), condition])
  }
  return [...groups.values()]
}

/** The values that are asked for of one kind; null = none is, which asks for all. */
export function valuesOf<Value extends string>(conditions: readonly string[], kind: string): Value[] | null {
  const values = conditions.flatMap((each) =>
    each.startsWith(`${kind}.`) ? [each.slice(kind.length + 1) as Value] : [],
  )
  return values.length ? values : null
}

/** Null = what is asked for is none of the views. */
export const viewOf = <C extends string, V extends string>(
  kind: Conditions<C> & Pick<ListKind<C, string, V>, 'views'>,
  conditions: readonly C[],
): V | null =>
  namesOf(kind.views).find((view) => writeConditions(kind, kind.views[view]) === writeConditions(kind, conditions)) ??
  null

export const namesOf = <Name extends string>(record: Record<Name, unknown>): Name[] => Object.keys(record) as Name[]

export interface Sorting<Name extends string = string> {
  column: Name
  isReversed: boolean
}

/** `temperature`, `-temperature`; '' and what is not known sort as the list does by itself. */
export function readSorting<N extends string>({ columns, first }: Columns<N, unknown>, text: string): Sorting<N> {
  const name = text.replace(/^-/, '')
  const column = namesOf(columns).find((each) => each === name && columns[each].order !== null) ?? first
  return { column, isReversed: column === name && text.startsWith('-') }
}

export const writeSorting = <N extends string>(
  { first }: Columns<N, unknown>,
  { column, isReversed }: Sorting<N>,
): string => (column === first && !isReversed ? '' : `${isReversed ? '-' : ''}${column}`)

export const orderOf = <N extends string, Order>(
  { columns, first }: Columns<N, Order>,
  { column }: Sorting<N>,
): Order => (columns[column].order ?? columns[first].order) as Order

/** Which way a column goes; null = the list is sorted by another. */
export function directionOf<N extends string>(
  { columns }: Pick<Columns<N, unknown>, 'columns'>,
  column: N,
  { column: sorted, isReversed }: Sorting<N>,
): Direction | null {
  if (column !== sorted) return null
  const { usual } = columns[column]
  return isReversed ? (usual === 'ascending' ? 'descending' : 'ascending') : usual
}

/** A column that is chosen again goes the other way. */
export const sortedBy = <N extends string>(column: N, now: Sorting<N>): Sorting<N> => ({
  column,
  isReversed: now.column === column && !now.isReversed,
})

/** Where the server gives the whole list as CSV. */
export function csvAddress(
  { name }: Pick<ListKind<string, string, string>, 'name'>,
  filter: object,
  { orderBy, isReversed, language }: { orderBy: string; isReversed: boolean; language: string },
): string {
  const asked = new URLSearchParams()
  for (const [field, value] of Object.entries(filter))
    for (const each of [value ?? []].flat()) asked.append(field, String(each))
  asked.set('orderBy', orderBy)
  if (isReversed) asked.set('reverse', 'true')
  asked.set('language', language)
  return `/export/${name}.csv?${asked}`
}

/** Which columns are not shown, of what was kept: another version of the page may have kept anything. */
export const hiddenOf = <N extends string>({ columns }: Pick<Columns<N, unknown>, 'columns'>, kept: unknown): N[] =>
  namesOf(columns).filter((name) => !columns[name].isFixed && Array.isArray(kept) && kept.includes(name))
