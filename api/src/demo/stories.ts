import { chance } from './chance.ts'
import { type DemoDisk, type DemoMachine, machineNamed } from './fleet.ts'

// What is not well in the demo, by days from its first day (before it: negative). All else is well.

const diskIn = (hostname: string, at: number): DemoDisk => machineNamed(hostname).disks[at] as DemoDisk

/** Counters that a disk's document tells; what is not named is 0. */
export interface Damage {
  reallocated?: number
  pending?: number
  crcErrors?: number
  mediaErrors?: number
  /** Per cent of its rated life. */
  worn?: number
  isFailing?: boolean
}

/** Rises in steps: `height` by day `since`, then `by` more every `every` days. */
const rising = (
  day: number,
  { since, height, by, every }: { since: number; height: number; by: number; every: number },
) => (day < since ? 0 : height + Math.floor((day - since) / every) * by)

const DAMAGED = new Map<string, (day: number) => Damage>([
  [
    diskIn('pve-lyon-02', 2).serial,
    (day) => ({ reallocated: rising(day, { since: -25, height: 8, by: 4, every: 3 }), isFailing: day >= -9 }),
  ],
  [diskIn('nas-paris', 9).serial, (day) => ({ pending: rising(day, { since: -5, height: 8, by: 8, every: 4 }) })],
  [diskIn('db-lyon-02', 0).serial, (day) => ({ worn: Math.min(100, Math.floor(97 + day / 30)) })],
  [
    diskIn('ws-claire', 0).serial,
    (day) => ({ mediaErrors: rising(day, { since: -14, height: 1, by: 1, every: 6 }), worn: 31 }),
  ],
  [diskIn('db-lyon-05', 3).serial, (day) => ({ crcErrors: rising(day, { since: -10, height: 40, by: 35, every: 1 }) })],
  [diskIn('archive-01', 17).serial, (day) => ({ reallocated: day >= -60 ? 16 : 0 })],
  [diskIn('vault-02', 5).serial, (day) => ({ pending: day >= -40 && day < -38 ? 1 : 0 })],
])

export const damageOf = ({ serial, rpm }: DemoDisk, day: number): Damage => ({
  // Flash wears a little each month; whoever turns does not tell.
  ...(rpm ? {} : { worn: Math.floor(3 + chance(`${serial} worn`) * 25 + (day + 90) / 45) }),
  ...DAMAGED.get(serial)?.(day),
})

const MOVED = diskIn('pve-lyon-01', 3)
const GONE = diskIn('nas-nantes', 11)

/** Who is in a machine on a day, bay by bay; null = the bay is empty. */
export function baysOf({ hostname, disks }: DemoMachine, day: number): (DemoDisk | null)[] {
  const own = disks.map((disk) => {
    const isAway = (disk === MOVED && day >= -34) || (disk === GONE && day >= -3)
    return isAway ? null : disk
  })
  return hostname === 'pve-lyon-03' && day >= -34 ? [...own, MOVED] : own
}

/** A laptop in a drawer. */
const IN_A_DRAWER = { hostname: 'ws-hugo', since: -6 }
export const isSilent = ({ hostname }: DemoMachine, day: number): boolean =>
  hostname === IN_A_DRAWER.hostname && day >= IN_A_DRAWER.since

/** What their owner sorts machines by. */
export const TAGS: readonly { tag: string; of: RegExp }[] = [
  { tag: 'production', of: /^(app|db|pve|web)-/ },
  { tag: 'Lyon', of: /-lyon/ },
  { tag: 'Paris', of: /-paris/ },
  { tag: 'office', of: /^ws-/ },
]

/** What its owner noted. */
export const NOTES: readonly { hostname: string; bay: number; label?: string; note?: string }[] = [
  { hostname: 'pve-lyon-02', bay: 2, label: 'bay 3', note: 'Spare ordered, ticket 4127.' },
  { hostname: 'nas-paris', bay: 9, label: 'shelf B, bay 10' },
  { hostname: 'nas-maison', bay: 2, label: 'top left' },
]
