import { createHash } from 'node:crypto'
import {
  type AptChange,
  type AptFacts,
  AptProxyMode,
  type InstalledPackageFacts,
  KeptBack,
  PackageChange,
  type PackagesFacts,
  type RebootFacts,
  RebootReason,
} from '@vigie/agent/report'
import { DAY } from '../platform/clock.ts'
import { chance } from './chance.ts'
import type { DemoMachine } from './fleet.ts'

// Packages that are released again and again, and machines that install them once a week; a few forget it for two months.

const PACKAGES = [
  'openssl',
  'libssl3',
  'openssh-server',
  'curl',
  'libcurl4',
  'bind9-dnsutils',
  'libc6',
  'linux-image-amd64',
  'postgresql-15',
  'nginx',
  'php8.2-fpm',
  'python3.11',
  'sudo',
  'systemd',
  'tzdata',
  'ca-certificates',
  'libxml2',
  'samba',
  'rsync',
  'vim-common',
]
const KERNEL = 'linux-image-amd64'

/** A release of a package every month or so, each on one day; a good half of them mend security holes. */
const isReleased = (name: string, day: number): boolean => chance(`release ${name} ${day}`) < 0.035
const mendsHole = (name: string, day: number): boolean => chance(`security ${name} ${day}`) < 0.55
/** How often its owner installs what waits, in days. */
const rhythmOf = ({ hostname }: DemoMachine): number => (chance(`${hostname} forgets its updates`) < 0.1 ? 60 : 7)
/** On which day it was done last. */
const installedOn = (machine: DemoMachine, day: number): number => {
  const rhythm = rhythmOf(machine)
  const offset = Math.floor(chance(`${machine.hostname} updates`) * rhythm)
  return Math.floor((day - offset) / rhythm) * rhythm + offset
}

/** The days on which a package was released between two others, the newest last. */
const releases = (name: string, after: number, until: number): number[] => {
  const days: number[] = []
  for (let day = after + 1; day <= until; day += 1) if (isReleased(name, day)) days.push(day)
  return days
}

/** Of so many days before the first one something is known. */
const BEFORE = 120
/** The day of the release that was the newest on another; before the first one they are all of one day. */
function newestOn(name: string, day: number): number {
  let newest = day
  while (newest > -BEFORE && !isReleased(name, newest)) newest -= 1
  return newest
}
const versionOf = (release: number): string => `1.${release + BEFORE}-1`

const ARCHIVES = {
  debian: { origin: 'Debian', plain: ['Debian', 'stable'], security: ['Debian-Security', 'stable-security'] },
  proxmox: { origin: 'Debian', plain: ['Debian', 'stable'], security: ['Debian-Security', 'stable-security'] },
  ubuntu: { origin: 'Ubuntu', plain: ['Ubuntu', 'noble-updates'], security: ['Ubuntu', 'noble-security'] },
} as const

/** What its apt would say on a day of the demo. */
export function aptReport(machine: DemoMachine, at: Date, day: number): AptFacts {
  const today = Math.floor(day)
  const changes = PACKAGES.flatMap((name): AptChange | [] => {
    const waiting = releases(name, installedOn(machine, today), today)
    const newest = waiting.at(-1)
    if (newest === undefined) return []
    const security = waiting.some((each) => mendsHole(name, each))
    const { origin, plain, security: hole } = ARCHIVES[machine.os]
    const [label, archive] = security ? hole : plain
    const isHeld = chance(`${machine.hostname} holds ${name}`) < 0.02
    return {
      name,
      architecture: 'amd64',
      change: isHeld ? PackageChange.KEEP : PackageChange.UPGRADE,
      kept: isHeld ? KeptBack.HELD : null,
      installed: versionOf(newestOn(name, installedOn(machine, today))),
      candidate: versionOf(newest),
      security,
      origins: [{ origin, label, archive, codename: archive, site: null }],
    }
  })
  const refreshedAt = new Date(at.getTime() - chance(`${machine.hostname} refreshes ${today}`) * DAY)
  return {
    changes,
    problem: null,
    planHash: createHash('sha256').update(JSON.stringify(changes)).digest('hex'),
    downloadBytes: changes.length * 1_400_000,
    refreshedAt: refreshedAt.toISOString(),
    sources: [
      {
        origin: ARCHIVES[machine.os].origin,
        label: ARCHIVES[machine.os].security[0],
        archive: ARCHIVES[machine.os].security[1],
        codename: ARCHIVES[machine.os].security[1],
        madeAt: refreshedAt.toISOString(),
        validUntil: null,
        storedAt: refreshedAt.toISOString(),
      },
    ],
    busy: null,
    interrupted: false,
    broken: [],
    proxy: { mode: AptProxyMode.DIRECT, url: null },
  }
}

const SOURCES = new Map([
  ['libssl3', 'openssl'],
  ['openssh-server', 'openssh'],
  ['libcurl4', 'curl'],
  ['bind9-dnsutils', 'bind9'],
  ['libc6', 'glibc'],
  ['linux-image-amd64', 'linux-signed-amd64'],
  ['vim-common', 'vim'],
])
const INDEPENDENT = new Set(['tzdata', 'ca-certificates', 'vim-common'])

/** What its dpkg would say: each package as it was when its owner installed updates last. */
export function packagesReport(machine: DemoMachine, at: Date, day: number): PackagesFacts {
  const today = Math.floor(day)
  const installed = installedOn(machine, today)
  // The day is a fraction: the same moment is told each time.
  const start = Math.round((at.getTime() - day * DAY) / DAY) * DAY
  const packages = PACKAGES.map((name): InstalledPackageFacts => {
    const release = newestOn(name, installed)
    return {
      name,
      architecture: INDEPENDENT.has(name) ? 'all' : 'amd64',
      version: versionOf(release),
      source: SOURCES.get(name) ?? null,
      held: chance(`${machine.hostname} holds ${name}`) < 0.02,
      installedAt: new Date(start + release * DAY).toISOString(),
    }
  })
  return { packages, busy: null }
}

/** A kernel that was installed waits until the machine is restarted, some days later. */
export function rebootReport(machine: DemoMachine, at: Date, day: number): RebootFacts {
  const installed = installedOn(machine, Math.floor(day))
  const newest = releases(KERNEL, installed - 2 * rhythmOf(machine), installed).at(-1)
  const delay = chance(`${machine.hostname} restarts ${installed}`) * 20
  const isDue = newest !== undefined && day - installed < delay
  return {
    reasons: isDue
      ? [
          {
            code: RebootReason.KERNEL_NEWER,
            detail: `6.12.${newest + 1}-amd64`,
            since: new Date(at.getTime() - (day - installed) * DAY).toISOString(),
          },
        ]
      : [],
    kernelChecked: true,
    runningKernel: `6.12.${(newest ?? installed) + (isDue ? 0 : 1)}-amd64`,
    bootedAt: new Date(at.getTime() - (day - installed + 3) * DAY).toISOString(),
  }
}
