import { PlannedStep, type PlannedChange } from '../actions/plan.ts'
import { type Refusal, RefusalCode, refuse } from '../actions/policy.ts'
import { Outcome, ResultCode } from '../actions/result.ts'
import { findTool, type Run } from '../platform/command.ts'
import { PackageChange } from '../report/package-change.ts'
import type { AptChange, AptFacts } from '../report/updates.ts'
import { collectApt, LOOK_ONLY } from '../updates/apt.ts'
import { keyOf, type Planned, readPlan } from '../updates/apt-plan.ts'
import { holderOfLock, readInstalled, wasInterrupted } from '../updates/dpkg.ts'
import type { Finding, Operation, Prospect, Step } from './operation.ts'

/** Who waits for a lock waits five minutes: unattended-upgrades may be at it. */
const WAIT_FOR_LOCK = ['-o', 'DPkg::Lock::Timeout=300']
/** Nobody is there to be asked about a settings file: the owner's stays (dpkg(1), --force-confold). */
const KEEP_SETTINGS = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold']
/** A terminal of its own is for people who watch; a machine without /dev/pts has none to give (apt.conf(5)). */
const NO_TERMINAL = ['-o', 'Dpkg::Use-Pty=0']

const aptGet = (args: readonly string[], canStop = false): Step => ({
  command: 'apt-get',
  args,
  canStop,
  // It ends with 0 where it went on with old lists, or without what it could not fetch (apt-get(8)).
  warns: /^(?:W|E|Err):/,
})

const STEPS: Record<Exclude<PackageChange, PackageChange.KEEP>, PlannedStep> = {
  [PackageChange.INSTALL]: PlannedStep.INSTALL,
  [PackageChange.UPGRADE]: PlannedStep.UPGRADE,
  [PackageChange.DOWNGRADE]: PlannedStep.DOWNGRADE,
  [PackageChange.REMOVE]: PlannedStep.REMOVE,
}

export const refreshLists: Operation = async () => {
  if (!findTool('apt-get')) return refuse(RefusalCode.CANNOT_PLAN, 'apt is not installed')
  return {
    content: null,
    changes: [{ step: PlannedStep.REFRESH, subject: 'apt', from: null, to: null, security: null }],
    downloadBytes: null,
    steps: [aptGet(['update', ...WAIT_FOR_LOCK], true)],
    check: async () => null,
  }
}

export const applyUpdates: Operation = async ({ scope = 'all' }, { run }) => {
  const facts = await collectApt({ run, hook: null })
  if (!facts) return refuse(RefusalCode.CANNOT_PLAN, 'apt is not installed')
  const inTheWay = whyNoPlan(facts)
  if (inTheWay) return inTheWay
  const native = (await run('dpkg', ['--print-architecture'])).stdout.trim()
  const args = argsOf(scope, facts.changes ?? [], native)
  if (!Array.isArray(args)) return args
  const plan = await simulate(run, args, native)
  if (!Array.isArray(plan)) return plan
  if (plan.length === 0) return refuse(RefusalCode.NOTHING_TO_DO)
  const known = new Map(facts.changes?.map((each) => [keyOf(each.name, each.architecture, native), each]))
  const options = [
    '-y',
    // The plan says what goes. What it does not say must not go either, whatever has changed in this second.
    ...(plan.some(({ change }) => change === PackageChange.REMOVE) ? [] : ['--no-remove']),
    ...(plan.some(({ change }) => change === PackageChange.DOWNGRADE) ? ['--allow-downgrades'] : []),
  ]
  return prospectOf(run, plan, {
    native,
    securityOf: (key) => known.get(key)?.security ?? null,
    // The size is that of all that waits.
    downloadBytes: scope === 'all' ? facts.downloadBytes : null,
    steps: [
      aptGet([...options, ...WAIT_FOR_LOCK, '--download-only', ...args], true),
      // It waits for no lock: who had it may have made of it another plan.
      aptGet([...options, ...NO_TERMINAL, ...KEEP_SETTINGS, ...args]),
    ],
    again: async () => {
      await untilFree()
      return simulate(run, args, native)
    },
  })
}

