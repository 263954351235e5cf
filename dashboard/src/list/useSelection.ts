import { computed, type ComputedRef, ref, watch } from 'vue'

/**
 * Which rows of a list are chosen. Only what is shown is: a row that leaves the list leaves the choice, so that nothing is
 * done to what nobody sees. With shift all rows from the last one on are chosen alike.
 */
export function useSelection(shown: () => readonly string[]): {
  /** In the order of the list. */
  chosen: ComputedRef<string[]>
  isChosen: (id: string) => boolean
  choose: (id: string, isRange: boolean) => void
  chooseAll: () => void
  clear: () => void
} {
  const ids = ref<ReadonlySet<string>>(new Set())
  let last: string | null = null
  watch(
    () => shown().join(' '),
    () => {
      const left = new Set(shown())
      ids.value = new Set([...ids.value].filter((id) => left.has(id)))
    },
    { flush: 'sync' },
  )
  const chosen = computed(() => shown().filter((id) => ids.value.has(id)))
  function choose(id: string, isRange: boolean): void {
    const wanted = !ids.value.has(id)
    const list = shown()
    const [from, to] = [last === null ? -1 : list.indexOf(last), list.indexOf(id)].toSorted((a, b) => a - b) as [
      number,
      number,
    ]
    const range = isRange && from >= 0 ? list.slice(from, to + 1) : [id]
    const next = new Set(ids.value)
    for (const each of range)
      if (wanted) next.add(each)
      else next.delete(each)
    ids.value = next
    last = id
  }
  return {
    chosen,
    isChosen: (id) => ids.value.has(id),
    choose,
    chooseAll: () => (ids.value = new Set(shown())),
    clear: () => (ids.value = new Set()),
  }
}
