import 'reflect-metadata'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { DepositTasks } from '../src/deposit/worker.ts'
import { WorkerThread } from '../src/platform/worker-thread.ts'
import { backupsForThisTest, dump, gz } from './deposit.ts'
import { until } from './start-api.ts'

// What a file system does to those who trust it.

const folderOf = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `vigie-${name}-`))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const isRoot = process.getuid?.() === 0

test('A file that is written to while it is read counts as not read', async () => {
  const root = folderOf('changing')
  const file = join(root, 'crm.sql')
  writeFileSync(file, Buffer.alloc(64 * 1024 * 1024, 'x\n'))
  const worker = new WorkerThread<DepositTasks>(new URL('../src/files/worker.ts', import.meta.url), 64)
  onTestFinished(() => worker.stop())
  let answer: { kind: string } | null = null
  const order = { root, path: 'crm.sql', temporaryFolder: root, size: null, contentHash: false, hashOnly: false }
  void worker.ask('readBackupFile', order).then((facts) => (answer = facts))
  while (answer === null) {
    appendFileSync(file, 'x\n')
    await new Promise((done) => setImmediate(done))
  }
  expect(answer).toEqual({ kind: 'CHANGING' })
})

const mounted = (path: string, size: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'vigie-test', path], { stdio: 'ignore' })
    onTestFinished(() => void execFileSync('umount', ['-l', path]))
    return true
  } catch {
    return false
  }
}

test('On a full disk a good file stays in the deposit, one trouble is told, and it goes on when there is room', async (context) => {
  const vault = folderOf('full')
  if (!isRoot || !mounted(vault, '1m')) return context.skip('no file system can be mounted here')
  const backups = await backupsForThisTest({ VALIDATED_BACKUPS_PATH: vault, VIGIE_LOG_LEVEL: 'silent' })
  await backups.job()
  backups.set('02:05')
  const content = Buffer.from(`-- MySQL dump 10.13\n${randomBytes(1_500_000).toString('hex')}\n-- Dump completed\n`)
  backups.send({ content, file: 'crm.sql' })
  const { scan } = await backups.scan()
  expect(scan.trouble).toMatch(/^no room: 4 MB are needed, \d MB are free$/)
  expect((await backups.entries())[0]).toMatchObject({ status: 'UNKNOWN', reasons: [{ code: 'NOT_PROMOTED' }] })
  expect(existsSync(join(backups.deposit, 'lyon-01/databases/crm.sql'))).toBe(true)
  expect(readdirSync(vault, { recursive: true }).filter((name) => String(name).includes('.part-'))).toEqual([])
  // The grace is the deadline of every waiting: somebody must know.
  backups.set('03:00')
  await backups.scan()
  expect((await backups.entries())[0]).toMatchObject({
    status: 'TRANSFER_INTEGRITY_FAILED',
    reasons: [{ code: 'NOT_SETTLED' }, { code: 'NOT_PROMOTED' }],
    job: { currentStatus: 'TRANSFER_INTEGRITY_FAILED' },
  })
  execFileSync('mount', ['-o', 'remount,size=16m', vault])
  expect((await backups.scan()).scan.trouble).toBeNull()
  const [entry] = await backups.entries()
  expect(entry.status).toBe('SUCCESS')
  expect(readFileSync(join(vault, entry.file.path))).toEqual(content)
  return undefined
})

