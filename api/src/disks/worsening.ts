import { type Reason, Severity } from '../reasons/reason.ts'

const GRAVE: readonly string[] = [Severity.AT_RISK, Severity.FAILED]
/** They come and go with the room, or only say again what others say. */
const NO_NEWS = new Set<string>([
  'TEMPERATURE_HIGH',
  'TEMPERATURE_CRITICAL',
  'NVME_WARNING_TEMPERATURE',
  'SIGNS_AGREE',
  'WORSENING_FAST',
])
/** Of what is left, less is worse. */
const LEFT = new Set<string>(['ARRAY_DEGRADED'])

const OF_COUNTERS = new Set(['GROWING', 'SECTORS', 'STABLE', 'DEFECTS'])
/** What one counter tells, whether by its count or by its growth, and by whichever log. */
const familyOf = (code: string): string =>
  code
    .split('_')
    .filter((word) => !OF_COUNTERS.has(word))
    .join('_')

/**
 * What was found that is as grave as what was known, and not the same: a disk that was at risk for its heat and loses sectors
 * now has the same health, and somebody must hear of it. Pure.
 */
export function graveNews(before: readonly Reason[], after: readonly Reason[]): Reason[] {
  const known = new Map(
    before.filter(({ severity }) => GRAVE.includes(severity)).map((each) => [familyOf(each.code), each]),
  )
  return after.filter(({ code, severity, value, acceptedAt }) => {
    if (!GRAVE.includes(severity) || acceptedAt || NO_NEWS.has(code)) return false
    const same = known.get(familyOf(code))
    if (!same) return true
    return LEFT.has(code) && value !== null && same.value !== null && value < same.value
  })
}
