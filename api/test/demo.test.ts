import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type App } from '../src/app.ts'
import { readConfig } from '../src/config/config.ts'
import { openDatabase, type Orm } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { readDemoMark } from '../src/access/demo-mark.ts'
import { demoConfig } from '../src/demo/demo-config.ts'
import { VAULT_MACHINE } from '../src/demo/fleet.ts'
import { letTimePass } from '../src/demo/history.ts'
import { startDemoLife } from '../src/demo/life.ts'
import { Scope } from '../src/graphql/scope.ts'
import { ChangeFeed } from '../src/platform/changes.ts'
import { DAY, MINUTE } from '../src/platform/clock.ts'
import { createLog } from '../src/platform/log.ts'
import { ROOT } from '../src/platform/root.ts'
import { until } from './start-api.ts'

// Eight days of the demo instead of ninety, on a database of its own.
const folder = mkdtempSync(join(tmpdir(), 'vigie-demo-'))
const config = { ...demoConfig(readConfig({ VIGIE_DATA_DIR: folder })), port: 0 }
const log = createLog('error')
const clock = { now: new Date('2026-11-30T12:00:00Z') }
let orm: Orm
let app: App
let token: string

async function ask(query: string): Promise<any> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  const { data, errors } = (await response.json()) as any
  if (errors) throw new Error(errors[0].message)
  return data
}

