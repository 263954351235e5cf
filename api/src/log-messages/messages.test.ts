import { describe, expect, test } from 'vitest'
import { MESSAGE_RULES, ruleOf } from './message-rules.ts'
import { fingerprintOf, readMessages } from './read-messages.ts'

/** For each rule a line that programs print, and one that looks like it and says something else. */
const LINES: [id: string, line: string, other: string][] = [
  [
    'apt.lock',
    'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt)',
    'Waiting for lock',
  ],
  ['apt.interrupted', "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'", 'dpkg was here'],
  ['apt.unmet', 'The following packages have unmet dependencies:', 'All dependencies met'],
  ['apt.space', "E: You don't have enough free space in /var/cache/apt/archives/.", 'After this operation, 5 MB'],
  ['apt.trust', 'W: GPG error: http://x InRelease: NO_PUBKEY 0E98404D386FA1D9', 'Good signature'],
  [
    'apt.relinfo',
    "E: Repository 'http://x' changed its 'Suite' value from 'stable' to 'oldstable'",
    'changed its mind',
  ],
  ['apt.expired', 'E: Release file for http://x/InRelease is expired (invalid since 3d)', 'Release file is fine'],
  ['apt.fetch', 'E: Failed to fetch http://x/a.deb  404  Not Found', 'Fetched 5 MB in 1s'],
  ['apt.fetch-warning', 'W: Failed to fetch http://x/InRelease  Could not resolve', 'Fetched 5 MB in 1s'],
  ['apt.stale', 'W: Some index files failed to download. They have been ignored', 'All index files came'],
  ['apt.future', 'W: http://x: Key is stored in legacy trusted.gpg keyring', 'N: ok'],
  ['apt.sources', 'W: Target Packages (main) is configured multiple times in /etc/apt/a.list:1', 'configured once'],
  ['apt.essential', 'WARNING: The following essential packages will be removed.', 'essential packages stay'],
  ['pve.guard', "W: (pve-apt-hook) You are attempting to remove the meta-package 'proxmox-ve'!", 'proxmox-ve stays'],
  ['apt.downgrade', 'The following packages will be DOWNGRADED:', 'The following packages will be upgraded:'],
  ['apt.kept', 'The following packages have been kept back:', 'The following NEW packages will be installed:'],
  ['apt.halfdone', '2 not fully installed or removed.', '0 not fully installed or removed.'],
  ['dpkg.overwrite', " trying to overwrite '/usr/bin/x', which is also in package y 1.0", 'trying to overwrite it'],
  [
    'dpkg.script',
    ' installed z package post-installation script subprocess returned error exit status 1',
    'subprocess ended',
  ],
  ['dpkg.depend', 'dpkg: dependency problems prevent configuration of x:', 'no problems'],
  ['dpkg.error', 'dpkg: error processing package x (--configure):', 'dpkg: all is well'],
  ['dpkg.conffile', "Configuration file '/etc/x.conf'", 'Configuration file'],
  ['dpkg.prompt', '*** x.conf (Y/I/N/O/D/Z) [default=N] ?', '*** x.conf (Y/N)'],
  ['dpkg.warning', 'dpkg: warning: unable to delete old directory', 'dpkg: note: x'],
  ['kernel.hook', 'run-parts: /etc/kernel/postinst.d/dkms exited with return code 11', 'run-parts: executing /etc/x'],
  ['kernel.dkms', 'Error! Bad return status for module build on kernel: 6.1.0', 'Building module: done'],
  ['kernel.boot', 'grub-install: error: cannot find EFI directory.', 'grub-install: ok'],
  ['restart.needed', 'Pending kernel upgrade!', 'No kernel upgrade'],
  [
    'service.deferred',
    'Service restarts being deferred:',
    'No VM guests are running outdated hypervisor (qemu) binaries on this host.',
  ],
  ['service.failed', 'Job for nginx.service failed because the control process exited', 'Job for nginx.service done'],
  ['docker.rate', 'toomanyrequests: You have reached your pull rate limit.', 'many requests'],
  ['docker.error', 'Error response from daemon: no such image', 'Response from daemon'],
  ['program.broken', 'Traceback (most recent call last):', 'traceback of x'],
  ['apt.error', 'E: Sub-process /usr/bin/dpkg returned an error code (1)', 'Es war einmal'],
  ['apt.warning', 'W: Something is odd', 'Was it?'],
]

