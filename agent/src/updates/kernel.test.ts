import { expect, test } from 'vitest'
import { buildOf, flavourOf } from './kernel.ts'

test.each([
  ['6.1.0-28-amd64', 'amd64'],
  ['6.12.48+deb13-amd64', 'amd64'],
  ['6.12.48+deb13.1-amd64', 'amd64'],
  ['6.12.48+deb13-cloud-amd64', 'cloud-amd64'],
  ['6.5.0-0.deb12.4-amd64', 'amd64'],
  ['5.10.0-8-rt-amd64', 'rt-amd64'],
  ['5.15.0-91-generic', 'generic'],
  ['5.15.0-1053-raspi', 'raspi'],
  ['6.8.12-4-pve', 'pve'],
  ['6.6.31+rpt-rpi-v8', 'rpi-v8'],
  ['6.6.31+rpt-rpi-2712', 'rpi-2712'],
  ['6.1.0-rpi7-rpi-v8', 'rpi-v8'],
  ['6.13-rc3-amd64', 'amd64'],
  ['6.1.0-28-686-pae', '686-pae'],
  ['6.18.44', ''],
  ['', ''],
])('the kernel %s is of the flavour "%s"', (release, flavour) => {
  expect(flavourOf(release)).toBe(flavour)
})

test.each([
  ['#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)', '6.1.119-1'],
  ['#1 SMP PREEMPT_DYNAMIC PMX 6.8.12-4 (2024-11-06T15:04Z)', '6.8.12-4'],
  ['#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023', null],
  ['#1 SMP PREEMPT_DYNAMIC @0', null],
])('"%s" was built as %s', (version, build) => {
  expect(buildOf(version)).toBe(build)
})
