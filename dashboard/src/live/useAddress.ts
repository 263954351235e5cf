import { computed, type WritableComputedRef } from 'vue'
import { type LocationQueryRaw, useRoute, useRouter } from 'vue-router'

/** A part of a page's state that stands in its address, so that a view can be linked to and survives a reload; '' = not set. */
export function useAddress(key: string): WritableComputedRef<string> {
  const { parts, withParts } = useAddressParts()
  const router = useRouter()
  return computed({
    get: () => parts(key),
    set: (value) => void router.replace({ query: withParts({ [key]: value }) }),
  })
}

/**
 * Several parts at once: what is changed together leads to one address. Where a long list stands (`after`, `from`) is
 * told anew each time: another question begins at its start.
 */
export function useAddressParts(): {
  /** '' = not set. */
  parts: (key: string) => string
  /** The query of this address with other values; '' takes one out. */
  withParts: (changes: Record<string, string>) => LocationQueryRaw
} {
  const route = useRoute()
  return {
    parts: (key) => String(route.query[key] ?? ''),
    withParts: (changes) => ({
      ...route.query,
      after: undefined,
      from: undefined,
      ...Object.fromEntries(Object.entries(changes).map(([key, value]) => [key, value || undefined])),
    }),
  }
}
