import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Run } from '../platform/command.ts'
import { packagesSection } from '../report/packages.ts'
import { collectPackages } from './collect.ts'

const printing =
  (...lines: string[]): Run =>
  async () => ({ stdout: lines.map((line) => `${line}\n`).join(''), stderr: '', status: 0 })

function infoDir(...files: [name: string, at: string][]): string {
  const root = mkdtempSync(join(tmpdir(), 'vigie-dpkg-'))
  const folder = join(root, 'info')
  mkdirSync(folder)
  writeFileSync(join(root, 'status'), '')
  for (const [name, at] of files) {
    writeFileSync(join(folder, name), '')
    utimesSync(join(folder, name), new Date(at), new Date(at))
  }
  return folder
}

test('each installed package is told with its source and with the day that its files came', async () => {
  const run = printing(
    'bash\tamd64\t5.2.15-2+b7\tbash\tinstall\tinstalled\tok',
    'libssl3\tamd64\t3.0.15-1\topenssl\thold\tinstalled\tok',
    'tzdata\tall\t2026a\ttzdata\tinstall\tinstalled\tok',
    'old\tamd64\t1\told\tdeinstall\tconfig-files\tok',
  )
  const folder = infoDir(['bash.list', '2026-01-02T03:04:05Z'], ['libssl3:amd64.list', '2026-02-03T04:05:06Z'])
  const facts = await collectPackages({ run, infoDir: folder })
  const common = { source: null, held: false, installedAt: null }
  expect(facts?.packages).toEqual([
    { ...common, name: 'bash', architecture: 'amd64', version: '5.2.15-2+b7', installedAt: '2026-01-02T03:04:05.000Z' },
    {
      name: 'libssl3',
      architecture: 'amd64',
      version: '3.0.15-1',
      source: 'openssl',
      held: true,
      installedAt: '2026-02-03T04:05:06.000Z',
    },
    { ...common, name: 'tzdata', architecture: 'all', version: '2026a' },
  ])
  expect(packagesSection.parse(facts)).toEqual(facts)
})

test('what is longer than any package name is cut, and costs the others nothing', async () => {
  const run = printing(`${'x'.repeat(300)}\tamd64\t1\t${'y'.repeat(300)}\tinstall\tinstalled\tok`)
  const facts = await collectPackages({ run, infoDir: infoDir() })
  expect(packagesSection.parse(facts).packages).toMatchObject([{ name: 'x'.repeat(255), source: 'y'.repeat(255) }])
})

test('a dpkg-query that fails is no system without packages', async () => {
  const run: Run = async () => ({ stdout: '', stderr: 'dpkg-query: error', status: 2 })
  await expect(collectPackages({ run, infoDir: infoDir() })).rejects.toThrow(/nobody knows what is installed/)
})

test('a status file that is lost is no system without packages, and one that was never there is none of dpkg', async () => {
  await expect(collectPackages({ run: printing(), infoDir: infoDir() })).rejects.toThrow(/may be lost/)
  expect(await collectPackages({ run: printing(), infoDir: '/nowhere/info' })).toBeNull()
})
