export interface TagChange {
  add: string[]
  remove: string[]
}

/** The limits of the API (api/src/tags/tag.ts), told before anything is sent. */
const LONGEST = 40
const MOST = 20

/** What somebody wrote into the field: tags divided by commas. */
export const readWritten = (text: string): string[] =>
  text
    .split(/[,;|]/)
    .map((tag) => tag.trim().replace(/\s+/g, ' '))
    .filter(Boolean)

/** Why they cannot be sent; null = they can. */
export function tagTrouble(tags: readonly string[]): 'long' | 'many' | null {
  if (tags.some((tag) => tag.length > LONGEST)) return 'long'
  return tags.length > MOST ? 'many' : null
}

/** Whether all, some or none of several things carry a tag. */
export function standingOf(tag: string, carriers: readonly { tags: readonly string[] }[]): 'all' | 'some' | 'none' {
  const carrying = carriers.filter(({ tags }) => tags.includes(tag)).length
  if (carrying === 0) return 'none'
  return carrying === carriers.length ? 'all' : 'some'
}
