import 'reflect-metadata'
import { execFileSync } from 'node:child_process'
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
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { DepositTasks } from '../src/deposit/worker.ts'
import { WorkerThread } from '../src/platform/worker-thread.ts'
import { backupsForThisTest } from './deposit.ts'

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
