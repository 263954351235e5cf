import { expect, test } from 'vitest'
import { type Reason, Severity } from '../reasons/reason.ts'
import { reason } from './rules/rule.ts'
import { graveNews } from './worsening.ts'

const { WARNING, AT_RISK, FAILED } = Severity
const hot = reason('TEMPERATURE_CRITICAL', AT_RISK, 61, 60)
const pending = (count: number) => reason('PENDING_SECTORS', AT_RISK, count, 1)
const degraded = (working: number) => reason('ARRAY_DEGRADED', AT_RISK, working, 4, 'md0')
const accepted = (found: Reason): Reason => ({ ...found, acceptedAt: '2026-11-01T00:00:00Z' })

test.each<[string, Reason[], Reason[], string[]]>([
  ['sectors beside heat', [hot], [hot, pending(8)], ['PENDING_SECTORS']],
  [
    'what was a mere warning before',
    [reason('REALLOCATED_SECTORS', WARNING, 3)],
    [reason('REALLOCATED_SECTORS', AT_RISK, 20)],
    ['REALLOCATED_SECTORS'],
  ],
  ['one failure beside another', [pending(8)], [pending(8), reason('SMART_FAILED', FAILED)], ['SMART_FAILED']],
  ['an array that lost one more', [degraded(3)], [degraded(2)], ['ARRAY_DEGRADED']],
])('Is news: %s', (_, before, after, codes) => {
  expect(graveNews(before, after).map(({ code }) => code)).toEqual(codes)
})

test.each<[string, Reason[], Reason[]]>([
  ['more of the same', [pending(8)], [pending(5000)]],
  [
    'the same by its growth',
    [reason('REALLOCATED_SECTORS', AT_RISK, 20)],
    [reason('REALLOCATED_GROWING', AT_RISK, 20, 4)],
  ],
  ['the same by another log', [pending(8)], [reason('PENDING_DEFECTS', AT_RISK, 8, 1)]],
  ['heat', [pending(8)], [pending(8), hot]],
  ['a warning', [pending(8)], [pending(8), reason('SPIN_RETRIES', WARNING, 1)]],
  ['what somebody accepted', [pending(8)], [pending(8), accepted(reason('SPIN_RETRIES', AT_RISK, 1))]],
  ['an array that got one back', [degraded(2)], [degraded(3)]],
  ['nothing', [pending(8)], []],
])('Is no news: %s', (_, before, after) => {
  expect(graveNews(before, after)).toEqual([])
})
