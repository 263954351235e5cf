import { z } from 'zod'
import { AptProxyMode } from './apt-proxy-mode.ts'
import { KeptBack, PackageChange } from './package-change.ts'
import { RebootReason } from './reboot-reason.ts'

// What a package manager would change, and whether a restart is due, as the agent reads it without changing anything.

const text = z.string().max(512)
/** One line: it is shown, and told apart by databases that have no NUL. */
const name = z
  .string()
  .max(255)
  .regex(/^\P{Cc}*$/u)
const time = z.iso.datetime({ offset: true }).nullable()
/** More than any system has installed. */
const list = <T extends z.ZodType>(item: T) => z.array(item).max(50_000)

const origin = z.object({
  origin: text.nullable(),
  label: text.nullable(),
  archive: text.nullable().describe('Suite of the Release file: stable, noble-security …'),
  codename: text.nullable(),
  site: text.nullable().describe('null = of this machine, or not told'),
})

const change = z.object({
  name,
  architecture: text.nullable(),
  change: z.enum(PackageChange),
  kept: z.enum(KeptBack).nullable().describe('why it is kept back; null = it is not'),
  installed: text.nullable().describe('version; null = it is not installed'),
  candidate: text.nullable().describe('version that would come; null = it would be removed'),
  security: z
    .boolean()
    .nullable()
    .describe(
      'whether it, or a version between the installed one and it, comes from a security archive; null = its source has none, so that nobody can tell',
    ),
  origins: z.array(origin).max(50),
})

const source = z.object({
  origin: text.nullable(),
  label: text.nullable(),
  archive: text.nullable(),
  codename: text.nullable(),
  madeAt: time.describe('Date of its Release file: when its owner made these lists'),
  validUntil: time.describe('Valid-Until of its Release file; null = it says none'),
  storedAt: time.describe('when they came to this machine; those that had not changed since are not stored again'),
})

/** States of dpkg(1) that are no end: each is a package that is not as it should be. */
const BROKEN_STATES = ['half-installed', 'unpacked', 'half-configured', 'reinst-required'] as const

const broken = z.object({ name, state: z.enum(BROKEN_STATES) })

export const aptSection = z.object({
  changes: list(change)
    .nullable()
    .describe('what `apt-get dist-upgrade` would do, and what it keeps back; null = it can make no plan, see problem'),
  problem: text.nullable().describe('why no plan can be made, in the words of apt; null = one was made'),
  planHash: text.nullable().describe('SHA-256 of what it would do: another one is another plan'),
  downloadBytes: z
    .number()
    .int()
    .nonnegative()
    .nullable()
    .meta({ unit: 'bytes' })
    .describe('of what is not here yet; null = not told'),
  refreshedAt: time.describe(
    'the newest sign that its lists were refreshed; they may have been since, and found unchanged; null = none',
  ),
  sources: z.array(source).max(1000),
  busy: z
    .string()
    .max(255)
    .nullable()
    .describe('who changes packages at this moment, so that all of this is of a moment in between; null = nobody'),
  interrupted: z.boolean().nullable().describe('dpkg was interrupted: `dpkg --configure -a`; null = not told'),
  broken: list(broken).describe('packages that are half installed'),
  proxy: z
    .object({
      mode: z.enum(AptProxyMode),
      url: name.nullable().describe('without user and password; null = none, or not told'),
    })
    .nullable()
    .default(null)
    .describe('by which way apt fetches, by its own settings; null = not told'),
})

const rebootReason = z.object({
  code: z.enum(RebootReason),
  detail: text.nullable().describe('the packages that ask for it, or the kernel that waits'),
  since: time,
})

export const rebootSection = z.object({
  reasons: z.array(rebootReason).max(20).describe('[] = none is due, as far as `checked` reaches'),
  kernelChecked: z
    .boolean()
    .describe('false: nothing is known of the kernel: a container has none of its own, others may come from elsewhere'),
  runningKernel: text.nullable(),
  bootedAt: time,
})

export type AptFacts = z.infer<typeof aptSection>
export type AptChange = z.infer<typeof change>
export type AptOrigin = AptChange['origins'][number]
export type AptSource = z.infer<typeof source>
export type BrokenPackage = z.infer<typeof broken>
export type RebootFacts = z.infer<typeof rebootSection>