test('A server that may not link copies instead, and says so where it may not remove the source', async (context) => {
  if (!isRoot) return context.skip('only root can become somebody else')
  const root = folderOf('rights')
  chmodSync(root, 0o755)
  const [deposit, vault] = [join(root, 'deposit'), join(root, 'vault')]
  for (const path of [deposit, vault]) mkdirSync(path, { mode: 0o755 })
  chownSync(vault, 65534, 65534)
  writeFileSync(join(deposit, 'crm.sql'), 'a dump', { mode: 0o644 })
  // fs.protected_hardlinks: what somebody cannot write to, he cannot link (EPERM).
  const script = `
    const { lstatSync } = require('node:fs')
    import(${JSON.stringify(new URL('../src/vault/move-file.ts', import.meta.url).href)}).then(async ({ bringFile, removeLeftover }) => {
      // Loaded before: nobody may not read the project itself.
      process.setgid(65534); process.setuid(65534)
      const s = lstatSync('${deposit}/crm.sql', { bigint: true })
      const stamp = { dev: String(s.dev), ino: String(s.ino), size: Number(s.size), mtimeNs: String(s.mtimeNs), ctimeNs: String(s.ctimeNs) }
      const from = { root: '${deposit}', path: 'crm.sql' }, to = { root: '${vault}', path: 'a/crm.sql' }
      const moved = await bringFile({ id: 'x', from, to, stamp, sha256: null, versionPath: null })
      console.log(JSON.stringify([moved.outcome, moved.by, await removeLeftover('${deposit}', 'crm.sql', stamp)]))
    })`
  const answer = JSON.parse(
    execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  expect(answer).toEqual(['MOVED', 'COPY', false])
  expect(readFileSync(join(vault, 'a/crm.sql'), 'utf8')).toBe('a dump')
  return undefined
})

describe('A folder with a file system of its own, which is not mounted', () => {
  const night = async (backups: Awaited<ReturnType<typeof backupsForThisTest>>, day: string) => {
    backups.set('02:05', day)
    backups.send({ startedAt: `${day}T02:00:00Z`, content: gz(dump(Number(day.slice(-2)))) })
    return backups.scan()
  }

  test('loses none of the vault’s files, takes none on, says which, and goes on when it is back', async (context) => {
    const [source, vault] = [folderOf('disk'), folderOf('parts')]
    const inner = join(vault, 'lyon-01')
    mkdirSync(inner)
    if (!isRoot || !bound(source, inner)) return context.skip('no file system can be mounted here')
    const backups = await backupsForThisTest({ VALIDATED_BACKUPS_PATH: vault, VIGIE_LOG_LEVEL: 'silent' })
    await backups.job()
    await night(backups, '2026-11-20')
    await until(
      async () => (await backups.scan()) && (await backups.entries())[0].file?.state === 'VAULT',
      'the first file to lie in the vault',
    )
    execFileSync('umount', [inner])
    const trouble = expect.stringMatching(/lyon-01 was a file system of its own, and is not mounted/)
    expect(await night(backups, '2026-11-21')).toMatchObject({ outcome: 'BLIND', scan: { trouble } })
    await expect(backups.api.app.scanner.reverify()).rejects.toThrow(/not mounted/)
    expect(readdirSync(inner)).toEqual([])
    execFileSync('mount', ['--bind', source, inner])
    // A file is copied beside the scans, for it lies on another mount than the vault.
    const states = async () => (await backups.entries()).flatMap(({ file }: any) => file?.state ?? [])
    await until(async () => {
      expect((await backups.scan()).outcome).toBe('DONE')
      return (await states()).join() === 'VAULT,VAULT'
    }, 'both files to lie in the vault')
    await backups.api.app.scanner.reverify()
    expect(await states()).toEqual(['VAULT', 'VAULT'])
    // Gone for good: whoever removes its folder says so, and what lay in it is lost.
    execFileSync('umount', [inner])
    rmdirSync(inner)
    expect((await backups.scan()).outcome).toBe('DONE')
    for (const time of ['02:06', '02:07']) {
      backups.set(time, '2026-11-21')
      await backups.api.app.scanner.reverify()
    }
    expect(await states()).toEqual(['LOST', 'LOST'])
    return undefined
  })

  test('makes nothing of its agent missing, and keeps no other agent waiting', async (context) => {
    const source = folderOf('nfs')
    const backups = await backupsForThisTest({ VIGIE_LOG_LEVEL: 'silent' })
    const inner = join(backups.deposit, 'lyon-01')
    mkdirSync(inner, { recursive: true })
    if (!isRoot || !bound(source, inner)) return context.skip('no file system can be mounted here')
    await backups.job()
    await backups.job({ agentId: 'paris-01' })
    await backups.scan()
    execFileSync('umount', [inner])
    backups.set('02:05')
    backups.send({ agent: 'paris-01', content: gz(dump(1)) })
    expect((await backups.scan()).scan.trouble).toMatch(/lyon-01 was a file system of its own, and is not mounted/)
    backups.set('03:00')
    await backups.scan()
    const entries = await backups.entries()
    const statuses = entries.map(({ status, reasons }: any) => [status, reasons[0]?.code ?? null]).sort()
    expect(statuses).toEqual([
      ['SUCCESS', null],
      ['UNKNOWN', 'SCANNER_BLIND'],
    ])
    execFileSync('mount', ['--bind', source, inner])
    await backups.scan()
    expect((await backups.entries()).map(({ status }: any) => status).sort()).toEqual(['MISSING', 'SUCCESS'])
    return undefined
  })
})

const bound = (source: string, path: string): boolean => {
  try {
    execFileSync('mount', ['--bind', source, path], { stdio: 'ignore' })
    onTestFinished(() => void spawnSync('umount', ['-l', path], { stdio: 'ignore' }))
    return true
  } catch {
    return false
  }
}
