import { createHash } from 'node:crypto'
import type { InstalledPackageFacts } from '@vigie/agent/report'
import type { Row } from '../database/rows.ts'
import { isFuture } from '../platform/clock.ts'
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
  return date !== null && !isFuture(date, now) ? date : null
}

/**
 * By name. What has another version is told as such: first of the same architecture, then of any, for a package may be built
 * for another one from then on. What is the same but for what it was built from is no difference.
 */
export function differencesOf(gone: readonly PackageKnown[], come: readonly PackageKnown[]): PackageDifference[] {
  const byKey = paired(gone, come, keyOf)
  const byName = paired(byKey.gone, byKey.come, ({ name }) => name)
  const all = [
    ...[...byKey.pairs, ...byName.pairs].map(([from, to]) => ({ name: to.name, from: from.version, to: to.version })),
    ...byName.come.map(({ name, version }) => ({ name, from: null, to: version })),
    ...byName.gone.map(({ name, version }) => ({ name, from: version, to: null })),
  ].filter(({ from, to }) => from !== to)
  // Of two architectures the same is told once.
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()].sort(inOrder)
}

interface Paired {
  pairs: [from: PackageKnown, to: PackageKnown][]
  gone: PackageKnown[]
  come: PackageKnown[]
}

/** Those of one key belong together, one by one; what has no partner is left over. */
function paired(
  gone: readonly PackageKnown[],
  come: readonly PackageKnown[],
  key: (each: PackageKnown) => string,
): Paired {
  const left = Map.groupBy(gone, key)
  const result: Paired = { pairs: [], gone: [], come: [] }
  for (const each of come) {
    const before = left.get(key(each))?.pop()
    if (before) result.pairs.push([before, each])
    else result.come.push(each)
  }
  result.gone = [...left.values()].flat()
  return result
}

const keyOf = ({ name, architecture }: PackageKnown): string => `${name}:${architecture}`

const inOrder = (a: PackageDifference, b: PackageDifference): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
