import { type AptFacts, KeptBack, PackageChange } from '@vigie/agent/report'
import { expect, test } from 'vitest'
import { DAY } from '../platform/clock.ts'
import { packagesAfter, unknownState, withReboot, withUpdates } from './derive-state.ts'
import { snapshotsToForget } from './keep-snapshots.ts'
import { areListsStale, FRESH_FOR, standingOf, UpdateStanding } from './standing.ts'

const NOW = new Date('2026-11-30T12:00:00Z')
const later = (days: number): Date => new Date(NOW.getTime() + days * DAY)

type Change = NonNullable<AptFacts['changes']>[number]
const change = (name: string, more: Partial<Change> = {}): Change => ({
  name,
  architecture: 'amd64',
  change: PackageChange.UPGRADE,
  kept: null,
  installed: '1.0',
  candidate: '1.1',
  security: false,
  origins: [],
  ...more,
})
const SECURITY = {
  origin: 'Debian',
  label: 'Debian-Security',
  archive: 'stable-security',
  codename: 'trixie-security',
  madeAt: NOW.toISOString(),
  validUntil: null,
  storedAt: NOW.toISOString(),
}
const facts = (changes: Change[] | null, more: Partial<AptFacts> = {}): AptFacts => ({
  changes,
  problem: null,
  planHash: 'plan',
  downloadBytes: 1000,
  refreshedAt: NOW.toISOString(),
  sources: [SECURITY],
  busy: null,
  interrupted: false,
  broken: [],
  proxy: null,
  ...more,
})
const stateOf = (told: AptFacts, at = NOW) => withUpdates(unknownState('M'), told, packagesAfter([], 'M', told, at), at)

test('Each package counts once, where it belongs; what is kept back counts as security, too', () => {
  const told = facts([
    change('plain'),
    change('secure', { security: true }),
    change('outside', { security: null }),
    change('new', { change: PackageChange.INSTALL, installed: null, security: true }),
    change('old', { change: PackageChange.REMOVE, candidate: null }),
    change('back', { change: PackageChange.DOWNGRADE }),
    change('held', { change: PackageChange.KEEP, kept: KeptBack.HELD, security: true }),
    change('phased', { change: PackageChange.KEEP, kept: KeptBack.PHASED }),
    change('needs', { change: PackageChange.KEEP, kept: KeptBack.DEPENDENCY, security: null }),
  ])
  expect(stateOf(told)).toMatchObject({
    installable: 3,
    security: 2,
    securityUnknown: 2,
    added: 1,
    removed: 1,
    downgraded: 1,
    held: 1,
    phased: 1,
    keptForDependency: 1,
    securitySince: NOW,
  })
})

test('Where no plan could be made nothing is counted, not even as zero, and the packages stay as they were known', () => {
  const before = packagesAfter([], 'M', facts([change('plain')]), NOW)
  const told = facts(null, { problem: 'Unmet dependencies', planHash: null, downloadBytes: null })
  expect(packagesAfter(before ?? [], 'M', told, later(1))).toBeNull()
  expect(withUpdates(stateOf(facts([change('plain')])), told, null, later(1))).toMatchObject({
    updatesProblem: 'Unmet dependencies',
    installable: null,
    security: null,
    planHash: null,
    updatesAt: later(1),
  })
})

test('What waits stays known while no plan can be made: a broken apt ends no alarm', () => {
  const waiting = stateOf(facts([change('openssl', { security: true })]))
  const broken = facts(null, { problem: 'Unmet dependencies', planHash: null, downloadBytes: null })
  expect(withUpdates(waiting, broken, null, later(3)).securitySince).toEqual(NOW)
})

test('Without the list of a security archive nobody can tell what waits, and nothing known is not none', () => {
  expect(stateOf(facts([change('plain')], { sources: [] }))).toMatchObject({ security: null, securityListAt: null })
  expect(stateOf(facts([change('plain')]))).toMatchObject({ security: 0, securityListAt: NOW })
  expect(stateOf(facts([change('plain', { security: true })], { sources: [] }))).toMatchObject({ security: 1 })
})

