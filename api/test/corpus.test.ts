import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../src/platform/root.ts'
import { NO_BASELINE } from '../src/disks/baseline.ts'
import { Health } from '../src/disks/health.ts'
import { countersOf, judge, typeOf } from '../src/disks/judge.ts'
import type { SmartFacts } from '../src/disks/smart-facts.ts'
import { DAY } from '../src/platform/clock.ts'
import { readSmartctl } from '../src/disks/smartctl.ts'
import { fileSystemsOf } from '../src/storage/file-systems.ts'
import { readLsblk } from '../src/storage/lsblk.ts'
import { emptyGraph } from '../src/storage/storage-graph.ts'

const CASES = resolve(import.meta.dirname, 'cases')
const RECALL = new Date('2026-11-28T12:00:00Z')

/** Disks whose verdict is known from public reports (cases/, made for Vigie): what a careful human says of each. */
const KNOWN: Record<string, Health[]> = {
  'sas-warning-ascq96': [Health.WARNING],
  'sas-impending-failure': [Health.FAILED],
  'sas-trip-50': [Health.WARNING, Health.OK],
  'sas-pending-defects': [Health.AT_RISK],
  'passed-624-pending': [Health.AT_RISK],
  'sandforce-wear-range': [Health.OK],
  'phison-life-in-raw': [Health.AT_RISK],
  'kingston-169-zero-7.5': [Health.AT_RISK],
  'samsung-177-one': [Health.AT_RISK],
  'wd-blue-230': [Health.OK],
  'skhynix-retired-blocks': [Health.AT_RISK],
  'seagate-mobile-196': [Health.OK],
  'ironwolf-attr5-16': [Health.OK, Health.WARNING],
  'devstat-uncorrectable': [Health.AT_RISK],
  'helium-60': [Health.WARNING, Health.AT_RISK],
  'helium-packed': [Health.OK],
  'past-airflow-temperature': [Health.OK],
  'exos22-188-packed': [Health.OK],
  'beszel-poh-minutes': [Health.OK],
  'selftest-outdated': [Health.OK],
}

/** Two readings of one disk, so many days apart: the first, and what it is then. */
const THEN: Record<string, { days: number; first: Health; then: Health; device?: string }> = {
  'mx500-pending-flip': { days: 1, first: Health.OK, then: Health.OK },
  'offline-unc-1-stuck': { days: 8, first: Health.AT_RISK, then: Health.WARNING },
  'nvme-spare-falling': { days: 28, first: Health.OK, then: Health.WARNING, device: 'nvme0n1' },
  'nvme-hot-then-cool': { days: 1 / 24, first: Health.WARNING, then: Health.OK, device: 'nvme0n1' },
}

const CORPUS = resolve(ROOT, '../shared/fixtures')
const files = (folder: string): string[] => (existsSync(CORPUS) ? readdirSync(resolve(CORPUS, folder)) : [])
const read = (path: string): unknown => JSON.parse(readFileSync(resolve(CORPUS, path), 'utf8'))

/** What a careful human says of each (disks.md §3.2); everything else in the corpus is sound. */
const EXPECTED: Record<string, Health> = {
  'ata-hdd-failed-exit216-usbjmicron.json': Health.FAILED,
  'nvme-critical-warning-16-exit8.json': Health.FAILED,
  'ata-hdd-pending-1640-passed-exit192.json': Health.AT_RISK,
  'ata-hdd-reallocated-304-st3500418as.json': Health.AT_RISK,
  'megaraid-1-reallocated-387-exit4.json': Health.AT_RISK,
  'scsi-sas-grown-defects-260.json': Health.AT_RISK,
  'scsi-sas-grown-defects-56-old-format.json': Health.AT_RISK,
  'nvme-media-errors-7.json': Health.WARNING,
  'own-sleep-nocheck-exit2.json': Health.UNKNOWN,
  'ata-no-smart-status-zero-wwn.json': Health.UNKNOWN,
  'usb-enclosure-jmb39x-info-exit4.json': Health.UNKNOWN,
  'own-virtio-unable-to-detect-exit1.json': Health.UNSUPPORTED,
  'usb-unknown-bridge-exit1.json': Health.UNSUPPORTED,
  'vm-qemu-harddisk-exit4.json': Health.UNSUPPORTED,
  'vm-vbox-no-smart-exit4.json': Health.UNSUPPORTED,
}

