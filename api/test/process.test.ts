import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOT } from '../src/platform/root.ts'
import { REPORT, reportOf } from './builders.ts'
import { until } from './start-api.ts'

// The built server, in processes of its own: started, stopped and killed as operating systems do.
let folder: string
let children: ChildProcess[]
// Below those that the kernel gives to clients (ip_local_port_range).
let port = 10_000 + Math.floor(Math.random() * 20_000)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-process-'))
  children = []
  port += 1
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const env = () => ({
  ...process.env,
  VIGIE_DATA_DIR: folder,
  VIGIE_PORT: String(port),
  VIGIE_LOCAL_AGENT: 'off',
  VIGIE_LOG_LEVEL: 'error',
})
async function start(
  more: Record<string, string> = {},
): Promise<{ child: ChildProcess; output: () => string; ended: Promise<number | null> }> {
  let text = ''
  const child = spawn(process.execPath, [resolve(ROOT, 'api/dist/main.js')], {
    env: { ...env(), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  await until(() => text.includes('/sign-in#') || child.exitCode !== null, 'the start')
  return { child, output: () => text, ended }
}
const access = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((done) =>
    execFile(
      process.execPath,
      [resolve(ROOT, 'api/dist/access/command.js'), ...args],
      { env: env() },
      (error, stdout, stderr) => done({ status: Number(error?.code ?? 0), stdout, stderr }),
    ),
  )
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''
const post = (token: string, id: string) =>
  fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: REPORT, variables: { report: reportOf({ id }) } }),
  })

