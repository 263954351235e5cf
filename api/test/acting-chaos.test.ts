import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as ask, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ROOT } from '../src/platform/root.ts'
import { until } from './start-api.ts'

// Real agents ask a real server to be given work, while both are killed with -9 at random and a third of what they say to
// each other is lost on the way there or back. VIGIE_CHAOS=1000 does what docs/performance.md tells of.
const EACH = Number(process.env['VIGIE_CHAOS'] ?? 6)
const MACHINES = EACH > 100 ? 16 : 3
const LOST = 0.33
const PATIENCE = 300_000 + EACH * 10_000

const pick = (most: number): number => Math.floor(Math.random() * most)

/** Hands on what is asked, or loses it: before it is done, or after. */
async function lossyWay(to: number): Promise<number> {
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('error', () => undefined)
    outgoing.on('error', () => undefined)
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const fate = Math.random()
      if (fate < LOST / 2) return void incoming.socket.destroy()
      const { method, url: path, headers } = incoming
      const onward = ask({ host: '127.0.0.1', port: to, method, path, headers }, (answer) => {
        answer.on('error', () => incoming.socket.destroy())
        if (fate < LOST) {
          answer.resume()
          answer.on('end', () => incoming.socket.destroy())
          return
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
      onward.on('error', () => incoming.socket.destroy())
      onward.end(Buffer.concat(chunks))
    })
  })
  // No hints: who is told nothing asks by himself.
  server.on('upgrade', (_request, socket) => socket.destroy())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close().closeAllConnections())
  return (server.address() as AddressInfo).port
}

