import { Action, type ActionPlan, ExecutionStatus, PlannedStep } from '@vigie/agent/actions'
import { PackageChange } from '@vigie/agent/report'
import { describe, expect, test } from 'vitest'
import { judgeProof } from './proof-gate.ts'
import { type Seen, verify } from './verify.ts'

const at = (minutes: number): Date => new Date(Date.UTC(2026, 10, 30, 12, minutes))
const ended = (action: Action, status = ExecutionStatus.SUCCEEDED) => ({
  action,
  status,
  startedAt: at(-5),
  endedAt: at(0),
  bootId: 'before',
})
const change = (step: PlannedStep, to: string | null) => ({ step, subject: 'openssl', from: '1.0', to, security: null })
const plan = (...changes: ActionPlan['changes']): ActionPlan => ({
  effect: null,
  policyHash: 'a'.repeat(64),
  changes,
  downloadBytes: null,
})
const STATE = {
  updatesAt: at(2),
  installable: 0,
  busy: null,
  listsRefreshedAt: at(-4),
  broken: [],
  interrupted: false,
}
const seen = (state: Partial<NonNullable<Seen['state']>> = {}, more: Partial<Seen> = {}): Seen => ({
  since: at(1),
  bootId: 'before',
  state: { ...STATE, ...state },
  packages: [],
  ...more,
})
const row = (installed: string | null, change: PackageChange = PackageChange.UPGRADE) => ({
  name: 'openssl',
  architecture: 'amd64',
  change,
  installed,
})
const UPGRADED = plan(change(PlannedStep.UPGRADE, '1.1'))
const REMOVED = plan(change(PlannedStep.REMOVE, null))
const { FAILED } = ExecutionStatus

describe('What a report says of an action that ended', () => {
  test.each<[string, string, ReturnType<typeof ended>, ActionPlan | null, Seen]>([
    ['none was made after it', 'PENDING', ended(Action.APT_APPLY), UPGRADED, seen({}, { since: null })],
    ['apt was asked before it', 'PENDING', ended(Action.APT_APPLY), UPGRADED, seen({ updatesAt: at(0) })],
    ['apt was not asked', 'PENDING', ended(Action.APT_APPLY), UPGRADED, seen({ updatesAt: null })],
    ['somebody was at it', 'PENDING', ended(Action.APT_APPLY), UPGRADED, seen({ busy: 'apt (1)' })],
    ['no plan could be made', 'PENDING', ended(Action.APT_APPLY), UPGRADED, seen({ installable: null })],
    ['nothing waits any more', 'CONFIRMED', ended(Action.APT_APPLY), UPGRADED, seen()],
    ['nothing waits, and it failed', 'INCONCLUSIVE', ended(Action.APT_APPLY, FAILED), UPGRADED, seen()],
    [
      'it waits still, and somebody stopped it',
      'INCONCLUSIVE',
      ended(Action.APT_APPLY, ExecutionStatus.CANCELLED),
      UPGRADED,
      seen({}, { packages: [row('1.0')] }),
    ],
    ['it waits still', 'CONTRADICTED', ended(Action.APT_APPLY), UPGRADED, seen({}, { packages: [row('1.0')] })],
    ['something newer waits', 'CONFIRMED', ended(Action.APT_APPLY), UPGRADED, seen({}, { packages: [row('1.1')] })],
    [
      'what was to go would still go',
      'CONTRADICTED',
      ended(Action.APT_APPLY),
      REMOVED,
      seen({}, { packages: [row('1.0', PackageChange.REMOVE)] }),
    ],
    ['what was to go is gone', 'CONFIRMED', ended(Action.APT_APPLY), REMOVED, seen()],
    ['its lists are newer', 'CONFIRMED', ended(Action.APT_REFRESH), null, seen()],
    ['its lists are as old', 'INCONCLUSIVE', ended(Action.APT_REFRESH), null, seen({ listsRefreshedAt: at(-6) })],
    ['nothing is half installed', 'CONFIRMED', ended(Action.APT_REPAIR), null, seen()],
    [
      'a package is half installed',
      'CONTRADICTED',
      ended(Action.APT_REPAIR),
      null,
      seen({ broken: [{ name: 'openssl', state: 'unpacked' }] }),
    ],
    ['dpkg is interrupted', 'CONTRADICTED', ended(Action.APT_REPAIR), null, seen({ interrupted: true })],
    ['nobody knows whether it is', 'PENDING', ended(Action.APT_REPAIR), null, seen({ interrupted: null })],
    ['it is another start', 'CONFIRMED', ended(Action.REBOOT), null, seen({}, { bootId: 'after' })],
    ['it is the same start', 'CONTRADICTED', ended(Action.REBOOT), null, seen()],
    ['the same start, and none was made since', 'PENDING', ended(Action.REBOOT), null, seen({}, { since: null })],
    ['no start was told', 'PENDING', ended(Action.REBOOT), null, seen({}, { bootId: null })],
    ['it tells of no services', 'INCONCLUSIVE', ended(Action.SERVICE_RESTART), null, seen()],
    ['it tells of no scripts', 'INCONCLUSIVE', ended(Action.HOOK_RUN), null, seen()],
  ])('%s: %s', (_what, expected, execution, its, what) =>
    expect(verify(execution, its, what, at(30)).verification).toBe(expected),
  )

  test('is awaited for a day, and not for ever', () => {
    const nothing = seen({}, { since: null, state: null })
    expect(verify(ended(Action.APT_APPLY), UPGRADED, nothing, at(24 * 60)).verification).toBe('PENDING')
    expect(verify(ended(Action.APT_APPLY), UPGRADED, nothing, at(24 * 60 + 1)).verification).toBe('INCONCLUSIVE')
  })
})

describe('What lies on a machine is proven', () => {
  test.each<[string, Parameters<typeof judgeProof>[0], { jobs: number; proven: number; oldest: Date | null }]>([
    ['by nothing where no job protects it', [], { jobs: 0, proven: 0, oldest: null }],
    ['not by a job without a proven backup', [null], { jobs: 1, proven: 0, oldest: null }],
    ['until the next backup must be here', [{ at: at(-9), freshUntil: at(1) }], { jobs: 1, proven: 1, oldest: at(-9) }],
    ['and not from then on', [{ at: at(-9), freshUntil: at(0) }], { jobs: 1, proven: 0, oldest: null }],
    ['for good where no next is due', [{ at: at(-9), freshUntil: null }], { jobs: 1, proven: 1, oldest: at(-9) }],
    [
      'as of the oldest of those that are fresh',
      [{ at: at(-5), freshUntil: null }, { at: at(-9), freshUntil: null }, { at: at(-99), freshUntil: at(-1) }, null],
      { jobs: 4, proven: 2, oldest: at(-9) },
    ],
  ])('%s', (_what, newest, expected) => expect(judgeProof(newest, at(0))).toEqual(expected))
})
