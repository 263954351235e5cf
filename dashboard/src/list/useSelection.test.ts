import { expect, test } from 'vitest'
import { ref } from 'vue'
import { useSelection } from './useSelection.ts'

test('Rows are chosen one by one, from one to another with shift, and all together', () => {
  const { chosen, choose, chooseAll, clear } = useSelection(() => ['a', 'b', 'c', 'd'])
  choose('c', false)
  choose('a', true)
  expect(chosen.value).toEqual(['a', 'b', 'c'])
  choose('b', false)
  expect(chosen.value).toEqual(['a', 'c'])
  choose('d', true)
  expect(chosen.value).toEqual(['a', 'b', 'c', 'd'])
  choose('a', true)
  expect(chosen.value).toEqual([])
  chooseAll()
  expect(chosen.value).toEqual(['a', 'b', 'c', 'd'])
  clear()
  expect(chosen.value).toEqual([])
})

test('A row that leaves the list is not chosen any more', () => {
  const shown = ref(['a', 'b'])
  const { chosen, chooseAll, choose } = useSelection(() => shown.value)
  chooseAll()
  shown.value = ['b', 'c']
  expect(chosen.value).toEqual(['b'])
  shown.value = ['a', 'b', 'c']
  expect(chosen.value).toEqual(['b'])
  shown.value = ['b', 'c']
  // The row that shift would begin at is gone: the one alone is chosen.
  choose('a', false)
  choose('c', true)
  expect(chosen.value).toEqual(['b', 'c'])
})
