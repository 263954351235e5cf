import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Action, ActionClass, classOf } from '../actions/action.ts'
import { machineMark, type Order, orderDigest, orderText, signerOf } from '../actions/order.ts'
import type { Policy } from '../actions/policy.ts'
import { judgeOrder } from './judge-order.ts'
import { collectOnly } from './policy.ts'

const KEY = 'key-of-the-machine-atlas'
const NOW = new Date('2026-11-30T12:00:00Z')
const ada = generateKeyPairSync('ed25519')
const eve = generateKeyPairSync('ed25519')
const pub = (pair: typeof ada): string => pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const signed = (order: Order, pair = ada): string =>
  sign(null, Buffer.from(orderText(order)), pair.privateKey).toString('base64')

const policy = (more: Partial<Policy> = {}): Policy => ({
  ...collectOnly(true),
  allow: Object.values(Action).filter((action) => classOf(action) !== ActionClass.READ),
  hooks: ['greet'],
  units: ['nginx.service'],
  operators: [{ name: 'ada', key: pub(ada) }],
  ...more,
})
const order = (more: Partial<Order> = {}): Order => ({
  id: '01900000-0000-7000-8000-000000000001',
  machine: machineMark(KEY),
  action: 'apt.apply',
  params: '{"scope":"all"}',
  effect: 'e'.repeat(64),
  notBefore: null,
  expiresAt: '2026-12-01T00:00:00.000Z',
  nonce: 'n',
  ...more,
})
const judge = (of: Order, signature: string | null = null, more: Partial<Policy> = {}, begunToday = 0): string => {
  const judged = judgeOrder(of, signature, { policy: policy(more), machineKey: KEY, now: NOW, begunToday })
  return 'code' in judged ? judged.code : 'may begin'
}

