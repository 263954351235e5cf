import type { DiskFilter, DiskOrder, DiskType, Health } from '../gql/graphql.ts'
import { type ListKind, valuesOf } from '../list/list-kind.ts'
import { HEALTH_ORDER } from './health.ts'

const TYPES: readonly DiskType[] = ['HDD', 'SSD', 'NVME', 'UNKNOWN']

const CONDITIONS = [
  ...HEALTH_ORDER.map((health) => `health.${health}` as const),
  'missing',
  'moved',
  ...TYPES.map((type) => `type.${type}` as const),
  'archived',
] as const
export type Condition = (typeof CONDITIONS)[number]

export type Column =
  'health' | 'disk' | 'model' | 'machine' | 'tags' | 'temperature' | 'age' | 'capacity' | 'holds' | 'lastRead'
export type View = 'all' | 'look' | 'unknown' | 'missing' | 'moved'

export const DISKS: ListKind<Condition, Column, View, DiskOrder> = {
  name: 'disks',
  conditions: CONDITIONS,
  views: {
    all: [],
    look: ['health.FAILED', 'health.AT_RISK', 'health.WARNING'],
    unknown: ['health.UNKNOWN'],
    missing: ['missing'],
    moved: ['moved'],
  },
  columns: {
    health: { label: 'disks.health', order: 'WORST_FIRST', usual: 'descending', isFixed: true },
    disk: { label: 'disks.serial', order: 'SERIAL', usual: 'ascending', isFixed: true },
    model: { label: 'disks.model', order: 'MODEL', usual: 'ascending', isFixed: false },
    machine: { label: 'disks.machine', order: 'MACHINE', usual: 'ascending', isFixed: false },
    tags: { label: 'tags.title', order: null, usual: 'ascending', isFixed: false },
    temperature: { label: 'disks.temperature', order: 'TEMPERATURE', usual: 'descending', isFixed: false },
    age: { label: 'disks.age', order: 'POWER_ON_HOURS', usual: 'descending', isFixed: false },
    capacity: { label: 'disks.capacity', order: 'CAPACITY', usual: 'descending', isFixed: false },
    holds: { label: 'disks.holds', order: null, usual: 'descending', isFixed: false },
    lastRead: { label: 'disks.lastRead', order: 'LAST_READ', usual: 'descending', isFixed: false },
  },
  first: 'health',
  // The model stands below the serial anyway; tags stand there too, where there are any.
  hiddenAtFirst: ['model', 'tags'],
}

export function filterOf(conditions: readonly Condition[], tags: readonly string[], search: string): DiskFilter {
  const has = (condition: Condition): true | null => (conditions.includes(condition) ? true : null)
  return {
    search: search.trim() || null,
    health: valuesOf<Health>(conditions, 'health'),
    type: valuesOf<DiskType>(conditions, 'type'),
    moved: has('moved'),
    missing: has('missing'),
    archived: has('archived'),
    tag: tags.length ? [...tags] : null,
  }
}
