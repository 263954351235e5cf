import { expect, test } from 'vitest'
import { meaningOf } from './document-meaning.ts'
import type { SmartFacts } from './smart-facts.ts'
import { readSmartctl } from './smartctl.ts'

const attribute = (id: number, name: string, value: number) => ({
  id,
  name,
  value,
  worst: value,
  thresh: 0,
  raw: { value, string: String(value) },
})
const statistic = (number: number, name: string, value: number) => ({
  pages: [{ number, table: [{ name, value, flags: { valid: true } }] }],
})
const document = (more: object = {}) => ({ smartctl: {}, smart_status: { passed: true }, ...more })
const meaning = (more: object): string => meaningOf(document(more), readSmartctl(document(more)) as SmartFacts)
const table = (id: number, name: string) => (value: number) => ({
  ata_smart_attributes: { table: [attribute(id, name, value)] },
})
const page = (number: number, name: string) => (value: number) => ({
  ata_device_statistics: statistic(number, name, value),
})

test.each<[string, (value: number) => object]>([
  ['a counter that is judged', table(197, 'Current_Pending_Sector')],
  ['life under an id that others count amounts by', table(248, 'Perc_Rated_Life_Remain')],
  ['a reserve under such an id', table(249, 'Spare_Blocks')],
  ['replaced sectors by the standard', page(3, 'Number of Reallocated Logical Sectors')],
  ['errors by the standard', page(4, 'Number of Reported Uncorrectable Errors')],
  ['wear by the standard', page(7, 'Percentage Used Endurance Indicator')],
])('A document means something new by %s: disks are judged anew from it', (_, more) => {
  expect(meaning(more(1))).not.toBe(meaning(more(2)))
})

test.each<[string, (value: number) => object]>([
  ['hours', table(9, 'Power_On_Hours')],
  ['what was written', table(248, 'Host_Writes_32MiB')],
  ['hours by the standard', page(1, 'Power-on Hours')],
  ['its temperature', (current) => ({ temperature: { current } })],
])('A document means nothing new by %s', (_, more) => {
  expect(meaning(more(1))).toBe(meaning(more(2)))
})