export const removeUnneeded: Operation = async (_params, { run }) => {
  if (!findTool('apt-get')) return refuse(RefusalCode.CANNOT_PLAN, 'apt is not installed')
  const native = (await run('dpkg', ['--print-architecture'])).stdout.trim()
  const busy = await holderOfLock()
  if (busy !== null) return refuse(RefusalCode.CANNOT_PLAN, `packages are being changed by ${busy}`)
  const plan = await simulate(run, ['autoremove'], native)
  if (!Array.isArray(plan)) return plan
  if (plan.length === 0) return refuse(RefusalCode.NOTHING_TO_DO)
  return prospectOf(run, plan, {
    native,
    securityOf: () => null,
    downloadBytes: null,
    // Who is at it meanwhile makes it another plan: it does not wait for the lock.
    steps: [aptGet(['-y', ...NO_TERMINAL, 'autoremove'])],
    again: () => simulate(run, ['autoremove'], native),
  })
}

/** Brings to its end what dpkg has begun, and nothing else. */
export const repairPackages: Operation = async (_params, { run }) => {
  const broken = await halfInstalled(run)
  if (broken === null) return refuse(RefusalCode.CANNOT_PLAN, 'dpkg-query failed')
  if (broken.length === 0 && (await wasInterrupted()) === false) return refuse(RefusalCode.NOTHING_TO_DO)
  return {
    content: broken.join('\n'),
    changes: broken.map((subject) => ({
      step: PlannedStep.CONFIGURE,
      subject,
      from: null,
      to: null,
      security: null,
    })),
    downloadBytes: null,
    steps: [
      {
        command: 'dpkg',
        args: ['--configure', '-a', '--force-confdef', '--force-confold'],
        canStop: false,
        warns: null,
      },
    ],
    check: async () => {
      const left = await halfInstalled(run)
      return left?.length === 0
        ? null
        : { ...STILL_BROKEN, detail: (left ?? ['dpkg-query failed']).join(', ').slice(0, 500) }
    },
  }
}

const STILL_BROKEN = { outcome: Outcome.FAILED, code: ResultCode.STILL_BROKEN } as const

/** Packages that are half installed, each with its state; null = nobody can tell. */
export async function halfInstalled(run: Run): Promise<string[] | null> {
  const installed = await readInstalled(run).catch(() => null)
  return installed && installed.flatMap(({ name, broken }) => (broken ? `${name} ${broken}`.slice(0, 300) : [])).sort()
}

/** For a result: what is half installed now. Where there is no dpkg, nothing is; where it cannot be asked, it says so. */
export async function leftBroken(run: Run): Promise<string[]> {
  if (!findTool('dpkg-query')) return []
  return ((await halfInstalled(run)) ?? ['nobody can tell: dpkg-query failed']).slice(0, 1000)
}

/** Who changes packages meanwhile is let finish, for five minutes: what is planned then is what is done. */
async function untilFree(): Promise<void> {
  for (let count = 0; count < 150 && (await holderOfLock()) !== null; count += 1)
    await new Promise((resolve) => setTimeout(resolve, 2000))
}

/** What is half done is put right first, and who is at it is let finish: a plan beside them is of a moment in between. */
function whyNoPlan({ problem, busy, interrupted, broken }: AptFacts): Refusal | null {
  if (busy !== null) return refuse(RefusalCode.CANNOT_PLAN, `packages are being changed by ${busy}`)
  if (interrupted === true) return refuse(RefusalCode.CANNOT_PLAN, 'dpkg was interrupted: apt.repair first')
  if (broken.length > 0) {
    const names = broken.slice(0, 10).map(({ name }) => name)
    return refuse(RefusalCode.CANNOT_PLAN, `half installed: ${names.join(', ')}: apt.repair first`)
  }
  return problem === null ? null : refuse(RefusalCode.CANNOT_PLAN, problem.slice(0, 300))
}

