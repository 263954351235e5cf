import { registerEnumType } from 'type-graphql'
import { Elsewhere, type Judgement, PlaceDoubt, type PathCopy } from './place-verdict.ts'

/** What one more failing disk would take. */
export enum PlaceCostKind {
  NOTHING = 'NOTHING',
  CHANGES = 'CHANGES',
  PART = 'PART',
  EVERYTHING = 'EVERYTHING',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(PlaceCostKind, {
  name: 'PlaceCostKind',
  valuesConfig: {
    NOTHING: { description: 'Nothing: it survives the loss of a disk more' },
    CHANGES: { description: 'What changed since its last proven backup' },
    PART: { description: 'What has no proven copy elsewhere, and changes of the rest' },
    EVERYTHING: { description: 'Everything: no proven copy lies elsewhere' },
    UNKNOWN: { description: 'Not known: whether its copies lie elsewhere, or can be read, is not' },
  },
})

export interface PlaceCost {
  kind: PlaceCostKind
  /** Of CHANGES: since when; null for the others. */
  since: Date | null
  /** Of NOTHING: how many disks more may fail; null for the others. */
  disks: number | null
}

/** What a failure now would cost. What is not known counts for nothing. Pure. */
export function costOf({
  mayStillFail,
  provenAt,
  elsewhere,
  whole,
  doubts,
  copies,
}: Pick<Judgement, 'mayStillFail' | 'provenAt' | 'doubts'> & {
  elsewhere: Elsewhere | null
  whole: boolean
  copies: readonly Pick<PathCopy, 'provenAt'>[]
}): PlaceCost {
  const cost = (kind: PlaceCostKind, more: Partial<PlaceCost> = {}): PlaceCost => ({
    kind,
    since: null,
    disks: null,
    ...more,
  })
  // Of disks that nobody knows to be well none is reckoned with.
  const isReckoned = !doubts.includes(PlaceDoubt.DISKS_UNKNOWN) && !doubts.includes(PlaceDoubt.NOT_THERE)
  if (mayStillFail && isReckoned) return cost(PlaceCostKind.NOTHING, { disks: mayStillFail })
  const isProven = copies.some((copy) => copy.provenAt)
  if (!isProven || elsewhere === Elsewhere.SAME_DISK) return cost(PlaceCostKind.EVERYTHING)
  if (!elsewhere || doubts.includes(PlaceDoubt.VAULT_IN_TROUBLE)) return cost(PlaceCostKind.UNKNOWN)
  return provenAt && whole ? cost(PlaceCostKind.CHANGES, { since: provenAt }) : cost(PlaceCostKind.PART)
}
