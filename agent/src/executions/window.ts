/** A stretch of each of some days, in the machine's own time. */
export interface Window {
  /** 0 = Sunday, as Date.getDay(). */
  days: ReadonlySet<number>
  /** Minutes after midnight; where `to` is not after `from`, it ends on the next day. */
  from: number
  to: number
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const SHAPE = /^(?:([a-z,-]{3,30}) )?(\d\d):(\d\d)-(\d\d):(\d\d)$/

/** "02:00-05:00", "Mon-Fri 22:00-04:00", "Sat,Sun 00:00-06:00"; null = it is none. */
export function readWindow(text: string): Window | null {
  const [, named, ...times] = SHAPE.exec(text.trim().toLowerCase()) ?? []
  const [fromHour, fromMinute, toHour, toMinute] = times.map(Number)
  if (fromHour === undefined || fromMinute === undefined || toHour === undefined || toMinute === undefined) return null
  const from = fromHour * 60 + fromMinute
  const to = toHour * 60 + toMinute
  const days = named === undefined ? new Set(DAYS.keys()) : readDays(named)
  const isTime = fromMinute < 60 && toMinute < 60 && from < 1440 && to <= 1440
  return days && isTime && from !== to ? { days, from, to } : null
}

function readDays(text: string): Set<number> | null {
  const days = new Set<number>()
  for (const part of text.split(',')) {
    const [first, last = first, ...more] = part.split('-').map((name) => DAYS.indexOf(name))
    if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0) return null
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === last) break
    }
  }
  return days
}

/** Whether one of them is open; where there are none, it is always. */
export function isOpen(windows: readonly Window[], now: Date): boolean {
  if (windows.length === 0) return true
  const minute = now.getHours() * 60 + now.getMinutes()
  const today = now.getDay()
  const yesterday = (today + 6) % 7
  return windows.some(({ days, from, to }) => {
    if (from < to) return days.has(today) && minute >= from && minute < to
    return (days.has(today) && minute >= from) || (days.has(yesterday) && minute < to)
  })
}
