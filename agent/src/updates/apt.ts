import { HOOK_OPTION } from './apt-hook.ts'
import { keyOf, planHash, type Planned, readPlan } from './apt-plan.ts'
import {
  bringsSecurity,
  newerThanInstalled,
  originsOf,
  type PackagePolicy,
  readOrigins,
  readPinned,
  readPolicies,
} from './apt-policy.ts'
import { readAptProxy } from './apt-proxy.ts'
import { readLists } from './apt-lists.ts'
import { holderOfLock, type InstalledPackage, readInstalled, wasInterrupted } from './dpkg.ts'
import { findTool, type Run } from '../platform/command.ts'
import { KeptBack, PackageChange } from '../report/package-change.ts'
import type { AptChange, AptFacts, AptOrigin } from '../report/updates.ts'

/** Looking changes nothing: no lock is taken, and the caches that root would write (2 × 37 MB) are left alone. */
export const LOOK_ONLY = [
  '-o',
  'Debug::NoLocking=true',
  '-o',
  'Dir::Cache::pkgcache=',
  '-o',
  'Dir::Cache::srcpkgcache=',
]
const TIMEOUT = { timeoutMs: 120_000 }
/** Names of packages in one command line, and then the next. */
const AT_ONCE = 2000

export interface AptOptions {
  run: Run
  /** Node and this agent's own file: what apt starts as its hook. Null = the plan is read from its lines for humans. */
  hook: { node: string; agent: string } | null
}

/** What apt would change on this machine, without changing anything or refreshing its lists. Null = there is no apt. */
export async function collectApt({ run, hook }: AptOptions): Promise<AptFacts | null> {
  if (!findTool('apt-get') || !findTool('dpkg-query')) return null
  const busy = await holderOfLock()
  const installed = await readInstalled(run)
  if (installed === null) throw new Error('dpkg-query failed: nobody knows what is installed')
  const native = (await run('dpkg', ['--print-architecture'])).stdout.trim()
  if (native === '') throw new Error('dpkg does not tell its architecture')
  const { plan, problem } = await simulate(run, { hook, native })
  return {
    changes: plan && (await describeAll(run, plan, { installed, native })),
    problem,
    planHash: plan && planHash(plan),
    downloadBytes: plan && (await downloadSize(run)),
    ...(await readLists()),
    busy: busy ?? (await holderOfLock()),
    interrupted: await wasInterrupted(),
    broken: installed.flatMap(({ name, broken }) => (broken ? { name: name.slice(0, 255), state: broken } : [])),
    proxy: await readAptProxy(run),
  }
}

/** dist-upgrade, for upgrade leaves out what needs a new package: kernels, most of all. */
async function simulate(
  run: Run,
  { hook, native }: Pick<AptOptions, 'hook'> & { native: string },
): Promise<{ plan: Planned[] | null; problem: string | null }> {
  const env: Record<string, string> = hook ? { VIGIE_HOOK_NODE: hook.node, VIGIE_HOOK_AGENT: hook.agent } : {}
  const args = ['-s', ...LOOK_ONLY, ...(hook ? ['-o', HOOK_OPTION] : []), 'dist-upgrade']
  const asked = run('apt-get', args, { ...TIMEOUT, env })
  // A hook that fails makes apt fail, one that hangs makes it hang: what apt says without is the truth.
  if (hook) {
    const told = await asked.catch(() => null)
    if (told?.status !== 0) return simulate(run, { hook: null, native })
  }
  const { stdout, stderr, status } = await asked
  const said = stderr.split('\n')
  // What it cannot read it leaves out, and ends as if all were well: others than root may not read every source.
  const unread = said.find((line) => line.startsWith('W: Unable to read '))
  if (status === 0 && !unread) return { plan: readPlan(stdout, native), problem: null }
  const why = unread ?? said.find((line) => line.startsWith('E: ')) ?? `apt-get ended with ${status}`
  return { plan: null, problem: why.replace(/^[EW]: /, '').slice(0, 512) }
}

interface System {
  installed: readonly InstalledPackage[]
  native: string
}

