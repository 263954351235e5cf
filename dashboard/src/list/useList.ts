import { refDebounced, useLocalStorage } from '@vueuse/core'
import { computed, type ComputedRef, reactive } from 'vue'
import { useRouter } from 'vue-router'
import { useLanguage } from '../i18n.ts'
import { useAddressParts } from '../live/useAddress.ts'
import { useListPart } from '../live/useListPart.ts'
import {
  hiddenOf,
  type ListKind,
  namesOf,
  readConditions,
  readSorting,
  readTags,
  type Sorting,
  writeConditions,
  writeSorting,
  writeTags,
} from './list-kind.ts'

export interface Asked<Condition extends string, Name extends string> {
  search: string
  conditions: readonly Condition[]
  tags: readonly string[]
  sorting: Sorting<Name>
}

export interface List<Condition extends string, Name extends string> extends Asked<Condition, Name> {
  /** What is searched for, once somebody stops typing. */
  settled: string
  isFiltered: boolean
  /** The cursor that the part begins behind; null = at the start. */
  after: string | null
  /** How many stand before it. */
  from: number
  hidden: readonly Name[]
  /** Those that are shown, in their order. */
  columns: readonly Name[]
  /** What is changed together leads to one address. */
  ask: (changes: Partial<Asked<Condition, Name>>) => void
  hide: (columns: readonly Name[]) => void
}

/** What the address asks of a list, and which of its columns this browser shows. */
export function useList<Condition extends string, Name extends string, View extends string>(
  kind: ListKind<Condition, Name, View, unknown>,
): List<Condition, Name> {
  const router = useRouter()
  const { parts, withParts } = useAddressParts()
  const search = computed(() => parts('search'))
  const conditions = computed(() => readConditions(kind, parts('that')))
  const tags = computed(() => readTags(parts('tag')))
  const settled = refDebounced(search, 250)
  const kept = useLocalStorage<readonly Name[]>(`vigie.${kind.name}.hidden`, kind.hiddenAtFirst)
  const hidden = computed(() => hiddenOf(kind, kept.value))
  const list = {
    search,
    settled,
    conditions,
    tags,
    sorting: computed(() => readSorting(kind, parts('sort'))),
    isFiltered: computed(() => Boolean(settled.value || conditions.value.length || tags.value.length)),
    ...useListPart(),
    hidden,
    columns: computed(() => namesOf(kind.columns).filter((name) => !hidden.value.includes(name))),
    ask: (changes: Partial<Asked<Condition, Name>>): void => {
      const address: Record<string, string> = {}
      if (changes.search !== undefined) address['search'] = changes.search
      if (changes.conditions) address['that'] = writeConditions(kind, changes.conditions)
      if (changes.tags) address['tag'] = writeTags(changes.tags)
      if (changes.sorting) address['sort'] = writeSorting(kind, changes.sorting)
      void router.replace({ query: withParts(address) })
    },
    hide: (columns: readonly Name[]): void => void (kept.value = columns),
  }
  return reactive(list) as List<Condition, Name>
}

/** The columns that people choose among, each by its words. */
export function useColumnNames<Name extends string>({
  columns,
}: Pick<ListKind<string, Name, string, unknown>, 'columns'>): ComputedRef<
  { name: Name; label: string; isFixed: boolean }[]
> {
  const { t } = useLanguage()
  return computed(() =>
    namesOf(columns).map((name) => ({ name, label: t(columns[name].label), isFixed: columns[name].isFixed })),
  )
}
