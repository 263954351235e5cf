import type { MachineFilter, MachineKind, MachineNeed, MachineOrder } from '../gql/graphql.ts'
import { type ListKind, valuesOf } from '../list/list-kind.ts'

const KINDS: readonly MachineKind[] = [
  'PHYSICAL',
  'WORKSTATION',
  'PROXMOX_HOST',
  'VM',
  'LXC',
  'CONTAINER',
  'RASPBERRY_PI',
  'UNKNOWN',
]

const NEEDS: readonly MachineNeed[] = ['SECURITY_UPDATES', 'UPDATES', 'RESTART']

const CONDITIONS = [
  'silent',
  'reporting',
  ...NEEDS.map((need) => `needs.${need}` as const),
  ...KINDS.map((kind) => `kind.${kind}` as const),
  'archived',
] as const
export type Condition = (typeof CONDITIONS)[number]
export type Column = 'name' | 'system' | 'updates' | 'address' | 'tags' | 'agent' | 'firstSeen' | 'lastSeen' | 'disks'
export type View = 'all' | 'silent' | 'security' | 'restart' | 'archived'

export const MACHINES: ListKind<Condition, Column, View, MachineOrder> = {
  name: 'machines',
  conditions: CONDITIONS,
  views: {
    all: [],
    silent: ['silent'],
    security: ['needs.SECURITY_UPDATES'],
    restart: ['needs.RESTART'],
    archived: ['archived'],
  },
  columns: {
    name: { label: 'machines.name', order: 'NAME', usual: 'ascending', isFixed: true },
    system: { label: 'machines.system', order: 'SYSTEM', usual: 'ascending', isFixed: false },
    updates: { label: 'updates.column', order: 'SECURITY_UPDATES', usual: 'descending', isFixed: false },
    address: { label: 'machines.address', order: null, usual: 'ascending', isFixed: false },
    tags: { label: 'tags.title', order: null, usual: 'ascending', isFixed: false },
    agent: { label: 'machines.agent', order: null, usual: 'ascending', isFixed: false },
    firstSeen: { label: 'machines.firstSeen', order: 'FIRST_SEEN', usual: 'descending', isFixed: false },
    lastSeen: { label: 'machines.lastSeen', order: 'LAST_SEEN', usual: 'descending', isFixed: false },
    disks: { label: 'machines.disks', order: 'DISKS', usual: 'descending', isFixed: false },
  },
  first: 'name',
  hiddenAtFirst: ['address', 'tags', 'agent', 'firstSeen'],
}

export function filterOf(conditions: readonly Condition[], tags: readonly string[], search: string): MachineFilter {
  const [silent, reporting] = [conditions.includes('silent'), conditions.includes('reporting')]
  return {
    search: search.trim() || null,
    // Both of them are all.
    silent: silent === reporting ? null : silent,
    kind: valuesOf<MachineKind>(conditions, 'kind'),
    needs: valuesOf<MachineNeed>(conditions, 'needs'),
    archived: conditions.includes('archived') ? true : null,
    tag: tags.length ? [...tags] : null,
  }
}
