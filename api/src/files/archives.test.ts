import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readBackupFile } from './read-file.ts'
import { hasCommand } from '../../test/has-command.ts'

// Archives of the real tools: whole, cut, empty, and around a dump that was killed.

const dump = (whole = true): string =>
  `-- MySQL dump 10.13  Distrib 8.0.40, for Linux (x86_64)\n--\n${Array.from({ length: 20_000 }, (_, index) => `INSERT INTO t VALUES (${index}, '${(index * 7919) % 104_729}');\n`).join('')}${whole ? '-- Dump completed on 2026-01-15  2:00:05\n' : ''}`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-archives-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (command: string, args: string[], input?: Buffer): Buffer =>
  execFileSync(command, args, { cwd: folder, input, maxBuffer: 2 ** 28, stdio: ['pipe', 'pipe', 'ignore'] })
const filed = (command: string, args: string[], archive: string) => (content: Buffer) => {
  rmSync(join(folder, archive), { force: true })
  writeFileSync(join(folder, 'crm.sql'), content)
  run(command, [...args, archive, 'crm.sql'])
  return readFileSync(join(folder, archive))
}

const PACKERS: [name: string, command: string | null, pack: (content: Buffer) => Buffer][] = [
  ['gzip', null, (content) => gzipSync(content)],
  ['zstd', null, (content) => zstdCompressSync(content)],
  ['pzstd', 'pzstd', (content) => run('pzstd', ['-q', '-c'], content)],
  ['xz', 'xz', (content) => run('xz', ['-c'], content)],
  ['bzip2', 'bzip2', (content) => run('bzip2', ['-c'], content)],
  ['lz4', 'lz4', (content) => run('lz4', ['-c', '-q'], content)],
  ['zip', 'zip', filed('zip', ['-q'], 'crm.zip')],
  ['7z', '7z', filed('7z', ['a', '-bd', '-y'], 'crm.7z')],
]

async function checksOf(content: Buffer): Promise<string[]> {
  writeFileSync(join(folder, 'archive'), content)
  const facts = await readBackupFile({
    root: folder,
    path: 'archive',
    temporaryFolder: folder,
    contentHash: true,
    hashOnly: false,
  })
  if (facts.kind !== 'READ') throw new Error(facts.kind)
  return facts.checks.map(({ name, outcome }) => `${name} ${outcome}`)
}

describe.each(PACKERS)('An archive of %s', (_name, command, pack) => {
  const skip = command !== null && !hasCommand(command)
  test.skipIf(skip)('around a whole dump is proven to its end', async () => {
    expect(await checksOf(pack(Buffer.from(dump())))).toEqual(['DECOMPRESSION PASSED', 'COMPLETION_MARK PASSED'])
  })
  test.skipIf(skip)('around a dump that was killed is a dump that was killed', async () => {
    expect(await checksOf(pack(Buffer.from(dump(false))))).toEqual(['DECOMPRESSION PASSED', 'COMPLETION_MARK FAILED'])
  })
  test.skipIf(skip)('of nothing holds nothing', async () => {
    expect(await checksOf(pack(Buffer.alloc(0)))).toEqual(['DECOMPRESSION PASSED', 'COMPLETION_MARK FAILED'])
  })
  test.skipIf(skip)('that was cut does not decompress', async () => {
    const whole = pack(Buffer.from(dump()))
    for (const part of [0.3, 0.6, 0.95])
      expect(await checksOf(whole.subarray(0, Math.floor(whole.length * part)))).toEqual(['DECOMPRESSION FAILED'])
  })
  test.skipIf(skip)('with a byte that was changed does not decompress', async () => {
    const whole = Buffer.from(pack(Buffer.from(dump())))
    const middle = Math.floor(whole.length / 2)
    whole[middle] = (whole[middle] as number) ^ 0xff
    expect(await checksOf(whole)).toEqual(['DECOMPRESSION FAILED'])
  })
  test.skipIf(skip || command === null)('without its tool is not checked, and never passed', async () => {
    const content = pack(Buffer.from(dump()))
    const path = process.env['PATH']
    const tools = mkdtempSync(join(folder, 'tools-'))
    execFileSync('ln', ['-s', '/usr/bin/prlimit', join(tools, 'prlimit')])
    process.env['PATH'] = tools
    try {
      expect(await checksOf(content)).toEqual(
        _name === 'pzstd' ? ['DECOMPRESSION PASSED', 'COMPLETION_MARK PASSED'] : ['DECOMPRESSION NOT_CHECKED'],
      )
    } finally {
      process.env['PATH'] = path
    }
  })
})

