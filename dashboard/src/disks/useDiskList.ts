import { refDebounced } from '@vueuse/core'
import { computed, type WritableComputedRef } from 'vue'
import { useRouter } from 'vue-router'
import { machineName } from '../format/names.ts'
import {
  type DiskRowFragment,
  DisksChangedDocument,
  DisksDocument,
  EntriesTouchedDocument,
  JobsTouchedDocument,
} from '../gql/graphql.ts'
import { useLanguage } from '../i18n.ts'
import { useAddressParts } from '../live/useAddress.ts'
import { useListPart } from '../live/useListPart.ts'
import { useChanges } from '../live/useChanges.ts'
import { useLiveQuery } from '../live/useLiveQuery.ts'
import {
  type Column,
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

/** What of a disk its place in the list hangs on, beside its health. */
const SORTED_BY: Record<Column, (disk: DiskRowFragment) => unknown> = {
  health: () => '',
  disk: ({ serial }) => serial,
  model: ({ model }) => model,
  machine: ({ machine }) => machineName(machine),
  temperature: ({ temperature }) => temperature,
  age: ({ lastReading }) => lastReading?.powerOnHours,
  capacity: ({ capacityBytes }) => capacityBytes,
  holds: () => '',
  lastRead: ({ lastReadAt }) => lastReadAt,
}

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
    [
      // A disk whose health or place changed may stand elsewhere, or no longer belong, and the counts of the views tell of
      // it; so may one that is sorted by what changed.
      changes.of(
        ({ disks: { nodes } }) => nodes,
        (disk) => `${disk.health} ${disk.moved} ${disk.missingSince} ${SORTED_BY[sorting.value.column](disk)}`,
      ),
      // How the copy of what lies on it stands.
      useChanges(JobsTouchedDocument, () => ({})).any,
      useChanges(EntriesTouchedDocument, () => ({})).any,
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