test.skipIf(process.getuid?.() !== 0)(
  `Whatever is killed and lost, each of ${EACH} actions has one effect or says that it was interrupted, ends, and its log is whole`,
  { timeout: PATIENCE },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigie-chaos-'))
    const port = 10_000 + pick(20_000)
    const serverEnv = {
      ...process.env,
      VIGIE_DATA_DIR: join(folder, 'data'),
      VIGIE_PORT: String(port),
      VIGIE_LOCAL_AGENT: 'off',
      VIGIE_LOG_LEVEL: 'error',
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    }
    let server = null as ChildProcess | null
    const children = new Set<ChildProcess>()
    const start = (args: string[], env: NodeJS.ProcessEnv): ChildProcess => {
      const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
      children.add(child)
      child.once('exit', () => children.delete(child))
      return child
    }
    onTestFinished(() => {
      for (const child of children) child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    const serve = (): ChildProcess => (server = start([resolve(ROOT, 'api/dist/main.js')], serverEnv))
    const isReady = () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    serve()
    await until(isReady, 'the server', 60_000)
    const token = (...args: string[]): string =>
      execFileSync(process.execPath, [resolve(ROOT, 'api/dist/access/command.js'), 'token', ...args], {
        env: serverEnv,
      })
        .toString()
        .trim()
        .split('\n')
        .at(-1) as string
    const admin = token('person', '--scope', 'admin')
    // People try again by hand until they are answered.
    const graphql = async <T>(query: string, variables: object = {}): Promise<T | null> => {
      const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${admin}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(10_000),
      }).catch(() => null)
      const { data = null } = ((await answer?.json().catch(() => ({}))) ?? {}) as { data?: T | null }
      return data
    }
    const way = await lossyWay(port)

    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    const agents = Array.from({ length: MACHINES }, (_, index) => {
      const home = join(folder, `machine-${index}`)
      const effects = join(home, 'effects')
      for (const path of ['', 'etc', 'etc/policy.d', 'etc/hooks.d', 'state', 'bin']) mkdirSync(join(home, path))
      writeFileSync(
        join(home, 'etc/policy.d/10.yaml'),
        `allow: [hook.run]\nhooks: [mark]\noperators:\n  - name: ada\n    key: ${key}\n`,
      )
      const hook = join(home, 'etc/hooks.d/mark')
      // Its own folder names the execution: the effect says whose it is.
      writeFileSync(
        hook,
        `#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8; do echo "line $i of $0"; sleep 0.1; done\nbasename "$(dirname "$0")" >> '${effects}'\n`,
      )
      chmodSync(hook, 0o755)
      writeFileSync(join(home, 'token'), token(`agent ${index}`, '--scope', 'report'), { mode: 0o600 })
      const env = {
        PATH: process.env['PATH'],
        VIGIE_SERVER: `http://127.0.0.1:${way}`,
        VIGIE_TOKEN_FILE: join(home, 'token'),
        VIGIE_STATE_DIR: join(home, 'state'),
        VIGIE_POLICY_DIR: join(home, 'etc'),
        VIGIE_LEAVE_OUT: 'lvm, zpool, mdraid, btrfs, luks, df, ceph, homes, apt, reboot, hardware, metrics',
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
      }
      const run = (): ChildProcess => start([resolve(ROOT, 'agent/dist/agent.mjs'), 'run', '--every', '15m'], env)
      return { effects, run, child: run(), id: '' }
    })

    let isOver = false
    /** What was asked and has not ended. */
    const underWay = new Set<string>()
    /** How often which was killed. */
    const killed = { server: 0, agent: 0, runner: 0 }
    const killing = (async () => {
      while (!isOver) {
        await new Promise((done) => setTimeout(done, 500 + pick(2500)))
        if (isOver) break
        const fate = Math.random()
        if (fate < 0.15) {
          killed.server += 1
          const before = server
          before?.kill('SIGKILL')
          await new Promise((done) => before?.once('exit', done))
          serve()
          await until(isReady, 'the server again', 60_000)
        } else if (fate < 0.75) {
          const agent = agents[pick(MACHINES)] as (typeof agents)[number]
          killed.agent += 1
          agent.child.kill('SIGKILL')
          agent.child = agent.run()
        } else {
          // The process that carries it out, wherever it is.
          const [id] = [...underWay].sort(() => Math.random() - 0.5)
          const found = spawnSync('pgrep', ['-f', `execute ${id}`], { encoding: 'utf8' })
          const pid = Number(found.stdout.trim().split('\n')[0])
          if (!pid) continue
          killed.runner += 1
          try {
            process.kill(pid, 'SIGKILL')
          } catch {
            // It has ended.
          }
        }
      }
    })().catch(() => undefined)

    const machines = await until(
      async () => {
        const found = await graphql<{
          apiClients: { name: string; machine: { id: string; policy: object | null } | null }[]
        }>('{ apiClients { name machine { id policy { rules { allow } } } } }')
        const bound =
          found?.apiClients.filter(({ name, machine }) => name.startsWith('agent ') && machine?.policy) ?? []
        return bound.length === MACHINES ? bound : null
      },
      'the machines and what they allow',
      120_000,
    )
    for (const { name, machine } of machines)
      (agents[Number(name.split(' ')[1])] as { id: string }).id = machine?.id ?? ''

    const FIELDS = 'id status effect textToSign logIsWhole logSize code detail'
    type Asked = { id: string; status: string; effect: string; textToSign: string | null; logIsWhole: boolean | null }
    const ended: (Asked & { agent: number })[] = []
    const OVER = ['SUCCEEDED', 'FAILED', 'INTERRUPTED', 'WARNINGS', 'CANCELLED', 'REJECTED', 'EXPIRED']
    const one = async (agent: (typeof agents)[number], index: number): Promise<void> => {
      // It may have been made by a question whose answer was lost.
      const made = await until(
        async () => {
          const planned = await graphql<{ planExecution: { id: string } }>(
            `
              mutation ($machine: ID!) {
                planExecution(machine: $machine, action: HOOK_RUN, params: { hook: "mark" }) {
                  id
                }
              }
            `,
            { machine: agent.id },
          )
          if (planned) return planned.planExecution.id
          const open = await graphql<{ executions: { nodes: { id: string }[] } }>(
            `
              query ($machine: ID!) {
                executions(
                  first: 1
                  filter: { machine: $machine, status: [DRAFT, AWAITING_APPROVAL, QUEUED, CLAIMED, RUNNING] }
                ) {
                  nodes {
                    id
                  }
                }
              }
            `,
            { machine: agent.id },
          )
          return open?.executions.nodes[0]?.id ?? null
        },
        'a question that is taken',
        60_000,
      )
      underWay.add(made)
      const read = async (): Promise<Asked | null> =>
        (await graphql<{ execution: Asked }>(`query ($id: ID!) { execution(id: $id) { ${FIELDS} } }`, { id: made }))
          ?.execution ?? null
      const last = await until(
        async () => {
          const now = await read()
          if (now?.status === 'AWAITING_APPROVAL' && now.textToSign)
            await graphql(
              `
                mutation ($id: ID!, $effect: String, $signature: String) {
                  approveExecution(id: $id, effect: $effect, signature: $signature) {
                    id
                  }
                }
              `,
              {
                id: made,
                effect: now.effect,
                signature: sign(null, Buffer.from(now.textToSign), privateKey).toString('base64'),
              },
            )
          await new Promise((done) => setTimeout(done, 100))
          return now && OVER.includes(now.status) ? now : null
        },
        `the end of ${made}`,
        600_000,
      )
      underWay.delete(made)
      ended.push({ ...last, agent: index })
    }
    let left = EACH
    await Promise.all(
      agents.map(async (agent, index) => {
        while (left > 0) {
          left -= 1
          await one(agent, index)
        }
      }),
    )
    isOver = true
    await killing

    const effects = agents.map(({ effects: file }) =>
      existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [],
    )
    const happened = Map.groupBy(effects.flat(), (id) => id)
    const outcomes = Map.groupBy(ended, ({ status }) => status)
    console.log(
      `${EACH} actions on ${MACHINES} machines; killed with -9: server ${killed.server}, agents ${killed.agent}, ` +
        `processes of actions ${killed.runner}; ended ${[...outcomes].map(([status, all]) => `${status} ${all.length}`).join(', ')}`,
    )
    expect(ended).toHaveLength(EACH)
    // Nothing happened twice, and nothing that nobody asked for.
    expect([...happened.values()].filter((all) => all.length > 1)).toEqual([])
    expect([...happened.keys()].filter((id) => !ended.some((each) => each.id === id))).toEqual([])
    // What says that it was done was done, and what may not have been says so.
    expect(ended.filter(({ id, status }) => status === 'SUCCEEDED' && !happened.has(id))).toEqual([])
    expect([...outcomes.keys()].filter((status) => !['SUCCEEDED', 'INTERRUPTED'].includes(status))).toEqual([])
    expect(ended.filter(({ logIsWhole }) => logIsWhole !== true)).toEqual([])
  },
)
