import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigie-folder-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('A folder is made with those above it, and is new once', async () => {
  const path = join(folder, 'a', 'b', 'c')
  expect(await makeFolder(path, 0o700)).toBe(true)
  expect(await makeFolder(path, 0o700)).toBe(false)
})

test('A folder that cannot be is refused at once, whatever the file system says of it', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(makeFolder(join(folder, 'file'), 0o700)).rejects.toThrow('EEXIST')
  await expect(makeFolder(join(folder, 'file', 'x'), 0o700)).rejects.toThrow('ENOTDIR')
  // proc(5) has no folder to make, and says so by ENOENT.
  if (!existsSync('/proc/self')) return
  for (const path of ['/proc/vigie', '/proc/self/vigie/data'])
    await expect(makeFolder(path, 0o700)).rejects.toThrow('ENOENT')
})
