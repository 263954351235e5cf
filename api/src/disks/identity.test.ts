import { describe, expect, test } from 'vitest'
import { evidenceOf, identify, sameModel, serialKey, wwnKey } from './identity.ts'

test.each([
  ['  wd-wcc 4e1 ', 'WD-WCC 4E1'],
  ['a/b', 'A/B'],
  ['UNKNOWN', null],
  ['inconnu', null],
  ['0123456789', null],
  ['0000000000', null],
  ['FFFFFFFF', null],
  ['XXXXXXXXXXXX', null],
  ['', null],
  [null, null],
])('the serial %j is compared as %j', (serial, key) => {
  expect(serialKey(serial)).toBe(key)
})

test.each([
  ['0x5000cca37fca81a8', '5000cca37fca81a8'],
  ['naa.5000cca37fca81a8', '5000cca37fca81a8'],
  ['eui.0025385791b4f537', 'eui.0025385791b4f537'],
  ['0x0000000000000000', null],
  ['eui.0000000000000000', null],
])('the WWN %j is compared as %j', (wwn, key) => {
  expect(wwnKey(wwn)).toBe(key)
})

test.each([
  ['ATA WDC_WD40EFRX-68N', 'WDC WD40EFRX-68N32N0', true],
  ['ST4000DM004', null, true],
  ['ST4000DM004', 'ST8000DM004', false],
])('the models %j and %j are the same: %s', (one, other, same) => {
  expect(sameModel(one, other)).toBe(same)
})

describe('A disk is recognised', () => {
  const disk = { id: '1', serialKey: 'S1', model: 'M', wwn: '5000cca37fca81a8' }
  const of = (evidence: object) =>
    identify(evidenceOf({ serial: null, kernelSerial: null, model: null, wwn: null, aliases: [], ...evidence }), [disk])
      ?.id ?? null
  test.each([
    ['by serial and model', { serial: 's1', model: 'M' }, '1'],
    ['by serial where one model is unknown', { serial: 'S1' }, '1'],
    [
      'by serial although another enclosure shows another WWN',
      { serial: 'S1', model: 'M', wwn: '5000cca000000001' },
      '1',
    ],
    ['not where the model contradicts', { serial: 'S1', model: 'OTHER' }, null],
    ['by WWN where no serial was read', { wwn: '0x5000CCA37FCA81A8' }, '1'],
    ['not by WWN where the serial contradicts: batches share one', { serial: 'S2', wwn: '5000cca37fca81a8' }, null],
    ['not by nothing', {}, null],
  ])('%s', (_, evidence, expected) => {
    expect(of(evidence)).toBe(expected)
  })
})