describe.skipIf(!existsSync(CORPUS))('The corpus of real outputs', () => {
  test('holds documents of many kinds of disks', () => {
    expect(files('smartctl').length).toBeGreaterThan(20)
  })
  test.each(files('smartctl').filter((file) => !file.includes('scan')))('smartctl: %s is judged rightly', (file) => {
    const facts = readSmartctl(read(`smartctl/${file}`))
    if (!facts) throw new Error('not read')
    const { health } = judge({
      facts,
      type: typeOf(facts, null),
      at: new Date(),
      history: NO_BASELINE,
      presentCodes: [],
    })
    expect(health).toBe(EXPECTED[file] ?? 'OK')
  })
  test.each(files('lsblk').filter((file) => !file.includes('expected')))('lsblk: %s shows what lies where', (file) => {
    const devices = readLsblk(read(`lsblk/${file}`))
    expect(fileSystemsOf({ ...emptyGraph(), devices })).toBeInstanceOf(Array)
  })
})

const factsOf = (path: string): SmartFacts => {
  const facts = readSmartctl(JSON.parse(readFileSync(path, 'utf8')))
  if (!facts) throw new Error(`${path} was not read`)
  return facts
}
const verdictOn = (facts: SmartFacts, at = RECALL, history = NO_BASELINE): Health =>
  judge({ facts, type: typeOf(facts, null), at, history, presentCodes: [] }).health

describe('The disks whose verdict is known', () => {
  test.each(Object.entries(KNOWN))('%s is one of %j', (name, right) => {
    expect(right).toContain(verdictOn(factsOf(resolve(CASES, `${name}.json`))))
  })

  test.each(Object.entries(THEN))('%s: %j', (name, { days, first, then, device = 'sda' }) => {
    const [before, now] = [1, 2].map((step) => factsOf(resolve(CASES, `${name}.step${step}.${device}.json`))) as [
      SmartFacts,
      SmartFacts,
    ]
    const at = new Date(RECALL.getTime() - days * DAY)
    const past = { at, counters: countersOf(before) }
    const history = { week: days < 7 ? past : null, month: past, year: past }
    expect([verdictOn(before, at), verdictOn(now, RECALL, history)]).toEqual([first, then])
  })

  test('none is worse or better than a careful human says: the matrix', () => {
    const told = new Map<string, number>()
    const rows = [
      ...Object.entries(KNOWN).map(([name, right]) => [resolve(CASES, `${name}.json`), right] as const),
      ...files('smartctl')
        .filter((file) => !file.includes('scan'))
        .map((file) => [resolve(CORPUS, 'smartctl', file), [EXPECTED[file] ?? Health.OK]] as const),
    ]
    for (const [path, right] of rows) {
      const said = verdictOn(factsOf(path))
      const cell = `right ${right.includes(said) ? said : right[0]}, judged ${said}`
      told.set(cell, (told.get(cell) ?? 0) + 1)
    }
    console.table(Object.fromEntries([...told].toSorted(([a], [b]) => a.localeCompare(b))))
    expect([...told.keys()].filter((cell) => !/^right (\w+), judged \1$/.test(cell))).toEqual([])
  })
})

test('Documents cut off at any place, and with any value of another type, never crash the judge', () => {
  const document = {
    smartctl: { exit_status: 0 },
    device: { protocol: 'ATA' },
    serial_number: 'S',
    ata_smart_attributes: { table: [{ id: 5, name: 'Reallocated_Sector_Ct', raw: { value: 1, string: '1' } }] },
    temperature: { current: 30 },
    wwn: { naa: 5, oui: 1, id: 1 },
    nvme_smart_health_information_log: { critical_warning: 0 },
    scsi_grown_defect_list: 0,
  }
  const odd = [null, 0, -1, 1e300, '', 'text', true, [], {}, [[]], [null]]
  for (const key of Object.keys(document)) {
    for (const value of odd) {
      const facts = readSmartctl({ ...document, [key]: value })
      if (facts)
        expect(() =>
          judge({ facts, type: typeOf(facts, null), at: new Date(), history: NO_BASELINE, presentCodes: [] }),
        ).not.toThrow()
    }
  }
})
