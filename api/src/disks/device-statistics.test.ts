import { expect, test } from 'vitest'
import { readStatistics } from './device-statistics.ts'

const tableOf = (...names: unknown[]) => ({
  ata_device_statistics: {
    pages: [{ number: 3, table: names.map((name, value) => ({ name, value, flags: { valid: true } })) }],
  },
})

test.each([[{ toString: 1 }], [[{ toString: 1 }]], [null], [7], ['x'.repeat(100_000)]])(
  'A statistic whose name is %j is passed over, and the next one is read',
  (name) => {
    expect(readStatistics(tableOf(name, 'Number of Reallocated Logical Sectors'))?.reallocated).toBe(1)
  },
)
