import { asArray, asBoolean, asCount, asText, asWhole, dig, type JsonObject } from '../platform/json.ts'
import type { AtaStatistics, SmartFacts } from './smart-facts.ts'

/** A value of the device statistics log (ACS-4, 9.5) by page and name; null where it is not there or not valid. */
function statistic(doc: JsonObject, page: number, name: RegExp): number | null {
  const table = asArray(dig(doc, 'ata_device_statistics', 'pages')).find((each) => dig(each, 'number') === page)
  const row = asArray(dig(table, 'table')).find((each) => name.test(asText(dig(each, 'name'))?.slice(0, 100) ?? ''))
  return asBoolean(dig(row, 'flags', 'valid')) === false ? null : asWhole(dig(row, 'value'))
}

export function readStatistics(doc: JsonObject): AtaStatistics | null {
  if (asArray(dig(doc, 'ata_device_statistics', 'pages')).length === 0) return null
  const count = (page: number, name: RegExp) => asCount(statistic(doc, page, name))
  return {
    reallocated: count(3, /^Number of Reallocated Logical Sectors/i),
    candidates: count(3, /^Number of Realloc\w*\.? Candidate/i),
    startFailures: count(3, /^Number of Mechanical Start Failures/i),
    uncorrectable: count(4, /^Number of Reported Uncorrectable/i),
  }
}

/** The warmest that the disk is specified for (page 5). */
export const specifiedMaximum = (doc: JsonObject): number | null =>
  statistic(doc, 5, /^Specified Maximum Operating Temperature/i)

/**
 * Per cent of the rated endurance that is used. smartctl 7.5 writes `endurance_used` for ATA disks without page 7 too,
 * and guesses it there from the attributes that it knows.
 */
export function readEndurance(
  doc: JsonObject,
  protocol: SmartFacts['protocol'],
): Pick<SmartFacts, 'percentageUsed' | 'percentageUsedGuessed'> {
  const told =
    asPercentage(statistic(doc, 7, /Percentage Used Endurance/i)) ??
    asPercentage(dig(doc, 'nvme_smart_health_information_log', 'percentage_used')) ??
    asPercentage(doc['scsi_percentage_used_endurance_indicator'])
  const summed = asPercentage(dig(doc, 'endurance_used', 'current_percent'))
  return {
    percentageUsed: told ?? summed,
    percentageUsedGuessed: told === null && protocol !== 'SCSI' && summed !== null,
  }
}

/** May pass 100: a disk can outlive its rating. */
const asPercentage = (value: unknown): number | null => {
  const count = asCount(value)
  return count === null || count >= 2 ** 31 ? null : count
}
