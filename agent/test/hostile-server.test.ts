import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Action, ActionClass, classOf } from '../src/actions/action.ts'
import { effectOf, machineMark, orderText } from '../src/actions/order.ts'
import { policyHash } from '../src/actions/policy.ts'
import { readPolicy } from '../src/executions/policy.ts'
import { orderingServer, type Sent, type Told, until, work } from './ordering-server.ts'

// The real agent, and a server that wants more of its machine than its owner allows.
vi.setConfig({ testTimeout: 120_000 })
const AGENT = resolve(import.meta.dirname, '../dist/agent.mjs')

interface Stage {
  told: Told[]
  /** What the server asks for from now on, whole answers to agentWork. */
  say(answer: unknown): void
  order(more?: Partial<Sent>): Sent
  signed(order: Sent): Sent
  etc: string
  state: string
  effects(): string[]
  child: ChildProcess
}

const ada = generateKeyPairSync('ed25519')
const KEY = ada.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')

/** An agent whose server answers as the test says. */
async function stage(policy: string | null): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-hostile-'))
  const [etc, state] = [join(folder, 'etc'), join(folder, 'state')]
  for (const path of [etc, join(etc, 'policy.d'), join(etc, 'hooks.d'), state]) mkdirSync(path)
  if (policy !== null) writeFileSync(join(etc, 'policy.d', '10.yaml'), policy)
  const hook = join(etc, 'hooks.d', 'greet')
  writeFileSync(hook, `#!/bin/sh\necho done >> '${folder}/effects'\n`)
  chmodSync(hook, 0o755)
  const server = await orderingServer()
  const { told } = server
  const child = spawn(process.execPath, [AGENT, 'run'], {
    env: {
      PATH: process.env['PATH'],
      VIGIE_SERVER: server.url,
      VIGIE_TOKEN: `vigie_${'a'.repeat(43)}`,
      VIGIE_STATE_DIR: state,
      VIGIE_POLICY_DIR: etc,
      VIGIE_LEAVE_OUT: 'lvm, zpool, mdraid, btrfs, luks, df, ceph, homes, apt, reboot, hardware, metrics',
    },
    stdio: 'ignore',
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await until(() => told.some(({ operation }) => operation === 'AgentWork'), 'the first question')
  const machine = machineMark(readFileSync(join(state, 'machine-key'), 'utf8').trim())
  const content = createHash('sha256').update(readFileSync(hook)).digest('hex')
  const effect = effectOf(content, policyHash(await readPolicy(etc, true)))
  return {
    told,
    say: server.say,
    order: (more = {}) => ({
      id: randomUUID(),
      machine,
      action: 'hook.run',
      params: '{"hook":"greet"}',
      effect,
      notBefore: null,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      nonce: 'n',
      signature: null,
      isPlanWanted: false,
      ...more,
    }),
    signed: (order) => ({
      ...order,
      signature: sign(null, Buffer.from(orderText(order)), ada.privateKey).toString('base64'),
    }),
    etc,
    state,
    effects: () => {
      const file = join(folder, 'effects')
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
    },
    child,
  }
}

const ALLOWED = `allow: [hook.run]\nhooks: [greet]\noperators: [{name: ada, key: ${KEY}}]\n`
const of = (told: readonly Told[], operation: string) => told.filter((each) => each.operation === operation)
const journalled = (state: string): string[] =>
  existsSync(join(state, 'exec')) ? readdirSync(join(state, 'exec')) : []

describe.skipIf(process.getuid?.() !== 0)('A machine whose owner allows nothing', () => {
  test('does none of the verbs, planned or not, signed or not, nor any that nobody knows', async () => {
    const { told, say, order, signed, state, effects } = await stage(null)
    const params: Partial<Record<Action, string>> = {
      [Action.APT_APPLY]: '{"scope":"all"}',
      [Action.SERVICE_RESTART]: '{"unit":"cron.service"}',
      [Action.HOOK_RUN]: '{"hook":"greet"}',
    }
    const verbs = Object.values(Action).filter((action) => classOf(action) !== ActionClass.READ)
    const known = verbs.flatMap((action) => {
      const asked = order({ action, params: params[action] ?? '{}' })
      return [asked, signed({ ...asked, id: randomUUID() }), { ...asked, id: randomUUID(), isPlanWanted: true }]
    })
    const unknown = ['shell.run', 'exec', 'constructor', '__proto__', 'toString', ''].map((action) => order({ action }))
    say(work([...known, ...unknown]))
    const rejected = await until(() => {
      const found = of(told, 'RejectExecution')
      return found.length >= known.length + unknown.length ? found : null
    }, 'every refusal')
    const codeOf = new Map(rejected.map(({ variables }) => [variables['id'], variables['code']]))
    expect(known.map(({ id }) => codeOf.get(id))).toEqual(known.map(() => 'NOT_ALLOWED'))
    expect(unknown.map(({ id }) => codeOf.get(id))).toEqual(unknown.map(() => 'UNKNOWN_ACTION'))
    expect([of(told, 'ClaimExecution'), of(told, 'ProposeExecution'), journalled(state), effects()]).toEqual([
      [],
      [],
      [],
      [],
    ])
  })

  test('stays well whatever it is answered', async () => {
    const { told, say, order, child, state } = await stage(null)
    const nonsense: unknown[] = [
      null,
      'work',
      work([null]),
      work([order({ params: '['.repeat(200_000) })]),
      { ...work([]), orders: Array.from({ length: 5000 }, () => order()) },
      work([order({ id: '../../../../etc/cron.d/x' })]),
      work([order({ id: '' })]),
      work([order({ params: '['.repeat(90_000) })]),
      work([], { known: [{ id: 'x', status: null, logSize: -1, stop: 'HARD' }] }),
      work([], { askAgainInSeconds: -5 }),
    ]
    for (const each of nonsense) {
      say(each)
      const before = of(told, 'AgentWork').length
      await until(() => of(told, 'AgentWork').length > before, 'a question')
      say(work([]))
      await until(() => of(told, 'AgentWork').length > before + 1, 'the next')
    }
    expect([child.exitCode, journalled(state)]).toEqual([null, []])
  })
})

describe.skipIf(process.getuid?.() !== 0)('A machine whose owner allows a script, if an operator signs it', () => {
  test('runs what was signed, once, however often it is asked', async () => {
    const { told, say, order, signed, effects } = await stage(ALLOWED)
    say(work([signed(order())]))
    await until(() => of(told, 'FinishExecution').length > 0, 'the end')
    const asked = of(told, 'AgentWork').length
    await until(() => of(told, 'AgentWork').length > asked + 2, 'three more questions with the same order')
    expect([effects(), of(told, 'ClaimExecution').length]).toEqual([['done'], 1])
    expect(JSON.parse(of(told, 'FinishExecution')[0]?.variables['result']).outcome).toBe('SUCCEEDED')
  })

  test.each<[string, string, (order: Sent, signed: (order: Sent) => Sent) => Sent]>([
    ['without a signature', 'BAD_SIGNATURE', (order) => order],
    [
      'with that of another order',
      'BAD_SIGNATURE',
      (order, signed) => ({ ...order, signature: signed({ ...order, nonce: 'other' }).signature }),
    ],
    ['signed for another machine', 'WRONG_MACHINE', (order, signed) => signed({ ...order, machine: 'f'.repeat(32) })],
    ['signed, and too late', 'EXPIRED', (order, signed) => signed({ ...order, expiresAt: '2020-01-01T00:00:00.000Z' })],
    [
      'signed, for a script that is not listed',
      'NOT_LISTED',
      (order, signed) => signed({ ...order, params: '{"hook":"other"}' }),
    ],
    ['signed, for a path', 'BAD_PARAMS', (order, signed) => signed({ ...order, params: '{"hook":"../policy.d/10"}' })],
  ])('does not %s (%s)', async (_what, code, make) => {
    const { told, say, order, signed, effects, state } = await stage(ALLOWED)
    say(work([make(order(), signed)]))
    await until(() => of(told, 'RejectExecution').some(({ variables }) => variables['code'] === code), `${code}`)
    expect([of(told, 'ClaimExecution'), effects(), journalled(state)]).toEqual([[], [], []])
  })

  test('takes no other order under a name that it knows, and says so', async () => {
    const { told, say, order, signed, effects } = await stage(ALLOWED)
    const first = signed(order())
    say(work([first]))
    await until(() => of(told, 'FinishExecution').length > 0, 'the end')
    say(work([signed({ ...first, nonce: 'another' })]))
    await until(
      () => of(told, 'RejectExecution').some(({ variables }) => variables['code'] === 'OTHER_CONTENT'),
      'the alarm',
    )
    expect(effects()).toEqual(['done'])
  })

  test('does not run a script that is another than the one that was approved', async () => {
    const { told, say, order, signed, etc, effects } = await stage(ALLOWED)
    const asked = signed(order())
    writeFileSync(join(etc, 'hooks.d', 'greet'), '#!/bin/sh\necho something else\n')
    say(work([asked]))
    const [end] = await until(
      () => (of(told, 'FinishExecution').length > 0 ? of(told, 'FinishExecution') : null),
      'the end',
    )
    expect(JSON.parse(end?.variables['result'])).toMatchObject({ outcome: 'FAILED', code: 'CONTENT_CHANGED' })
    expect(effects()).toEqual([])
  })

  test('does nothing once the switch of all is on, though it was signed before', async () => {
    const { told, say, order, signed, etc, effects } = await stage(ALLOWED)
    writeFileSync(join(etc, 'readonly'), '')
    say(work([signed(order())]))
    await until(
      () => of(told, 'RejectExecution').some(({ variables }) => variables['code'] === 'READ_ONLY'),
      'the refusal',
    )
    expect(effects()).toEqual([])
  })

  test.each([
    ['others can write', (path: string) => chmodSync(path, 0o777)],
    ['is a link', (path: string) => (rmSync(path), spawn('ln', ['-s', '/bin/true', path]))],
    ['is not there', (path: string) => rmSync(path)],
  ])('plans no script that %s', async (_what, spoil) => {
    const { told, say, order, etc } = await stage(ALLOWED)
    spoil(join(etc, 'hooks.d', 'greet'))
    say(work([order({ isPlanWanted: true })]))
    await until(
      () => of(told, 'RejectExecution').some(({ variables }) => variables['code'] === 'CANNOT_PLAN'),
      'the refusal',
    )
    expect(of(told, 'ProposeExecution')).toEqual([])
  })
})
