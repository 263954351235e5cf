import { expect, test } from 'vitest'
import { type Reason, Severity } from '../reasons/reason.ts'
import { curveOf, type ReasonCurve } from './reason-curve.ts'
import { byAttribute, reason } from './rules/rule.ts'
import { STATISTICS } from './rules/surface.ts'

const { AT_RISK, FAILED, WARNING } = Severity
const raw = (attribute: string, limit: number | null = null): ReasonCurve => ({ attribute, isNormalised: false, limit })

test.each<[Reason, ReasonCurve | null]>([
  [reason('PENDING_SECTORS', AT_RISK, 8, 1), raw('197')],
  [reason('REALLOCATED_GROWING', AT_RISK, 44, 8), raw('5')],
  [reason('REALLOCATED_GROWING', AT_RISK, 44, 8, STATISTICS), raw('statistics_reallocated')],
  [reason('TEMPERATURE_CRITICAL', AT_RISK, 71, 60), raw('temperature', 60)],
  [reason('ENDURANCE_USED', AT_RISK, 110, 100), raw('percentage_used', 100)],
  [
    byAttribute({ id: 10 }, reason('ATTRIBUTE_FAILING_NOW', FAILED, 2, 10, 'Spin_Retry_Count')),
    { attribute: '10', isNormalised: true, limit: 10 },
  ],
  [
    byAttribute({ id: 232 }, reason('RESERVE_FALLING', WARNING, 80, 95, 'Available_Reservd_Space')),
    { attribute: '232', isNormalised: true, limit: null },
  ],
  [reason('ATTRIBUTE_FAILING_NOW', FAILED, null, null, 'smartctl'), null],
  [reason('SMART_FAILED', FAILED), null],
  [reason('SELF_TEST_FAILED', AT_RISK), null],
])('%j has its curve', (found, curve) => {
  expect(curveOf(found)).toEqual(curve)
})
