import { computed } from 'vue'
import { machineName } from '../format/names.ts'
import {
  type DiskRowFragment,
  DisksChangedDocument,
  DisksDocument,
  EntriesTouchedDocument,
  JobsTouchedDocument,
} from '../gql/graphql.ts'
import { useLanguage } from '../i18n.ts'
import { orderOf } from '../list/list-kind.ts'
import { useList } from '../list/useList.ts'
import { useChanges } from '../live/useChanges.ts'
import { useLiveQuery } from '../live/useLiveQuery.ts'
import { type Column, DISKS, filterOf } from './disk-list.ts'

/** So many stand on one page: each with its findings and what lies on it. */
const PAGE = 100

/** What of a disk its place in the list hangs on, beside its health. */
const SORTED_BY: Record<Column, (disk: DiskRowFragment) => unknown> = {
  health: () => '',
  disk: ({ serial }) => serial,
  model: ({ model }) => model,
  machine: ({ machine }) => machineName(machine),
  tags: () => '',
  temperature: ({ temperature }) => temperature,
  age: ({ lastReading }) => lastReading?.powerOnHours,
  capacity: ({ capacityBytes }) => capacityBytes,
  holds: () => '',
  lastRead: ({ lastReadAt }) => lastReadAt,
}

/** What the address asks for, and the disks that it leads to. */
export function useDiskList() {
  const { language } = useLanguage()
  const list = useList(DISKS)
  const filter = computed(() => filterOf(list.conditions, list.tags, list.settled))
  const changes = useChanges(DisksChangedDocument, () => ({ language: language.value }))
  const query = useLiveQuery(
    DisksDocument,
    () => ({
      language: language.value,
      first: PAGE,
      after: list.after,
      filter: filter.value,
      orderBy: orderOf(DISKS, list.sorting),
      reverse: list.sorting.isReversed,
    }),
    [
      // A disk whose health, place or tags changed may stand elsewhere, or no longer belong, and the counts of the views
      // tell of it; so may one that is sorted by what changed.
      changes.of(
        ({ disks: { nodes } }) => nodes,
        (disk) =>
          `${disk.health} ${disk.moved} ${disk.missingSince} ${disk.archivedAt} ${disk.tags.join()} ${SORTED_BY[list.sorting.column](disk)}`,
        { countsAll: true },
      ),
      // How the copy of what lies on it stands.
      useChanges(JobsTouchedDocument, () => ({})).any,
      useChanges(EntriesTouchedDocument, () => ({})).any,
    ],
  )
  return { list, filter, query }
}