test('Lists of a day to come are of a clock that was wrong: their age is not known', () => {
  const told = facts([], {
    refreshedAt: later(400).toISOString(),
    sources: [{ ...SECURITY, madeAt: later(400).toISOString() }],
  })
  expect(stateOf(told)).toMatchObject({ listsRefreshedAt: null, securityListAt: null })
})

test('Since when a package waits stays, whichever version is the newest; since when it mends a hole is told apart', () => {
  const first = packagesAfter([], 'M', facts([change('openssl')]), NOW) ?? []
  const second =
    packagesAfter(first, 'M', facts([change('openssl', { candidate: '1.2', security: true })]), later(1)) ?? []
  const third = packagesAfter(second, 'M', facts([change('openssl', { candidate: '1.3', security: true })]), later(2))
  expect(third).toMatchObject([{ candidate: '1.3', since: NOW, securitySince: later(1) }])
  const gone = packagesAfter(third ?? [], 'M', facts([]), later(3)) ?? []
  expect(gone).toEqual([])
  expect(packagesAfter(gone, 'M', facts([change('openssl')]), later(4))).toMatchObject([{ since: later(4) }])
})

test('That nobody can tell for once ends no wait', () => {
  const first = packagesAfter([], 'M', facts([change('openssl', { security: true })]), NOW) ?? []
  const unsure = packagesAfter(first, 'M', facts([change('openssl', { security: null })]), later(1)) ?? []
  const again = packagesAfter(unsure, 'M', facts([change('openssl', { security: true })]), later(2))
  expect(again).toMatchObject([{ securitySince: NOW }])
})

test('A package of two architectures is two; one that is told twice is one', () => {
  const told = facts([change('libc6'), change('libc6', { architecture: 'i386' }), change('libc6')])
  expect(packagesAfter([], 'M', told, NOW)).toHaveLength(2)
})

const ASKED = { code: 'ASKED' as never, detail: 'libc6', since: later(-3).toISOString() }
const reboot = (reasons: (typeof ASKED)[]) => ({
  reasons,
  kernelChecked: true,
  runningKernel: '6.1.0',
  bootedAt: later(-100).toISOString(),
})

test.each([
  ['as its file says', ASKED, later(-3)],
  ['since it was told, where the file says a day to come', { ...ASKED, since: later(5).toISOString() }, NOW],
  ['since it was told, where nothing says', { ...ASKED, since: null as never }, NOW],
])('A restart is due %s, and that day stays', (_what, reason, since) => {
  const first = withReboot(unknownState('M'), reboot([reason]), NOW)
  expect(first.rebootSince).toEqual(since)
  expect(withReboot(first, reboot([{ ...ASKED, since: later(1).toISOString() }]), later(2)).rebootSince).toEqual(since)
  expect(withReboot(first, reboot([]), later(2)).rebootSince).toBeNull()
})

test('Nothing of a kernel that was never looked at is known, whatever was known of it before', () => {
  const fine = withReboot(unknownState('M'), reboot([]), NOW)
  expect(withReboot(fine, { ...reboot([]), kernelChecked: false }, later(1)).kernelChecked).toBe(false)
})

test('A restart ends the wait: what asks for another one waits since then', () => {
  const due = withReboot(unknownState('M'), reboot([{ ...ASKED, since: later(-20).toISOString() }]), NOW)
  const again = { ...reboot([{ ...ASKED, since: later(1).toISOString() }]), bootedAt: later(0.5).toISOString() }
  expect(withReboot(due, again, later(2)).rebootSince).toEqual(later(1))
})