/** What apt-get is asked for. Names are those of this machine's own plan, never any that a server thinks of. */
function argsOf(
  scope: 'all' | 'security' | string[],
  changes: readonly AptChange[],
  native: string,
): string[] | Refusal {
  if (scope === 'all') return ['dist-upgrade']
  const waiting = new Map(
    changes.flatMap((each) =>
      each.change === PackageChange.UPGRADE ? [[keyOf(each.name, each.architecture, native), each] as const] : [],
    ),
  )
  const wanted =
    scope === 'security' ? [...waiting].filter(([, { security }]) => security === true).map(([key]) => key) : scope
  const unknown = wanted.find((key) => !waiting.has(key))
  if (unknown !== undefined) return refuse(RefusalCode.NOT_LISTED, unknown)
  if (wanted.length === 0) return refuse(RefusalCode.NOTHING_TO_DO)
  return ['install', '--only-upgrade', ...wanted.sort().map((key) => `${key}=${waiting.get(key)?.candidate ?? ''}`)]
}

async function simulate(run: Run, args: readonly string[], native: string): Promise<Planned[] | Refusal> {
  const { stdout, stderr, status } = await run('apt-get', ['-s', ...LOOK_ONLY, ...args], { timeoutMs: 120_000 })
  if (status === 0) return readPlan(stdout, native)
  const why = stderr.split('\n').find((line) => line.startsWith('E: ')) ?? `apt-get ended with ${status}`
  return refuse(RefusalCode.CANNOT_PLAN, why.replace(/^E: /, '').slice(0, 300))
}

interface Meant {
  again: () => Promise<Planned[] | Refusal>
  native: string
  securityOf: (key: string) => boolean | null
  downloadBytes: number | null
  steps: readonly Step[]
}

function prospectOf(
  run: Run,
  plan: readonly Planned[],
  { native, securityOf, downloadBytes, steps, again }: Meant,
): Prospect {
  const changesOf = (planned: readonly Planned[]): PlannedChange[] =>
    planned.flatMap(({ key, change, installed, candidate }): PlannedChange | [] => {
      if (change === PackageChange.KEEP) return []
      const isGone = change === PackageChange.REMOVE
      return {
        step: STEPS[change],
        subject: key,
        from: installed,
        to: candidate,
        security: isGone ? false : securityOf(key),
      }
    })
  const contentOf = (changes: readonly PlannedChange[]): string =>
    changes
      .map(({ step, subject, from, to }) => JSON.stringify([step, subject, from, to]))
      .sort()
      .join('\n')
  const changes = changesOf(plan)
  const content = contentOf(changes)
  return {
    content,
    changes,
    downloadBytes,
    steps,
    isStillSo: async () => {
      const now = await again()
      return Array.isArray(now) && contentOf(changesOf(now)) === content
    },
    check: () => lookAfter(run, changes, native),
  }
}

/** What is installed now says whether it was done; that apt ended with 0 does not. */
async function lookAfter(run: Run, changes: readonly PlannedChange[], native: string): Promise<Finding | null> {
  const installed = await readInstalled(run).catch(() => null)
  if (!installed) return { outcome: Outcome.WARNINGS, code: ResultCode.STILL_PENDING, detail: 'dpkg-query failed' }
  const broken = installed.filter((each) => each.broken !== null).map(({ name }) => name)
  if (broken.length > 0) return { ...STILL_BROKEN, detail: broken.join(', ').slice(0, 500) }
  const versions = new Map(installed.map((each) => [keyOf(each.name, each.architecture, native), each.version]))
  const left = changes.filter(({ subject, to }) => (versions.get(subject) ?? null) !== to).map(({ subject }) => subject)
  if (left.length === 0) return null
  return { outcome: Outcome.FAILED, code: ResultCode.STILL_PENDING, detail: left.join(', ').slice(0, 500) }
}