test('The last line of a start is a link that signs in, and a second start keeps the data', async () => {
  const first = await start()
  const link = lastLine(first.output())
  expect(link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/sign-in#link_[\\w-]{43}$`))
  const signIn = () =>
    fetch(`http://127.0.0.1:${port}/api/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ link: link.split('#')[1] }),
    })
  const session = (await signIn()).headers.get('set-cookie')?.split(';')[0] ?? ''
  first.child.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  await start()
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: session },
    body: '{"query":"{ summary { totalMachines } }"}',
  })
  expect(answer.status).toBe(200)
})

test('A second Vigie on the same file refuses to start and says why; after kill -9 a new one starts', async () => {
  const first = await start()
  port += 1
  const second = await start()
  expect([await second.ended, second.output()]).toEqual([2, expect.stringContaining('Another Vigie is running')])
  first.child.kill('SIGKILL')
  await first.ended
  expect((await start()).output()).toContain('/sign-in#')
})

test('A bad setting stops the start with its name', async () => {
  process.env['VIGIE_TIME_ZONE'] = 'Mars/Olympus'
  const { ended, output } = await start()
  delete process.env['VIGIE_TIME_ZONE']
  expect([await ended, output()]).toEqual([
    2,
    expect.stringContaining('VIGIE_TIME_ZONE: "Mars/Olympus" is no time zone'),
  ])
})

describe('The command `access`', () => {
  test('makes tokens before the first start and beside a running server', async () => {
    const before = await access('token', 'early', '--scope', 'read')
    expect([before.status, lastLine(before.stdout)]).toEqual([0, expect.stringMatching(/^vigie_[\w-]{43}$/)])
    await start()
    const beside = await access('token', 'late', '--scope', 'report', '--any-machine')
    expect((await post(lastLine(beside.stdout), randomUUID())).status).toBe(200)
    expect(lastLine((await access('link')).stdout)).toMatch(/\/sign-in#link_/)
  })
  test.each([
    [['token'], /NAME: is missing/],
    [['token', 'x', '--scope', 'everything'], /--scope: "everything" is none of report, read, operate, admin/],
    [['fly'], /must be link or token/],
    [['link', '--fast'], /Unknown option/],
  ])('%j is refused with the cure', async (args, words) => {
    const { status, stderr } = await access(...args)
    expect([status, stderr]).toEqual([2, expect.stringMatching(words)])
  })
})

test('kill -9 at any moment loses no acknowledged report', { timeout: 60_000 }, async () => {
  const token = lastLine((await access('token', 'agents', '--any-machine')).stdout)
  const acknowledged: string[] = []
  for (let round = 0; round < 4; round += 1) {
    const { child, ended } = await start()
    let alive = true
    const send = async (): Promise<void> => {
      while (alive) {
        const id = randomUUID()
        const response = await post(token, id).catch(() => null)
        const answer = (await response?.json().catch(() => null)) as {
          data?: { reportInventory: { id: string } }
        } | null
        if (answer?.data?.reportInventory.id === id) acknowledged.push(id)
      }
    }
    const senders = Array.from({ length: 4 }, send)
    const before = acknowledged.length
    await until(() => acknowledged.length > before + 5 + round * 7, 'some reports')
    child.kill('SIGKILL')
    await ended
    alive = false
    await Promise.all(senders)
  }
  const database = new DatabaseSync(join(folder, 'vigie.sqlite'))
  const kept = new Set(
    (database.prepare('select id from inventory_report').all() as { id: string }[]).map(({ id }) => id),
  )
  const halves = database
    .prepare(
      'select count(*) as n from inventory_report r where not exists (select 1 from snapshot s where s.machine_id = r.machine_id and s.at = r.at)',
    )
    .get() as { n: number }
  expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  database.close()
  expect(acknowledged.length).toBeGreaterThan(40)
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
  expect(halves.n).toBe(0)
})

test('SIGTERM lets requests finish and writes everything back into the one file', async () => {
  const token = lastLine((await access('token', 'agents', '--any-machine')).stdout)
  const { child, ended } = await start()
  const answers = Array.from({ length: 20 }, () =>
    post(token, randomUUID()).then(
      ({ status }) => status,
      () => 'refused',
    ),
  )
  await answers[0]
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  const statuses = await Promise.all(answers)
  expect(statuses.every((status) => status === 200 || status === 'refused' || status === 503)).toBe(true)
  expect(existsSync(join(folder, 'vigie.sqlite-wal'))).toBe(false)
  const database = new DatabaseSync(join(folder, 'vigie.sqlite'), { readOnly: true })
  const { n } = database.prepare('select count(*) as n from inventory_report').get() as { n: number }
  database.close()
  expect(n).toBe(statuses.filter((status) => status === 200).length)
  expect(readdirSync(folder).filter((name) => name.endsWith('.sqlite'))).toHaveLength(1)
})

test('An error that nobody had foreseen is logged whole, and ends the process with 70, for what started it to start it anew', async () => {
  const surprise = "process.on('SIGUSR2', () => setTimeout(() => { throw new Error('nobody foresaw this') }))"
  const { child, output, ended } = await start({
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(surprise)}`,
  })
  child.kill('SIGUSR2')
  expect(await ended).toBe(70)
  expect(output()).toMatch(/"level":"fatal".*nobody foresaw this/)
  const again = await start()
  again.child.kill('SIGTERM')
  expect(await again.ended).toBe(0)
})

test('A main loop that stands still is seen by a thread beside it, which says so and ends the process', async () => {
  const script = `
    import { startWatchdog } from ${JSON.stringify(resolve(ROOT, 'api/src/platform/watchdog.ts'))}
    startWatchdog({ error: console.error }, 2)
    setTimeout(() => { for (;;); }, 1500)`
  const child = spawn(process.execPath, ['--import', resolve(ROOT, 'api/ts.mjs'), '--input-type=module', '-e', script])
  children.push(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const signal = await new Promise((done) => child.once('close', (_code, by) => done(by)))
  expect(signal).toBe('SIGKILL')
  expect(JSON.parse(said.trim().split('\n').at(-1) ?? '')).toMatchObject({
    level: 'fatal',
    msg: expect.stringContaining('stood still for 2 seconds'),
  })
})
