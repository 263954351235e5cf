import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { ROOT } from '../../src/platform/root.ts'
import { REPORT, reportOf } from '../builders.ts'
import { until } from '../start-api.ts'

// The built server and its commands on PostgreSQL, in processes of their own, as a user runs them.

const server = inject('postgresql')
let name: string
let folder: string
let children: ChildProcess[]
let port = 10_000 + Math.floor(Math.random() * 20_000)

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-on-pg-'))
  children = []
  port += 1
  name = `vigie_${port}`
  await sql(`create database ${name}`, 'postgres')
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await sql(`drop database ${name} with (force)`, 'postgres')
  rmSync(folder, { recursive: true, force: true })
})

async function sql<T extends object>(text: string, database = name): Promise<T[]> {
  const client = new pg.Client(`${server}${database}`)
  await client.connect()
  try {
    return (await client.query<T>(text)).rows
  } finally {
    await client.end()
  }
}

const onPostgresql = (): Record<string, string> => ({ DATABASE_URL: `${server}${name}` })
const env = (more: Record<string, string>) => ({
  ...process.env,
  VIGIE_DATA_DIR: folder,
  VIGIE_PORT: String(port),
  VIGIE_LOCAL_AGENT: 'off',
  VIGIE_LOG_LEVEL: 'error',
  ...more,
})

