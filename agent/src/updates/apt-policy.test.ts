import { expect, test } from 'vitest'
import { bringsSecurity, newerThanInstalled, originsOf, readOrigins, readPinned, readPolicies } from './apt-policy.ts'

const SOURCES = `Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 https://ann:secret@deb.example:8080/debian-security bookworm-security/main amd64 Packages
     release v=12,o=Debian,a=oldstable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64
     origin deb.example
 500 http://deb.debian.org/debian bookworm/main amd64 Packages
     release v=12.15,o=Debian,a=oldstable,n=bookworm,l=Debian,c=main,b=amd64
     origin deb.debian.org
 500 http://download.proxmox.com/debian/pve bookworm/pve-no-subscription amd64 Packages
     release o=Proxmox,a=stable,n=bookworm,l=Proxmox, Debian Repository,c=pve-no-subscription,b=amd64
     origin download.proxmox.com
Pinned packages:
     phased-thing -> 1.1 with priority 1
`
const origins = readOrigins(SOURCES)
const SECURITY = 'https://ann:secret@deb.example:8080/debian-security bookworm-security/main amd64 Packages'
const MAIN = 'http://deb.debian.org/debian bookworm/main amd64 Packages'
const PROXMOX = 'http://download.proxmox.com/debian/pve bookworm/pve-no-subscription amd64 Packages'

/** As `apt-cache policy` prints it: the versions from the newest on, the installed one with stars. */
const policyOf = (candidate: string, versions: [version: string, source: string | null, mark?: string][]) => {
  const lines = versions.flatMap(([version, source, mark]) => [
    source === null ? ` *** ${version} 100` : `     ${version} 500${mark ?? ''}`,
    source === null ? '        100 /var/lib/dpkg/status' : `        500 ${source}`,
  ])
  const text = ['thing:', '  Installed: 1.0', `  Candidate: ${candidate}`, '  Version table:', ...lines].join('\n')
  const policy = readPolicies(text).get('thing')
  if (!policy) throw new Error('nothing was read')
  return policy
}

test.each([
  [
    'from the security archive',
    '1.1',
    [
      ['1.1', SECURITY],
      ['1.0', null],
    ],
    true,
  ],
  [
    'from the main archive',
    '1.1',
    [
      ['1.1', MAIN],
      ['1.0', null],
    ],
    false,
  ],
  [
    'that hides one behind it',
    '1.2',
    [
      ['1.2', MAIN],
      ['1.1', SECURITY],
      ['1.0', null],
    ],
    true,
  ],
  [
    'older than the one there',
    '1.0',
    [
      ['1.0', null],
      ['0.9', SECURITY],
    ],
    null,
  ],
  [
    'of somebody without such an archive',
    '1.1',
    [
      ['1.1', PROXMOX],
      ['1.0', null],
    ],
    null,
  ],
  [
    'of an archive that is not known',
    '1.1',
    [
      ['1.1', 'file:/srv gone/main amd64 Packages'],
      ['1.0', null],
    ],
    null,
  ],
] as const)('an update %s mends a security hole or not', (_what, candidate, versions, expected) => {
  expect(
    bringsSecurity(
      policyOf(
        candidate,
        versions.map(([...each]) => each),
      ),
      origins,
    ),
  ).toBe(expected)
})

test('a pin below what is installed keeps the candidate down, and a security version above it does not count', () => {
  const policy = policyOf('1.1', [
    ['1.3', SECURITY],
    ['1.1', MAIN],
    ['1.0', null],
  ])
  expect(bringsSecurity(policy, origins)).toBe(false)
})

test('the packages that pins name are read from the same answer', () => {
  expect([...readPinned(SOURCES)]).toEqual(['phased-thing'])
  expect(readPinned('').size).toBe(0)
})

