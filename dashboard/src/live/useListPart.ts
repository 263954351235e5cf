import { computed, type ComputedRef } from 'vue'
import { useAddressParts } from './useAddress.ts'

/** Which part of a long list is shown, as its address says (CursorSteps leads from one to the next). */
export function useListPart(): {
  /** The cursor that it begins behind; null = at the start. */
  after: ComputedRef<string | null>
  /** How many stand before it. */
  from: ComputedRef<number>
} {
  const { parts } = useAddressParts()
  return {
    after: computed(() => parts('after') || null),
    from: computed(() => (parts('after') ? Math.max(0, Number.parseInt(parts('from'), 10) || 0) : 0)),
  }
}
