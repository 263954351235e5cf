// Reading JSON that somebody else wrote: each reader answers null where the value is absent or of another type.

export type JsonObject = Record<string, unknown>

export const asObject = (value: unknown): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null

export const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

export const asText = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() ? value.trim() : null

/** A number of a thing, also where a program writes digits alone as a number. */
export const asSerial = (value: unknown): string | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? String(value) : asText(value)

/** A name of one line, at most 255 characters; control characters stand in none. */
export const asName = (value: unknown): string | null => {
  const text = asText(value)
  return text === null || text.length > 255 || /\p{Cc}/u.test(text) ? null : text
}

export const asBoolean = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null)

/** A finite number; above 2^53 JSON has lost digits, and a lost digit is no reading. */
export const asNumber = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : null

export const asWhole = (value: unknown): number | null => {
  const number = asNumber(value)
  return number === null ? null : Math.trunc(number)
}

/** A whole number that GraphQL's Int can hold (32 bits); what is beyond is no such value. */
export const asInt = (value: unknown): number | null => {
  const whole = asWhole(value)
  return whole !== null && Math.abs(whole) < 2 ** 31 ? whole : null
}

/** A count: whole and not negative. */
export const asCount = (value: unknown): number | null => {
  const whole = asWhole(value)
  return whole === null || whole < 0 ? null : whole
}

/** Follows keys into nested objects. */
export function dig(value: unknown, ...path: (string | number)[]): unknown {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Record<string | number, unknown>)[key]
  }
  return current
}
