import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql'
import { InvalidInputError } from './errors.ts'

export const DEFAULT_PAGE = 100
export const LARGEST_PAGE = 500

@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: DEFAULT_PAGE, description: `How many; at most ${LARGEST_PAGE}` })
  first: number = DEFAULT_PAGE

  @Field(() => String, { nullable: true, description: 'endCursor of the page before; null = from the start' })
  after?: string | null
}

@ObjectType({ simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean

  @Field(() => String, { nullable: true, description: 'Null on an empty page' })
  endCursor!: string | null
}

/** One page of a list. The total is counted only when it is read. */
export interface Page<T> {
  nodes: T[]
  pageInfo: PageInfo
  readonly totalCount: Promise<number>
}

/** Where a page ended: the values that the list is ordered by, the key last. */
export type Cursor = (string | number | null)[]

/** What is done with several at once: each once, and no more than a page. Errors: BAD_USER_INPUT. */
export function readIds(ids: readonly string[]): string[] {
  const wanted = [...new Set(ids)]
  if (wanted.length > LARGEST_PAGE)
    throw new InvalidInputError('ids', `are more than ${LARGEST_PAGE}`, 'Do it in parts.')
  return wanted
}

export function readPage({ first, after }: PageArgs, keys: number): { first: number; cursor: Cursor | null } {
  if (!Number.isInteger(first) || first < 0 || first > LARGEST_PAGE) {
    throw new InvalidInputError('first', `must be 0 to ${LARGEST_PAGE}`, 'Ask for less and follow endCursor.')
  }
  if (!after) return { first, cursor: null }
  let cursor: unknown
  try {
    cursor = JSON.parse(Buffer.from(after, 'base64url').toString())
  } catch {
    cursor = null
  }
  const plain = (value: unknown): boolean => value === null || typeof value === 'string' || typeof value === 'number'
  if (!Array.isArray(cursor) || cursor.length !== keys || !cursor.every(plain)) {
    throw noCursor()
  }
  return { first, cursor: cursor as Cursor }
}

export const noCursor = (): InvalidInputError =>
  new InvalidInputError(
    'after',
    'is no cursor of this list',
    'Send the endCursor of the page before, with the same orderBy.',
  )

export const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url')

/** `found` holds one more than asked for, where there is one. */
export function pageOf<T>(
  found: T[],
  first: number,
  cursorOf: (node: T) => Cursor,
  count: () => Promise<number>,
): Page<T> {
  const nodes = found.slice(0, first)
  const last = nodes.at(-1)
  return {
    nodes,
    pageInfo: { hasNextPage: found.length > first, endCursor: last === undefined ? null : writeCursor(cursorOf(last)) },
    get totalCount() {
      return count()
    },
  }
}

/** What a list that is sorted here, and not by the database, is ordered by; the last part is unique. */
export type SortKey = (string | number)[]

/** In the order of their parts, texts by their code units: an order that no language changes. */
export function compareKeys(a: Readonly<SortKey>, b: Readonly<SortKey>): number {
  for (const [index, one] of a.entries()) {
    const other = b[index] as string | number
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}

/** A page of a list that is sorted here; `keys` says of how many parts the key of each is. */
export function pageOfSorted<T>(all: readonly T[], args: PageArgs, keys: number, keyOf: (node: T) => SortKey): Page<T> {
  const { first, cursor } = readPage(args, keys)
  const sorted = all.toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)))
  const rest = cursor ? sorted.filter((node) => compareKeys(keyOf(node), cursor as SortKey) > 0) : sorted
  return pageOf(rest.slice(0, first + 1), first, keyOf, async () => sorted.length)
}

/** The GraphQL type of one page of `type`. */
export function connectionOf<T extends object>(type: ClassType<T>, name: string) {
  @ObjectType(`${name}Connection`, { simpleResolvers: true })
  class Connection {
    @Field(() => [type])
    nodes!: T[]

    @Field(() => PageInfo)
    pageInfo!: PageInfo

    @Field(() => Int, { description: 'Of all pages; counted only when asked for' })
    totalCount!: number
  }
  return Connection
}
