import { Severity } from '../../reasons/reason.ts'
import { DiskType } from '../disk-words.ts'
import type { AtaAttribute, SmartFacts } from '../smart-facts.ts'
import { byAttribute, countedBefore, type Evidence, reason, type Rule } from './rule.ts'

// How much of a flash disk's life and reserve is left. Which number tells it depends on the vendor; smartmontools'
// drive database (drivedb.h) gives the names, and its comments what value and raw mean.

const { WARNING, AT_RISK } = Severity

/** Names that speak of the life that is left. Wear_Range_Delta, Life_Curve_Status and what is written are no life. */
const LEFT = /Life_?time_Remain|Life_?Left|Lifetime_Left|Life_Remain|Remaining_Life|Wear_Level/i
const USED = /Life_?(time_)?Used/i
/** Kept in the raw value, while the normalised one may stay at 100. */
const RAW_FAMILIES = /Phison|Silicon Motion|Innodisk|InnoDisk|SuperDOM|Lexar/
const RAW_NAMES = /SSD_Life_Left|Remaining_Lifetime_Perc|Lifetime_Remaining%/

/** Life left in per cent by one attribute; null = it tells nothing about that. */
export function lifeLeftBy(entry: AtaAttribute, family: string | null): number | null {
  const { id, name, raw } = entry
  const value = percent(entry.value)
  // Intel counts down from 100; WD's 230 of the same name counts what is used up.
  if (/Media_Wearout/i.test(name)) return id === 230 ? (value === null ? null : 100 - value) : value
  if (USED.test(name)) return raw !== null && raw <= 255 ? Math.max(0, 100 - raw) : value
  if (!LEFT.test(name)) return null
  // Erase cycles stand in the raw value of wear levelling.
  if (/Wear_Level/i.test(name)) return value
  if (family !== null && RAW_FAMILIES.test(family) && percent(raw) !== null) return raw
  // Micron's raw value is what is used. A family that is not told: a raw value that is not the complement is life left.
  const mayBeLeft = family === null && RAW_NAMES.test(name) && raw !== null && raw >= 1 && raw <= 100
  const isComplement = value !== null && Math.abs(value + (raw ?? 0) - 100) <= 1
  if (mayBeLeft && !isComplement && (value === null || value === 0 || raw < value)) return raw
  return value
}

const percent = (number: number | null): number | null =>
  number !== null && number >= 0 && number <= 100 ? number : null

/** An attribute beats a guess, and what the disk counts by the standard beats an attribute. */
const lifeLeft: Rule = (evidence) => {
  const { facts, type } = evidence
  if (type === DiskType.HDD || (facts.percentageUsed !== null && !facts.percentageUsedGuessed)) return []
  const found = facts.attributes.flatMap((entry) => {
    const left = lifeLeftBy(entry, facts.family)
    return left === null ? [] : [{ left, entry }]
  })
  const least = found.toSorted((a, b) => a.left - b.left)[0]
  if (!least || least.left > 20) return []
  const nearlyOver = least.left <= 5
  const { left, entry } = least
  return [
    byAttribute(entry, reason('LIFE_LEFT_LOW', nearlyOver ? AT_RISK : WARNING, left, nearlyOver ? 5 : 20, entry.name)),
  ]
}

/** Per cent of the rated life that is used: by the standard, else by an attribute, else by smartctl's guess; null = not told. */
export function usedPercent(facts: SmartFacts): number | null {
  if (facts.percentageUsed !== null && !facts.percentageUsedGuessed) return facts.percentageUsed
  if (facts.rotationRpm !== 0) return facts.percentageUsed
  const left = facts.attributes.flatMap((entry) => lifeLeftBy(entry, facts.family) ?? [])
  return left.length ? 100 - Math.min(...left) : facts.percentageUsed
}

/** Whether an attribute tells the life that is left: a guess by smartctl is not asked then. */
export const tellsLife = ({ facts }: Evidence): boolean =>
  facts.attributes.some((entry) => lifeLeftBy(entry, facts.family) !== null)

const RESERVE = /Reserv|Resrvd|Rsr?vd|Spare/i
const RESERVE_IDS = [170, 176, 178, 179, 180, 232, 249]
const NEAR = 10
const FALLING = 10

/** Whether an attribute may tell of life or reserve: vendors keep either under ids that others count amounts by. */
export const isOfLife = (id: number, name: string): boolean =>
  LEFT.test(name) || USED.test(name) || /Media_Wearout/i.test(name) || (RESERVE_IDS.includes(id) && RESERVE.test(name))

/** The reserve of blocks, by its normalised value. 0 with a threshold of 0 is a value that the vendor does not keep. */
const reserve: Rule = (evidence) => {
  if (evidence.type === DiskType.HDD) return []
  return evidence.facts.attributes
    .filter(({ id, name }) => RESERVE_IDS.includes(id) && RESERVE.test(name))
    .flatMap((entry) => {
      const { id, name } = entry
      const value = percent(entry.value)
      const threshold = entry.threshold ?? 0
      if (value === null || (value === 0 && threshold === 0)) return []
      if (value < 100 && value <= threshold + NEAR)
        return [byAttribute(entry, reason('RESERVE_LOW', threshold > 0 ? AT_RISK : WARNING, value, threshold, name))]
      const before = evidence.history.month?.counters[id]?.[0] ?? null
      return before !== null && before <= 100 && before - value >= FALLING
        ? [byAttribute(entry, reason('RESERVE_FALLING', WARNING, value, before, name))]
        : []
    })
    .slice(0, 1)
}

/** The NVMe log's own reserve; its rules of the threshold are in nvme.ts. */
export const spareFalling: Rule = ({ facts, history }) => {
  const now = facts.nvme?.availableSpare ?? null
  const before = countedBefore(history.month, 'available_spare')
  return now !== null && before !== null && before - now >= FALLING
    ? [reason('NVME_SPARE_FALLING', WARNING, now, before)]
    : []
}

export const lifeRules: Rule[] = [lifeLeft, reserve]