test('A kernel that could not be looked at this time still waits, until the machine is started anew', () => {
  const kernel = { code: 'KERNEL_NEWER' as never, detail: '6.1.0-31-amd64', since: later(-5).toISOString() }
  const due = withReboot(unknownState('M'), reboot([kernel]), NOW)
  const blind = withReboot(due, { ...reboot([]), kernelChecked: false }, later(1))
  expect(blind).toMatchObject({ rebootReasons: [kernel], rebootSince: later(-5), kernelChecked: true })
  // What asks for it twice is told once, and a start that is not told is the one that was.
  const twice = { ...reboot([kernel]), kernelChecked: false, bootedAt: null }
  expect(withReboot(blind, twice, later(1))).toMatchObject({ rebootReasons: [kernel], bootedAt: later(-100) })
  const started = { ...reboot([]), kernelChecked: false, bootedAt: later(0.5).toISOString() }
  expect(withReboot(due, started, later(1))).toMatchObject({
    rebootReasons: [],
    rebootSince: null,
    kernelChecked: false,
  })
})

const CURRENT = { updatesAt: NOW, installable: 0, security: 0, listsRefreshedAt: NOW, securityListAt: NOW }

test.each([
  ['not told', {}, UpdateStanding.UNKNOWN],
  ['that changes packages just now', { ...CURRENT, busy: 'apt (1)', interrupted: true }, UpdateStanding.CURRENT],
  ['without a list of a security archive', { ...CURRENT, security: null, securityListAt: null }, UpdateStanding.STALE],
  ['whose security list stands still', { ...CURRENT, securityListAt: later(-8) }, UpdateStanding.STALE],
  ['without a plan', { updatesAt: NOW, updatesProblem: 'E: broken' }, UpdateStanding.BROKEN],
  ['interrupted', { updatesAt: NOW, installable: 0, security: 0, interrupted: true }, UpdateStanding.BROKEN],
  [
    'half installed',
    { updatesAt: NOW, installable: 0, security: 0, broken: [{ name: 'x', state: 'unpacked' as const }] },
    UpdateStanding.BROKEN,
  ],
  ['with security updates', { updatesAt: NOW, installable: 5, security: 1 }, UpdateStanding.SECURITY],
  ['with security updates kept back', { updatesAt: NOW, installable: 0, security: 1 }, UpdateStanding.SECURITY],
  ['with others', { updatesAt: NOW, installable: 1, security: 0 }, UpdateStanding.PENDING],
  ['with none, lists fresh', CURRENT, UpdateStanding.CURRENT],
  ['with none, age of lists unknown', { updatesAt: NOW, installable: 0, security: 0 }, UpdateStanding.STALE],
  [
    'with none, lists on the last day',
    { ...CURRENT, listsRefreshedAt: new Date(NOW.getTime() - FRESH_FOR) },
    UpdateStanding.CURRENT,
  ],
  [
    'with none, lists a moment too old',
    { ...CURRENT, listsRefreshedAt: new Date(NOW.getTime() - FRESH_FOR - 1) },
    UpdateStanding.STALE,
  ],
  ['with none, a list past its day', { ...CURRENT, listsValidUntil: later(-1) }, UpdateStanding.STALE],
])('A machine %s stands as %s', (_what, more, standing) => {
  expect(standingOf({ ...unknownState('M'), ...more }, NOW)).toBe(standing)
})

test('Whether lists are too old is not known where nothing tells their age', () => {
  expect(areListsStale(unknownState('M'), NOW)).toBeNull()
})

test('Of snapshots the newest 20 stay, and the first of each day for 90 days', () => {
  const at = (hoursAgo: number) => ({
    id: `h${hoursAgo}`,
    collectedAt: new Date(Date.parse('2026-11-30T23:30:00Z') - hoursAgo * 3_600_000),
  })
  const all = Array.from({ length: 24 * 400 }, (_, hour) => at(hour))
  const gone = new Set(snapshotsToForget('apt', all, new Date('2026-11-30T23:30:00Z')))
  const kept = all.filter(({ id }) => !gone.has(id))
  expect(kept.slice(0, 20)).toEqual(all.slice(0, 20))
  // 20 of today, then the first of each day: of today too, and of the 89 whole days that are not 90 days old.
  expect(kept).toHaveLength(20 + 90)
  expect(kept.slice(20).every(({ collectedAt }) => collectedAt.getUTCHours() === 0)).toBe(true)
})
