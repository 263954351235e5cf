import { expect, test } from 'vitest'
import { glyphOf } from './updates.ts'

test.each([
  ['PENDING', 0, false, 'OK'],
  ['PENDING', null, false, 'UNKNOWN'],
  ['PENDING', 0, true, 'UNKNOWN'],
  ['PENDING', 0, null, 'UNKNOWN'],
  ['SECURITY', 1, true, 'WARNING'],
  ['CURRENT', 0, false, 'OK'],
  ['STALE', 0, true, 'UNKNOWN'],
] as const)(
  'A machine that stands as %s, with %s for security and lists that are stale: %s, is shown as %s',
  (updateStanding, security, listsStale, glyph) => {
    expect(glyphOf({ updateStanding, security, listsStale })).toBe(glyph)
  },
)
