import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** A part of a page's state that stands in its address, so that a view can be linked to and survives a reload; '' = not set. */
export function useAddress(key: string): WritableComputedRef<string> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => String(route.query[key] ?? ''),
    set: (value) => void router.replace({ query: { ...route.query, [key]: value || undefined } }),
  })
}
