import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { findTool, type Run } from '../platform/command.ts'
import type { InstalledPackageFacts, PackagesFacts } from '../report/packages.ts'
import { holderOfLock, type InstalledPackage, readInstalled } from '../updates/dpkg.ts'

/** More than any system has: what is beyond is cut, so that the rest is told. */
const LONGEST = 255
/** Files that are asked for at a time. */
const AT_ONCE = 64

export interface PackagesOptions {
  run: Run
  /** Where dpkg keeps what belongs to each package. */
  infoDir?: string
}

/** What is installed on this machine. Null = dpkg does not run it. */
export async function collectPackages({
  run,
  infoDir = '/var/lib/dpkg/info',
}: PackagesOptions): Promise<PackagesFacts | null> {
  // dpkg may be there as a tool on a system that it does not run.
  if (!findTool('dpkg-query') || !existsSync(join(infoDir, '..', 'status'))) return null
  const busy = await holderOfLock()
  const installed = await readInstalled(run)
  if (installed === null) throw new Error('dpkg-query failed: nobody knows what is installed')
  // It prints nothing and ends well where its status file is empty: that is no system without packages.
  if (installed.length === 0) throw new Error('dpkg knows of no package: its status file may be lost')
  const packages: InstalledPackageFacts[] = []
  for (let from = 0; from < installed.length; from += AT_ONCE)
    packages.push(...(await Promise.all(installed.slice(from, from + AT_ONCE).map((each) => packageOf(each, infoDir)))))
  return { packages, busy: busy ?? (await holderOfLock()) }
}

const packageOf = async (each: InstalledPackage, infoDir: string): Promise<InstalledPackageFacts> => ({
  name: each.name.slice(0, LONGEST),
  architecture: each.architecture.slice(0, LONGEST),
  version: each.version.slice(0, LONGEST),
  source: each.source === '' || each.source === each.name ? null : each.source.slice(0, LONGEST),
  held: each.isHeld,
  installedAt: await installedAt(each, infoDir),
})

/**
 * dpkg writes the list of a package's files when it unpacks it, and keeps no other date. Those that may be installed for
 * several architectures have theirs in the name.
 */
async function installedAt({ name, architecture }: InstalledPackage, infoDir: string): Promise<string | null> {
  for (const file of [`${name}.list`, `${name}:${architecture}.list`]) {
    const found = await stat(join(infoDir, file)).catch(() => null)
    if (found) return found.mtime.toISOString()
  }
  return null
}
