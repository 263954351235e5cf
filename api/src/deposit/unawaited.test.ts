import { describe, expect, test } from 'vitest'
import { type Forgettable, forgottenOf, unawaitedIn } from './unawaited.ts'

const NOW = new Date('2026-01-30T12:00:00Z')
const HOUR = 3600_000
const DAY = 24 * HOUR

describe('A file in the deposit', () => {
  const file = (path: string, age = 2 * DAY) => ({
    path,
    stamp: { dev: '1', ino: '2', size: 3, mtimeNs: '4', ctimeNs: `${NOW.getTime() - age}000000` },
  })
  const awaited = {
    paths: new Set(['lyon-01/databases/crm.sql.gz']),
    names: new Set(['lyon-01/undeclared.sql.gz']),
    reportFolders: new Set(['reports/lyon']),
  }
  test.each<[string, number, boolean]>([
    ['lyon-01/databases/old.sql.gz', DAY, true],
    ['lyon-01/databases/old.sql.gz', DAY - 1, false],
    ['lyon-01/databases/old.sql.gz', -DAY, false],
    ['lyon-01/databases/crm.sql.gz', 9 * DAY, false],
    ['lyon-01/databases/undeclared.sql.gz', 9 * DAY, false],
    ['paris-01/databases/undeclared.sql.gz', 9 * DAY, true],
    ['lyon-01/databases/.rsync-partial/crm.sql.gz', 9 * DAY, true],
    ['lyon-01/log/STATUS.json', 9 * DAY, false],
    ['lyon-01/STATUS.JSON', 9 * DAY, false],
    ['lyon-01/log/backup.log', 9 * DAY, true],
    ['lyon-01/databases/crm.json', 9 * DAY, true],
    ['reports/lyon/x.json', 9 * DAY, false],
    ['reports/lyon/x.txt', 9 * DAY, true],
    ['.deposit-id', 9 * DAY, false],
    ['lyon-01/databases/.vigie-probe', 9 * DAY, false],
    ['lyon-01/crm/why.json', 9 * DAY, false],
    ['stray', 9 * DAY, true],
  ])('at %s for %d ms is unawaited: %s', (path, age, isUnawaited) => {
    expect(unawaitedIn([file(path, age)], awaited, NOW).length > 0).toBe(isUnawaited)
  })
})

describe('What is forgotten', () => {
  const of = (
    name: string,
    days: number,
    size: number,
    isProven = true,
    agentId = 'a',
  ): Forgettable & { name: string } => ({
    name,
    agentId,
    size,
    since: new Date(NOW.getTime() - days * DAY),
    isProven,
  })
  const names = (files: ReturnType<typeof of>[], keepDays: number | null, quota: number | null): string =>
    forgottenOf(files, { keepDays, quota }, NOW)
      .map(({ name }) => name)
      .join(' ')

  test.each([
    ['is old and in the vault', [of('old', 8, 1), of('young', 6, 1)], 7, null, 'old'],
    ['is nothing on the very day', [of('old', 7, 1)], 7, null, ''],
    ['is nothing that the vault does not hold, however old and large', [of('only', 999, 99, false)], 7, 1, ''],
    ['is nothing where no rule is', [of('old', 999, 1)], null, null, ''],
    [
      'is the oldest where an agent leaves too much, until it does not',
      [of('b', 5, 5), of('c', 4, 5), of('a', 6, 5)],
      null,
      10,
      'a',
    ],
    ['is what is proven alone, though it is still too much', [of('a', 3, 5), of('only', 9, 50, false)], null, 10, 'a'],
    ['is nothing that came within three days', [of('a', 2.9, 50)], null, 10, ''],
    ['is what came three days ago', [of('a', 3, 50)], null, 10, 'a'],
    ['is reckoned for each agent', [of('a', 1, 6), of('b', 1, 6, true, 'b')], null, 10, ''],
  ])('%s', (_, files, keepDays, quota, forgotten) => {
    expect(names(files, keepDays, quota)).toBe(forgotten)
  })
})
