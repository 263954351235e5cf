import {
  type AptFacts,
  type HardwareFacts,
  isSecurityArchive,
  KeptBack,
  PackageChange,
  type RebootFacts,
  RebootReason,
} from '@vigie/agent/report'
import type { Row } from '../database/rows.ts'
import { CLOCK_TOLERANCE } from '../platform/clock.ts'
import type { MachinePackage } from './machine-package.entity.ts'
import type { MachineState } from './machine-state.entity.ts'

// How a machine is, from what it told: nothing else decides it, so that all of it can be derived again from the snapshots.

export type PackageFacts = Omit<Row<MachinePackage>, 'id'>
export type StateFacts = Omit<Row<MachineState>, 'id'>

export const unknownState = (machine: string): StateFacts => ({
  machine,
  updatesAt: null,
  updatesProblem: null,
  ...NO_COUNTS,
  securitySince: null,
  securityListAt: null,
  listsRefreshedAt: null,
  listsValidUntil: null,
  busy: null,
  interrupted: null,
  broken: null,
  aptProxyMode: null,
  aptProxyUrl: null,
  installedPackages: null,
  packagesAt: null,
  packagesProblem: null,
  rebootAt: null,
  rebootReasons: null,
  rebootSince: null,
  kernelChecked: null,
  runningKernel: null,
  bootedAt: null,
  hardware: null,
  hardwareAt: null,
  loadHighSince: null,
  memoryHighSince: null,
  loadThreshold: null,
  memoryThreshold: null,
  troubleSince: null,
  troubleToldAt: null,
  securityToldAt: null,
  rebootToldAt: null,
})

/** Where there is no plan, nothing is counted: not even as zero. */
const NO_COUNTS = {
  installable: null,
  security: null,
  securityUnknown: null,
  added: null,
  removed: null,
  downgraded: null,
  held: null,
  phased: null,
  keptForDependency: null,
  pinned: null,
  downloadBytes: null,
  planHash: null,
}

/**
 * The packages with something to do, after those that were before: since when that is so stays, whichever version is the
 * newest meanwhile. Null = no plan was told, so that what was known stays.
 */
export function packagesAfter(
  before: readonly PackageFacts[],
  machine: string,
  { changes }: AptFacts,
  at: Date,
): PackageFacts[] | null {
  if (changes === null) return null
  const known = new Map(before.map((row) => [keyOf(row), row]))
  const rows = changes.map(({ origins, architecture, ...told }): PackageFacts => {
    const row = { machine, architecture: architecture ?? '', ...told }
    const last = known.get(keyOf(row))
    return {
      ...row,
      source: sourceOf(origins),
      since: last?.since ?? at,
      // Not known is neither: a list that is missing for once ends no wait.
      securitySince: told.security === false ? null : (last?.securitySince ?? (told.security ? at : null)),
    }
  })
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()]
}

export const keyOf = ({ name, architecture }: Pick<PackageFacts, 'name' | 'architecture'>): string =>
  `${name} ${architecture}`

/** In the words of its Release file. */
function sourceOf([first]: NonNullable<AptFacts['changes']>[number]['origins']): string | null {
  if (!first) return null
  return [first.label ?? first.origin, first.archive ?? first.codename].filter(Boolean).join(' ').slice(0, 255) || null
}

/** What a report told of updates. `packages` = what packagesAfter made of it. */
export function withUpdates(
  state: StateFacts,
  facts: AptFacts,
  packages: readonly PackageFacts[] | null,
  at: Date,
): StateFacts {
  const { problem, downloadBytes, planHash, refreshedAt, sources, busy, interrupted, broken, proxy } = facts
  const security = sources.filter(isSecurityArchive)
  const hasSecurity = security.length > 0
  const isTrouble = packages === null || isHalfDone({ interrupted, broken })
  return {
    ...state,
    updatesAt: at,
    updatesProblem: problem,
    troubleSince: isTrouble ? (state.troubleSince ?? at) : null,
    // Where there is no plan, what waited before still does, for all that is known.
    ...(packages ? { ...countsOf(packages, hasSecurity), downloadBytes, planHash } : NO_COUNTS),
    // What is to come was not.
    listsRefreshedAt: past(dateOf(refreshedAt), at),
    securityListAt: past(latest(security.map(({ madeAt }) => dateOf(madeAt))), at),
    listsValidUntil: earliest(sources.map(({ validUntil }) => dateOf(validUntil))),
    busy,
    interrupted,
    broken,
    // Not told is no other way.
    ...(proxy && { aptProxyMode: proxy.mode, aptProxyUrl: proxy.url }),
  }
}

