import { describe, expect, test } from 'vitest'
import { DAY, HOUR } from '../platform/clock.ts'
import { FLEET } from './fleet.ts'
import { eraOf, happenings } from './happenings.ts'
import { JOBS } from './jobs.ts'
import { baysOf } from './stories.ts'

const firstDay = new Date('2026-11-30T12:00:00Z')
const day = (count: number): Date => new Date(firstDay.getTime() + count * DAY)
const era = eraOf(firstDay)

const told = (from: Date, to: Date): string[] =>
  happenings({ from, to, every: HOUR }, era).map((happening) => {
    const of =
      happening.kind === 'report'
        ? happening.machine.hostname
        : happening.kind === 'look'
          ? ''
          : `${happening.job.agentId} ${happening.job.databaseName}`
    return `${happening.at.toISOString()} ${happening.kind} ${of}`
  })

describe('The demo', () => {
  test('has forty machines, three hundred disks of as many serials, and sixty backups', () => {
    const disks = FLEET.flatMap((machine) => machine.disks)
    expect([FLEET.length, disks.length, new Set(disks.map(({ serial }) => serial)).size]).toEqual([40, 300, 300])
    expect(new Set(JOBS.map(({ agentId, databaseName }) => `${agentId} ${databaseName}`)).size).toBe(60)
  })

  test.each([-90, -30, 0, 30])('has each disk in one machine at most, %i days from its first', (at) => {
    const present = FLEET.flatMap((machine) => baysOf(machine, at)).filter((disk) => disk !== null)
    expect(new Set(present).size).toBe(present.length)
  })

  test('lets the same happen, whether its time passes at once or in parts, and nothing twice', () => {
    const whole = told(day(-4), day(1))
    expect(whole.length).toBeGreaterThan(3000)
    expect(new Set(whole).size).toBe(whole.length)
    const cuts = [day(-4), day(-3.7), day(-3.7 + 1 / 86_400), day(-1), day(-0.9), day(1)]
    expect(cuts.slice(1).flatMap((to, index) => told(cuts[index] as Date, to))).toEqual(whole)
  })

  test('lets backups come from its first day on, and declares none of them again', () => {
    const all = happenings({ from: firstDay, to: day(2), every: HOUR }, eraOf(firstDay))
    const kinds = Map.groupBy(all, ({ kind }) => kind)
    expect(kinds.get('backup')?.length).toBeGreaterThan(100)
    expect(kinds.has('declare')).toBe(false)
  })

  test('declares each backup once, before it comes for the first time', () => {
    const all = happenings({ from: era.begun, to: day(1), every: 30 * DAY }, era)
    const declared = all.flatMap((happening) => (happening.kind === 'declare' ? [happening.job] : []))
    expect(declared).toHaveLength(JOBS.length)
    const known = new Set<object>()
    for (const happening of all) {
      if (happening.kind === 'declare') known.add(happening.job)
      if (happening.kind === 'backup') expect(known.has(happening.job)).toBe(true)
    }
  })
})
