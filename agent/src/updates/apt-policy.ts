import { isSecurityArchive } from '../report/security-archive.ts'
import type { AptOrigin } from '../report/updates.ts'

/** One version of a package, from the newest to the oldest. */
export interface PolicyVersion {
  version: string
  isInstalled: boolean
  /** What its owner prefers it by (apt_preferences(5)). */
  priority: number
  /** Whether its distribution gives it to some machines first. */
  isPhased: boolean
  /** Where it may be had from, as `apt-cache policy` writes it: `http://… bookworm/main amd64 Packages`. */
  sources: string[]
}

export interface PackagePolicy {
  installed: string | null
  candidate: string | null
  versions: PolicyVersion[]
}

/** What is longer is cut: no archive calls itself so. */
const LONGEST = 255

/** `apt-cache policy NAME …`, in the C locale (apt-cache(8)): by the names that were asked. */
export function readPolicies(stdout: string): Map<string, PackagePolicy> {
  const found = new Map<string, PackagePolicy>()
  let current: PackagePolicy | null = null
  for (const line of stdout.split('\n')) {
    const name = /^(\S{1,255}):$/.exec(line)?.[1]
    if (name) found.set(name, (current = { installed: null, candidate: null, versions: [] }))
    else if (current) readLine(line.slice(0, 4096), current)
  }
  return found
}

function readLine(line: string, policy: PackagePolicy): void {
  const [, field, value] = /^ {2}(Installed|Candidate): (\S+)/.exec(line) ?? []
  if (field && value) {
    const version = value === '(none)' ? null : value.slice(0, LONGEST)
    if (field === 'Installed') policy.installed = version
    else policy.candidate = version
    return
  }
  // " *** 1.0 500 (phased 0%)", "     2.0 500"; below it "        500 http://… noble/main amd64 Packages".
  const [, mark, version, priority] = /^ (\*\*\*| {3}) (\S+) (-?\d{1,9})(?: |$)/.exec(line) ?? []
  if (mark && version)
    policy.versions.push({
      version: version.slice(0, LONGEST),
      isInstalled: mark === '***',
      priority: Number(priority),
      isPhased: /\(phased \d+%\)/.test(line),
      sources: [],
    })
  else {
    const source = /^ {7,}-?\d+ (\S.*)$/.exec(line)?.[1]
    if (source) policy.versions[policy.versions.length - 1]?.sources.push(source)
  }
}

/** `apt-cache policy` without names: the packages that pins name (`name -> version with priority 1001`). */
export function readPinned(stdout: string): Set<string> {
  const [, text = ''] = stdout.split('\nPinned packages:\n')
  return new Set(text.split('\n').flatMap((line) => /^ {1,8}(\S{1,255}) -> /.exec(line)?.[1] ?? []))
}

/** The priority of a release that its owner prefers (APT::Default-Release); what is above was said of this package. */
const PREFERRED_RELEASE = 990

/** Something newer than what is installed, that would not come by itself, and why. */
export interface Newer {
  version: string
  reason: 'candidate' | 'phased' | 'pinned'
}

/**
 * The candidate; what is phased, which apt before 2.6 ranks below what is installed without another word; or what a pin keeps
 * away that names it (`isNamed`). Of releases that only may be chosen (backports) nothing waits. Null = there is nothing newer.
 */
export function newerThanInstalled({ candidate, versions }: PackagePolicy, isNamed: boolean): Newer | null {
  const at = versions.findIndex(({ isInstalled }) => isInstalled)
  const newer = versions.slice(0, Math.max(at, 0))
  const chosen = newer.find(({ version }) => version === candidate)
  if (chosen) return { version: chosen.version, reason: chosen.isPhased ? 'phased' : 'candidate' }
  const phased = newer.find(({ isPhased }) => isPhased)
  if (phased) return { version: phased.version, reason: 'phased' }
  // A pin of a whole release is no word about each package in it.
  if (!isNamed) return null
  const isPinned = (versions[at]?.priority ?? 0) > PREFERRED_RELEASE
  const pinned = newer.find(({ priority }) => priority < 0 || (isPinned && priority >= 500))
  return pinned ? { version: pinned.version, reason: 'pinned' } : null
}

const NO_ORIGIN: AptOrigin = { origin: null, label: null, archive: null, codename: null, site: null }

/** `apt-cache policy` without names: what the Release file behind each source says. */
export function readOrigins(stdout: string): Map<string, AptOrigin> {
  const origins = new Map<string, AptOrigin>()
  let source: string | null = null
  for (const line of stdout.split('\n')) {
    if (line.startsWith('Pinned packages:')) break
    const next = /^ {0,8}-?\d+ (\S.*)$/.exec(line.slice(0, 4096))?.[1]
    if (next) origins.set((source = next), NO_ORIGIN)
    const release = source !== null && /^ +release (.+)$/.exec(line.slice(0, 4096))?.[1]
    if (source !== null && release) origins.set(source, { ...originOf(release), site: siteOf(source) })
  }
  return origins
}

/** `v=12,o=Debian,a=oldstable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64`; a label may hold a comma. */
function originOf(release: string): AptOrigin {
  const fields = new Map<string, string>()
  for (const part of release.split(/,(?=[a-z]=)/)) fields.set(part.slice(0, 1), part.slice(2))
  const word = (key: string): string | null => fields.get(key)?.slice(0, LONGEST) || null
  return { origin: word('o'), label: word('l'), archive: word('a'), codename: word('n'), site: null }
}

/** The host alone: an address may hold a password. */
function siteOf(source: string): string | null {
  return /^[a-z+]+:\/\/(?:[^/@\s]*@)?([^/\s:]+)/i.exec(source)?.[1]?.slice(0, LONGEST) ?? null
}

/**
 * Whether going to the candidate brings a security update: its own archive, or that of a version between it and the
 * installed one, behind which it hides. Null = those who publish it have no archive for security here, so that nobody can tell.
 */
export function bringsSecurity(policy: PackagePolicy, origins: ReadonlyMap<string, AptOrigin>): boolean | null {
  const steps = stepsTo(policy)
  const from = steps.flatMap(({ sources }) => sources.flatMap((source) => origins.get(source) ?? []))
  if (from.some(isSecurityArchive)) return true
  const watched = new Set([...origins.values()].filter(isSecurityArchive).map(({ origin }) => origin))
  return from.length > 0 && from.every(({ origin }) => origin !== null && watched.has(origin)) ? false : null
}

/** The candidate, and what lies between it and the installed version. */
function stepsTo({ candidate, versions }: PackagePolicy): PolicyVersion[] {
  const first = versions.findIndex(({ version }) => version === candidate)
  const last = versions.findIndex(({ isInstalled }) => isInstalled)
  if (first < 0) return []
  return versions.slice(first, last > first ? last : first + 1)
}

/** Where the candidate comes from. */
export const originsOf = (
  { candidate, versions }: PackagePolicy,
  origins: ReadonlyMap<string, AptOrigin>,
): AptOrigin[] => {
  const sources = versions.find(({ version }) => version === candidate)?.sources ?? []
  return sources.flatMap((source) => origins.get(source) ?? []).slice(0, 50)
}