function countsOf(packages: readonly PackageFacts[], hasSecurity: boolean) {
  const count = (is: (row: PackageFacts) => boolean): number => packages.filter(is).length
  // What is removed or comes beside the others mends nothing by itself.
  const newer = packages.filter(({ change }) => change === PackageChange.UPGRADE || change === PackageChange.KEEP)
  return {
    installable: count(({ change }) => change === PackageChange.UPGRADE),
    // Without the list of a security archive nobody can tell, and none is no answer.
    security: newer.filter(({ security }) => security === true).length || (hasSecurity ? 0 : null),
    securityUnknown: newer.filter(({ security }) => security === null).length,
    added: count(({ change }) => change === PackageChange.INSTALL),
    removed: count(({ change }) => change === PackageChange.REMOVE),
    downgraded: count(({ change }) => change === PackageChange.DOWNGRADE),
    held: count(({ kept }) => kept === KeptBack.HELD),
    phased: count(({ kept }) => kept === KeptBack.PHASED),
    keptForDependency: count(({ kept }) => kept === KeptBack.DEPENDENCY),
    pinned: count(({ kept }) => kept === KeptBack.PINNED),
    securitySince: earliest(newer.map(({ securitySince }) => securitySince)),
  }
}

/** Its package manager could not be asked: what it told before stands, and is as old as it is. */
export const withoutUpdates = (state: StateFacts, problem: string, at: Date): StateFacts => ({
  ...state,
  updatesProblem: problem,
  troubleSince: state.troubleSince ?? at,
})

/** It says what it said before: that it could not be asked meanwhile is over. */
export const withUpdatesAgain = (state: StateFacts): StateFacts => ({
  ...state,
  updatesProblem: null,
  troubleSince: isHalfDone(state) ? state.troubleSince : null,
})

export const isHalfDone = ({ interrupted, broken }: Pick<StateFacts, 'interrupted' | 'broken'>): boolean =>
  interrupted === true || (broken?.length ?? 0) > 0

/** What a report told of restarting. */
export function withReboot(state: StateFacts, facts: RebootFacts, at: Date): StateFacts {
  const { kernelChecked, runningKernel, bootedAt } = facts
  // Where it is not told this time, nothing says that it was started anew.
  const started = dateOf(bootedAt) ?? state.bootedAt
  const isSame = isSameStart(started, state.bootedAt)
  // A kernel that could not be looked at this time, in the same run of the machine, still waits if it did.
  const held = !kernelChecked && isSame ? (state.rebootReasons ?? []).filter(isOfKernel) : []
  const reasons = [...new Map([...held, ...facts.reasons].map((each) => [each.code, each])).values()]
  // A file may be of a time that has not come, or be written again; since when it is known stays, in one run.
  const told = earliest(reasons.map(({ since }) => dateOf(since)))
  const since = earliest([isSame ? state.rebootSince : null, told !== null && told < at ? told : at])
  return {
    ...state,
    rebootAt: at,
    rebootReasons: reasons,
    rebootSince: reasons.length > 0 ? since : null,
    kernelChecked: kernelChecked || held.length > 0,
    runningKernel,
    bootedAt: started,
  }
}

const isOfKernel = ({ code }: RebootFacts['reasons'][number]): boolean => code !== RebootReason.ASKED

/** The kernel reckons it from its clock, which is set meanwhile: seconds are no restart. */
const isSameStart = (a: Date | null, b: Date | null): boolean =>
  a === null || b === null || Math.abs(a.getTime() - b.getTime()) < CLOCK_TOLERANCE

/** What a report told of what it is made of. */
export const withHardware = (state: StateFacts, hardware: HardwareFacts, at: Date): StateFacts => ({
  ...state,
  hardware,
  hardwareAt: at,
})

/** Null where it lies ahead: a clock was wrong. */
const past = (date: Date | null, now: Date): Date | null =>
  date !== null && date.getTime() <= now.getTime() + CLOCK_TOLERANCE ? date : null

const dateOf = (time: string | null): Date | null => (time === null ? null : new Date(time))

const earliest = (dates: readonly (Date | null)[]): Date | null =>
  dates.reduce((first, date) => (date !== null && (first === null || date < first) ? date : first), null)

const latest = (dates: readonly (Date | null)[]): Date | null =>
  dates.reduce((last, date) => (date !== null && (last === null || date > last) ? date : last), null)
