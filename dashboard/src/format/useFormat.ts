import { useIntervalFn, useNow } from '@vueuse/core'
import { useLanguage } from '../i18n.ts'
import * as format from './format.ts'

/** The formats in the language of the page; ages move on by themselves. */
export function useFormat() {
  const { locale } = useLanguage()
  const now = useNow({ scheduler: (tick) => useIntervalFn(tick, 10_000) })
  return {
    bytes: (value: string | number | null | undefined) => format.bytes(value, locale.value),
    celsius: format.celsius,
    hours: (value: number | null | undefined) => format.hours(value, locale.value),
    ago: (value: string | Date) => format.ago(value, now.value, locale.value),
    lasting: (value: string | Date) => format.lasting(value, now.value, locale.value),
    dateTime: (value: string | Date) => format.dateTime(value, locale.value),
    date: (value: string | Date) => format.date(value, locale.value),
    day: (value: string | Date) => format.day(value, now.value, locale.value),
    clock: (value: string | Date) => format.clock(value, locale.value),
    count: (value: string | number | null | undefined) => format.count(value, locale.value),
  }
}
