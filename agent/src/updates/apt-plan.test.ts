import { expect, test } from 'vitest'
import { PLAN_LINE } from './apt-hook.ts'
import { planHash, readPlan } from './apt-plan.ts'

test.each([
  [
    'Inst a [1.0] (1.1 Debian:12.15/oldstable [amd64])',
    { name: 'a', change: 'UPGRADE', installed: '1.0', candidate: '1.1' },
  ],
  [
    'Inst a (1:1.1~rc1 Debian:12/stable, Debian-Security:12/stable-security [all])',
    { change: 'INSTALL', candidate: '1:1.1~rc1' },
  ],
  ['Inst a [1.0] (1.1 Ubuntu (x) y:24.04/noble-security [amd64]) []', { candidate: '1.1', architecture: 'amd64' }],
  ['Inst a [1.0] (1.1 Example Debian Repository:nodistro [amd64]) [b on c]', { candidate: '1.1' }],
  ['Inst a:i386 [1.0] (1.1 Debian:12/stable [i386])', { key: 'a:i386', name: 'a', architecture: 'i386' }],
  ['Remv a [1.0]', { change: 'REMOVE', installed: '1.0', candidate: null, architecture: 'amd64' }],
  ['Purg a:i386 [1.0]', { change: 'REMOVE', key: 'a:i386' }],
])('%s is read', (line, expected) => {
  expect(readPlan(`Reading package lists...\n${line}\nConf a (1.1 [amd64])\n`, 'amd64')).toMatchObject([expected])
})

test('a line of the plan that cannot be read makes no smaller plan', () => {
  expect(() => readPlan('Inst a\n', 'amd64')).toThrow('which cannot be read')
})

test('what is downgraded is told by the words of apt', () => {
  const text =
    'The following packages will be DOWNGRADED:\n  a b\n  c\n0 upgraded\nInst c [2] (1 D:1/s [amd64])\nInst d [1] (2 D:1/s [amd64])\n'
  expect(readPlan(text, 'amd64').map(({ change }) => change)).toEqual(['DOWNGRADE', 'UPGRADE'])
})

test('the hook tells the same plan as the lines, whatever else is printed', () => {
  const packages = [
    { name: 'a', architecture: 'amd64', mode: 'upgrade', installed: '1.0', candidate: '1.1' },
    { name: 'n', architecture: 'amd64', mode: 'install', installed: null, candidate: '1.0' },
    { name: 'r', architecture: 'amd64', mode: 'deinstall', installed: '1.0', candidate: null },
    { name: 'k', architecture: 'amd64', mode: 'keep', installed: '1.0', candidate: null },
  ]
  const byHook = readPlan(`Reading…\n${PLAN_LINE}${JSON.stringify(packages)}\nInst x (9 D:1/s [amd64])\n`, 'amd64')
  const byLines = readPlan('Inst a [1.0] (1.1 D:1/s [amd64])\nInst n (1.0 D:1/s [all])\nRemv r [1.0]\n', 'amd64')
  expect(planHash(byHook)).toBe(planHash(byLines))
})
