// Where a disk is, decided from its stays and one sighting. Pure: the service stores what comes out.

export interface Stay {
  id: string
  machineId: string
  since: Date
  lastSeenAt: Date
  until: Date | null
}

export interface Sighting {
  machineId: string
  /** What sightings are ordered by. */
  at: Date
}

export type Placement =
  /** Older than what is known: it adds its reading and nothing else. */
  | { kind: 'LATE' }
  /** Seen where it was. `ended` are stays that a conflict with silent machines leaves behind. */
  | { kind: 'STAYS'; stay: Stay; ended: Stay[]; conflict: boolean }
  | { kind: 'MOVED'; from: Stay; ended: Stay[] }
  /** The machine it came from reports it again while its new one does too. */
  | { kind: 'CONFLICT'; rival: Stay }

/**
 * A first sighting in another machine is a move; so is one in a former machine when the present one has lost the disk
 * or fell silent. A conflict is the former machine reporting it again while the present one still does: the newest
 * sighting wins, without a ping-pong of moves, until either reports without the disk or falls silent.
 */
export function place(
  stays: readonly Stay[],
  newestSeenAt: Date,
  sighting: Sighting,
  { missing, silent }: { missing: boolean; silent: (machineId: string) => boolean },
): Placement {
  if (sighting.at < newestSeenAt) return { kind: 'LATE' }
  const open = stays.filter((stay) => stay.until === null)
  const here = open.find((stay) => stay.machineId === sighting.machineId)
  const others = open.filter((stay) => stay.machineId !== sighting.machineId)
  const rival = others.toSorted((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime())[0]
  if (here) {
    const ended = others.filter((stay) => silent(stay.machineId))
    return { kind: 'STAYS', stay: here, ended, conflict: ended.length < others.length }
  }
  if (!rival) throw new Error('A disk has no open stay')
  const wasHere = stays.some((stay) => stay.machineId === sighting.machineId)
  if (wasHere && !missing && !silent(rival.machineId)) return { kind: 'CONFLICT', rival }
  return { kind: 'MOVED', from: rival, ended: others }
}