test('where it comes from is told without the password in the address, and with a comma in the label', () => {
  expect(
    originsOf(
      policyOf('1.1', [
        ['1.1', SECURITY],
        ['1.0', null],
      ]),
      origins,
    ),
  ).toEqual([
    {
      origin: 'Debian',
      label: 'Debian-Security',
      archive: 'oldstable-security',
      codename: 'bookworm-security',
      site: 'deb.example',
    },
  ])
  expect(origins.get(PROXMOX)?.label).toBe('Proxmox, Debian Repository')
})

test('priorities of any width are read, and none of them is taken for the source before', () => {
  const pinned = `Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 ${SECURITY}
     release v=12,o=Debian,a=oldstable-security,n=bookworm-security,l=Debian-Security,c=main,b=amd64
1000 ${PROXMOX}
     release o=Proxmox,a=stable,n=bookworm,l=Proxmox,c=pve-no-subscription,b=amd64
-100 ${MAIN}
     release v=12.15,o=Debian,a=oldstable,n=bookworm,l=Debian,c=main,b=amd64
Pinned packages:
`
  const found = readOrigins(pinned)
  expect([SECURITY, PROXMOX, MAIN].map((source) => found.get(source)?.label)).toEqual([
    'Debian-Security',
    'Proxmox',
    'Debian',
  ])
  const text = `thing:
  Installed: 1.0
  Candidate: 1.1
  Version table:
     1.1 1001
       1001 ${SECURITY}
 *** 1.0 100
        100 /var/lib/dpkg/status
`
  const policy = readPolicies(text).get('thing')
  expect(policy && bringsSecurity(policy, found)).toBe(true)
})

/** Installed at a priority of its own, a newer one at its. */
const preferring = (installed: number, newer: number) =>
  readPolicies(
    `thing:
  Installed: 1.0
  Candidate: 1.0
  Version table:
     1.1 ${newer}
        500 ${SECURITY}
 *** 1.0 ${installed}
        100 /var/lib/dpkg/status
`,
  ).get('thing')

test.each([
  ['a pin on what is installed', 1001, 500, { version: '1.1', reason: 'pinned' }],
  ['a pin that forbids the newer one', 500, -1, { version: '1.1', reason: 'pinned' }],
  ['a release that is preferred, which is no pin', 990, 500, null],
  ['a release that only may be chosen', 500, 100, null],
])('%s keeps it away, or not', (_what, installed, newer, expected) => {
  const policy = preferring(installed, newer)
  expect(policy && newerThanInstalled(policy, true)).toEqual(expected)
  // A whole release that is pinned away names no package.
  expect(policy && newerThanInstalled(policy, false)).toBeNull()
})

test.each([
  [
    'the candidate',
    '1.1',
    [
      ['1.1', MAIN],
      ['1.0', null],
    ],
    '1.1',
  ],
  [
    'what is phased, which older apt gives no candidate',
    '1.0',
    [
      ['1.1', MAIN, ' (phased 0%)'],
      ['1.0', null],
    ],
    '1.1',
  ],
  [
    'nothing, where a pin keeps it down',
    '1.0',
    [
      ['1.1', MAIN],
      ['1.0', null],
    ],
    null,
  ],
  [
    'nothing, where the newest is there',
    '1.0',
    [
      ['1.0', null],
      ['0.9', MAIN],
    ],
    null,
  ],
] as const)('newer than what is installed is %s', (_what, candidate, versions, expected) => {
  const policy = policyOf(candidate, versions.map(([...each]) => each) as [string, string | null, string?][])
  expect(newerThanInstalled(policy, false)?.version ?? null).toBe(expected)
})

test.each(['', 'x'.repeat(100_000), `${' '.repeat(100_000)}1`, ` *** ${'9'.repeat(100_000)}`, 'a:\n'.repeat(10_000)])(
  'text that is none of it is read in no time',
  (text) => {
    expect(() => readPolicies(text)).not.toThrow()
    expect(() => readOrigins(text)).not.toThrow()
  },
)
