import type { InstalledRowFragment } from '../gql/graphql.ts'

/** A package in one version, and who has it. */
export interface PackageGroup {
  key: string
  name: string
  version: string
  source: string
  architectures: string[]
  installed: InstalledRowFragment[]
}

/** Of rows in the order of name and version: one line for each of both, whatever it was built for. */
export function groupsOf(rows: readonly InstalledRowFragment[]): PackageGroup[] {
  const groups = new Map<string, PackageGroup>()
  for (const row of rows) {
    const key = JSON.stringify([row.name, row.version])
    const { name, version, source } = row
    const group = groups.get(key) ?? { key, name, version, source, architectures: [], installed: [] }
    groups.set(key, group)
    if (!group.architectures.includes(row.architecture)) group.architectures.push(row.architecture)
    group.installed.push(row)
  }
  return [...groups.values()]
}
