import { computed, type ComputedRef } from 'vue'
import type { DiskQuery } from '../gql/graphql.ts'
import { useLanguage } from '../i18n.ts'

/** A disk with all that its page tells. */
export type DiskDetail = DiskQuery['disk']

/** The counters of a disk that are drawn over time, with what people call them. */
export function useCurves(disk: () => DiskDetail): ComputedRef<{ code: string; name: string }[]> {
  const { t } = useLanguage()
  return computed(() => [
    { code: 'temperature', name: t('disks.temperatureName') },
    { code: 'power_on_hours', name: t('disks.hoursName') },
    ...disk().attributes.map(({ code, name }) => ({ code, name: /^\d+$/.test(code) ? `${code} ${name}` : name })),
  ])
}
