import { PlannedStep } from '@vigie/agent/actions'
import { expect, test } from 'vitest'
import { type InstalledNow, planResults } from './plan-results.ts'

const change = (step: PlannedStep, from: string | null, to: string | null, subject = 'openssl') => ({
  step,
  subject,
  from,
  to,
  security: null,
})
const { INSTALL, UPGRADE, DOWNGRADE, REMOVE, CONFIGURE } = PlannedStep
const now = (...versions: string[]): InstalledNow =>
  new Map([
    ['openssl', versions.map((version, at) => ({ version, architecture: ['amd64', 'i386'][at] ?? 'all' }))],
    ['bash', [{ version: '5', architecture: 'amd64' }]],
  ])

test.each<[string, ReturnType<typeof change>, InstalledNow | null, string, string | null]>([
  ['is there as it was to be', change(UPGRADE, '1.0', '1.1'), now('1.1'), 'DONE', '1.1'],
  ['is there for both architectures', change(UPGRADE, '1.0', '1.1'), now('1.1', '1.1'), 'DONE', '1.1'],
  ['is there for one of two', change(UPGRADE, '1.0', '1.1'), now('1.1', '1.0'), 'NOT_DONE', '1.1, 1.0'],
  [
    'is there for the one that was meant',
    change(UPGRADE, '1.0', '1.1', 'openssl:amd64'),
    now('1.1', '1.0'),
    'DONE',
    '1.1',
  ],
  ['is what it was', change(UPGRADE, '1.0', '1.1'), now('1.0'), 'NOT_DONE', '1.0'],
  ['is newer still', change(UPGRADE, '1.0', '1.1'), now('1.2'), 'OTHERWISE', '1.2'],
  ['came', change(INSTALL, null, '1.1'), now('1.1'), 'DONE', '1.1'],
  ['did not come', change(INSTALL, null, '1.1'), new Map(), 'NOT_DONE', null],
  ['went back', change(DOWNGRADE, '1.1', '1.0'), now('1.0'), 'DONE', '1.0'],
  ['went', change(REMOVE, '1.0', null), new Map(), 'DONE', null],
  ['is there still', change(REMOVE, '1.0', null), now('1.0'), 'NOT_DONE', '1.0'],
  ['was brought to its end', change(CONFIGURE, null, null), now('1.0'), 'UNKNOWN', null],
  ['is told by no list', change(UPGRADE, '1.0', '1.1'), null, 'UNKNOWN', null],
])('Of a plan what %s is told as that', (_, planned, installed, outcome, version) => {
  expect(planResults({ changes: [planned] }, installed)).toEqual([{ ...planned, outcome, installed: version }])
})
