import { join } from 'node:path'
import { keepInFile, readKept } from '../host/kept-file.ts'
import type { SectionKind } from '../report/sections.ts'
import { type Collect, collectSection, payloadOf, reasonOf, type Section, Unavailable } from './section.ts'

/** What is collected at a cost, and only where what it is read from has changed. */
export interface CostlySection {
  kind: SectionKind
  /** Another one where anything that it is read from is another. */
  fingerprint: () => Promise<string>
  collect: Collect
  longestMs: number
}

const HOUR = 3_600_000
/** What a fingerprint does not see is seen after a day; what failed is tried again after an hour. */
const KEPT_MS = 24 * HOUR
const RETRY_MS = HOUR

/** What was collected: its payload, or why there is none. */
type Outcome = Pick<Section, 'payload' | 'unavailable'>
type Kept = Outcome & { at: number; fingerprint: string }

/** The section as it was collected last, while nothing of what it is read from has changed; else collected anew and kept. */
export const collectWhenChanged = (
  { kind, fingerprint, collect, longestMs }: CostlySection,
  stateDir: string,
  now: () => number = Date.now,
): Promise<Section | null> =>
  collectSection(
    kind,
    async () => {
      const file = join(stateDir, `${kind}.json`)
      const print = await fingerprint()
      const kept = (await readKept(file)) as Kept | null
      if (kept && lasts(kept, print, now())) return tell(kept)
      const outcome = await outcomeOf(collect)
      const next: Kept = { at: now(), fingerprint: print, ...outcome }
      // What changed while it was read may be in it or not.
      if ((await fingerprint()) === print) await keepInFile(file, next)
      return tell(outcome)
    },
    { longestMs },
  )

function lasts({ at, fingerprint, unavailable }: Kept, print: string, now: number): boolean {
  const age = now - at
  // A negative age is a clock that was set back: it proves nothing.
  return fingerprint === print && age >= 0 && age < (unavailable ? RETRY_MS : KEPT_MS)
}

const outcomeOf = (collect: Collect): Promise<Outcome> =>
  collect().then(
    (payload) => ({ payload: payloadOf(payload), unavailable: null }),
    (error: unknown) => ({ payload: null, unavailable: reasonOf(error) }),
  )

function tell({ payload, unavailable }: Outcome): string | null {
  if (unavailable) throw new Unavailable(unavailable.code, unavailable.text)
  return payload
}
