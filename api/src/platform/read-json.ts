/** How much of a JSON text is read. A report has some ten levels, and a large one of 8 MiB some 200,000 values. */
export interface JsonLimits {
  depth?: number
  values?: number
}
const DEPTH = 100
const VALUES = 500_000

/** The text is no JSON, or more than is read; the message says what, as the end of a sentence. */
export class JsonError extends Error {}

/**
 * JSON that somebody else wrote. Brackets and commas are counted before anything is made of them: 8 MiB of `[` would be
 * half a gigabyte of lists. A byte order mark is skipped.
 * @throws JsonError
 */
export function readJson(text: string, { depth = DEPTH, values = VALUES }: JsonLimits = {}): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  checkSize(json, depth, values)
  try {
    return LONG_NUMBER.test(json) ? (JSON.parse(json, keepDigits) as unknown) : JSON.parse(json)
  } catch (cause) {
    const cure = /[^-\w"](NaN|-?Infinity)\b/.test(json.slice(0, 100_000))
      ? '; NaN and Infinity are written as null'
      : ''
    throw new JsonError(json.trim() === '' ? 'is empty' : `is no whole JSON (${wordsOf(cause)}${cure})`, { cause })
  }
}

/** Beyond 2^53 a number loses digits: a serial number of digits alone is kept as the text that it is. */
const LONG_NUMBER = /[:,[\s]-?\d{16}/
const keepDigits = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' &&
  Number.isInteger(value) &&
  !Number.isSafeInteger(value) &&
  /^-?\d+$/.test(context?.source ?? '')
    ? context?.source
    : value

/** What JSON.parse says, without the piece of the text that it shows: that may be anything. */
const wordsOf = (cause: unknown): string => (cause as Error).message.replace(/, (\.\.\.)?".*$/s, '').slice(0, 200)

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b]

function checkSize(json: string, deepest: number, most: number): void {
  let [depth, values, inText] = [0, 0, false]
  for (let at = 0; at < json.length; at += 1) {
    const sign = json.charCodeAt(at)
    if (inText) {
      if (sign === BACKSLASH) at += 1
      else if (sign === QUOTE) inText = false
    } else if (sign === QUOTE) inText = true
    else if (sign === COMMA) values += 1
    else if (sign === BRACKET || sign === BRACE) {
      values += 1
      depth += 1
      if (depth > deepest) throw new JsonError(`is nested deeper than ${deepest} levels`)
    } else if (sign === BRACKET + 2 || sign === BRACE + 2) depth -= 1
    if (values > most) throw new JsonError(`holds more than ${most.toLocaleString('en')} values`)
  }
}
