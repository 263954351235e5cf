import { createHash } from 'node:crypto'
import { PackageChange } from '../report/package-change.ts'
import { PLAN_LINE, type PlannedPackage } from './apt-hook.ts'

/** One package that the plan changes. */
export interface Planned {
  /** As apt is asked for it: with its architecture where that is not the system's own. */
  key: string
  name: string
  architecture: string | null
  change: PackageChange
  installed: string | null
  candidate: string | null
}

const CHANGES = new Map([
  ['install', PackageChange.INSTALL],
  ['upgrade', PackageChange.UPGRADE],
  ['downgrade', PackageChange.DOWNGRADE],
  ['deinstall', PackageChange.REMOVE],
  ['purge', PackageChange.REMOVE],
])

/** What `apt-get -s dist-upgrade` printed: by its hook where that was asked, else by the lines for humans. */
export const readPlan = (stdout: string, native: string): Planned[] =>
  readHookLine(stdout, native) ?? readLines(stdout, native)

/** `name`, or `name:arch` where it is not the system's own: so apt calls a package. */
export const keyOf = (name: string, architecture: string | null, native: string): string =>
  architecture === null || architecture === native || architecture === 'all' ? name : `${name}:${architecture}`

/** Null = the hook was not asked, or printed nothing that can be read. */
function readHookLine(stdout: string, native: string): Planned[] | null {
  // It is asked several times, with ever the same plan.
  const line = stdout.split('\n').find((each) => each.startsWith(PLAN_LINE))
  if (line === undefined) return null
  let packages: PlannedPackage[]
  try {
    packages = JSON.parse(line.slice(PLAN_LINE.length)) as PlannedPackage[]
  } catch {
    return null
  }
  return packages.flatMap(({ name, architecture, mode, installed, candidate }) => {
    // Of "all" the hook says the system's own architecture.
    const change = CHANGES.get(mode)
    // Protocol 0.1 knows no upgrade: a package that is there is installed over itself.
    const isUpgrade = change === PackageChange.INSTALL && installed !== null
    if (!change) return []
    return {
      key: keyOf(name, architecture, native),
      name,
      architecture,
      change: isUpgrade ? PackageChange.UPGRADE : change,
      installed,
      candidate: change === PackageChange.REMOVE ? null : candidate,
    }
  })
}

/**
 * `Inst name [installed] (candidate Label:version/archive, … [arch]) [what is broken by then]`, `Remv name [installed]`,
 * `Purg name [installed]` (apt-get(8), --simulate). A name bears its architecture where that is a foreign one.
 */
const INSTALL = /^Inst (\S{1,255})(?: \[([^\]]{0,255})\])? \((\S{1,255}) .*\[([^\]\s]{1,64})\]\)/
const REMOVE = /^(?:Remv|Purg) (\S{1,255})(?: \[([^\]]{0,255})\])?/

function readLines(stdout: string, native: string): Planned[] {
  const downgraded = new Set(blockOf(stdout, 'The following packages will be DOWNGRADED:'))
  return stdout.split('\n').flatMap((line) => {
    const text = line.slice(0, 8192)
    const [, gone, had] = REMOVE.exec(text) ?? []
    if (gone) return { ...named(gone, native), installed: had ?? null, change: PackageChange.REMOVE, candidate: null }
    if (!text.startsWith('Inst ')) return []
    const [, called, installed, candidate, architecture] = INSTALL.exec(text) ?? []
    if (!called || !candidate) throw new Error(`apt says "${text.slice(0, 100)}", which cannot be read`)
    const upgrade = downgraded.has(called) ? PackageChange.DOWNGRADE : PackageChange.UPGRADE
    return {
      ...named(called, native, architecture),
      installed: installed ?? null,
      change: installed === undefined ? PackageChange.INSTALL : upgrade,
      candidate,
    }
  })
}

/** A name bears its architecture where that is a foreign one; "all" is the system's own. */
function named(called: string, native: string, printed = native): Pick<Planned, 'key' | 'name' | 'architecture'> {
  const [name = called, foreign] = called.split(':')
  const architecture = foreign ?? (printed === 'all' ? native : printed)
  return { key: keyOf(name, architecture, native), name, architecture }
}

/** The names below a heading of apt-get: lines that begin with two spaces. */
function blockOf(stdout: string, heading: string): string[] {
  const lines = stdout.split('\n')
  const from = lines.indexOf(heading)
  if (from < 0) return []
  const end = lines.findIndex((line, at) => at > from && !line.startsWith('  '))
  return lines
    .slice(from + 1, end < 0 ? undefined : end)
    .join(' ')
    .split(/\s+/)
    .filter(Boolean)
}

/** The same for the same plan, whichever way it was read. */
export function planHash(plan: readonly Planned[]): string {
  const lines = plan.map(({ key, change, installed, candidate }) => JSON.stringify([key, change, installed, candidate]))
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}
