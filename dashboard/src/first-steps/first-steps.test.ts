import { describe, expect, test } from 'vitest'
import type { FirstStepsQuery } from '../gql/graphql.ts'
import { countDone, nextStep, stepsDone } from './first-steps.ts'

const NOTHING = {
  machines: { nodes: [] },
  places: { nodes: [] },
  expectedJobs: { nodes: [] },
  backupEntries: { nodes: [] },
  alerting: { mailOff: null, lastSentAt: null },
} as unknown as FirstStepsQuery
const reported = (seconds: number): object => ({
  machines: {
    nodes: [
      {
        firstSeenAt: '2026-11-30T12:00:00Z',
        lastReceivedAt: new Date(Date.UTC(2026, 10, 30, 12, 0, seconds)).toISOString(),
      },
    ],
  },
})
const known = (more: object): FirstStepsQuery => ({ ...NOTHING, ...more })

describe('The first steps', () => {
  test('of an empty Vigie begin with a machine', () => {
    const done = stepsDone(NOTHING)
    expect([nextStep(done), countDone(done)]).toEqual(['machine', 0])
  })

  test.each([
    [0, 'service'],
    [59, 'service'],
    [60, 'job'],
  ])('a report %i seconds after the first: what comes next is the %s', (seconds, next) => {
    expect(nextStep(stepsDone(known(reported(seconds))))).toBe(next)
  })

  test.each([
    ['job', { expectedJobs: { nodes: [{}] } }],
    ['file', { backupEntries: { nodes: [{ proof: 'ARRIVED' }, { proof: 'INTACT' }] } }],
    ['told', { alerting: { lastSentAt: '2026-11-30T12:00:00Z' } }],
  ])('the %s is done by what was seen of it, whatever is not done before', (step, more) => {
    expect(stepsDone(known(more))).toEqual({
      machine: false,
      service: false,
      job: false,
      file: false,
      told: false,
      [step]: true,
    })
  })

  test.each(['ARRIVED', 'SAID'])('a file of which no more is known than %s is not proven', (proof) => {
    expect(stepsDone(known({ backupEntries: { nodes: [{ proof }] } })).file).toBe(false)
  })

  test('a second machine, which has only just reported, takes no step back', () => {
    const first = (reported(600) as { machines: { nodes: object[] } }).machines.nodes
    const second = (reported(0) as { machines: { nodes: object[] } }).machines.nodes
    expect(stepsDone(known({ machines: { nodes: [...second, ...first] } })).service).toBe(true)
  })

  test('mail that is only switched on tells nobody yet', () => {
    expect(stepsDone(NOTHING).told).toBe(false)
  })

  test('end when all are done', () => {
    const done = stepsDone(
      known({
        ...reported(600),
        expectedJobs: { nodes: [{}] },
        backupEntries: { nodes: [{ proof: 'INTACT' }] },
        alerting: { lastSentAt: '2026-11-30T12:00:00Z' },
      }),
    )
    expect([nextStep(done), countDone(done)]).toEqual([null, 5])
  })
})
