import { expect, test } from 'vitest'
import { filterOf } from './machine-list.ts'

test.each([
  [[], null],
  [['silent'], true],
  [['reporting'], false],
  [['silent', 'reporting'], null],
] as const)('Machines that are %j are asked for by silent: %s', (conditions, silent) => {
  expect(filterOf(conditions, [], '').silent).toBe(silent)
})

test('Kinds are alternatives, and retired ones are asked for alone', () => {
  expect(filterOf(['kind.VM', 'kind.LXC', 'needs.RESTART', 'archived'], ['prod'], 'nas')).toEqual({
    search: 'nas',
    silent: null,
    kind: ['VM', 'LXC'],
    needs: ['RESTART'],
    archived: true,
    tag: ['prod'],
  })
})
