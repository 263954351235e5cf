import { computed, type ComputedRef, ref, type Ref } from 'vue'

/**
 * Walks by the arrow keys, Home and End over a picture that is one tab stop (a slider, by WAI-ARIA); Enter opens what is
 * reached. Whoever leaves begins again at the start.
 */
export function useWalk<Item>(
  items: () => readonly Item[],
  open: (item: Item) => void,
  start: 'first' | 'last',
): {
  isWalking: Ref<boolean>
  /** Index of what is reached. */
  at: ComputedRef<number>
  /** Undefined = there is nothing to walk over. */
  current: ComputedRef<Item | undefined>
  onKey: (event: KeyboardEvent) => void
  onFocus: () => void
  onBlur: () => void
} {
  const isWalking = ref(false)
  const chosen = ref<number | null>(null)
  const last = computed(() => Math.max(0, items().length - 1))
  const at = computed(() => Math.min(chosen.value ?? (start === 'first' ? 0 : last.value), last.value))
  const current = computed(() => items()[at.value])
  function onKey(event: KeyboardEvent): void {
    const next = { ArrowRight: at.value + 1, ArrowLeft: at.value - 1, Home: 0, End: last.value }[event.key]
    if (next !== undefined) chosen.value = Math.max(0, Math.min(last.value, next))
    else if (event.key === 'Enter' && current.value !== undefined) open(current.value)
    else return
    event.preventDefault()
  }
  function onFocus(): void {
    isWalking.value = true
  }
  function onBlur(): void {
    isWalking.value = false
    chosen.value = null
  }
  return { isWalking, at, current, onKey, onFocus, onBlur }
}
