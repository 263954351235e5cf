import { describe, expect, test } from 'vitest'
import { type Reason, Severity } from '../reasons/reason.ts'
import { Health } from './health.ts'
import { byAttribute, reason } from './rules/rule.ts'
import type { SmartFacts } from './smart-facts.ts'
import { readSmartctl } from './smartctl.ts'
import { withUnread } from './unread-findings.ts'

const NOTHING = readSmartctl({ device: { protocol: 'ATA' }, smart_status: { passed: true } }) as SmartFacts
const facts = (more: Partial<SmartFacts>): SmartFacts => ({ ...NOTHING, ...more })
const table = (id: number, name = 'x'): Partial<SmartFacts> => ({
  attributes: [
    { id, name, value: 100, worst: 100, threshold: 0, raw: 0, packed: 0, whenFailed: null, prefailure: false },
  ],
})
const withoutThresholds = (id: number): Partial<SmartFacts> => ({
  attributes: table(id).attributes?.map((entry) => ({ ...entry, threshold: null })) ?? [],
})
/** What smartctl guesses from an attribute (7.5, endurance_used). */
const GUESSED: Partial<SmartFacts> = { percentageUsed: 3, percentageUsedGuessed: true }
const OK = { health: Health.OK, reasons: [] }
const { AT_RISK, FAILED, WARNING } = Severity
const before = (...reasons: Reason[]) => ({ reasons, lastReadAt: new Date('2026-11-01T00:00:00Z') })

