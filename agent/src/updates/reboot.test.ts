import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Run } from '../platform/command.ts'
import { collectReboot, type RebootPlaces } from './reboot.ts'

let folder: string
let places: RebootPlaces

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-reboot-'))
  const at = (name: string): string => {
    mkdirSync(join(folder, name))
    return join(folder, name)
  }
  places = { runDir: at('run'), bootDir: at('boot'), etcKernel: at('kernel'), proc: at('proc') }
  writeFileSync(join(places.proc, 'stat'), 'cpu 1 2 3\nbtime 1764500000\n')
})

afterEach(() => rmSync(folder, { recursive: true }))

/** A machine that runs one kernel, whose package is of that version. */
const machine =
  (release: string, build = '#1 SMP', packaged: string | null = null): Run =>
  async (command, args) => {
    const answer = (stdout: string, status = 0) => ({ stdout, stderr: '', status })
    if (command === 'uname') return answer(args[0] === '-r' ? release : build)
    if (command === 'dpkg-query' && args[0] === '-S')
      return packaged === null ? answer('', 1) : answer(`linux-image-${release}: ${args[1]}\n`)
    if (command === 'dpkg-query') return answer(packaged ?? '', packaged === null ? 1 : 0)
    // As dpkg orders them, for versions of numbers alone.
    const order = (text: string): string => text.replace(/\d+/g, (digits) => digits.padStart(6, '0'))
    return answer('', order(args[1] ?? '') > order(args[3] ?? '') ? 0 : 1)
  }

const install = (...releases: string[]): void => {
  for (const release of releases) writeFileSync(join(places.bootDir, `vmlinuz-${release}`), '')
}
const codes = async (run: Run, isContainer = false): Promise<string[]> =>
  (await collectReboot(run, isContainer, places)).reasons.map(({ code, detail }) => `${code} ${detail}`)

test('a newer kernel of the same flavour waits for a restart', async () => {
  install('6.1.0-28-amd64', '6.1.0-31-amd64')
  expect(await codes(machine('6.1.0-28-amd64'))).toEqual(['KERNEL_NEWER 6.1.0-31-amd64'])
  expect(await codes(machine('6.1.0-31-amd64'))).toEqual([])
})

test.each([
  ['of another flavour', '6.6.31+rpt-rpi-v8', ['6.6.31+rpt-rpi-v8', '6.12.1+rpt-rpi-2712']],
  ['for the cloud', '6.1.0-28-cloud-amd64', ['6.1.0-28-cloud-amd64', '6.1.0-31-amd64']],
])('a newer kernel %s does not', async (_what, running, installed) => {
  install(...installed)
  expect(await codes(machine(running))).toEqual([])
})

test('a kernel that was built anew under its name waits for a restart', async () => {
  install('6.1.0-28-amd64')
  const build = '#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)'
  expect(await codes(machine('6.1.0-28-amd64', build, '6.1.119-2'))).toEqual([
    'KERNEL_REBUILT 6.1.0-28-amd64 6.1.119-2',
  ])
  expect(await codes(machine('6.1.0-28-amd64', build, '6.1.119-1'))).toEqual([])
  expect(await codes(machine('6.1.0-28-amd64', build))).toEqual([])
})

test('what was kept of an older build is no kernel that waits', async () => {
  install('6.1.54', '6.1.55.old')
  expect(await codes(machine('6.1.54'))).toEqual([])
})

test('where dpkg gives no answer, nothing is known of the kernel', async () => {
  install('6.1.0-28-amd64', '6.1.0-31-amd64')
  const broken: Run = async (command, args) =>
    command === 'dpkg' ? { stdout: '', stderr: 'error', status: 2 } : machine('6.1.0-28-amd64')(command, args)
  expect(await collectReboot(broken, false, places)).toMatchObject({ reasons: [], kernelChecked: false })
})

test('the kernel that Proxmox VE pins is the one that should run', async () => {
  install('6.8.12-4-pve', '6.8.12-9-pve')
  writeFileSync(join(places.etcKernel, 'proxmox-boot-pin'), '6.8.12-4-pve\n')
  expect(await codes(machine('6.8.12-4-pve'))).toEqual([])
  expect(await codes(machine('6.8.12-9-pve'))).toEqual(['KERNEL_NEWER 6.8.12-4-pve'])
})

test('a container runs on the kernel of its host: only what packages ask for counts', async () => {
  install('6.1.0-28-amd64', '6.1.0-31-amd64')
  expect(await collectReboot(machine('6.1.0-28-amd64'), true, places)).toMatchObject({
    reasons: [],
    kernelChecked: false,
  })
  writeFileSync(join(places.runDir, 'reboot-required'), '')
  expect(await codes(machine('6.1.0-28-amd64'), true)).toEqual(['ASKED null'])
})

test('of a kernel that is none of those in /boot nothing is known', async () => {
  install('6.1.0-31-amd64')
  expect(await collectReboot(machine('6.18.44-fc-v669'), false, places)).toMatchObject({
    reasons: [],
    kernelChecked: false,
    runningKernel: '6.18.44-fc-v669',
    bootedAt: '2025-11-30T10:53:20.000Z',
  })
})
