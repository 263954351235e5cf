import type { DiskFilter, DiskOrder, DiskType, Health } from '../gql/graphql.ts'
import { HEALTH_ORDER } from './health.ts'

const TYPES: readonly DiskType[] = ['HDD', 'SSD', 'NVME', 'UNKNOWN']

/** What a list of disks can be asked for, each as it stands in the address: `health.FAILED`, `type.SSD`, `moved`. */
export const CONDITIONS = [
  ...HEALTH_ORDER.map((health) => `health.${health}` as const),
  'missing',
  'moved',
  ...TYPES.map((type) => `type.${type}` as const),
] as const
export type Condition = (typeof CONDITIONS)[number]

/** What an address asks for, in the order of CONDITIONS; what it does not know is left out. */
export function readConditions(text: string): Condition[] {
  const named = new Set(text.split(' '))
  return CONDITIONS.filter((condition) => named.has(condition))
}

/** In the order of CONDITIONS: the same question has one address. */
export const writeConditions = (conditions: readonly Condition[]): string =>
  CONDITIONS.filter((condition) => conditions.includes(condition)).join(' ')

/** Conditions of one kind are alternatives; those of different kinds are all asked for. */
export function groupsOf(conditions: readonly Condition[]): Condition[][] {
  const groups = new Map<string, Condition[]>()
  for (const condition of conditions) {
    const kind = condition.split('.')[0] as string
    groups.set(kind, [...(groups.get(kind) ?? []), condition])
  }
  return [...groups.values()]
}

const valuesOf = <Value extends string>(conditions: readonly Condition[], kind: string): Value[] =>
  conditions.flatMap((each) => (each.startsWith(`${kind}.`) ? [each.slice(kind.length + 1) as Value] : []))

export function filterOf(conditions: readonly Condition[], search: string): DiskFilter {
  const health = valuesOf<Health>(conditions, 'health')
  const type = valuesOf<DiskType>(conditions, 'type')
  return {
    search: search.trim() || null,
    health: health.length ? health : null,
    type: type.length ? type : null,
    moved: conditions.includes('moved') ? true : null,
    missing: conditions.includes('missing') ? true : null,
  }
}

export type Direction = 'ascending' | 'descending'

/** What people look for most, each with what it asks for. */
export const VIEWS = {
  all: [],
  look: ['health.FAILED', 'health.AT_RISK', 'health.WARNING'],
  unknown: ['health.UNKNOWN'],
  missing: ['missing'],
  moved: ['moved'],
} as const satisfies Record<string, readonly Condition[]>
export type View = keyof typeof VIEWS
export const VIEW_NAMES = Object.keys(VIEWS) as View[]

/** Null = what is asked for is none of the views. */
export const viewOf = (conditions: readonly Condition[]): View | null =>
  VIEW_NAMES.find((view) => writeConditions(VIEWS[view]) === writeConditions(conditions)) ?? null

/**
 * The columns in their order; what heads each, by what the API can sort it, and which way it goes first. `isFixed`: a row
 * says nothing without it.
 */
export const COLUMNS = {
  health: { label: 'disks.health', order: 'WORST_FIRST', usual: 'descending', isFixed: true },
  disk: { label: 'disks.serial', order: 'SERIAL', usual: 'ascending', isFixed: true },
  model: { label: 'disks.model', order: 'MODEL', usual: 'ascending', isFixed: false },
  machine: { label: 'disks.machine', order: 'MACHINE', usual: 'ascending', isFixed: false },
  temperature: { label: 'disks.temperature', order: 'TEMPERATURE', usual: 'descending', isFixed: false },
  age: { label: 'disks.age', order: 'POWER_ON_HOURS', usual: 'descending', isFixed: false },
  capacity: { label: 'disks.capacity', order: 'CAPACITY', usual: 'descending', isFixed: false },
  holds: { label: 'disks.holds', order: null, usual: 'descending', isFixed: false },
  lastRead: { label: 'disks.lastRead', order: 'LAST_READ', usual: 'descending', isFixed: false },
} as const satisfies Record<string, { label: string; order: DiskOrder | null; usual: Direction; isFixed: boolean }>
export type Column = keyof typeof COLUMNS
export const COLUMN_NAMES = Object.keys(COLUMNS) as Column[]
/** What stands below the serial anyway. */
export const HIDDEN_AT_FIRST: readonly Column[] = ['model']

export interface Sorting {
  column: Column
  isReversed: boolean
}

/** `temperature`, `-temperature`; '' and what is not known are the worst first. */
export function readSorting(text: string): Sorting {
  const name = text.replace(/^-/, '')
  const column = COLUMN_NAMES.find((each) => each === name && COLUMNS[each].order !== null) ?? 'health'
  return { column, isReversed: column === name && text.startsWith('-') }
}

export const writeSorting = ({ column, isReversed }: Sorting): string =>
  column === 'health' && !isReversed ? '' : `${isReversed ? '-' : ''}${column}`

export const orderOf = ({ column }: Sorting): DiskOrder => COLUMNS[column].order ?? 'WORST_FIRST'

/** Which way a column goes; null = the list is sorted by another. */
export function directionOf(column: Column, { column: sorted, isReversed }: Sorting): Direction | null {
  if (column !== sorted) return null
  const { usual } = COLUMNS[column]
  return isReversed ? (usual === 'ascending' ? 'descending' : 'ascending') : usual
}

/** A column that is chosen again goes the other way. */
export const sortedBy = (column: Column, now: Sorting): Sorting => ({
  column,
  isReversed: now.column === column && !now.isReversed,
})

/** Where the server gives the whole list as CSV. */
export function csvAddress(filter: DiskFilter, sorting: Sorting, language: string): string {
  const asked = new URLSearchParams()
  for (const [name, value] of Object.entries(filter))
    for (const each of [value ?? []].flat()) asked.append(name, String(each))
  asked.set('orderBy', orderOf(sorting))
  if (sorting.isReversed) asked.set('reverse', 'true')
  asked.set('language', language)
  return `/export/disks.csv?${asked}`
}

/** Which columns are not shown, of what was kept: another version of the page may have kept anything. */
export const hiddenOf = (kept: unknown): Column[] =>
  COLUMN_NAMES.filter((name) => !COLUMNS[name].isFixed && Array.isArray(kept) && kept.includes(name))
