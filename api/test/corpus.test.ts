import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../src/config.ts'
import { judge, typeOf } from '../src/disks/judge.ts'
import { readSmartctl } from '../src/disks/smartctl.ts'
import { fileSystemsOf } from '../src/storage/file-systems.ts'
import { readLsblk } from '../src/storage/lsblk.ts'
import { emptyGraph } from '../src/storage/storage-graph.ts'

const CORPUS = resolve(ROOT, '../shared/fixtures')
const files = (folder: string): string[] => (existsSync(CORPUS) ? readdirSync(resolve(CORPUS, folder)) : [])
const read = (path: string): unknown => JSON.parse(readFileSync(resolve(CORPUS, path), 'utf8'))

/** What a careful human says of each (disks.md §3.2); everything else in the corpus is sound. */
const EXPECTED: Record<string, string> = {
  'ata-hdd-failed-exit216-usbjmicron.json': 'FAILED',
  'nvme-critical-warning-16-exit8.json': 'FAILED',
  'ata-hdd-pending-1640-passed-exit192.json': 'AT_RISK',
  'ata-hdd-reallocated-304-st3500418as.json': 'AT_RISK',
  'megaraid-1-reallocated-387-exit4.json': 'AT_RISK',
  'scsi-sas-grown-defects-260.json': 'AT_RISK',
  'scsi-sas-grown-defects-56-old-format.json': 'AT_RISK',
  'nvme-media-errors-7.json': 'WARNING',
  'own-sleep-nocheck-exit2.json': 'UNKNOWN',
  'ata-no-smart-status-zero-wwn.json': 'UNKNOWN',
  'usb-enclosure-jmb39x-info-exit4.json': 'UNKNOWN',
  'own-virtio-unable-to-detect-exit1.json': 'UNSUPPORTED',
  'usb-unknown-bridge-exit1.json': 'UNSUPPORTED',
  'vm-qemu-harddisk-exit4.json': 'UNSUPPORTED',
  'vm-vbox-no-smart-exit4.json': 'UNSUPPORTED',
}

describe.skipIf(!existsSync(CORPUS))('The corpus of real outputs', () => {
  test('holds documents of many kinds of disks', () => {
    expect(files('smartctl').length).toBeGreaterThan(20)
  })
  test.each(files('smartctl').filter((file) => !file.includes('scan')))('smartctl: %s is judged rightly', (file) => {
    const facts = readSmartctl(read(`smartctl/${file}`))
    if (!facts) throw new Error('not read')
    const { health } = judge({ facts, type: typeOf(facts, null), before: null, beforeWeek: null, presentCodes: [] })
    expect(health).toBe(EXPECTED[file] ?? 'OK')
  })
  test.each(files('lsblk').filter((file) => !file.includes('expected')))('lsblk: %s shows what lies where', (file) => {
    const devices = readLsblk(read(`lsblk/${file}`))
    expect(fileSystemsOf({ ...emptyGraph(), devices })).toBeInstanceOf(Array)
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
          judge({ facts, type: typeOf(facts, null), before: null, beforeWeek: null, presentCodes: [] }),
        ).not.toThrow()
    }
  }
})
