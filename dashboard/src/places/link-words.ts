import type { PreviewLinkQuery } from '../gql/graphql.ts'

export type LinkPreview = PreviewLinkQuery['previewProtection']

/** One thing that a link would mean; `isGood: false` = look at it before you say so. */
export interface LinkFact {
  key: 'said' | 'here' | 'other' | 'nowhere' | 'proven' | 'never' | 'sameDisk' | 'vaultUnknown' | 'small'
  isGood: boolean
}

/** Below this share of what lies in a place a copy makes one ask whether it is all of it; dumps are smaller than their data. */
const SMALL = 0.25

/** What a link would mean, in the order in which a person asks. */
export function factsOf(preview: LinkPreview, placeId: string): LinkFact[] {
  const { fileSystem, elsewhere, lastProven, copyBytes, heldBytes, isLinked } = preview
  const isHere = fileSystem?.id === placeId
  const isSmall = isHere && copyBytes != null && heldBytes != null && Number(copyBytes) < SMALL * Number(heldBytes)
  return [
    ...(isLinked ? [{ key: 'said', isGood: true } as const] : []),
    isHere
      ? { key: 'here', isGood: true }
      : fileSystem
        ? { key: 'other', isGood: false }
        : { key: 'nowhere', isGood: false },
    lastProven ? { key: 'proven', isGood: true } : { key: 'never', isGood: false },
    ...(elsewhere === 'SAME_DISK' ? [{ key: 'sameDisk', isGood: false } as const] : []),
    ...(isHere && elsewhere == null ? [{ key: 'vaultUnknown', isGood: false } as const] : []),
    ...(isSmall ? [{ key: 'small', isGood: false } as const] : []),
  ]
}
