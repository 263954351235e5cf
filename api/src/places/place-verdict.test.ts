import { expect, test } from 'vitest'
import { Health } from '../disks/health.ts'
import { Elsewhere, judgePlace, type PathCopy, type PlaceFacts } from './place-verdict.ts'

const now = new Date('2026-11-29T12:00:00Z')
const ago = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000)
const copy = (hours: number | null, freshFor = 26): PathCopy => ({
  path: '/home',
  provenAt: hours === null ? null : ago(hours),
  freshUntil: hours === null ? null : ago(hours - freshFor),
})
const { OK, FAILED, AT_RISK, WARNING, UNKNOWN, UNSUPPORTED } = Health
const on = (...healths: Health[]) => healths.map((health) => ({ health, missingSince: null }))
const MISSING = { health: Health.UNKNOWN, missingSince: ago(1) }
const place = (more: Partial<PlaceFacts> = {}): PlaceFacts => ({
  disks: on(OK),
  mayFail: 0,
  copies: [copy(5)],
  elsewhere: Elsewhere.OTHER_MACHINE,
  whole: true,
  vaultIsSound: true,
  mayShareHost: false,
  isThere: true,
  isUnneeded: false,
  isOnFailedArray: false,
  ...more,
})

test.each<[string, Partial<PlaceFacts>, string, string[]]>([
  ['a sound disk and a fresh copy', {}, 'SAFE', []],
  ['a disk to watch and a fresh copy', { disks: on(WARNING) }, 'SAFE', []],
  ['a fresh copy on another disk of the machine', { elsewhere: Elsewhere.OTHER_DISK }, 'SAFE', []],
  ['a failing disk and a fresh copy', { disks: on(FAILED) }, 'COVERED', []],
  ['one failing disk of a mirror and a fresh copy', { disks: on(FAILED, OK), mayFail: 1 }, 'COVERED', []],
  ['a failing disk and no job', { disks: on(FAILED), copies: [] }, 'LOST', []],
  ['a disk at risk and no job', { disks: on(AT_RISK), copies: [] }, 'LOST', []],
  [
    'a failing disk and no backup that was ever proven',
    { disks: on(FAILED), copies: [copy(null)] },
    'LOST',
    ['NEVER_PROVEN'],
  ],
  [
    'a failing disk on which the vault lies, too',
    { disks: on(FAILED), elsewhere: Elsewhere.SAME_DISK },
    'LOST',
    ['COPY_ON_SAME_DISK'],
  ],
  ['a failing disk and a vault that may be on it', { disks: on(FAILED), elsewhere: null }, 'LOST', ['VAULT_UNKNOWN']],
  ['one failing disk of a mirror and no job', { disks: on(FAILED, OK), mayFail: 1, copies: [] }, 'NONE', []],
  ['both failing disks of a mirror and no job', { disks: on(FAILED, AT_RISK), mayFail: 1, copies: [] }, 'LOST', []],
  [
    'one failing disk of two whose redundancy is not told',
    { disks: on(FAILED, OK), mayFail: null, copies: [] },
    'LOST',
    ['REDUNDANCY_UNKNOWN'],
  ],
  ['a missing disk and no job', { disks: [MISSING], copies: [] }, 'LOST', []],
  ['a missing disk and a fresh copy', { disks: [MISSING] }, 'COVERED', []],
  ['a copy of a folder in it alone', { whole: false }, 'PARTLY', []],
  ['a vault that cannot be read', { vaultIsSound: false }, 'UNKNOWN', ['VAULT_IN_TROUBLE']],
  [
    'a failing disk and a vault that cannot be read',
    { disks: on(FAILED), vaultIsSound: false },
    'LOST',
    ['VAULT_IN_TROUBLE'],
  ],
  ['a machine that is virtual', { mayShareHost: true }, 'SAFE', ['HOST_UNKNOWN']],
  ['what is not mounted just now', { isThere: false }, 'UNKNOWN', ['NOT_THERE']],
  ['what is not mounted just now and has no job', { isThere: false, copies: [] }, 'NONE', ['NOT_THERE']],
  ['a failing disk and a copy of a folder alone', { disks: on(FAILED), whole: false }, 'LOSES', []],
  ['a failing disk and a stale copy', { disks: on(FAILED), copies: [copy(50)] }, 'LOSES', []],
  [
    'a failed array of sound disks and no job',
    { isOnFailedArray: true, mayFail: 1, disks: on(OK, OK), copies: [] },
    'LOST',
    [],
  ],
  [
    'a failed array of sound disks and a fresh copy',
    { isOnFailedArray: true, mayFail: 1, disks: on(OK, OK) },
    'COVERED',
    [],
  ],
  ['a sound disk and a stale copy', { copies: [copy(50)] }, 'STALE', []],
  ['a copy that becomes stale at this very moment', { copies: [copy(26)] }, 'SAFE', []],
  ['one path fresh and another stale', { copies: [copy(5), copy(50)] }, 'STALE', []],
  ['one path proven and another never', { copies: [copy(5), copy(null)] }, 'UNKNOWN', ['NEVER_PROVEN']],
  ['a sound disk and no job', { copies: [] }, 'NONE', []],
  ['no job, and somebody who said that none is needed', { copies: [], isUnneeded: true }, 'UNNEEDED', []],
  [
    'a failing disk, and somebody who said that no copy is needed',
    { disks: on(FAILED), copies: [], isUnneeded: true },
    'UNNEEDED',
    [],
  ],
  ['a job, though somebody said that none is needed', { copies: [copy(50)], isUnneeded: true }, 'STALE', []],
  ['a sound disk and the vault on it', { elsewhere: Elsewhere.SAME_DISK }, 'NONE', ['COPY_ON_SAME_DISK']],
  ['a sound disk and a vault that may be on it', { elsewhere: null }, 'UNKNOWN', ['VAULT_UNKNOWN']],
  ['a virtual disk and a fresh copy', { disks: on(UNSUPPORTED) }, 'SAFE', ['DISKS_UNKNOWN']],
  ['a disk that was not read and no job', { disks: on(UNKNOWN), copies: [] }, 'NONE', ['DISKS_UNKNOWN']],
  ['disks that nobody told of and a fresh copy', { disks: on() }, 'SAFE', ['DISKS_UNKNOWN']],
  ['a job that never comes again, and what it proved', { copies: [{ ...copy(500), freshUntil: null }] }, 'SAFE', []],
])('%s: %#', (_, more, verdict, doubts) => {
  expect(judgePlace(place(more), now)).toMatchObject({ verdict, doubts })
})

test('All of its paths have what the oldest of their copies has', () => {
  expect(judgePlace(place({ copies: [copy(5), copy(20)] }), now).provenAt).toEqual(ago(20))
  expect(judgePlace(place({ copies: [copy(5), copy(null)] }), now).provenAt).toBeNull()
})

test('What may still fail is what the failing disks leave; not known stays not known', () => {
  expect(judgePlace(place({ disks: on(OK, OK, OK, OK), mayFail: 2 }), now).mayStillFail).toBe(2)
  expect(judgePlace(place({ disks: on(FAILED, OK, OK, OK), mayFail: 2 }), now).mayStillFail).toBe(1)
  expect(judgePlace(place({ disks: on(FAILED) }), now).mayStillFail).toBe(0)
  expect(judgePlace(place({ disks: on(OK, OK), mayFail: null }), now).mayStillFail).toBeNull()
})