describe('A finding goes only when its own source was read again', () => {
  test.each([
    [reason('PENDING_SECTORS', AT_RISK, 624), table(197), table(5)],
    [reason('REALLOCATED_SECTORS', WARNING, 3), table(5), table(197)],
    [reason('ATTRIBUTE_FAILING_NOW', FAILED, 1, 10, 'Spin_Up_Time'), table(5), { passed: true }],
    [byAttribute({ id: 231 }, reason('LIFE_LEFT_LOW', AT_RISK, 2, 5, 'SSD_Life_Left')), table(231), table(5)],
    [byAttribute({ id: 231 }, reason('LIFE_LEFT_LOW', AT_RISK, 2, 5, 'SSD_Life_Left')), { percentageUsed: 1 }, GUESSED],
    [byAttribute({ id: 232 }, reason('RESERVE_LOW', AT_RISK, 4, 10, 'Available_Reservd_Space')), table(232), table(5)],
    [byAttribute({ id: 22 }, reason('HELIUM_LOW', AT_RISK, 60, 25, 'Helium_Level')), table(22), table(5)],
    [byAttribute({ id: 3 }, reason('ATTRIBUTE_FAILING_NOW', FAILED, 1, 10, 'Spin_Up_Time')), table(3), table(5)],
    [reason('PENDING_SECTORS', AT_RISK, 8), table(197), table(197, 'Unknown_Attribute')],
    [
      byAttribute({ id: 231 }, reason('LIFE_LEFT_LOW', AT_RISK, 2, 5, 'SSD_Life_Left')),
      table(231),
      table(231, 'Unknown_SSD_Attribute'),
    ],
    [
      byAttribute({ id: 3 }, reason('ATTRIBUTE_FAILING_NOW', FAILED, 1, 10, 'Spin_Up_Time')),
      table(3, 'Unknown_Attribute'),
      withoutThresholds(3),
    ],
    [byAttribute({ id: 232 }, reason('RESERVE_LOW', AT_RISK, 4, 10, 'Spare')), table(232), withoutThresholds(232)],
    [byAttribute({ id: 22 }, reason('HELIUM_LOW', AT_RISK, 60, 25, 'Helium')), table(22), withoutThresholds(22)],
    [reason('SPARE_SECTORS_LOW', AT_RISK, 12, 10), table(5), withoutThresholds(5)],
    [reason('ATTRIBUTE_FAILING_NOW', FAILED, null, null, 'smartctl'), { exitStatus: 0 }, { exitStatus: 4 }],
    [reason('TEMPERATURE_CRITICAL', AT_RISK, 71, 60), { temperature: 30 }, table(5)],
    [reason('SELF_TEST_FAILED', AT_RISK), { selfTestLogRead: true }, table(5)],
    [reason('ENDURANCE_USED', AT_RISK, 110), { percentageUsed: 1 }, GUESSED],
    [
      reason('MEDIA_ERRORS', WARNING, 7),
      { nvme: { criticalWarning: null, availableSpare: null, spareThreshold: null, mediaErrors: 0 } },
      { nvme: { criticalWarning: 0, availableSpare: 100, spareThreshold: 10, mediaErrors: null } },
    ],
    [
      reason('UNCORRECTED_ERRORS', AT_RISK, 7),
      {
        scsi: { grownDefects: null, readUncorrected: 0, writeUncorrected: 0, verifyUncorrected: null, sense: null },
      },
      {
        scsi: { grownDefects: 0, readUncorrected: null, writeUncorrected: 0, verifyUncorrected: null, sense: null },
      },
    ],
  ])('%j', (found, read, other) => {
    expect(withUnread(OK, before(found), facts(read))).toEqual(OK)
    for (const unread of [facts(other), facts({}), null]) {
      const kept = withUnread(OK, before(found), unread)
      expect(kept.health).toBe(found.severity)
      expect(kept.reasons.map(({ code }) => code)).toEqual([found.code, 'FINDINGS_NOT_READ_AGAIN'])
    }
  })

  test('and a disk’s own assessment is read by itself', () => {
    const failed = reason('SMART_FAILED', FAILED)
    expect(withUnread(OK, before(failed), facts({ passed: true }))).toEqual(OK)
    expect(withUnread(OK, before(failed), facts({ passed: null })).health).toBe(Health.FAILED)
    // smartctl made it of the attributes that it had, for the disk did not answer.
    expect(withUnread(OK, before(failed), facts({ passed: true, passedGuessed: true })).health).toBe(Health.FAILED)
    // Through a bridge that speaks SCSI an ATA disk says less; the other way round it says more.
    const [byAta, byScsi] = ['ATA', 'SCSI'].map((protocol) => reason('SMART_FAILED', FAILED, null, null, protocol))
    const [ata, scsi] = [facts({ protocol: 'ATA', passed: true }), facts({ protocol: 'SCSI', passed: true })]
    expect(withUnread(OK, before(byAta as Reason), scsi).health).toBe(Health.FAILED)
    for (const [found, read] of [
      [byAta, ata],
      [byScsi, ata],
      [byScsi, scsi],
    ] as [Reason, SmartFacts][])
      expect(withUnread(OK, before(found), read)).toEqual(OK)
    // An exit status of 0 tells that nothing failed, and not that anything was asked.
    for (const exitStatus of [4, 0])
      expect(withUnread(OK, before(failed), facts({ passed: null, exitStatus })).health).toBe(Health.FAILED)
  })

  test('and a script’s word goes by its next word, or by the disk’s own', () => {
    const failed = before(reason('REPORTED_FAILED', FAILED))
    for (const read of [{ reportedStatus: 'ok', passed: null }, { passed: true }])
      expect(withUnread(OK, failed, facts(read))).toEqual(OK)
    expect(withUnread(OK, failed, facts({ ...table(5), passed: null })).health).toBe(Health.FAILED)
  })

  test('a milder word of another witness does not take the place of a graver one', () => {
    const graver = reason('REALLOCATED_SECTORS', AT_RISK, 40, 16, 'device statistics')
    const milder = { health: Health.WARNING, reasons: [reason('REALLOCATED_SECTORS', WARNING, 2, 1)] }
    const kept = withUnread(milder, before(graver), facts(table(5)))
    expect([kept.health, kept.reasons.map(({ value }) => value)]).toEqual([Health.AT_RISK, [40, 1]])
  })

  test('what came of reading a disk as NVMe or SCSI goes when it is read as the ATA disk that it is', () => {
    for (const code of ['MEDIA_ERRORS', 'GROWN_DEFECTS', 'NVME_SPARE_LOW'] as const)
      expect(withUnread(OK, before(reason(code, WARNING, 7)), facts(table(5)))).toEqual(OK)
  })

  test('what is found anew stands once, what was a remark is not kept, and what is unknown stays so beside it', () => {
    const now = { health: Health.AT_RISK, reasons: [reason('PENDING_SECTORS', AT_RISK, 2)] }
    expect(withUnread(now, before(reason('PENDING_SECTORS', AT_RISK, 624)), facts({}))).toEqual(now)
    expect(withUnread(OK, before(reason('POWER_ON_OLD', Severity.INFO, 60_000)), facts({}))).toEqual(OK)
    const once = withUnread(OK, before(reason('PENDING_SECTORS', AT_RISK, 5)), null)
    const again = withUnread(OK, { ...once, lastReadAt: new Date('2026-11-02T00:00:00Z') }, null)
    expect(again.reasons.map(({ code, readAt }) => [code, readAt ?? null])).toEqual([
      ['PENDING_SECTORS', '2026-11-01T00:00:00.000Z'],
      ['FINDINGS_NOT_READ_AGAIN', null],
    ])
  })
})
