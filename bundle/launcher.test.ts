import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vigie-launcher-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function script(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  return file
}

/** What ./vigie says on a machine of which uname and getconf tell this. */
function says({ uname, bits = '', target = 'linux-arm64' }: { uname: string; bits?: string; target?: string }) {
  const text = readFileSync(join(import.meta.dirname, 'vigie.sh'), 'utf8').replaceAll('@TARGET@', target)
  script('uname', `#!/bin/sh\necho ${uname}\n`)
  script('getconf', `#!/bin/sh\n[ "$1" = LONG_BIT ] && echo ${bits}\n`)
  const env = { PATH: `${folder}:${process.env.PATH}` }
  const { status, stderr } = spawnSync(script('vigie', text), { encoding: 'utf8', env })
  return { status, stderr }
}

test.each([
  [
    'a CPU that it is not made for',
    { uname: 'armv7l', bits: '32' },
    /Vigie runs on x64 and arm64, not on armv7l: .*"Add a machine"/,
  ],
  [
    'a 32-bit system on a 64-bit kernel',
    { uname: 'aarch64', bits: '32' },
    /this is a 32-bit system: install a 64-bit one/,
  ],
  [
    'the other CPU',
    { uname: 'x86_64', bits: '64' },
    /this is Vigie for linux-arm64, and this machine is x86_64: take the other archive/,
  ],
  [
    'a system without glibc',
    { uname: 'aarch64', bits: '64' },
    /this system has no glibc .*: run the Docker image there/,
  ],
])('On %s ./vigie says in one sentence what to do', (_, machine, sentence) => {
  const { status, stderr } = says(machine)
  expect(stderr.split('\n')).toEqual([expect.stringMatching(sentence), ''])
  expect(status).toBe(1)
})
