import { refDebounced } from '@vueuse/core'
import { computed, type WritableComputedRef } from 'vue'
import { useRouter } from 'vue-router'
import { DisksChangedDocument, DisksDocument } from '../gql/graphql.ts'
import { useLanguage } from '../i18n.ts'
import { useAddressParts } from '../live/useAddress.ts'
import { useListPart } from '../live/useListPart.ts'
import { useChanges } from '../live/useChanges.ts'
import { useLiveQuery } from '../live/useLiveQuery.ts'
import {
  type Condition,
  filterOf,
  orderOf,
  readConditions,
  readSorting,
  type Sorting,
  writeConditions,
  writeSorting,
} from './disk-list.ts'

/** So many stand on one page: each with its findings and what lies on it. */
const PAGE = 100

/** What the address asks for, and the disks that it leads to. */
export function useDiskList() {
  const { language } = useLanguage()
  const router = useRouter()
  const { parts, withParts } = useAddressParts()
  const { after, from } = useListPart()
  const ask = (changes: Record<string, string>): void => void router.replace({ query: withParts(changes) })
  const search = computed({ get: () => parts('search'), set: (text) => ask({ search: text }) })
  const conditions: WritableComputedRef<readonly Condition[]> = computed({
    get: () => readConditions(parts('that')),
    set: (that) => ask({ that: writeConditions(that) }),
  })
  const sorting: WritableComputedRef<Sorting> = computed({
    get: () => readSorting(parts('sort')),
    set: (sorting) => ask({ sort: writeSorting(sorting) }),
  })
  const settled = refDebounced(search, 250)
  const filter = computed(() => filterOf(conditions.value, settled.value))
  const changes = useChanges(DisksChangedDocument, () => ({ language: language.value }))
  const query = useLiveQuery(
    DisksDocument,
    () => ({
      language: language.value,
      first: PAGE,
      after: after.value,
      filter: filter.value,
      orderBy: orderOf(sorting.value),
      reverse: sorting.value.isReversed,
    }),
    // A disk whose health or place changed may stand elsewhere, or no longer belong; the counts of the views tell of it.
    [
      changes.of(
        ({ disks: { nodes } }) => nodes,
        ({ health, moved, missingSince }) => `${health} ${moved} ${missingSince}`,
      ),
    ],
  )
  return {
    search,
    conditions,
    sorting,
    filter,
    query,
    from,
    isFiltered: computed(() => Boolean(settled.value || conditions.value.length)),
  }
}