describe('An order', () => {
  test.each<[string, string, Order]>([
    ['that is approved', 'may begin', order()],
    ['for security updates', 'may begin', order({ params: '{"scope":"security"}' })],
    ['for packages', 'may begin', order({ params: '{"scope":["openssl","libc6:i386"]}' })],
    ['to look', 'may begin', order({ action: 'collect', params: '{}', effect: null })],
    ['for another machine', 'WRONG_MACHINE', order({ machine: machineMark('another key of a machine') })],
    ['of a verb that nobody knows', 'UNKNOWN_ACTION', order({ action: 'shell.run' })],
    ['of no verb', 'UNKNOWN_ACTION', order({ action: '' })],
    ['of what every object has', 'UNKNOWN_ACTION', order({ action: 'constructor' })],
    ['of what every object is made of', 'UNKNOWN_ACTION', order({ action: '__proto__' })],
    ['with parameters that are no JSON', 'BAD_PARAMS', order({ params: '{' })],
    ['that says one thing twice', 'BAD_PARAMS', order({ params: '{"scope":"security","scope":"all"}' })],
    ['that hides behind blanks', 'BAD_PARAMS', order({ params: `{"scope":"all"}${' '.repeat(100)}` })],
    ['with none', 'BAD_PARAMS', order({ params: '' })],
    ['with one more than it takes', 'BAD_PARAMS', order({ params: '{"scope":"all","shell":"id"}' })],
    ['with an option in place of a package', 'BAD_PARAMS', order({ params: '{"scope":["--allow-unauthenticated"]}' })],
    ['with a path in place of a package', 'BAD_PARAMS', order({ params: '{"scope":["./evil.deb"]}' })],
    ['with a package and its version', 'BAD_PARAMS', order({ params: '{"scope":["openssl=1.0"]}' })],
    ['for no package', 'BAD_PARAMS', order({ params: '{"scope":[]}' })],
    [
      'with an option in place of a unit',
      'BAD_PARAMS',
      order({ action: 'service.restart', params: '{"unit":"--now"}' }),
    ],
    ['for a unit of another kind', 'BAD_PARAMS', order({ action: 'service.restart', params: '{"unit":"a.socket"}' })],
    [
      'for a unit that is not listed',
      'NOT_LISTED',
      order({ action: 'service.restart', params: '{"unit":"ssh.service"}' }),
    ],
    [
      'with a path in place of a script',
      'BAD_PARAMS',
      order({ action: 'hook.run', params: '{"hook":"../../bin/sh"}' }),
    ],
    ['that came too late', 'EXPIRED', order({ expiresAt: '2026-11-30T12:00:00.000Z' })],
    ['that lives longer than any of ours', 'EXPIRED', order({ expiresAt: '2027-12-01T00:00:00.000Z' })],
    ['whose time nobody can read', 'EXPIRED', order({ expiresAt: 'tomorrow' })],
    ['that came too early', 'EXPIRED', order({ notBefore: '2026-11-30T12:00:01.000Z' })],
    ['whose beginning nobody can read', 'EXPIRED', order({ notBefore: 'soon' })],
    ['without what was approved of it', 'CONTENT_CHANGED', order({ effect: null })],
  ])('%s: %s', (_what, expected, of) => expect(judge(of)).toBe(expected))

  test('that is dangerous begins with the signature of its operator alone', () => {
    const reboot = order({ action: 'reboot', params: '{}' })
    expect(judge(reboot)).toBe('BAD_SIGNATURE')
    expect(judge(reboot, signed(reboot))).toBe('may begin')
    expect(judge(reboot, signed(reboot, eve))).toBe('BAD_SIGNATURE')
    expect(judge(reboot, 'AAAA')).toBe('BAD_SIGNATURE')
    // A signature is of one order: none of its parts may be another.
    const others: Partial<Order>[] = [
      { id: '01900000-0000-7000-8000-000000000002' },
      { effect: 'f'.repeat(64) },
      { notBefore: '2026-11-30T11:00:00.000Z' },
      { expiresAt: '2026-12-02T00:00:00.000Z' },
      { nonce: 'm' },
    ]
    for (const other of others)
      expect([other, judge({ ...reboot, ...other }, signed(reboot))]).toEqual([other, 'BAD_SIGNATURE'])
  })

  test('that the owner wants signed is not begun without', () => {
    expect(judge(order(), null, { requireSignature: [Action.APT_APPLY] })).toBe('BAD_SIGNATURE')
    expect(judge(order(), signed(order()), { requireSignature: [Action.APT_APPLY] })).toBe('may begin')
  })

  test('outside of the owner’s hours waits for them; to look is always in time', () => {
    const hour = NOW.getHours()
    const at = (from: number, to: number): string =>
      [from, to].map((each) => `${String((each + 24) % 24).padStart(2, '0')}:00`).join('-')
    expect(judge(order(), null, { windows: [at(hour, hour + 1)] })).toBe('may begin')
    expect(judge(order(), null, { windows: [at(hour + 1, hour + 2)] })).toBe('OUT_OF_WINDOW')
    const look = order({ action: 'collect', params: '{}', effect: null })
    expect(judge(look, null, { windows: [at(hour + 1, hour + 2)] })).toBe('may begin')
  })

  test('beyond what the owner allows in a day waits for none: it is refused; to look is not counted', () => {
    expect(judge(order(), null, { maxPerDay: 2 }, 1)).toBe('may begin')
    expect(judge(order(), null, { maxPerDay: 2 }, 2)).toBe('TOO_MANY_TODAY')
    expect(judge(order({ action: 'collect', params: '{}', effect: null }), null, { maxPerDay: 0 }, 9)).toBe('may begin')
  })
})

test('Another order has another digest, in each of its parts', () => {
  const parts = Object.keys(order()) as (keyof Order)[]
  const digests = parts.map((part) => orderDigest(order({ [part]: 'another' })))
  expect(new Set([orderDigest(order()), ...digests]).size).toBe(parts.length + 1)
})

test.each(['', 'not base64 !', Buffer.alloc(44).toString('base64'), 'A'.repeat(200)])(
  'A key that is none ("%s") signs nothing, and is no error',
  (key) => expect(signerOf('text', Buffer.alloc(64).toString('base64'), [{ name: 'x', key }])).toBeNull(),
)
