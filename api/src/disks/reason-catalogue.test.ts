import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../config.ts'
import { type ReasonCode, REASONS, sentence } from './reason-catalogue.ts'
import { Severity } from './health.ts'

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

test('docs/health.md explains every code', () => {
  const page = readFileSync(resolve(ROOT, 'docs/health.md'), 'utf8')
  expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([])
})
