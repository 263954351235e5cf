import { expect, test } from 'vitest'
import { place, type Stay } from './placement.ts'

const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minute))
const stay = (machineId: string, since: number, lastSeen: number, until: number | null = null): Stay => ({
  id: `${machineId}${since}`,
  machineId,
  since: at(since),
  lastSeenAt: at(lastSeen),
  until: until === null ? null : at(until),
})
const here = [stay('A', 0, 10)]
const moved = [stay('A', 0, 10, 10), stay('B', 20, 30)]
const rivals = [stay('A', 0, 10, 10), stay('B', 20, 30), stay('A', 35, 35)]

test.each<[string, Stay[], number, string, number, { missing?: boolean; silent?: string[] }, string]>([
  ['seen where it is', here, 10, 'A', 11, {}, 'STAYS'],
  ['seen at the same instant where it is', here, 10, 'A', 10, {}, 'STAYS'],
  ['told of late', here, 10, 'A', 9, {}, 'LATE'],
  ['told of late by another machine', here, 10, 'B', 9, {}, 'LATE'],
  ['first seen elsewhere', here, 10, 'B', 11, {}, 'MOVED'],
  ['first seen elsewhere at the same instant', here, 10, 'B', 10, {}, 'MOVED'],
  ['seen again by its former machine', moved, 30, 'A', 31, {}, 'CONFLICT'],
  ['seen again by its former machine, missing in the present one', moved, 30, 'A', 31, { missing: true }, 'MOVED'],
  ['seen again by its former machine, the present one silent', moved, 30, 'A', 31, { silent: ['B'] }, 'MOVED'],
  ['seen by one of two rivals', rivals, 35, 'B', 36, {}, 'STAYS'],
  ['first seen in a third machine during a conflict', rivals, 35, 'C', 36, {}, 'MOVED'],
])('A disk %s', (_, stays, newest, machineId, minute, { missing = false, silent = [] }, kind) => {
  expect(
    place(stays, at(newest), { machineId, at: at(minute) }, { missing, silent: (id) => silent.includes(id) }).kind,
  ).toBe(kind)
})

test('The conflict lasts while both report, and ends with the silent one', () => {
  const decide = (silent: boolean) =>
    place(rivals, at(35), { machineId: 'A', at: at(36) }, { missing: false, silent: () => silent })
  expect(decide(false)).toMatchObject({ kind: 'STAYS', conflict: true, ended: [] })
  expect(decide(true)).toMatchObject({ kind: 'STAYS', conflict: false, ended: [{ machineId: 'B' }] })
})
