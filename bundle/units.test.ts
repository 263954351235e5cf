import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const UNITS = ['vigie.service', 'vigie-agent.service']
const read = (unit: string): string => readFileSync(join(import.meta.dirname, unit), 'utf8')
const analyze = spawnSync('systemd-analyze', ['--version']).status === 0
if (!analyze) console.warn('Skipped: systemd-analyze is not installed')

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vigie-units-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('The units of the service', () => {
  test.skipIf(!analyze)('are understood by systemd without a word', () => {
    for (const unit of UNITS) {
      const file = join(folder, unit)
      writeFileSync(file, read(unit))
      const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
      // Other units of this machine are not our business.
      const words = stderr.split('\n').filter((line) => line.includes('vigie'))
      expect([unit, words]).toEqual([unit, []])
    }
  })

  test.skipIf(!analyze)('expose little: the server below 2.5 of 10, as systemd-analyze security counts', () => {
    const file = join(folder, 'vigie.service')
    writeFileSync(file, read('vigie.service'))
    const said = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', file], {
      encoding: 'utf8',
    })
    expect(Number(/exposure level for vigie\.service: ([\d.]+)/.exec(said)?.[1])).toBeLessThan(2.5)
  })

  test('are started by a program that systemd may run under SELinux', () => {
    for (const unit of UNITS) expect(read(unit)).toMatch(/^ExecStart=\/usr\/bin\/env \/opt\/vigie\/current\/vigie /m)
  })

  test('are started again for ever, hardened and bounded', () => {
    for (const unit of UNITS)
      for (const line of ['Restart=always', 'StartLimitIntervalSec=0', 'NoNewPrivileges=true', 'ProtectSystem=strict'])
        expect(read(unit).split('\n')).toContain(line)
    for (const unit of UNITS) expect(read(unit)).toMatch(/^MemoryMax=/m)
    // V8 compiles, and the deposit's folder hands its group on.
    expect(read('vigie.service')).not.toMatch(/^(MemoryDenyWriteExecute|RestrictSUIDSGID)=/m)
  })
})