beforeAll(async () => {
  orm = await openDatabase(config.database)
  await migrate(orm)
  await letTimePass({ config, orm, log, now: clock.now, onDay: () => undefined, historyDays: 8 })
  app = await startApp({ config, orm, clock: () => clock.now, log, changes: new ChangeFeed(() => undefined) })
  token = (await app.services().access.createToken('reader', [Scope.READ], false, null)).token
}, 240_000)
afterAll(async () => {
  await app.stop()
  await orm.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('The demo', () => {
  test('shows its machines, disks and backups as if they had reported', async () => {
    const { isDemo, summary, expectedJobs } = await ask(
      '{ isDemo summary { totalMachines totalDisks missingDisks silentMachines disksByHealth { health count } } expectedJobs { totalCount } }',
    )
    expect(isDemo).toBe(true)
    expect(summary).toMatchObject({ totalMachines: 40, totalDisks: 300, missingDisks: 1, silentMachines: 1 })
    expect(summary.disksByHealth).toContainEqual({ health: 'FAILED', count: 1 })
    expect(summary.disksByHealth.find(({ health }: any) => health === 'OK').count).toBeGreaterThan(250)
    expect(expectedJobs.totalCount).toBe(60)
  })

  test('has the sentence that Vigie exists for: a disk fails, and of what lies on it there is no copy', async () => {
    const { atRiskDisks } = await ask('{ atRiskDisks(first: 1) { nodes { health sentence } } }')
    expect(atRiskDisks.nodes[0]).toMatchObject({ health: 'FAILED' })
    expect(atRiskDisks.nodes[0].sentence).toMatch(/\/srv\/vm/)
  })

  test('proves most of its backups, and has one of each trouble', async () => {
    const { expectedJobs } = await ask('{ expectedJobs(first: 100) { nodes { currentStatus } } }')
    const of = (status: string): number =>
      expectedJobs.nodes.filter(({ currentStatus }: any) => currentStatus === status).length
    expect(of('SUCCESS')).toBeGreaterThan(40)
    for (const status of ['MISSING', 'FAILED', 'HASH_MISMATCH'])
      expect([status, of(status) > 0]).toEqual([status, true])
  })

  test('knows its data safe where a proven copy lies on the machine of the vault', async () => {
    const { places } = await ask(
      '{ places(filter: { search: "/var/www" }) { nodes { verdict machine { hostname } } } }',
    )
    const safe = places.nodes.filter(({ verdict }: any) => verdict === 'SAFE')
    expect(safe.length).toBeGreaterThanOrEqual(3)
    const { machine } = await ask(`{ machine(hostname: "${VAULT_MACHINE}") { hostname } }`)
    expect(machine.hostname).toBe(VAULT_MACHINE)
  })

  test('makes no token for a real agent, and says what to do', async () => {
    const { access } = app.services()
    await expect(access.createToken('nas', [Scope.REPORT], true, null)).rejects.toThrow('Start Vigie itself')
    expect((await access.clients()).map(({ name }) => name)).toEqual(['reader'])
  })

  test('tells nobody, and lets no address report, whatever the settings say', () => {
    const told = demoConfig(
      readConfig({
        VIGIE_DATA_DIR: folder,
        EMAIL_HOST: 'mail.example',
        EMAIL_SENDER: 'a@example.com',
        ADMIN_EMAIL_RECIPIENT: 'b@example.com',
        WEBHOOK_URL: 'https://hook.example/',
        VIGIE_HEARTBEAT_URL: 'https://beat.example/',
        VIGIE_INGEST_OPEN_FROM: '0.0.0.0/0',
        AGENT_DEPOSITS_PATH: '/srv/agents',
      }),
    )
    expect(told).toMatchObject({ mail: null, webhook: null, heartbeatUrl: null, ingestOpenFrom: [], localAgent: false })
    expect(Object.values(told.roots).every((root) => root.startsWith(folder))).toBe(true)
  })

  test('goes on while somebody looks at it: machines report, and hourly backups come', async () => {
    const before = (await ask('{ machine(hostname: "nas-paris") { lastSeenAt } }')).machine.lastSeenAt
    const life = startDemoLife({ app, orm, clock: () => clock.now, log })
    clock.now = new Date(clock.now.getTime() + 59 * MINUTE)
    await until(
      async () => (await readDemoMark(orm.em.fork()))?.until.getTime() === clock.now.getTime(),
      'everything until now to happen',
    )
    await life.stop()
    expect((await ask('{ machine(hostname: "nas-paris") { lastSeenAt } }')).machine.lastSeenAt > before).toBe(true)
    const arrived = readdirSync(join(folder, 'agent_deposits/db-lyon-01/databases'))
    expect(arrived).toContain('journal.sql.gz')
  })

  test('catches up with the days when it was not started', async () => {
    await app.stop()
    clock.now = new Date(clock.now.getTime() + DAY)
    await letTimePass({ config, orm, log, now: clock.now, onDay: () => undefined })
    app = await startApp({ config, orm, clock: () => clock.now, log, changes: new ChangeFeed(() => undefined) })
    const { summary } = await ask('{ summary { totalMachines silentMachines } }')
    expect(summary).toMatchObject({ totalMachines: 40, silentMachines: 1 })
  }, 60_000)
})

describe('A folder that is no demo', () => {
  const demo = (folder: string) =>
    promisify(execFile)(process.execPath, [resolve(ROOT, 'api/dist/demo/command.js')], {
      env: { ...process.env, VIGIE_DATA_DIR: folder },
    })

  test.each([
    ['a database of real machines', 'vigie.sqlite'],
    ['files of somebody', 'agent_deposits'],
  ])('is left as it is: it holds %s', async (_, name) => {
    const used = mkdtempSync(join(tmpdir(), 'vigie-used-'))
    if (name === 'vigie.sqlite') {
      const real = await openDatabase(readConfig({ VIGIE_DATA_DIR: used }).database)
      await migrate(real)
      await real.close()
    } else mkdirSync(join(used, name))
    const before = readdirSync(used)
    await expect(demo(used)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('VIGIE_DEMO_DIR') })
    expect(readdirSync(used)).toEqual(before)
    rmSync(used, { recursive: true, force: true })
  })
})

test('A demo that is killed at its very start is known again, and goes on', { timeout: 60_000 }, async () => {
  const killed = mkdtempSync(join(tmpdir(), 'vigie-killed-'))
  for (const start of ['first', 'second']) {
    const child = spawn(process.execPath, [resolve(ROOT, 'api/dist/demo/command.js')], {
      env: { ...process.env, VIGIE_DATA_DIR: killed },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(child, 'exit')
    let text = ''
    child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part))
    await until(() => text.includes('day 1 of') || child.exitCode !== null, `the ${start} start`, 20_000)
    expect(text).toContain('day 1 of')
    child.kill('SIGKILL')
    await ended
  }
  rmSync(killed, { recursive: true, force: true })
})
