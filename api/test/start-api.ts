import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from 'graphql-ws'
import { inject, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { Scope } from '../src/graphql/scope.ts'
import { type App, startApp } from '../src/app.ts'
import { DEADLINES } from '../src/http/server.ts'
import { readConfig } from '../src/config/config.ts'
import { openDatabase, type Orm } from '../src/database/database.ts'
import { type Engine, engineOf, type Patience } from '../src/database/engine.ts'
import { migrate } from '../src/database/migrate.ts'
import { testDatabase } from './test-database.ts'
import { ChangeFeed } from '../src/platform/changes.ts'
import { createLog } from '../src/platform/log.ts'

export interface TestApi {
  url: string
  app: App
  orm: Orm
  folder: string
  /** Time stands still until a test moves it. */
  clock: { now: Date }
  token(scopes: Scope[], options?: { anyMachine?: boolean; name?: string }): Promise<string>
  /** Asks by POST /graphql with an all-mighty token. */
  ask<T = any>(query: string, variables?: Record<string, unknown>, token?: string): Promise<Answer<T>>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

export interface Answer<T> {
  status: number
  data: T
  errors?: { message: string; extensions: { code: string; [key: string]: unknown } }[]
}

/** `scan`: how long a scan waits for files. On a busy machine they take longer than it would wait by itself. */
type TestPatience = Partial<Patience & typeof DEADLINES & { scan: number }>

/** Starts what main.ts starts, on a port and a database of its own. */
export async function startApi(
  env: Record<string, string> = {},
  { scan = 60_000, ...patience }: TestPatience = {},
): Promise<TestApi> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-test-'))
  const database = await testDatabase(folder)
  const config = readConfig({ VIGIE_PORT: '0', VIGIE_DATA_DIR: folder, VIGIE_LOG_LEVEL: 'error', ...env })
  const clock = { now: new Date('2026-11-21T12:00:00.000Z') }
  const orm = await openDatabase(database.address, patience)
  await migrate(orm)
  if ('url' in database.address) meetOthers(engineOf(orm))
  const log = createLog(config.logLevel)
  const changes = new ChangeFeed((error) => log.error({ err: error }, 'A change could not be told'), 30)
  const app = await startApp({
    config,
    orm,
    clock: () => new Date(clock.now),
    log,
    changes,
    deadlines: { ...DEADLINES, ...patience },
    scanPatience: scan,
    threadOf: (script) => new URL(`${script}.mjs`, inject('scripts')),
  })
  const token: TestApi['token'] = async (scopes, { anyMachine = true, name = 'test' } = {}) =>
    (await app.services().access.createToken(name, scopes, anyMachine, null)).token
  const all = await token([Scope.ADMIN, Scope.REPORT])
  const post: TestApi['post'] = (path, body, headers = {}) =>
    fetch(`${app.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${all}`, ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
    })
  let stopped = false
  const api: TestApi = {
    url: app.url,
    app,
    orm,
    folder,
    clock,
    token,
    post,
    ask: async (query, variables = {}, as = all) => {
      const response = await post('/graphql', { query, variables }, { authorization: `Bearer ${as}` })
      return { status: response.status, ...((await response.json()) as object) } as never
    },
    stop: async () => {
      if (stopped) return
      stopped = true
      await app.stop()
      await orm.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return api
}

/** Every other commit finds that another transaction was in its way: what was begun anew must tell and count all once. */
function meetOthers(engine: Engine): void {
  const driver = engine.createDriver()
  const commit = driver.commitTransaction.bind(driver)
  let isInTheWay = false
  driver.commitTransaction = async (connection) => {
    isInTheWay = !isInTheWay
    if (!isInTheWay) return commit(connection)
    await driver.rollbackTransaction(connection)
    throw Object.assign(new Error('Another transaction was in its way'), { code: '40001' })
  }
}

/** A WebSocket client that does not come back, and the code that its connection was closed with (0 = open). */
export function socketTo(
  api: TestApi,
  token?: string,
): { client: Client; connected: Promise<void>; closed: () => number } {
  const client = createClient({
    url: `${api.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
    ...(token ? { connectionParams: { authorization: `Bearer ${token}` } } : {}),
  })
  let code = 0
  client.on('closed', (event) => (code = (event as { code: number }).code))
  const connected = new Promise<void>((done) => client.on('connected', () => done()))
  onTestFinished(() => void client.dispose())
  return { client, connected, closed: () => code }
}

/** For one test alone. */
export async function apiForThisTest(env?: Record<string, string>, patience?: TestPatience): Promise<TestApi> {
  const api = await startApi(env, patience)
  onTestFinished(() => api.stop())
  return api
}

/** Waits until a condition holds; never for a fixed time. */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  patience = 8000,
): Promise<NonNullable<T>> {
  const end = Date.now() + patience
  for (;;) {
    const value = await condition()
    if (value) return value as NonNullable<T>
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}
