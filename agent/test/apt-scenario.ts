// Which systems the tests of updates make, what the archives of each call their suites, and which packages lie in them.
import { join } from 'node:path'
import { AptSuite, type Deb } from './apt-repository.ts'

interface Distribution {
  codename: string
  version: string
  /** What the archive calls the release, as of November 2026; of Ubuntu it is the codename. */
  suite: string
  /**
   * How the APT that debootstrap installs plans an update whose phase has not reached the machine. Every one leaves it
   * out, but where /etc/machine-id is missing. Newer APT of Ubuntu 22.04 (2.4.15) keeps it back, too.
   */
  phased: 'no candidate' | 'kept back' | 'deferred'
  /** Whether dist-upgrade names an update that cannot be installed among what it keeps back. */
  namesUninstallable: boolean
  /** Whether dist-upgrade tells its plan to AptCli::Hooks::Upgrade. */
  hasUpgradeHook: boolean
}

/** What the tests found out by running each system's own APT, as `makeAptMachine` makes it. */
export const DISTRIBUTIONS = {
  debian11: {
    codename: 'bullseye',
    version: '11',
    suite: 'oldoldstable',
    phased: 'no candidate',
    namesUninstallable: false,
    hasUpgradeHook: false,
  },
  debian12: {
    codename: 'bookworm',
    version: '12',
    suite: 'oldstable',
    phased: 'kept back',
    namesUninstallable: true,
    hasUpgradeHook: true,
  },
  debian13: {
    codename: 'trixie',
    version: '13',
    suite: 'stable',
    phased: 'deferred',
    namesUninstallable: true,
    hasUpgradeHook: true,
  },
  ubuntu2204: {
    codename: 'jammy',
    version: '22.04',
    suite: 'jammy',
    phased: 'no candidate',
    namesUninstallable: true,
    hasUpgradeHook: true,
  },
  ubuntu2404: {
    codename: 'noble',
    version: '24.04',
    suite: 'noble',
    phased: 'deferred',
    namesUninstallable: true,
    hasUpgradeHook: true,
  },
} satisfies Record<string, Distribution>

export type System = keyof typeof DISTRIBUTIONS
export const SYSTEMS = Object.keys(DISTRIBUTIONS) as System[]
/** Where a package is offered. */
export type Pocket = 'base' | 'updates' | 'security' | 'outside'

/** The suites of a system as its archives name them, and one of somebody else, in repositories below a folder. */
export function suitesOf(system: System, folder: string): Record<Pocket, AptSuite> {
  const { codename, version, suite } = DISTRIBUTIONS[system]
  const at = (name: string): string => join(folder, `repo-${name}`)
  const outside = { Origin: 'Example', Label: 'Example Debian Repository', Suite: 'nodistro', Codename: 'nodistro' }
  const pockets = { outside: new AptSuite(at('example'), 'nodistro', { ...outside, Components: 'main' }, null) }
  if (system.startsWith('ubuntu')) {
    const ubuntu = { Origin: 'Ubuntu', Label: 'Ubuntu', Version: version, Codename: codename, Components: 'main' }
    const pocket = (name: string, where = 'ubuntu'): AptSuite =>
      new AptSuite(at(where), name, { ...ubuntu, Suite: name }, null)
    return {
      ...pockets,
      base: pocket(codename),
      updates: pocket(`${codename}-updates`),
      security: pocket(`${codename}-security`, 'ubuntu-security'),
    }
  }
  const debian = { Origin: 'Debian', Label: 'Debian', Components: 'main' }
  return {
    ...pockets,
    base: new AptSuite(
      at('debian'),
      codename,
      { ...debian, Suite: suite, Version: `${version}.9`, Codename: codename },
      null,
    ),
    updates: new AptSuite(
      at('debian'),
      `${codename}-updates`,
      { ...debian, Suite: `${suite}-updates`, Version: `${version}-updates`, Codename: `${codename}-updates` },
      7,
    ),
    security: new AptSuite(
      at('debian-security'),
      `${codename}-security`,
      {
        Origin: 'Debian',
        Label: 'Debian-Security',
        Suite: `${suite}-security`,
        Version: version,
        Codename: `${codename}-security`,
        Components: 'updates/main',
      },
      7,
    ),
  }
}

/** What a newer replacing-thing leaves no place for. */
const REMOVABLE = 'removable-thing'

/** Installed in version 1.0, which the base offers as well. */
export const INSTALLED: Deb[] = [
  { name: 'plain-update', version: '1.0' },
  { name: 'secure-thing', version: '1.0' },
  { name: 'both-pockets', version: '1.0', fields: { Source: 'pockets (1.0-1)' } },
  { name: 'hidden-security', version: '1.0' },
  { name: 'needs-new', version: '1.0' },
  { name: 'held-thing', version: '1.0' },
  { name: 'phased-thing', version: '1.0' },
  { name: 'conflicting-thing', version: '1.0' },
  { name: 'replacing-thing', version: '1.0' },
  { name: REMOVABLE, version: '1.0' },
  { name: 'vigie-security-tool', version: '1.0' },
]
/** Installed once and removed: its configuration stays. */
export const REMOVED: Deb = { name: 'removed-thing', version: '1.0', conffile: 'removed-thing.conf' }
export const OUTSIDE: Deb = { name: 'outside-thing', version: '1.0' }

const BOTH_POCKETS: Deb = { name: 'both-pockets', version: '1.1', fields: { Source: 'pockets (1.1-1)' } }

export const OFFERED: Record<Pocket, Deb[]> = {
  base: [...INSTALLED, REMOVED],
  updates: [
    { name: 'plain-update', version: '1.1' },
    BOTH_POCKETS,
    // It hides the security version.
    { name: 'hidden-security', version: '1.2' },
    { name: 'needs-new', version: '2.0', fields: { Depends: 'brand-new (= 1.0)' } },
    { name: 'brand-new', version: '1.0', fields: { Architecture: 'all' } },
    { name: 'phased-thing', version: '1.1', indexFields: { 'Phased-Update-Percentage': '0' } },
    { name: 'conflicting-thing', version: '1.1', fields: { Depends: 'not-there-at-all' } },
    {
      name: 'replacing-thing',
      version: '2.0',
      fields: { Conflicts: REMOVABLE, Breaks: REMOVABLE, Replaces: REMOVABLE, Provides: REMOVABLE },
    },
    // A word in a name says nothing of where an update comes from.
    { name: 'vigie-security-tool', version: '1.1' },
    { ...REMOVED, version: '1.1' },
  ],
  security: [
    { name: 'secure-thing', version: '1.1' },
    BOTH_POCKETS,
    { name: 'hidden-security', version: '1.1' },
    { name: 'held-thing', version: '1.1' },
  ],
  outside: [OUTSIDE, { name: 'outside-thing', version: '1.1' }],
}

/** All names that a machine's tests speak of. */
export const SCENARIO_PACKAGES = [...new Set(Object.values(OFFERED).flatMap((debs) => debs.map(({ name }) => name)))]
