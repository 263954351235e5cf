import { createHash } from 'node:crypto'
import { isOfLife } from './rules/life.ts'
import type { SmartFacts } from './smart-facts.ts'

// What changes with every reading and says nothing about health: clock, temperature, hours, amounts moved.
const VOLATILE_KEYS = new Set([
  'local_time',
  'temperature',
  'power_on_time',
  'smartctl',
  'ata_sct_status',
  'ata_sct_temperature_history',
  'data_units_read',
  'data_units_written',
  'host_reads',
  'host_writes',
  'controller_busy_time',
  'power_on_hours',
  'temperature_sensors',
  'unsafe_shutdowns',
  'num_err_log_entries',
  'scsi_environmental_reports',
  'gigabytes_processed',
  'ata_device_statistics',
  'power_cycle_count',
  'power_cycles',
  'warning_temp_time',
  'critical_comp_time',
  'utilization',
  'scsi_start_stop_cycle_counter',
  'sata_phy_event_counters',
  'scsi_background_scan',
])
/** Raw read error rate, start/stop, seek error rate, hours, cycles, temperatures, load cycles, ECC, amounts read and written. */
export const VOLATILE_ATTRIBUTES: ReadonlySet<number> = new Set([
  1, 3, 4, 7, 8, 9, 12, 190, 191, 192, 193, 194, 195, 225, 235, 240, 241, 242, 243, 246, 247, 248, 249,
])

/**
 * SHA-256 of what a smartctl document says without what always changes: equal meaning is not stored again. What rules judge
 * is never left out, for a disk is judged anew from its newest document: of the statistics that is what the facts hold.
 */
export function meaningOf(json: unknown, { statistics, percentageUsed }: SmartFacts): string {
  const parts: string[] = [JSON.stringify([statistics, percentageUsed])]
  collect(json, parts)
  return createHash('sha256').update(parts.join('\n')).digest('base64url')
}

function collect(value: unknown, parts: string[]): void {
  if (Array.isArray(value)) {
    parts.push('[')
    for (const item of value) collect(item, parts)
    return
  }
  if (typeof value !== 'object' || value === null) {
    parts.push(String(value))
    return
  }
  const object = value as Record<string, unknown>
  const volatile = isVolatile(object)
  for (const key in object) {
    if (VOLATILE_KEYS.has(key)) continue
    // A volatile attribute still counts where it meets its threshold.
    if (volatile && (key === 'raw' || key === 'value' || key === 'worst')) continue
    parts.push(key)
    collect(object[key], parts)
  }
}

function isVolatile(attribute: Record<string, unknown>): boolean {
  const { id, name } = attribute
  if (typeof id !== 'number' || !('thresh' in attribute) || !VOLATILE_ATTRIBUTES.has(id)) return false
  return typeof name !== 'string' || !isOfLife(id, name)
}
