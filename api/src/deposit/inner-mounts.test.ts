import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mount } from '@vigie/agent/host'
import { afterAll, expect, test } from 'vitest'
import { type InnerMount, lookAtMounts } from './inner-mounts.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigie-mounts-'))
afterAll(() => rmSync(folder, { recursive: true }))
const roots = {
  deposit: join(folder, 'deposit'),
  vault: join(folder, 'vault'),
  quarantine: join(folder, 'quarantine'),
}
for (const path of ['vault/lyon/crm', 'vault/used', 'vaults/lyon', 'quarantine', 'deposit/lyon', 'deposit/busy'])
  mkdirSync(join(folder, path), { recursive: true })
writeFileSync(join(roots.vault, 'used/a.gz'), '')
writeFileSync(join(roots.deposit, 'busy/report.json'), '')

const mount = (path: string, fstype = 'ext4'): Mount => ({
  mountpoint: join(folder, path),
  fstype,
  source: '/dev/sdb1',
  device: '8:17',
  readOnly: false,
  wentReadOnly: false,
})
const at = (root: InnerMount['root'], path: string): InnerMount => ({ root, path })
const elsewhere = mount('..', 'tmpfs')

const kept = { isAwaited: async () => true, filesBelow: async ({ path }: InnerMount) => [`${path}/a.gz`] }
const nothing = { isAwaited: async () => false, filesBelow: async () => [] }

test.each<[string, InnerMount[], Mount[], typeof kept, InnerMount[], InnerMount[]]>([
  ['is learned as soon as it is there', [], [mount('vault/lyon')], kept, [at('vault', 'lyon')], []],
  [
    'is known once, however often it is mounted',
    [],
    [mount('vault/lyon'), mount('vault/lyon')],
    kept,
    [at('vault', 'lyon')],
    [],
  ],
  ['is none where it is the root itself', [], [mount('vault')], kept, [], []],
  ['is none beside the root', [], [mount('vaults/lyon')], kept, [], []],
  ['is none as long as nobody has entered it', [], [mount('vault/lyon', 'autofs')], kept, [], []],
  [
    'is hidden where its folder is empty',
    [at('vault', 'lyon')],
    [elsewhere],
    kept,
    [at('vault', 'lyon')],
    [at('vault', 'lyon')],
  ],
  [
    'is hidden where only an automount stands for it',
    [at('vault', 'lyon')],
    [mount('vault/lyon', 'autofs')],
    kept,
    [at('vault', 'lyon')],
    [at('vault', 'lyon')],
  ],
  [
    'is hidden deep in the vault',
    [at('vault', 'lyon/crm')],
    [elsewhere],
    kept,
    [at('vault', 'lyon/crm')],
    [at('vault', 'lyon/crm')],
  ],
  ['is given up where nothing lay on it', [at('vault', 'lyon')], [elsewhere], nothing, [], []],
  ['is given up where its files lie in the folder now', [at('vault', 'used')], [elsewhere], kept, [], []],
  ['is given up where its folder was removed', [at('vault', 'gone')], [elsewhere], kept, [], []],
  [
    'is hidden in the deposit, where something is awaited',
    [at('deposit', 'lyon')],
    [elsewhere],
    kept,
    [at('deposit', 'lyon')],
    [at('deposit', 'lyon')],
  ],
  ['is given up in the deposit, where nothing is awaited', [at('deposit', 'lyon')], [elsewhere], nothing, [], []],
  ['is given up in the deposit, where files come all the same', [at('deposit', 'busy')], [elsewhere], kept, [], []],
  ['stays known where the kernel tells nothing', [at('vault', 'lyon')], [], kept, [at('vault', 'lyon')], []],
])('A file system within a root %s', async (_, known, mounts, keeps, after, hidden) => {
  expect(await lookAtMounts(roots, known, keeps, mounts)).toEqual({ known: after, hidden })
})
