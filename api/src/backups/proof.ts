import { registerEnumType } from 'type-graphql'
import { type Check, CheckName, CheckOutcome } from './check.ts'

/** How far a good backup is proven, the least first. */
export enum Proof {
  SAID = 'SAID',
  ARRIVED = 'ARRIVED',
  INTACT = 'INTACT',
}
registerEnumType(Proof, {
  name: 'Proof',
  description: 'How far a good backup is proven. Only INTACT is proven; a file that could not be checked is not.',
  valuesConfig: {
    SAID: {
      description: 'The agent says that it is good, and a file is here; nothing proves that it is what was sent',
    },
    ARRIVED: { description: 'It is byte for byte what was sent; whether the dump in it is whole could not be checked' },
    INTACT: {
      description: 'It was read to the end that its tool writes last, and every check of its content was passed',
    },
  },
})

/** Checks that see the end of a content: a file that passes one of them was not cut. */
const ENDS: ReadonlySet<CheckName> = new Set([
  CheckName.COMPLETION_MARK,
  CheckName.PG_RESTORE,
  CheckName.TAR_END,
  CheckName.SQLITE_INTEGRITY,
])
const OF_CONTENT: ReadonlySet<CheckName> = new Set([...ENDS, CheckName.DECOMPRESSION, CheckName.CONTENT_CHECKSUM])

/** What its checks prove of a file: one of its content that was not made leaves it unproven. */
export function proofOf(checks: readonly Pick<Check, 'name' | 'outcome'>[]): Proof {
  const isPassed = ({ outcome }: Pick<Check, 'outcome'>): boolean => outcome === CheckOutcome.PASSED
  const content = checks.filter(({ name }) => OF_CONTENT.has(name))
  if (content.some((check) => ENDS.has(check.name) && isPassed(check)) && content.every(isPassed)) return Proof.INTACT
  const sent = checks.some((check) => check.name === CheckName.SHA256 && isPassed(check))
  return sent && !content.some(({ outcome }) => outcome === CheckOutcome.FAILED) ? Proof.ARRIVED : Proof.SAID
}
