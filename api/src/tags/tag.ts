import { InvalidInputError } from '../platform/errors.ts'
import { fold } from '../platform/fold.ts'
import { isPlainText } from '../platform/plain-text.ts'

const LONGEST = 40
/** So many may stand on one machine, disk or job. */
export const MOST_TAGS = 20
/** Of several things at once so many may go: each may carry others. */
const MOST_REMOVED = 500

/**
 * Tags as somebody wrote them: one of each, sorted as people read. What divides tags wherever several stand in one text is
 * in none. Errors: BAD_USER_INPUT.
 */
export function readTags(field: string, written: readonly string[]): string[] {
  if (written.length > MOST_TAGS)
    throw new InvalidInputError(field, `are more than ${MOST_TAGS}`, 'Keep those that you look for.')
  return sorted(written.map((each) => readTag(field, each)).filter((tag) => tag !== ''))
}

function readTag(field: string, written: string): string {
  // Blanks around it and between its words may be more than it is long.
  if (written.length > 4 * LONGEST) throw tooLong(field)
  const tag = written.normalize('NFC').trim().replace(/\s+/gu, ' ')
  // Looked at as it is kept: U+037E, a Greek question mark, is a semicolon by then.
  if (!isPlainText(tag, 4 * LONGEST) || !tag.isWellFormed() || /[,;|]/.test(tag))
    throw new InvalidInputError(field, 'must be without , ; | and control characters', 'Write plain words.')
  if (tag !== '' && !/[\p{L}\p{N}\p{P}\p{S}]/u.test(tag))
    throw new InvalidInputError(field, 'must hold something that can be seen', 'Write plain words.')
  if (tag.length > LONGEST) throw tooLong(field)
  return tag
}

/** What a list may be asked for: tags that no longer follow the rules find nothing, and many or long ones are refused. */
export function readAskedTags(asked: readonly string[]): string[] {
  if (asked.length > MOST_TAGS)
    throw new InvalidInputError('tag', `are more than ${MOST_TAGS}`, 'Ask for fewer at once.')
  if (asked.some((tag) => tag.length > 4 * LONGEST)) throw tooLong('tag')
  return asked.map(fold)
}

const tooLong = (field: string): InvalidInputError =>
  new InvalidInputError(field, `must be at most ${LONGEST} characters each`, 'Write a shorter one.')

/** Those of one spelling alone: "Lyon" and "lyon" are one tag, the first stays. */
function sorted(tags: readonly string[]): string[] {
  const byKey = new Map<string, string>()
  for (const tag of tags) if (!byKey.has(fold(tag))) byKey.set(fold(tag), tag)
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, tag]) => tag)
}

export interface TagChange {
  add: readonly string[]
  remove: readonly string[]
}

/** The tags of one thing after a change; one that is both taken away and given is there, as it is given. Errors: BAD_USER_INPUT. */
export function retagged(before: readonly string[], { add, remove }: TagChange): string[] {
  if (remove.length > MOST_REMOVED || remove.some((tag) => tag.length > 4 * LONGEST))
    throw new InvalidInputError('remove', `are too long, or more than ${MOST_REMOVED}`, 'Take fewer away at once.')
  const gone = new Set(remove.map(fold))
  const after = sorted([...before.filter((tag) => !gone.has(fold(tag))), ...add])
  if (after.length > MOST_TAGS)
    throw new InvalidInputError(
      'add',
      `would leave more than ${MOST_TAGS} tags on one of them`,
      'Take others away first.',
    )
  return after
}

/** Each as it is already written elsewhere; so one word has one spelling. */
export function asSpelled(tags: readonly string[], known: readonly string[]): string[] {
  const spelling = new Map(known.map((tag) => [fold(tag), tag]))
  return tags.map((tag) => spelling.get(fold(tag)) ?? tag)
}
