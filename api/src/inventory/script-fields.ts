import { InvalidInputError } from '../platform/errors.ts'
import type { JsonObject } from '../platform/json.ts'
import { isPlainText } from '../platform/plain-text.ts'

const UNKNOWN_WORDS = new Set([
  '',
  // What a kernel without a name prints (uname(2)).
  '(none)',
  'inconnu',
  'inconnue',
  'unknown',
  'n/a',
  'none',
  'null',
  'localhost',
  'localhost.localdomain',
])
const MOST_NOTES = 100
/** Longer than any name: such a text is not worked on. */
const LONGEST = 4096

/** Reads the values of a script's JSON: what is absent, unknown or impossible is null, and the latter is noted. */
export class ScriptFields {
  constructor(private readonly notes: string[]) {}

  note(text: string): void {
    if (this.notes.length < MOST_NOTES) this.notes.push(text)
  }

  noteUnknown(path: string, object: JsonObject, known: readonly string[]): void {
    const unknown = Object.keys(object).filter((key) => !known.includes(key))
    if (unknown.length === 0) return
    const names = unknown.slice(0, 10).map((key) => JSON.stringify(key.slice(0, 40)))
    this.note(`${path ? `${path}: ` : ''}unknown and ignored: ${names.join(', ')}`)
  }

  /** A name is one line; control characters stand in none and are cut, which is noted. */
  name(path: string, value: unknown, longest: number): string | null {
    const whole = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : null
    const text = whole === null || whole.length > LONGEST ? whole : whole.replace(/\p{Cc}+/gu, '').trim()
    if (text !== null && /\p{Cc}/u.test(whole?.trim().slice(0, LONGEST) ?? ''))
      this.note(`${path}: control characters were cut`)
    if (value !== null && value !== undefined && text === null) this.note(`${path} is no text and is ignored`)
    if (text === null || UNKNOWN_WORDS.has(text.toLowerCase())) return null
    if (!isPlainText(text, longest)) {
      throw new InvalidInputError(path, `must be at most ${longest} characters`, 'Send the name alone.')
    }
    return text
  }

  /** A name that the report can do without: one that cannot be is null and noted. */
  softName(path: string, value: unknown, longest: number): string | null {
    try {
      return this.name(path, value, longest)
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      this.note(`${path} ${error.rule} and is ignored`)
      return null
    }
  }

  /** Words of a script that are kept as they are; control characters become blanks. */
  text(path: string, value: unknown, longest: number): string | null {
    if (value === null || value === undefined) return null
    if (typeof value !== 'string' && typeof value !== 'number') {
      this.note(`${path} is no text and is ignored`)
      return null
    }
    return (
      String(value)
        .replace(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, longest) || null
    )
  }

  /** A whole number, or the digits of one; an impossible one becomes null and a note. */
  whole(path: string, value: unknown, { least = 0, most = Number.MAX_SAFE_INTEGER } = {}): number | null {
    if (value === null || value === undefined) return null
    if (typeof value === 'string' && UNKNOWN_WORDS.has(value.trim().toLowerCase())) return null
    const number = typeof value === 'string' && /^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value
    if (typeof number === 'number' && Number.isFinite(number) && number >= least && number <= most)
      return Math.trunc(number)
    this.note(`${path}: ${JSON.stringify(value)?.slice(0, 40)} is impossible and read as unknown`)
    return null
  }

  reportId(value: unknown): string | null {
    if (value === null || value === undefined || value === '') return null
    const id = typeof value === 'number' ? String(value) : value
    if (typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id)) return id
    throw new InvalidInputError('report_id', 'must be 1 to 128 letters, digits or .:_-', 'Use a UUID for each report.')
  }
}
