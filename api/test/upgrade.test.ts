import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { extract } from 'tar'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOT } from '../src/platform/root.ts'
import { copyDatabase, restoreDatabase } from '../src/database/sqlite/copy.ts'
import { until } from './start-api.ts'

// Data as releases before this one left them, made by those releases themselves: machines, disks with readings, jobs, a
// night with a good and a broken backup, vault, quarantine, alerts. A new release adds its own archive and loses none.
const ARCHIVES = resolve(import.meta.dirname, 'upgrade')
const RELEASES = readdirSync(ARCHIVES).map((name) => name.replace('.tar.gz', ''))

let folder: string
let child: ChildProcess | null
const env = () => ({
  ...process.env,
  VIGIE_DATA_DIR: folder,
  VIGIE_PORT: '0',
  VIGIE_LOCAL_AGENT: 'off',
  VIGIE_LOG_LEVEL: 'silent',
  SCANNER_INTERVAL_MINUTES: '1440',
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-upgrade-'))
  child = null
})
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<string> {
  let text = ''
  child = spawn(process.execPath, [resolve(ROOT, 'api/dist/main.js')], {
    env: env(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (more: string) => (text += more))
  await until(() => text.includes('/sign-in#') || child?.exitCode !== null, 'the start', 20_000)
  return /on watch at (http:\S+)/.exec(text)?.[1] ?? `It ended: ${text}`
}

/** Every row of every table, to compare a database before and after. */
function everything(file: string): Record<string, unknown[]> {
  const database = new DatabaseSync(file, { readOnly: true })
  const tables = database
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .all()
    .map(({ name }) => name)
  const rows = Object.fromEntries(
    tables.map((name) => [name as string, database.prepare(`select * from "${String(name)}"`).all()]),
  )
  database.close()
  return rows
}

describe.each(RELEASES)('A database of %s', (release) => {
  beforeEach(() => extract({ file: join(ARCHIVES, `${release}.tar.gz`), cwd: folder }))

  test('comes through: machines, disks and their readings, jobs, verdicts, alerts, and the files of the vault', async () => {
    const url = await start()
    const command = [
      resolve(ROOT, 'api/dist/access/command.js'),
      'token',
      'reader',
      '--scope',
      'read',
      '--scope',
      'operate',
    ]
    const token = execFileSync(process.execPath, command, { env: env(), encoding: 'utf8' }).trim()
    const ask = async (query: string): Promise<any> => {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query }),
      })
      return answer.json()
    }
    const { data, errors } = await ask(`{
      machines(orderBy: NAME) { nodes { hostname disks { serial snapshots { totalCount } } } }
      expectedJobs { nodes { databaseName currentStatus } }
      backupEntries(filter: { to: "2026-01-15T02:30:00Z" }) { nodes { id status job { databaseName } file { root path state } } }
      alerts { nodes { type status } }
    }`)
    expect(errors).toBeUndefined()
    expect(data.machines.nodes).toEqual([
      { hostname: 'lyon-01', disks: [{ serial: 'SER-lyon-01', snapshots: { totalCount: 2 } }] },
      { hostname: 'nas', disks: [{ serial: 'SER-nas', snapshots: { totalCount: 2 } }] },
    ])
    expect(new Set(data.expectedJobs.nodes.map((job: any) => job.databaseName))).toEqual(new Set(['crm', 'erp']))
    const entries = Object.fromEntries(data.backupEntries.nodes.map((entry: any) => [entry.job.databaseName, entry]))
    expect([entries.crm.status, entries.crm.file.state, entries.erp.status, entries.erp.file.state]).toEqual([
      'SUCCESS',
      'VAULT',
      'FAILED',
      'QUARANTINE',
    ])
    expect(data.alerts.nodes).toContainEqual({ type: 'DISK', status: 'AT_RISK' })
    const again = await ask(`mutation { reverifyBackup(id: "${entries.crm.id}") { intact verifiedAt } }`)
    expect(again.errors).toBeUndefined()
    expect(again.data.reverifyBackup.intact).toBe(true)
  })

  test('is the same again where a copy that was made before is put back', async () => {
    const file = join(folder, 'vigie.sqlite')
    const before = everything(file)
    copyDatabase(file, join(folder, 'before.sqlite'))
    await start()
    child?.kill('SIGTERM')
    await until(() => child?.exitCode !== null, 'the end', 20_000)
    expect(everything(file)).not.toEqual(before)
    const kept = await restoreDatabase(join(folder, 'before.sqlite'), file, new Date())
    expect(everything(file)).toEqual(before)
    expect(readFileSync(kept as string).length).toBeGreaterThan(0)
  })
})