interface Running {
  child: ChildProcess
  output: () => string
  ended: Promise<number | null>
}
async function start(more: Record<string, string> = {}): Promise<Running> {
  let text = ''
  const child = spawn(process.execPath, [resolve(ROOT, 'api/dist/main.js')], {
    env: env(more),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  await until(() => text.includes('/sign-in#') || child.exitCode !== null, 'the start', 20_000)
  return { child, output: () => text, ended }
}
async function stop({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
}

interface Result {
  status: number
  stdout: string
  stderr: string
}
const command = (file: string, args: string[], more: Record<string, string>): Promise<Result> =>
  new Promise((done) =>
    execFile(
      process.execPath,
      [resolve(ROOT, 'api/dist', file), ...args],
      { env: env(more) },
      (error, stdout, stderr) => done({ status: Number(error?.code ?? 0), stdout, stderr }),
    ),
  )
const database = (args: string[], more: Record<string, string> = {}) => command('database/command.js', args, more)
async function tokenFor(more: Record<string, string>): Promise<string> {
  const words = ['token', 'test', '--scope', 'admin', '--scope', 'report', '--any-machine']
  const { stdout } = await command('access/command.js', words, more)
  return stdout.trim().split('\n').at(-1) ?? ''
}

async function ask<T = any>(token: string, query: string, variables: object = {}): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data: T; errors?: { message: string }[] }
  if (errors) throw new Error(errors[0]?.message)
  return data
}
/** The locks that are held on the database of a test. */
const LOCKS = `select 1 from pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`
const KNOWN = `{
  machines(first: 3) { nodes { id hostname firstSeenAt disks { id serial health reasons { code } lastReading { document { json } } } } }
  events(first: 50) { nodes { id type at machine { id } } }
  expectedJobs(first: 5) { nodes { agentId databaseName cron nextDueAt recipients } }
}`
const JOB = `mutation { createExpectedJob(input: { agentId: "lyon-01", databaseName: "crm", cron: "0 2 * * *",
  recipients: ["ops@example.org"] }) { id } }`

test('An installation moves from SQLite to PostgreSQL, and nothing of it is lost', async () => {
  const before = await start()
  const token = await tokenFor({})
  for (let n = 1; n <= 3; n += 1) await ask(token, REPORT, { report: reportOf({ id: `report-000${n}` }) })
  await ask(token, JOB)
  const known = await ask(token, KNOWN)
  expect(known.machines.nodes[0].disks.length).toBeGreaterThan(0)

  const while_running = await database(['copy', '--to', `${server}${name}`])
  expect([while_running.status, while_running.stderr]).toEqual([2, expect.stringMatching(/Another Vigie is running/)])
  await stop(before)
  // Somebody else's table and its numbers are none of Vigie's business.
  await sql('create table of_others (number serial primary key); insert into of_others default values')
  const copied = await database(['copy', '--to', `${server}${name}`])
  expect(copied.stderr).toContain('disk ')
  expect([copied.status, copied.stdout]).toEqual([
    0,
    expect.stringMatching(/^Copied \d+ rows of 40 tables; each was read again, and is the same\./),
  ])
  expect(await sql('insert into of_others default values returning number')).toEqual([{ number: 2 }])
  const again = await database(['copy', '--to', `${server}${name}`])
  expect([again.status, again.stderr]).toEqual([2, expect.stringMatching(/The other database is in use/)])

  const after = await start(onPostgresql())
  expect(await ask(token, KNOWN)).toEqual(known)
  await ask(token, REPORT, { report: reportOf({ id: 'report-0004' }) })
  expect((await ask(token, KNOWN)).machines.nodes).toHaveLength(known.machines.nodes.length)
  await stop(after)
}, 120_000)

test('A copy that breaks off leaves nothing, and is simply made again', async () => {
  const running = await start()
  const token = await tokenFor({})
  await ask(token, REPORT, { report: reportOf({ id: 'report-0001' }) })
  await stop(running)
  // The first table that points to others is refused.
  const migrated = await start(onPostgresql())
  await stop(migrated)
  await sql('truncate scanner, scheduled_job, session, api_client, alert_cursor, scan, room cascade')
  await sql(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$`)
  await sql('create trigger refuse before insert on smart_document for each row execute function refuse()')
  const broken = await database(['copy', '--to', `${server}${name}`])
  expect(broken.status).not.toBe(0)
  expect((await sql('select 1 from machine')).length).toBe(0)
  await sql('drop trigger refuse on smart_document')
  expect(await database(['copy', '--to', `${server}${name}`])).toMatchObject({ status: 0 })
  expect((await sql('select 1 from machine')).length).toBe(1)
}, 120_000)

test('A backup by pg_dump is restored whole, and what stood there is kept', async () => {
  const running = await start(onPostgresql())
  const token = await tokenFor(onPostgresql())
  await ask(token, REPORT, { report: reportOf({ id: 'report-0001' }) })
  await ask(token, JOB)
  const known = await ask(token, KNOWN)
  const counts = async () => {
    const tables = await sql<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public'")
    const each = tables.map(({ name }) => `select '${name}' as name, count(*)::int as n from "${name}"`)
    return sql(`${each.join(' union all ')} order by name`)
  }
  const [beside, file] = [join(folder, 'beside.dump'), join(folder, 'copy.dump')]
  const whole = { status: 0, stdout: expect.stringMatching(/MiB, read again and whole/) }
  expect(await database(['backup', beside], onPostgresql())).toMatchObject(whole)
  expect(statSync(beside).mode & 0o777).toBe(0o600)
  await stop(running)
  expect(await database(['backup', file], onPostgresql())).toMatchObject(whole)
  const rows = await counts()

  await sql('delete from protection')
  await sql("update machine set hostname = 'lost'")
  // What is somebody else's stays as it is.
  await sql('create table of_others as select 42 as n')
  const restored = await database(['restore', file], onPostgresql())
  expect([restored.status, restored.stdout]).toEqual([
    0,
    expect.stringMatching(/^Restored\. What stood there is kept as .*\.dump/),
  ])
  expect(readdirSync(folder).some((name) => name.startsWith('replaced-'))).toBe(true)
  expect(await sql('select n from of_others')).toEqual([{ n: 42 }])
  await sql('drop table of_others')
  expect(await counts()).toEqual(rows)

  const again = await start(onPostgresql())
  expect(await ask(token, KNOWN)).toEqual(known)
  expect(await database(['restore', file], onPostgresql())).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/Another Vigie is running/),
  })
  await stop(again)
  await sql('create table of_others as select 42 as n')
  expect(await database(['restore', file], onPostgresql())).toMatchObject({ status: 0 })
  expect(await sql('select n from of_others')).toEqual([{ n: 42 }])
  execFileSync('pg_dump', ['--format=custom', '--table=of_others', `--file=${file}.other`, `${server}${name}`])
  expect(await database(['restore', `${file}.other`], onPostgresql())).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/is no dump of Vigie/),
  })
  expect(await sql('select hostname from machine')).toHaveLength(1)
  writeFileSync(file, 'SQLite format 3')
  expect(await database(['restore', file], onPostgresql())).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/is no dump of PostgreSQL/),
  })
}, 120_000)

test('Whoever stops a restore finds everything as it was, and nothing left behind', async () => {
  const running = await start(onPostgresql())
  await tokenFor(onPostgresql())
  await stop(running)
  const [file, temporary] = [join(folder, 'copy.dump'), join(folder, 'temporary')]
  expect(await database(['backup', file], onPostgresql())).toMatchObject({ status: 0 })
  mkdirSync(temporary)
  // Somebody reads: the tables cannot be dropped meanwhile.
  const reader = new pg.Client(`${server}${name}`)
  await reader.connect()
  await reader.query('begin; lock table api_client in access share mode')
  const child = spawn(process.execPath, [resolve(ROOT, 'api/dist/database/command.js'), 'restore', file], {
    env: env({ ...onPostgresql(), TMPDIR: temporary }),
    stdio: 'ignore',
  })
  children.push(child)
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  const waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
  await until(async () => (await sql(waits)).length > 0, 'the restore to wait', 20_000)
  expect(readdirSync(temporary)).toHaveLength(1)
  child.kill('SIGTERM')
  expect(await ended).toBe(2)
  await reader.end()
  expect(readdirSync(temporary)).toEqual([])
  expect(await sql('select 1 from api_client')).toHaveLength(1)
}, 60_000)

test('Nothing is restored over tables of others, and nothing is copied from where nothing is', async () => {
  const running = await start()
  await tokenFor({})
  await stop(running)
  expect(await database(['copy', '--to', `${server}${name}`])).toMatchObject({ status: 0 })
  const file = join(folder, 'copy.dump')
  expect(await database(['backup', file], onPostgresql())).toMatchObject({ status: 0 })
  await sql(`drop database ${name}`, 'postgres')
  await sql(`create database ${name}`, 'postgres')
  await sql('create table session as select 42 as n')
  const refused = await database(['restore', file], onPostgresql())
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringMatching(/holds tables of others \(session\)/)])
  expect(await sql('select n from session')).toEqual([{ n: 42 }])
  const nothing = await database(['copy', '--to', `${server}${name}`], { VIGIE_DATA_DIR: join(folder, 'elsewhere') })
  expect([nothing.status, nothing.stderr]).toEqual([2, expect.stringMatching(/There is no database at/)])
}, 120_000)

test('A database that a newer Vigie has worked on is left to it', async () => {
  await stop(await start(onPostgresql()))
  await sql("insert into mikro_orm_migrations (name, executed_at) values ('Migration20990101000000', now())")
  const { ended, output } = await start(onPostgresql())
  expect([await ended, output()]).toEqual([2, expect.stringMatching(/a newer Vigie has worked on it \(Migration2099/)])
}, 60_000)

describe('On one database', () => {
  test('a second Vigie refuses to start, and one that was killed leaves no lock behind', async () => {
    const first = await start(onPostgresql())
    port += 1
    const second = await start(onPostgresql())
    expect([await second.ended, second.output()]).toEqual([
      2,
      expect.stringMatching(/Another Vigie is running on this PostgreSQL database/),
    ])
    first.child.kill('SIGKILL')
    await first.ended
    await until(async () => (await sql(LOCKS)).length === 0, 'the lock')
    await stop(await start(onPostgresql()))
  }, 60_000)

  test('whose connections are cut, Vigie goes on, and still has the watch alone', async () => {
    const running = await start(onPostgresql())
    const token = await tokenFor(onPostgresql())
    await sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'vigie' and datname = current_database()",
    )
    await until(async () => (await sql(LOCKS)).length === 1, 'the lock')
    await ask(token, REPORT, { report: reportOf({ id: 'report-0001' }) })
    expect((await ask(token, KNOWN)).machines.nodes).toHaveLength(1)
    await stop(running)
  }, 60_000)
})

test.each([
  ['postgresql://vigie:secret-word@127.0.0.1:1/vigie', /The database cannot be reached/],
  ['postgresql://', /DATABASE_URL/],
])(
  '%s does not start, and says why without its password',
  async (url, why) => {
    const { ended, output } = await start({ DATABASE_URL: url })
    expect([await ended, output()]).toEqual([2, expect.stringMatching(why)])
    expect(output()).not.toContain('secret-word')
  },
  60_000,
)

test('A database of another encoding is refused with its cure', async () => {
  await sql(`drop database ${name}`, 'postgres')
  await sql(`create database ${name} encoding 'LATIN1' locale 'C' template template0`, 'postgres')
  const { ended, output } = await start(onPostgresql())
  expect([await ended, output()]).toEqual([2, expect.stringMatching(/its encoding is LATIN1; make one with: createdb/)])
}, 60_000)