/** The plan, and what it keeps back, each with where it comes from and why. */
async function describeAll(run: Run, plan: readonly Planned[], { installed, native }: System): Promise<AptChange[]> {
  const sources = await askCache(run, ['policy'])
  const origins = readOrigins(sources)
  const pinned = readPinned(sources)
  const planned = new Set(plan.map(({ key }) => key))
  const others = installed.flatMap((each) => {
    const key = keyOf(each.name, each.architecture, native)
    return planned.has(key) ? [] : { key, ...each }
  })
  const policies = await readAllPolicies(run, [...planned, ...others.map(({ key }) => key)])
  // Of an architecture that was taken off the system apt knows nothing any more.
  const unknown = others.find(({ key, name }) => key === name && !policies.has(key))
  if (unknown) throw new Error(`apt-cache tells nothing of ${unknown.name}`)
  // The hook calls "all" by the system's own architecture: what dpkg calls it stays the same, whatever becomes of it.
  const architectures = new Map(
    installed.map((each) => [keyOf(each.name, each.architecture, native), each.architecture]),
  )
  return [
    ...plan.map((each) => ({
      ...describe(each, policies.get(each.key), origins),
      architecture: architectures.get(each.key) ?? each.architecture,
    })),
    ...others.flatMap((each) => describeKept(each, policies.get(each.key), { origins, isNamed: pinned.has(each.key) })),
  ]
}

/** Nothing can be told where it fails: its output would be taken for "none". */
async function askCache(run: Run, args: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await run('apt-cache', [...LOOK_ONLY, ...args], TIMEOUT)
  if (status !== 0) throw new Error(`apt-cache ended with ${status}: ${stderr.split('\n')[0]?.slice(0, 200) ?? ''}`)
  return stdout
}

async function readAllPolicies(run: Run, keys: readonly string[]): Promise<Map<string, PackagePolicy>> {
  const policies = new Map<string, PackagePolicy>()
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    const text = await askCache(run, ['policy', '--', ...keys.slice(from, from + AT_ONCE)])
    for (const [name, policy] of readPolicies(text)) policies.set(name, policy)
  }
  return policies
}

type Origins = ReadonlyMap<string, AptOrigin>

function describe(
  { name, architecture, change, installed, candidate }: Planned,
  known: PackagePolicy | undefined,
  origins: Origins,
): AptChange {
  const policy = candidate === null ? null : known && { ...known, candidate }
  return {
    name: name.slice(0, 255),
    architecture,
    change,
    kept: null,
    installed,
    candidate,
    security: change === PackageChange.REMOVE ? false : policy ? bringsSecurity(policy, origins) : null,
    origins: policy ? originsOf(policy, origins) : [],
  }
}

const KEPT = { candidate: KeptBack.DEPENDENCY, phased: KeptBack.PHASED, pinned: KeptBack.PINNED } as const

/** [] = there is nothing newer than what is installed. */
function describeKept(
  { name, architecture, version, isHeld }: InstalledPackage,
  known: PackagePolicy | undefined,
  { origins, isNamed }: { origins: Origins; isNamed: boolean },
): AptChange | [] {
  const newer = known && newerThanInstalled(known, isNamed)
  if (!newer) return []
  const policy = { ...known, candidate: newer.version }
  return {
    name: name.slice(0, 255),
    architecture,
    change: PackageChange.KEEP,
    kept: isHeld ? KeptBack.HELD : KEPT[newer.reason],
    installed: version,
    candidate: newer.version,
    security: bringsSecurity(policy, origins),
    origins: originsOf(policy, origins),
  }
}

/** Of what is not in its store yet: each line of --print-uris ends with name, bytes and sum. Null = it was not told. */
async function downloadSize(run: Run): Promise<number | null> {
  const args = ['--print-uris', '-qq', '-y', ...LOOK_ONLY, 'dist-upgrade']
  const asked = await run('apt-get', args, TIMEOUT).catch(() => null)
  if (asked?.status !== 0) return null
  let bytes = 0
  for (const line of asked.stdout.split('\n')) bytes += Number(/^'[^']*' \S+ (\d+)/.exec(line)?.[1] ?? 0)
  return bytes
}
