import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Action, ActionClass, ACTIONS, classOf } from '../actions/action.ts'
import { policyHash, RefusalCode, refusalOf } from '../actions/policy.ts'
import { collectOnly, readPolicy } from './policy.ts'

let etc: string
beforeEach(() => {
  etc = mkdtempSync(join(tmpdir(), 'vigie-etc-'))
  mkdirSync(join(etc, 'policy.d'))
})
afterEach(() => rmSync(etc, { recursive: true, force: true }))
const write = (text: string, name = '10-owner.yaml'): string => {
  const path = join(etc, 'policy.d', name)
  writeFileSync(path, text)
  return path
}
const CHANGING = Object.values(Action).filter((action) => classOf(action) !== ActionClass.READ)
const ALL = `allow: [${CHANGING.join(', ')}]\nunits: [nginx.service]\nhooks: [greet]\noperators: [{name: ada, key: ${'A'.repeat(60)}}]\n`
const PARAMS = { unit: 'nginx.service', hook: 'greet' }

test('Each action says what its effect pins, or why it pins nothing', () => {
  for (const action of Object.values(Action)) {
    const { effect } = ACTIONS[action]
    expect([action, Object.values(effect)[0]?.length ?? 0]).toEqual([action, expect.any(Number)])
    expect(Object.values(effect)[0]?.length).toBeGreaterThan(10)
    expect(Object.keys(effect)).toHaveLength(1)
  }
})

describe.skipIf(process.getuid?.() !== 0)('What a machine’s owner says', () => {
  test('is nothing, where he has said nothing: it is looked at, and nothing is changed', async () => {
    rmSync(join(etc, 'policy.d'), { recursive: true })
    const policy = await readPolicy(etc, true)
    expect(policy).toEqual(collectOnly(true))
    for (const action of CHANGING) expect(refusalOf(policy, action, PARAMS)?.code).toBe(RefusalCode.NOT_ALLOWED)
    expect(refusalOf(policy, Action.COLLECT, {})).toBeNull()
  })

  test('is what all files say together, and of two bounds the lower', async () => {
    write('allow: [apt.refresh]\nmax_per_day: 5\n', '10-a.yaml')
    write('allow: [apt.refresh, reboot]\nmax_per_day: 2\nwindows: ["Mon-Fri 02:00-05:00"]\n', '20-b.yml')
    write('this is no policy: [', 'README')
    expect(await readPolicy(etc, true)).toMatchObject({
      problem: null,
      allow: ['apt.refresh', 'reboot'],
      maxPerDay: 2,
      windows: ['Mon-Fri 02:00-05:00'],
    })
  })

  test('counts for nothing while the switch of all is on', async () => {
    write(ALL)
    writeFileSync(join(etc, 'readonly'), '')
    const policy = await readPolicy(etc, true)
    for (const action of CHANGING) expect(refusalOf(policy, action, PARAMS)?.code).toBe(RefusalCode.READ_ONLY)
  })

  test('allows nothing to an agent that is not root', async () => {
    write(ALL)
    const policy = await readPolicy(etc, false)
    for (const action of CHANGING) expect(refusalOf(policy, action, PARAMS)?.code).toBe(RefusalCode.NOT_ROOT)
  })

  test.each<[string, (path: string) => void]>([
    ['a file that belongs to another', (path) => chownSync(path, 65534, 65534)],
    ['a file that others can write', (path) => chmodSync(path, 0o666)],
    ['a file that its group can write', (path) => chmodSync(path, 0o664)],
    ['a folder that others can write', () => chmodSync(join(etc, 'policy.d'), 0o777)],
    ['a folder above it that others can write', () => chmodSync(etc, 0o777)],
    [
      'a link to a file',
      (path) => {
        writeFileSync(join(etc, 'elsewhere'), ALL)
        rmSync(path)
        symlinkSync(join(etc, 'elsewhere'), path)
      },
    ],
    ['a key that is not known', (path) => writeFileSync(path, `${ALL}alow_all: true\n`)],
    ['an action that is not known', (path) => writeFileSync(path, 'allow: [shell.run]\n')],
    ['a window that is none', (path) => writeFileSync(path, `${ALL}windows: [at night]\n`)],
    ['text that is no YAML', (path) => writeFileSync(path, 'allow: [apt.refresh\n')],
    ['a key that is said twice', (path) => writeFileSync(path, 'allow: [reboot]\nallow: [apt.refresh]\n')],
    ['a list in place of a map', (path) => writeFileSync(path, '- apt.refresh\n')],
    ['aliases that stand for millions', (path) => writeFileSync(path, 'units: &a [x.service]\nhooks: *a\n')],
    ['a number that is none', (path) => writeFileSync(path, `${ALL}max_per_day: many\n`)],
    ['a file that is too large', (path) => writeFileSync(path, `#${' '.repeat(70_000)}\n${ALL}`)],
    ['another file that cannot be read', () => write('allow: 7\n', '99-other.yaml')],
  ])('%s: nothing is allowed, and the reason is told', async (_what, spoil) => {
    spoil(write(ALL))
    const policy = await readPolicy(etc, true)
    expect(policy).toMatchObject({ allow: [], problem: expect.stringContaining(etc) })
    for (const action of CHANGING) expect(refusalOf(policy, action, PARAMS)).not.toBeNull()
  })

  test('names each unit and script that may be asked for', async () => {
    write(ALL)
    const policy = await readPolicy(etc, true)
    expect(refusalOf(policy, Action.SERVICE_RESTART, { unit: 'nginx.service' })).toBeNull()
    expect(refusalOf(policy, Action.SERVICE_RESTART, { unit: 'ssh.service' })?.code).toBe(RefusalCode.NOT_LISTED)
    expect(refusalOf(policy, Action.HOOK_RUN, { hook: 'other' })?.code).toBe(RefusalCode.NOT_LISTED)
  })

  test('lets nobody do what needs a signature where it names no operator', async () => {
    write('allow: [reboot, apt.apply]\nrequire_signature: [apt.apply]\n')
    const policy = await readPolicy(etc, true)
    for (const action of [Action.REBOOT, Action.APT_APPLY])
      expect(refusalOf(policy, action, {})?.code).toBe(RefusalCode.NO_OPERATOR)
  })

  test('has one name while it says the same, whatever order it says it in', async () => {
    write('allow: [apt.refresh, reboot]\n')
    const before = policyHash(await readPolicy(etc, true))
    write('allow: [reboot, apt.refresh]\n')
    expect(policyHash(await readPolicy(etc, true))).toBe(before)
    write('allow: [reboot]\n')
    expect(policyHash(await readPolicy(etc, true))).not.toBe(before)
  })
})
