import { describe, expect, test } from 'vitest'
import { en as enFirst } from '../messages/en.ts'
import { enPages } from '../messages/en-pages.ts'
import { fr as frFirst } from '../messages/fr.ts'
import { frPages } from '../messages/fr-pages.ts'
import { ago, bytes, celsius, count, hours, lasting } from './format.ts'

const en = { ...enFirst, ...enPages }
const fr = { ...frFirst, ...frPages }

const plain = (text: string): string => text.replace(/[\u202f\u00a0]/g, ' ')

test.each([
  [null, 'en', '–'],
  ['0', 'en', '0 B'],
  ['1023', 'en', '1,023 B'],
  ['1024', 'en', '1 KiB'],
  ['4000787030016', 'en', '3.6 TiB'],
  ['4000787030016', 'fr', '3,6 Tio'],
  [274_877_906_944, 'fr', '256 Gio'],
] as const)('%s bytes in %s are %s', (value, locale, words) => {
  expect(plain(bytes(value, locale))).toBe(words)
})

test.each([
  [null, 'en', '–'],
  [5, 'en', '5 h'],
  [719, 'en', '719 h'],
  [731, 'en', '1 month'],
  [8765, 'en', '12 months'],
  [8766, 'en', '1 year'],
  [12_000, 'en', '1.4 years'],
  [12_000, 'fr', '1,4 an'],
  [20_000, 'fr', '2,3 ans'],
] as const)('%s hours in %s are %s', (value, locale, words) => {
  expect(plain(hours(value, locale))).toBe(words)
})

test('Ages, degrees and counts', () => {
  const now = new Date('2026-11-21T12:00:00Z')
  expect([ago('2026-11-21T11:55:00Z', now, 'en'), ago('2026-11-20T12:00:00Z', now, 'fr'), ago(now, now, 'en')]).toEqual(
    ['5 minutes ago', 'hier', 'now'],
  )
  expect(
    ['2026-11-21T07:00:00Z', '2026-11-19T11:00:00Z', '2026-11-21T11:59:59Z', '2026-11-22T00:00:00Z'].map((from) =>
      lasting(from, now, 'en'),
    ),
  ).toEqual(['5 hours', '2 days', '1 second', '0 seconds'])
  expect([plain(celsius(31)), celsius(null), plain(count('12000', 'fr')), count(null, 'en')]).toEqual([
    '31 °C',
    '–',
    '12 000',
    '–',
  ])
})

describe('Both languages', () => {
  const paths = (value: object, path = ''): string[] =>
    Object.entries(value).flatMap(([key, entry]) =>
      typeof entry === 'string' ? [`${path}${key}`] : paths(entry as object, `${path}${key}.`),
    )
  const at = (messages: object, path: string): string =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], messages) as string
  test.each(paths(en))('%s name the same values', (path) => {
    const named = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
    expect(named(at(fr, path))).toEqual(named(at(en, path)))
    expect(at(fr, path).trim()).not.toBe('')
  })
})
