import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { Scope } from '../src/graphql/scope.ts'
import { ROOT } from '../src/platform/root.ts'
import { type TestApi, until } from './start-api.ts'

const AGENT = resolve(ROOT, 'agent/dist/agent.mjs')

/** A real agent with its own state, policy and hooks: what it is asked, it does, in a folder of its own. */
export interface ActingMachine {
  id: string
  /** /etc/vigie of this machine. */
  etc: string
  state: string
  /** The lines that hooks wrote: each is one effect. */
  effects(): string[]
  policy(text: string): void
  hook(name: string, script: string): void
  /** Signs as the operator that the policy names. */
  sign(text: string): string
  operatorKey: string
  /** SIGKILL, and nothing is started anew. */
  kill(): Promise<void>
  start(): void
  agent(): ChildProcess
  /** What it said on stderr. */
  said(): string
}

/** None of the sections that cost time: what is tried here is what it is asked. */
const QUIET = 'lvm, zpool, mdraid, btrfs, luks, df, ceph, homes, apt, packages, reboot, hardware, metrics'

export async function actingMachine(api: TestApi, url = api.url): Promise<ActingMachine> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-acting-'))
  const [etc, state] = [join(folder, 'etc'), join(folder, 'state')]
  for (const path of [etc, join(etc, 'policy.d'), join(etc, 'hooks.d'), state]) mkdirSync(path, { mode: 0o755 })
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const token = await api.token([Scope.REPORT], { anyMachine: false, name: `agent of ${folder.slice(-6)}` })
  const env = {
    PATH: process.env['PATH'],
    VIGIE_SERVER: url,
    VIGIE_TOKEN: token,
    VIGIE_STATE_DIR: state,
    VIGIE_POLICY_DIR: etc,
    VIGIE_LEAVE_OUT: QUIET,
  }
  let said = ''
  let child: ChildProcess
  const start = (): void => {
    child = spawn(process.execPath, [AGENT, 'run'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)))
  }
  const kill = async (): Promise<void> => {
    const gone = new Promise((done) => child.once('close', done))
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await gone
  }
  start()
  onTestFinished(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'effects')
  const machine = await until(
    async () => {
      const found = await api.orm.em
        .fork()
        .getKysely()
        .selectFrom('api_client' as never)
        .select('machine_id' as never)
        .where('name' as never, '=', `agent of ${folder.slice(-6)}` as never)
        .executeTakeFirst()
      return (found as { machine_id?: string } | undefined)?.machine_id
    },
    `the first report (${said})`,
    30_000,
  )
  return {
    id: machine,
    etc,
    state,
    effects: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []),
    policy: (text) => writeFileSync(join(etc, 'policy.d', '10-test.yaml'), text),
    hook: (name, script) => {
      const path = join(etc, 'hooks.d', name)
      writeFileSync(path, `#!/bin/sh\nEFFECTS='${file}'\n${script}\n`)
      chmodSync(path, 0o755)
    },
    sign: (text) => sign(null, Buffer.from(text), privateKey as KeyObject).toString('base64'),
    operatorKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    kill,
    start,
    agent: () => child,
    said: () => said,
  }
}
