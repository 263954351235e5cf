import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../platform/root.ts'
import { BACKUP_REASONS } from './backup-reasons.ts'
import { DISK_REASONS } from './disk-reasons.ts'
import { Severity } from './reason.ts'
import { type ReasonCode, REASONS, sentence } from './sentence.ts'

const codes = Object.keys(REASONS) as ReasonCode[]

test.each(codes)('%s is a sentence in English and French, with a value and without', (code) => {
  for (const [value, subject] of [
    [null, null],
    [1, 'X'],
    [12, 'X'],
  ] as const) {
    for (const language of ['en', 'fr'] as const) {
      const words = sentence({ code, severity: Severity.INFO, value, limit: 3, subject }, language)
      expect(words).toMatch(/^.+\.$/)
      expect(words).not.toMatch(/undefined|null|NaN/)
    }
  }
})

test.each([
  ['docs/health.md', DISK_REASONS],
  ['docs/backups.md', BACKUP_REASONS],
])('%s explains every code', (file, reasons) => {
  const page = readFileSync(resolve(ROOT, file), 'utf8')
  expect(Object.keys(reasons).filter((code) => !page.includes(`\`${code}\``))).toEqual([])
})
