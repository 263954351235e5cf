// Quantities for people, in the language of the page. Pure, so that tests state each case.

type Locale = 'en' | 'fr'

const UNITS = { en: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'], fr: ['o', 'Kio', 'Mio', 'Gio', 'Tio', 'Pio'] }
const NARROW = '\u202f'

/** Bytes in powers of 1024; disks' makers count in powers of 1000, so that a "4 TB" disk has 3.6 TiB. */
export function bytes(value: string | number | null | undefined, locale: Locale): string {
  if (value === null || value === undefined) return '–'
  let amount = Number(value)
  let unit = 0
  while (amount >= 1024 && unit < 5) {
    amount /= 1024
    unit += 1
  }
  const digits = unit === 0 || amount >= 100 ? 0 : 1
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(amount)}${NARROW}${UNITS[locale][unit]}`
}

export function celsius(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${value}${NARROW}°C`
}

/** Power-on hours as years, months or hours: what one wants to know of a disk's age. */
export function hours(value: number | null | undefined, locale: Locale): string {
  if (value === null || value === undefined) return '–'
  const number = (amount: number, digits: number) =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(amount)
  if (value >= 8766)
    return `${number(value / 8766, 1)}${NARROW}${locale === 'fr' ? (value < 17532 ? 'an' : 'ans') : value / 8766 < 1.05 ? 'year' : 'years'}`
  if (value >= 720)
    return `${number(value / 730.5, 0)}${NARROW}${locale === 'fr' ? 'mois' : value / 730.5 < 1.5 ? 'month' : 'months'}`
  return `${number(value, 0)}${NARROW}h`
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** "5 minutes ago", measured from `now`. */
export function ago(value: string | Date, now: Date, locale: Locale): string {
  const seconds = (new Date(value).getTime() - now.getTime()) / 1000
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.round(seconds / size), unit)
}

/** "5 hours": how long it lasts from `value` to `now`, in its greatest unit. */
export function lasting(value: string | Date, now: Date, locale: Locale): string {
  const seconds = Math.max(0, (now.getTime() - new Date(value).getTime()) / 1000)
  const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? ['second', 1]
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.round(seconds / size))
}

/** Where this browser is: its days are the days of the page. */
export const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone

export const dateTime = (value: string | Date, locale: Locale): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }).format(new Date(value))

export const date = (value: string | Date, locale: Locale): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(value))

/** "Today, Wednesday 25 November": a heading for what happened on that day. */
export function day(value: string | Date, now: Date, locale: Locale): string {
  const at = new Date(value)
  const name = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(at)
  const dayOf = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000
  const back = dayOf(now) - dayOf(at)
  if (back < 0 || back > 1) return name
  const near = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-back, 'day')
  return `${near.charAt(0).toUpperCase()}${near.slice(1)}, ${name}`
}

export const clock = (value: string | Date, locale: Locale): string =>
  new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(value))

export const count = (value: string | number | null | undefined, locale: Locale): string =>
  value === null || value === undefined ? '–' : new Intl.NumberFormat(locale).format(Number(value))