test.each<[string, (content: Buffer) => Buffer]>([
  ['gzip', (content) => gzipSync(content)],
  ['zstd', (content) => zstdCompressSync(content)],
])('An archive of several parts of %s is read to the end of the last', async (_, pack) => {
  const whole = Buffer.from(dump())
  const parts = [whole.subarray(0, 300_000), whole.subarray(300_000, 300_010), whole.subarray(300_010)].map(pack)
  const archive = Buffer.concat(parts)
  expect(await checksOf(archive)).toEqual(['DECOMPRESSION PASSED', 'COMPLETION_MARK PASSED'])
  expect(await checksOf(archive.subarray(0, -9))).toEqual(['DECOMPRESSION FAILED'])
  expect(await checksOf(archive.subarray(0, (parts[0] as Buffer).length + 5))).toEqual(['DECOMPRESSION FAILED'])
  expect(await checksOf(Buffer.concat(parts.slice(0, 2)))).toEqual(['DECOMPRESSION PASSED', 'COMPLETION_MARK FAILED'])
  expect(await checksOf(Buffer.concat([archive, Buffer.from('not of it')]))).toEqual(['DECOMPRESSION FAILED'])
})

test('Parts of zstd that end with the pieces in which a file is read are read to the end of the last', async () => {
  // Parts of random bytes, which do not shrink, so that their ends fall before, on and behind the ends of pieces.
  const text = dump()
  const noise = Buffer.from(Array.from({ length: 1024 * 1024 }, (_, index) => (index * 2_654_435_761) >>> 13))
  for (const cut of [1024 * 1024 - 40, 1024 * 1024 - 20, 1024 * 1024]) {
    const archive = Buffer.concat([
      zstdCompressSync(Buffer.concat([Buffer.from(text.slice(0, 200)), noise.subarray(0, cut)])),
      zstdCompressSync(Buffer.from(text.slice(200))),
    ])
    expect(await checksOf(archive)).toEqual(['DECOMPRESSION PASSED', 'COMPLETION_MARK PASSED'])
  }
})

describe('A tar', () => {
  const tar = (...args: string[]): Buffer => {
    writeFileSync(join(folder, 'a.txt'), 'a'.repeat(3000))
    writeFileSync(join(folder, 'b.txt'), 'b'.repeat(70_000))
    return run('tar', ['-cf', '-', ...args, 'a.txt', 'b.txt'])
  }
  test.each([['--format=ustar'], ['--format=gnu'], ['--format=pax'], ['--format=v7']])(
    'in %s is walked to its end, and one that was cut anywhere is not',
    async (format) => {
      const whole = tar(format)
      const known = format !== '--format=v7'
      expect(await checksOf(whole)).toEqual([known ? 'TAR_END PASSED' : 'COMPLETION_MARK NOT_CHECKED'])
      if (!known) return
      for (const length of [512, 3000, 4096, 5000, 60_000, 74_752])
        expect([length, await checksOf(whole.subarray(0, length))]).toEqual([length, ['TAR_END FAILED']])
      expect(await checksOf(gzipSync(whole.subarray(0, 60_000)))).toEqual(['DECOMPRESSION PASSED', 'TAR_END FAILED'])
    },
  )
  test('with a header that was changed is damaged', async () => {
    const whole = Buffer.from(tar('--format=gnu'))
    whole[512 + 3072 + 10] = 0x41
    expect(await checksOf(whole)).toEqual(['TAR_END FAILED'])
  })
})
