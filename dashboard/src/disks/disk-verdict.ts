import type { Health, PlaceVerdict } from '../gql/graphql.ts'
import { groupOf } from '../places/places.ts'

/** What the page says first: of a disk that is away its health is what was read last, and not the news. */
export const headlineOfDisk = (disk: {
  health: Health
  missingSince: string | null
  archivedAt: string | null
}): Health | 'MISSING' | 'RETIRED' => (disk.archivedAt ? 'RETIRED' : disk.missingSince ? 'MISSING' : disk.health)

/** How well what lies on a disk is kept elsewhere, the worst first. */
const KEPT = ['WITHOUT', 'IN_PART', 'UNSURE', 'ELSEWHERE'] as const
export type Kept = (typeof KEPT)[number]

/** Null: nobody misses it. */
function keptOf(verdict: PlaceVerdict): Kept | null {
  if (verdict === 'LOST') return 'WITHOUT'
  switch (groupOf(verdict)) {
    case 'none':
      return 'WITHOUT'
    case 'danger':
    case 'late':
    case 'partly':
      return 'IN_PART'
    case 'covered':
    case 'safe':
      return 'ELSEWHERE'
    case 'unneeded':
      return null
    case 'unknown':
      return 'UNSURE'
  }
}

/** What is kept alike: bytes in use, null where they are not known of every place of it. */
export interface KeptPlaces {
  kept: Kept
  places: number
  bytes: number | null
}

/** The places of a disk by how well they are kept elsewhere; only what there is, the worst first. */
export function keptPlacesOf(
  places: readonly { verdict: PlaceVerdict; fileSystem: { usedBytes: string | null } }[],
): KeptPlaces[] {
  return KEPT.flatMap((kept) => {
    const own = places.filter(({ verdict }) => keptOf(verdict) === kept)
    if (!own.length) return []
    const used = own.map(({ fileSystem }) => fileSystem.usedBytes)
    const isKnown = used.every((bytes) => bytes !== null)
    return [{ kept, places: own.length, bytes: isKnown ? used.reduce((sum, bytes) => sum + Number(bytes), 0) : null }]
  })
}
