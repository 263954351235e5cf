import { createHash } from 'node:crypto'
import type { InstalledPackageFacts } from '@vigie/agent/report'
import type { Row } from '../database/rows.ts'
import { CLOCK_TOLERANCE } from '../platform/clock.ts'
import type { InstalledPackage } from './installed-package.entity.ts'
import type { PackageDifference } from '../events/package-difference.ts'
import type { PackageVersion } from './package-version.entity.ts'

// What a machine has installed, from what it told, and what is another than before: nothing else decides it. Pure.

export type PackageKnown = Row<PackageVersion>
export type InstalledFacts = Omit<Row<InstalledPackage>, 'id'>

export function packageOf({ name, architecture, version, source }: InstalledPackageFacts): PackageKnown {
  const own = source ?? name
  // No text of them holds a control character.
  const id = createHash('sha256').update([name, architecture, version, own].join('\n')).digest('base64url').slice(0, 22)
  return { id, name, architecture, version, source: own }
}

/** What is told twice is there once. */
export function installedOf(
  machine: string,
  told: readonly InstalledPackageFacts[],
  known: readonly InstalledFacts[],
  at: Date,
): InstalledFacts[] {
  const before = new Map(known.map((row) => [row.package, row]))
  const rows = told.map((each): InstalledFacts => {
    const { id } = packageOf(each)
    return {
      machine,
      package: id,
      held: each.held,
      installedAt: past(each.installedAt, at),
      since: before.get(id)?.since ?? at,
    }
  })
  return [...new Map(rows.map((row) => [row.package, row])).values()]
}

/** Null where it lies ahead: a clock was wrong. */
function past(time: string | null, now: Date): Date | null {
  const date = time === null ? null : new Date(time)
  return date !== null && date.getTime() <= now.getTime() + CLOCK_TOLERANCE ? date : null
}

/** By name. Of one architecture there is one version each; where there are several, they are told one by one. */
export function differencesOf(gone: readonly PackageKnown[], come: readonly PackageKnown[]): PackageDifference[] {
  const left = new Map<string, PackageKnown[]>()
  for (const each of gone) left.set(keyOf(each), [...(left.get(keyOf(each)) ?? []), each])
  const told = come.map((each): PackageDifference => {
    const before = left.get(keyOf(each))?.pop()
    return { name: each.name, from: before?.version ?? null, to: each.version }
  })
  const removed = [...left.values()]
    .flat()
    .map(({ name, version }): PackageDifference => ({ name, from: version, to: null }))
  const all = [...told, ...removed]
  // Of two architectures the same is told once.
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()].sort(byName)
}

const keyOf = ({ name, architecture }: PackageKnown): string => `${name}:${architecture}`

const byName = (a: PackageDifference, b: PackageDifference): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