test('Every rule has a line that shows it', () => {
  expect(LINES.map(([id]) => id)).toEqual(MESSAGE_RULES.map(({ id }) => id))
})
test.each(LINES)('%s is found by what programs print, and by nothing that looks like it', (id, line, other) => {
  expect(ruleOf(line)?.id).toBe(id)
  expect(ruleOf(other)?.id).not.toBe(id)
})
test.each([
  'Setting up libc6 (2.36-9+deb12u10) ...',
  'Get:1 http://deb.debian.org/debian bookworm InRelease is deprecated',
  'debconf: falling back to frontend: Noninteractive',
  'W: Possible missing firmware /lib/firmware/amdgpu/x.bin for module amdgpu',
  "dpkg: warning: while removing x, directory '/etc/x' not empty so not removed",
  '',
])('%j is said to nobody', (line) => {
  expect(ruleOf(line)).toBeNull()
})

const inPieces = async function* (text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('A log', () => {
  const LOG = [
    'Reading package lists...',
    'The following packages have been kept back:',
    '  linux-image-amd64 zfs-dkms',
    '1 upgraded, 0 newly installed, 0 to remove and 2 not upgraded.',
    'Überall: W: no',
    'W: Target a is configured multiple times in /etc/apt/a.list:1',
    'W: Target a is configured multiple times in /etc/apt/a.list:2',
    'E: Sub-process /usr/bin/dpkg returned an error code (1)',
  ].join('\n')

  test.each([1, 7, 64, 100_000])(
    'read in pieces of %i bytes tells its messages, where each stands, and how often',
    async (size) => {
      const { messages, left } = await readMessages(inPieces(LOG, size))
      expect(left).toBe(0)
      expect(messages.map(({ rule, line, count }) => [rule.id, line, count])).toEqual([
        ['apt.kept', 2, 1],
        ['apt.sources', 6, 2],
        ['apt.error', 8, 1],
      ])
      expect(messages[0]?.text).toBe('The following packages have been kept back:\n  linux-image-amd64 zfs-dkms')
      for (const { text, offset } of messages)
        expect(
          Buffer.from(LOG)
            .subarray(offset)
            .toString('utf8')
            .startsWith(text.split('\n')[0] ?? '?'),
        ).toBe(true)
    },
  )

  test('that says ten thousand things tells five hundred, and how many others', async () => {
    const words = (n: number): string => n.toString(36).replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] ?? 'x')
    const log = Array.from({ length: 10_000 }, (_, n) => `W: z${words(n)}z`).join('\n')
    const { messages, left } = await readMessages(inPieces(log, 65_536))
    expect(messages).toHaveLength(500)
    expect(messages.reduce((sum, { count }) => sum + count, 0) + left).toBe(10_000)
  })

  test('that ends with an error tells it, however many warnings came before', async () => {
    const warnings = Array.from(
      { length: 26 * 26 },
      (_, n) => `W: z${String.fromCharCode(97 + Math.floor(n / 26), 97 + (n % 26))}`,
    )
    const { messages, left } = await readMessages(inPieces([...warnings, 'E: it is over'].join('\n'), 65_536))
    expect(messages).toHaveLength(500)
    expect(messages.at(-1)?.text).toBe('E: it is over')
    expect(left).toBe(177)
  })

  test('of which a warning that was said twice gives way to an error counts both', async () => {
    const warnings = Array.from(
      { length: 500 },
      (_, n) => `W: z${String.fromCharCode(97 + Math.floor(n / 26), 97 + (n % 26))}`,
    )
    const log = [...warnings, warnings[499], 'E: it is over'].join('\n')
    expect((await readMessages(inPieces(log, 65_536))).left).toBe(2)
  })

  test('with colours and characters that are no text is read as text', async () => {
    const { messages } = await readMessages(inPieces('\u001b[31mE: a\u0000b\u0007\tc\u001b[0m\n', 3))
    expect(messages.map(({ text }) => text)).toEqual(['E: ab\tc'])
  })

  test('of one endless line ends', async () => {
    const { messages } = await readMessages(inPieces(`W: ${'x'.repeat(1_000_000)}`, 65_536))
    expect(messages[0]?.text).toHaveLength(500)
  })
})

test.each([
  ['W: a 1.2.3', 'W: a 1.2.4', true],
  ['E: pid 812', 'E: pid 9', true],
  ['W: /tmp/abc failed', 'W: /tmp/xyz failed', true],
  ['W: deadbeef01 gone', 'W: cafebabe99 gone', true],
  ['W: a', 'W: b', false],
])('%j and %j say the same: %j', (one, other, same) => {
  expect(fingerprintOf('x', one) === fingerprintOf('x', other)).toBe(same)
})
